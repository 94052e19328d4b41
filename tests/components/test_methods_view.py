"""The catalogue of methods: every registered one has a card that says everything, and a picture of its calls."""

from __future__ import annotations

from typing import Any

import pytest
from playwright.async_api import Locator, Page, expect

from tests.components.hostile import HOSTILE, MARKS, harm, spilling
from tests.components.looking import texts_of, until
from tests.components.stage import Stage
from webapp.methods.describe import describe
from webapp.methods.registry import methods
from webapp.routes.answer import refusal

pytestmark = pytest.mark.asyncio(loop_scope="session")

PARTS = ["Cost", "Faithfulness", "Reported", "Not verified", "Needs", "Version"]
NO_RUN = "No run of this method is recorded yet: try it, and its calls are drawn here."


def call(key: str, role: str, branch: int, round: int = 0, parents: tuple[str, ...] = (), **more: Any) -> Any:
    return {
        "id": key, "role": role, "label": role, "branch": branch, "round": round, "parents": parents, "tokens": 12,
        "copied": False, **more,
    }  # fmt: skip


def recorded(calls: list[Any], chosen: str, scores: tuple[Any, ...] = (), **run: Any) -> dict[str, Any]:
    about = {"id": "r", "name": "Spider", "question": "Legs?", "model": "SmolLM2", "example": True, "voters": []}
    return {"run": about | {"chosen": chosen} | run, "calls": calls, "scores": list(scores)}


def corrected(branch: int) -> list[Any]:
    draft, critique, revision = (f"{part}{branch}" for part in "dcr")
    return [
        call(draft, "draft", branch), call(critique, "critique", branch, 1, (draft,)),
        call(revision, "revision", branch, 1, (draft, critique)),
    ]  # fmt: skip


async def open_methods(page: Page, stage: Stage, fragment: str = "", **calls: Any) -> None:
    """Open the page with all registered methods; `calls` tell of a run of some of them, null of the others."""
    stage.json["methods"] = describe()
    stage.json |= {f"methods/{name}/calls": answer(calls.get(name)) for name in methods()}
    await page.goto(f"/methods{fragment}")
    await page.wait_for_selector("[data-loaded='1']")


def answer(value: Any) -> Any:
    return lambda query: value


async def drawn(page: Page, name: str) -> Locator:
    """Scroll to a method's card and return its picture, once it is there."""
    picture = page.locator(f"[data-method={name}] .st-calls")
    await picture.scroll_into_view_if_needed()
    await expect(picture).not_to_be_empty()
    return picture


async def test_every_registered_method_has_a_card_with_all_parts(page: Page, stage: Stage):
    await open_methods(page, stage)
    for spec in methods().values():
        card = page.locator(f"[data-method={spec.name}]")
        await expect(card.locator("h3")).to_have_text(spec.title)
        told = await texts_of(page, f"[data-method={spec.name}] .st-about p")
        assert "\n\n".join(told) == spec.description
        heads, texts = [await card.locator(tag).all_text_contents() for tag in ("dt", "dd")]
        facts = dict(zip(heads, texts, strict=True))
        assert list(facts) == PARTS
        assert facts["Cost"].startswith(spec.cost) and facts["Faithfulness"] == spec.faithful_note
        assert facts["Reported"] == spec.reported and facts["Not verified"] == (spec.unverified or "Not stated.")
        assert (spec.paper in await card.locator("header").inner_text()) and not await card.locator(
            "a[href*=http]"
        ).count()
        rows = await card.locator("tbody tr").evaluate_all("all => all.map(row => row.dataset.name)")
        assert rows == list(spec.params.model_json_schema()["properties"])


async def test_a_setting_is_told_with_default_range_and_unit(page: Page, stage: Stage):
    await open_methods(page, stage)
    card = page.locator("[data-method=ask_again]")
    await card.get_by_text("Settings (").click()
    rows = {row[0]: row[1:4] for row in await card.locator("tbody tr").evaluate_all(
        "all => all.map(row => [...row.children].map(cell => cell.textContent))"
    )}  # fmt: skip
    assert rows["Second turn"] == ["re-ask", "re-ask · confidence · critique", "choice"]
    assert rows["Longest text"] == ["200", "1 to 32,768", "tokens"]
    assert rows["Top-p"] == ["1", "above 0 to 1", "no unit"]
    assert rows["Samples"] == ["1", "1 to 64", "count"]


async def test_what_is_not_stated_is_not_shown_as_known(page: Page, stage: Stage):
    await open_methods(page, stage)
    bare = {"cost": "", "reported": "", "unverified": "", "takes_inputs": True}
    stage.json["methods"] = [describe()[0] | bare]
    await page.reload()
    await page.wait_for_selector("[data-loaded='1']")
    assert (await texts_of(page, ".st-methodfacts dd")).count("Not stated.") == 3


async def test_cards_stand_by_family_and_are_searched_by_all_they_say(page: Page, stage: Stage):
    await open_methods(page, stage)
    total = len(methods())
    assert {spec.family for spec in methods().values()} == {
        heading.lower() for heading in await texts_of(page, ".st-index h4")
    }
    await page.get_by_label("Search methods").fill("SCoRe 2409.12917")
    await expect(page.locator(".st-methodcard:visible")).to_have_count(1)
    await expect(page.locator(".st-bar p")).to_have_text(f"1 of {total} methods")
    await expect(page.locator(".st-index h4:visible")).to_have_text(["Revise"])
    await page.get_by_label("Search methods").fill("")
    await expect(page.locator(".st-methodcard:visible")).to_have_count(total)


async def test_the_index_leads_to_a_card_and_so_does_the_address(page: Page, stage: Stage):
    await open_methods(page, stage, "#two_turn")
    card = page.locator("[data-method=two_turn]")
    await expect(card).to_be_focused()
    await expect(card).to_be_in_viewport()
    await page.locator(".st-index").get_by_role("button", name="Self-Refine", exact=True).click()
    await expect(page.locator("[data-method=self_refine]")).to_be_in_viewport()


async def test_a_card_stays_where_the_index_led_while_pictures_above_it_are_drawn(page: Page, stage: Stage):
    pictures = recorded([*corrected(0), *corrected(1), *corrected(2)], "r1")
    await open_methods(page, stage, **dict.fromkeys(methods(), pictures))
    for title, name in (("Internal consistency", "internal_consistency"), ("Reflexion", "reflexion")):
        await page.locator(".st-index").get_by_role("button", name=title, exact=True).click()
        card = page.locator(f"[data-method={name}]")
        await expect(card.locator(".st-calls figcaption")).to_be_visible()
        box = await card.bounding_box()
        assert box and 0 <= box["y"] < 150


async def test_a_card_offers_to_try_the_method(page: Page, stage: Stage):
    await open_methods(page, stage)
    await expect(page.locator("[data-method=rci] a")).to_have_attribute("href", "/?method=rci")


async def test_calls_are_drawn_from_a_recorded_run_when_they_come_into_sight(page: Page, stage: Stage):
    scores = [{"generation": "r0", "name": "p_true", "value": 0.8125}]
    told = recorded([*corrected(0), *corrected(1)], "r1", tuple(scores), voters=[0, 1])
    await open_methods(page, stage, two_turn=told)
    assert ("methods/two_turn/calls", {}) not in stage.asked
    picture = await drawn(page, "two_turn")
    words = await picture.locator("svg text.st-word").all_text_contents()
    assert words == ["Question", "Draft", "Critique", "Revision", "Draft", "Critique", "★ Revision", "Answer"]
    await expect(picture.locator("svg[role=img]")).to_contain_text("p true 0.81")
    await expect(picture.locator("path.st-edge")).to_have_count(2 + 6 + 2)  # to drafts, between calls, to the answer
    await expect(picture.locator("path.st-picked")).to_have_count(1)
    await expect(picture.locator("svg[role=img]")).to_have_attribute(
        "aria-label", "2 drafts, 2 critiques, 2 revisions"
    )
    await expect(picture.locator("figcaption")).to_have_text(
        "Drawn from the recorded example “Spider” (SmolLM2): 2 drafts, 2 critiques, 2 revisions. "
    )


async def test_boxes_stand_apart_and_no_text_leaves_its_box(page: Page, stage: Stage):
    idea = call("i", "draft", 3, 1, label="a very long label of an idea")
    calls = [*corrected(0), *corrected(1), idea, call("a", "aggregate", 2, 1, ("r0", "r1", "i"))]
    scores = tuple(
        {"generation": each["id"], "name": "a_very_long_name_of_a_score", "value": -12.5} for each in calls
    )
    await open_methods(page, stage, two_turn=recorded(calls, "a", scores))
    picture = await drawn(page, "two_turn")
    outside = await picture.locator("g").evaluate_all(
        """all => {
          const rect = (node) => node.querySelector('rect').getBoundingClientRect();
          const apart = (a, b) => a.right < b.left || b.right < a.left || a.bottom < b.top || b.bottom < a.top;
          const crossed = all.some((a, i) => all.slice(i + 1).some((b) => !apart(rect(a), rect(b))));
          const spilt = all.filter((g) => [...g.querySelectorAll('text')].some((t) => {
            const own = t.getBoundingClientRect();
            return own.right > rect(g).right || own.bottom > rect(g).bottom + 1;
          }));
          return [crossed, spilt.map((g) => g.textContent)];
        }"""
    )
    assert outside == [False, []]


async def test_of_many_samples_some_are_drawn_the_chosen_one_among_them(page: Page, stage: Stage):
    calls = [call(f"d{i}", "draft", i) for i in range(20)]
    await open_methods(page, stage, two_turn=recorded(calls, "d9", example=False))
    picture = await drawn(page, "two_turn")
    shown = await picture.locator("svg text.st-small").all_text_contents()
    assert [text.split(" · ")[0] for text in shown] == [f"sample {i}" for i in (1, 2, 3, 10, 19, 20)]
    await expect(picture).to_contain_text("14 more branches are not drawn.")
    await expect(picture.get_by_role("link", name="Open it")).to_have_attribute("href", "/?run=r")


async def test_a_method_that_never_ran_says_so_and_a_refusal_is_told(page: Page, stage: Stage):
    await open_methods(page, stage)
    stage.json["methods/rci/calls"] = refusal("The database is away.", 503)
    await expect(await drawn(page, "self_refine")).to_have_text(NO_RUN)
    await expect(await drawn(page, "rci")).to_have_text("The calls cannot be drawn: The database is away.")


async def test_methods_that_cannot_be_listed_are_asked_for_again(page: Page, stage: Stage):
    stage.json["methods"] = refusal("Away.", 503)
    await page.goto("/methods")
    await expect(page.get_by_role("alert")).to_contain_text("The methods cannot be listed: Away.")
    stage.json["methods"] = describe()
    await page.get_by_role("button", name="Try again").click()
    await expect(page.locator(".st-methodcard")).to_have_count(len(methods()))


async def test_hostile_text_is_only_text(page: Page, stage: Stage):
    spoilt = describe()[0] | {"name": "x", "title": HOSTILE, "description": HOSTILE, "cost": MARKS, "paper": HOSTILE}
    stage.json["methods"] = [spoilt]
    calls = [call("d", HOSTILE, 0), call("e", "draft", 1, 1, label=MARKS)]
    stage.json["methods/x/calls"] = recorded(calls, "d", name=HOSTILE, model=MARKS, example=True)
    await page.goto("/methods")
    await expect(page.locator(".st-calls [role=img]")).to_be_visible()
    await until(lambda: ("methods/x/calls", {}) in stage.asked)
    assert await harm(page) is None
    assert await spilling(page, ".st-methods-view") == []


@pytest.mark.parametrize("width", [800, 1440])
async def test_nothing_is_wider_than_the_page(page: Page, stage: Stage, width: int):
    await page.set_viewport_size({"width": width, "height": 900})
    wide = [call(f"s{i}", "search", 0, i, (f"s{i - 1}",) if i else ()) for i in range(12)]
    await open_methods(page, stage, two_turn=recorded(wide, "s11"))
    await drawn(page, "two_turn")
    for summary in await page.locator(".st-methodcard summary").all():
        await summary.click()
    assert await page.evaluate("() => document.documentElement.scrollWidth <= innerWidth")
    own = "all => all.filter((n) => n.getBoundingClientRect().right > innerWidth).map((n) => n.dataset.method)"
    assert await page.locator(".st-methodcard").evaluate_all(own) == []

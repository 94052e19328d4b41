"""Runs laid beside each other: rows aligned by sample and round, and what differs from the baseline."""

from __future__ import annotations

import pytest
from playwright.async_api import Page, expect

from tests.components import scripts
from tests.components.hostile import HOSTILE, MARKS, harm, spilling
from tests.components.looking import DONE, texts_of, until
from tests.components.stage import Script, Stage
from webapp.routes.answer import refusal

pytestmark = pytest.mark.asyncio(loop_scope="session")


async def compare(page: Page, stage: Stage, *runs: Script, query: str = "") -> None:
    """Open the comparison of runs and wait until all are drawn."""
    for i, script in enumerate(runs):
        stage.scripts[f"r{i}"] = script
    await page.goto(f"/compare?runs={','.join(f'r{i}' for i in range(len(runs)))}{query}")
    await page.wait_for_selector(DONE)


async def row(page: Page, name: str) -> list[str]:
    """Return the texts of a row's cells."""
    texts = await page.get_by_role("row", name=name).first.locator("td").all_inner_texts()
    return [" ".join(text.split()) for text in texts]


async def test_rows_are_samples_and_rounds_and_what_a_run_lacks_is_a_dash(page: Page, stage: Stage):
    await compare(page, stage, Script(scripts.vote_run("r0")), Script(scripts.refine_run("r1")))
    assert (await texts_of(page, "tbody th"))[:6] == [
        "Answer", "Cost", "Sample 1 · draft", "Sample 1 · round 1 · critique", "Sample 1 · round 1 · revision",
        "Sample 2 · draft",
    ]  # fmt: skip
    assert (await row(page, "Sample 1 · round 1 · critique"))[0] == "–"
    assert (await row(page, "Sample 5 · draft"))[1] == "–"


async def test_a_column_tells_answer_verdict_p_true_entropy_and_cost(page: Page, stage: Stage):
    await compare(page, stage, Script(scripts.vote_run("r0")), Script(scripts.refine_run("r1")))
    voted, refined = await row(page, "Answer")
    assert "Canberra" in voted and "✓ correct" in voted and "right → right" in voted
    assert "Sydney" in refined and "✗ incorrect" in refined and "right → wrong" in refined
    assert "212 tokens generated" in (await row(page, "Cost"))[0]
    (first, _) = await row(page, "Sample 1 · draft")
    assert "mean entropy 0.81" in first and "71.2%" in first and "captured 73.0%" in first
    assert "unreliable" in (await row(page, "Sample 4 · draft"))[0]
    await expect(page.locator("thead .st-caution")).to_have_text("prompted emulation")


async def test_texts_are_shown_as_changes_against_the_baseline(page: Page, stage: Stage):
    await compare(page, stage, Script(scripts.refine_run("r0")), Script(scripts.refine_run("r1")))
    same = page.get_by_role("row", name="Sample 1 · draft").locator("td").nth(1)
    await expect(same).to_contain_text("= same text")
    stage.scripts["r2"] = Script(scripts.vote_run("r2"))
    await page.goto("/compare?runs=r2,r0")
    await page.wait_for_selector(DONE)
    # The vote has no revision: its sample's draft is what the revision is compared with.
    revision = page.get_by_role("row", name="Sample 1 · round 1 · revision").locator("td").nth(1)
    assert "Sydney" in "".join(await revision.locator("ins").all_text_contents())
    assert "Canberra" in "".join(await revision.locator("del").all_text_contents())
    await page.get_by_role("button", name="Changes against the baseline").click()
    await expect(page.locator("ins, del")).to_have_count(0)


async def test_what_was_put_into_a_text_is_marked_in_its_changes_too(page: Page, stage: Stage):
    before, after = "Größe 4", "Größe 4\nWait. So 5"
    first, last = len(before.encode()), len("Größe 4\nWait.".encode())
    texts = (
        scripts.finished("g", before),
        scripts.finished("g", after, spans=[(0, first, "model"), (first, last, "injected")]),
    )
    runs = [
        Script([scripts.opened(f"r{i}"), scripts.started("g"), end, scripts.ended()]) for i, end in enumerate(texts)
    ]
    await compare(page, stage, *runs)
    cell = page.get_by_role("row", name="Sample 1 · draft").locator("td").nth(1)
    await expect(cell.locator("ins [data-origin=injected]")).to_have_text("\nWait.", use_inner_text=False)
    await expect(cell.locator("[data-origin=injected]")).to_have_attribute("data-label", "inserted")
    await expect(cell.locator(".st-diff")).to_have_text(after)


async def test_another_baseline_is_chosen_by_keyboard_and_the_focus_stays(page: Page, stage: Stage):
    await compare(page, stage, Script(scripts.vote_run("r0")), Script(scripts.refine_run("r1")))
    await page.get_by_role("button", name="make baseline").focus()
    await page.keyboard.press("Enter")
    await until(lambda: ("baseline_change", {"run": "r1"}) in stage.heard)
    await expect(page.locator("thead th").nth(2)).to_contain_text("◆ baseline")
    await expect(page.locator(".st-baseline")).to_be_focused()
    toggle = page.get_by_role("button", name="Changes against the baseline")
    await toggle.focus()
    await page.keyboard.press("Space")
    await expect(toggle).to_be_focused()
    await expect(toggle).to_have_attribute("aria-pressed", "false")


async def test_several_texts_of_one_place_have_a_row_each(page: Page, stage: Stage):
    pieces = scripts.cut("It is not right.")
    body = [event for i in range(3) for event in scripts.written(f"c{i}", pieces, i, round=1, role="critique")]
    await compare(page, stage, Script([scripts.opened("r0"), *body, scripts.ended()]))
    names = await texts_of(page, "tbody th")
    assert names[2:] == [f"Sample 1 · round 1 · critique{nth}" for nth in ("", " 2", " 3")]


async def test_what_is_unknown_failed_or_missing_is_said(page: Page, stage: Stage):
    blank = scripts.finished("g", "Sydney", summary=None, spans=[(0, 3, "injected")])
    events = [scripts.opened("r0"), scripts.started("g"), blank, scripts.ended("failed", "Out of memory.")]
    await compare(page, stage, Script(events))
    (cell,) = await row(page, "Sample 1 · draft")
    assert "mean entropy unknown" in cell and "in part not by the model" in cell
    await expect(page.locator("[data-origin=injected]")).to_have_text("Syd")
    assert (await row(page, "Answer"))[0] == "Out of memory."
    await page.goto("/compare?runs=r0,nowhere")
    await page.wait_for_selector(DONE)
    await expect(page.get_by_role("alert")).to_have_text("There is no run nowhere.")


async def test_hostile_text_stays_text_in_its_cell(page: Page, stage: Stage):
    nasty = HOSTILE + MARKS
    head = scripts.opened("r0", title=nasty, question=nasty, reference=nasty, model=nasty, choices=[nasty])
    body = scripts.written("g", [nasty], answer=nasty, verdict="incorrect")
    other = [scripts.opened("r1"), *scripts.written("g", ["short"]), scripts.ended("failed", nasty)]
    end = scripts.ended(answer=nasty, first_answer=nasty)
    await compare(page, stage, Script([head, *body, end]), Script(other))
    assert await harm(page) is None
    assert HOSTILE in await page.locator("thead h3").first.text_content()
    assert await spilling(page, ".st-compare-view") == []


@pytest.mark.parametrize("theme", ["light", "dark"])
async def test_four_runs_scroll_within_800_pixels(page: Page, stage: Stage, theme: str):
    await page.set_viewport_size({"width": 800, "height": 900})
    runs = [Script(scripts.vote_run(f"r{i}")) for i in range(4)]
    await compare(page, stage, *runs, query=f"&__theme={theme}")
    assert await page.evaluate("document.documentElement.scrollWidth <= innerWidth")
    table = page.locator(".st-scroll")
    assert await table.evaluate("node => node.scrollWidth > node.clientWidth")
    await table.focus()
    await page.keyboard.press("ArrowRight")
    await page.wait_for_function("document.querySelector('.st-scroll').scrollLeft > 0")


def aligned(query: dict[str, str]) -> dict[str, object]:
    columns = [
        ["The", 2.0, "The", 0.5, True], [" big", None, None, None, False], [f" {HOSTILE}", 4.5, " cat", 1.0, False],
    ]  # fmt: skip
    return {"columns": columns, "total": 3000 + len(columns), "lower_bound": False}


async def test_entropies_stand_under_each_other_and_in_the_address(page: Page, stage: Stage):
    stage.json["texts/aligned"] = aligned
    await compare(page, stage, Script(scripts.refine_run("r0")), Script(scripts.refine_run("r1")))
    assert await page.locator(".st-striprow").count() == 0
    toggle = page.get_by_role("button", name="Entropies under each other")
    await toggle.focus()
    await page.keyboard.press("Space")
    await expect(toggle).to_be_focused()
    strip = page.locator(".st-strips[data-done='1']").first
    await expect(strip.locator(".st-pair")).to_have_count(3)
    assert await strip.locator(".st-apart").count() == 2
    word = strip.locator(".st-word").first
    assert await word.get_attribute("title") == "2.00 nats"
    assert await word.evaluate("node => node.style.getPropertyValue('--e')") == "0.5"
    assert await strip.locator(".st-unknown").get_attribute("title") == "entropy unknown"
    await expect(page.locator(".st-stripbox p").first).to_contain_text("Above column 1 (Self-Refine)")
    await expect(page.locator(".st-stripbox p").first).to_contain_text("The first 3 of 3,003 words")
    assert await harm(page) is None
    await page.reload()
    await page.wait_for_selector(".st-strips[data-done='1']")
    assert "strips=1" in page.url
    asked = [query for name, query in stage.asked if name == "texts/aligned"]
    assert asked and all(set(query) == {"first", "second"} for query in asked)


async def test_entropies_that_are_not_known_are_a_sentence(page: Page, stage: Stage):
    stage.json["texts/aligned"] = refusal("The tokens of one of these texts are not stored.", 400)
    await compare(page, stage, Script(scripts.refine_run("r0")), Script(scripts.vote_run("r1")), query="&strips=1")
    await expect(page.locator(".st-strips [role=alert]").first).to_contain_text("not stored")
    await expect(page.locator(".st-striprow").last).to_contain_text("nothing to lay under each other")

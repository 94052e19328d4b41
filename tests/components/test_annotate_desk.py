"""The labelling desk: everything by keyboard, nothing lost, nothing told too early."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest
from playwright.async_api import Page, Route, expect

from tests.annotation.stored import STEPS
from tests.components.desk import EVERY, NASTY, PAIR, STEPPED, Desk, build, ready, visit
from tests.components.hostile import HOSTILE, harm
from tests.components.looking import texts_of

pytestmark = pytest.mark.asyncio(loop_scope="session")


@pytest.fixture
def page(desk_page: Page) -> Page:
    return desk_page


async def test_digits_label_one_step_after_the_other_then_the_next_question(page: Page):
    desk = await ready(await build(page, "steps", STEPPED))
    await expect(desk.steps).to_have_count(3)
    await desk.press("1", "3", "2", "2", "5", "Enter")
    await expect(page.locator("[data-done]")).to_contain_text("Everything is labelled")
    expected = [("steps", 0, "good"), ("steps", 1, "bad"), ("steps", 2, "neutral")]
    assert await desk.labels() == [*expected, ("outcome", None, "wrong"), ("confidence", None, "5")]
    assert (await desk.item())["annotation"]["state"] == "submitted"


async def test_arrows_go_back_to_a_step_and_another_digit_replaces_its_label(page: Page):
    desk = await ready(await build(page, "steps", STEPPED))
    await desk.press("1", "1", "1", "ArrowUp", "3")
    await desk.saved()
    assert sorted(await desk.labels(of="steps")) == [(0, "good"), (1, "bad"), (2, "good")]
    await desk.press("ArrowUp", "Backspace")
    await desk.saved()
    assert sorted(await desk.labels(of="steps")) == [(0, "good"), (2, "good")]


async def test_no_shortcut_fires_in_a_text_field(page: Page):
    desk = await ready(await build(page, "everything", STEPPED))
    await desk.press("1", "n")
    await page.keyboard.type("1 3 u s m x e 0 ? y f")
    await desk.press("Enter", "ArrowDown", "Shift+ArrowRight", "Backspace")
    note = page.get_by_role("textbox", name="Note")
    await expect(note).to_be_focused()
    await expect(page.locator("dialog")).to_be_hidden()
    await desk.saved()
    assert [label for label in await desk.labels() if label[0] != "note"] == [("steps", 0, "good")]
    await expect(desk.steps).to_have_count(3)
    await page.locator("#elsewhere textarea, #elsewhere input").fill("")
    await page.keyboard.type("13u")
    await desk.saved()
    assert await desk.labels(of="steps") == [(0, "good")]
    await note.focus()
    await desk.press("Escape", "3")
    await desk.saved()
    assert await desk.labels(of="steps") == [(0, "good"), (1, "bad")]
    assert (await desk.labels(of="note"))[0][1].startswith("1 3 u s m x e 0 ? y f")


async def test_undo_takes_back_one_change_at_a_time(page: Page):
    desk = await ready(await build(page, "steps", STEPPED))
    await desk.press("1", "3", "1", "u", "u")
    await desk.saved()
    assert await desk.labels() == [("steps", 0, "good")]
    await expect(page.locator(".st-step .st-label")).to_have_count(1)


async def test_what_was_undone_took_its_time_too(page: Page):
    await page.clock.install()
    desk = await ready(await build(page, "steps", STEPPED))
    await desk.press("1")
    await page.clock.fast_forward(30_000)
    await desk.press("3", "u")
    await desk.saved()
    await desk.press("2")
    await desk.saved()
    assert (await desk.item())["annotation"]["seconds"] >= 30


async def test_undo_with_nothing_to_undo_goes_back_to_what_was_submitted(page: Page):
    desk = await ready(await build(page, "outcome", EVERY))
    first = await page.locator(".st-desk").get_attribute("data-item")
    await desk.press("1", "Enter")
    await expect(page.locator(".st-where")).to_contain_text("Item 2 of 4")
    await desk.press("u")
    await expect(page.locator(".st-where")).to_contain_text("Item 1 of 4 · submitted")
    assert await page.locator(".st-desk").get_attribute("data-item") == first
    await desk.press("2", "Enter")
    await expect(page.locator(".st-where")).to_contain_text("Item 2 of 4")
    assert await desk.labels() == [("outcome", None, "wrong")]


async def test_keys_pressed_ahead_reach_the_next_item(page: Page):
    desk = await ready(await build(page, "outcome", EVERY))
    await desk.press("1", "Enter", "2", "Enter", "1", "Enter", "3", "Enter")
    await expect(page.locator("[data-done]")).to_be_visible()
    said = [(await desk.labels(place))[0][2] for place in range(4)]
    assert said == ["right", "wrong", "right", "unclear"]


async def test_keys_pressed_ahead_wait_for_the_next_item_while_the_server_is_gone(page: Page):
    desk = await ready(await build(page, "outcome", EVERY))
    second = (await desk.get(f"queues/{desk.queue}/items?annotator={desk.annotator}"))["items"][1]["id"]
    await page.route(f"**/items/{second}?*", lambda route: route.abort(), times=2)
    await desk.press("1", "Enter", "2", "Enter")
    await expect(page.locator(".st-where")).to_contain_text("Item 3 of 4")
    assert [(await desk.labels(place))[0][2] for place in range(2)] == ["right", "wrong"]


async def test_steps_are_merged_and_split_with_what_was_said_of_them(page: Page):
    desk = await ready(await build(page, "steps", STEPPED))
    await desk.press("1", "3", "2", "ArrowUp", "ArrowUp", "m")
    await desk.saved()
    await expect(desk.steps).to_have_count(2)
    assert sorted(await desk.labels(of="steps")) == [(0, "good"), (1, "neutral")]
    await desk.press(*["ArrowRight"] * 3, "x")
    await desk.saved()
    await expect(desk.steps).to_have_count(3)
    assert sorted(await desk.labels(of="steps")) == [(0, "good"), (2, "neutral")]
    data = STEPS.encode()
    pieces = [data[step["start"] : step["end"]].decode() for step in (await desk.item())["annotation"]["steps"][0]]
    assert pieces == ["Step 1:", "3 cats — 4 legs.\nStep 2: 3 * 4 = 13.", "Step 3: so 13.\nAnswer: 13"]
    await page.reload()
    await expect(desk.steps.nth(1)).to_contain_text("3 cats")
    await expect(desk.steps.nth(1)).to_have_attribute("aria-selected", "true")  # the one that is open


async def test_spans_are_marked_by_shift_and_arrows_or_mouse_and_may_overlap(page: Page):
    desk = await ready(await build(page, "spans", STEPPED))
    await desk.press("ArrowRight", "ArrowRight", *["Shift+ArrowRight"] * 3, "1")
    await desk.saved()
    tokens = page.locator(".st-step").first.locator(".t")
    await tokens.nth(2).hover()
    box, last = await tokens.nth(2).bounding_box(), await tokens.nth(5).bounding_box()
    assert box and last
    await page.mouse.move(box["x"] + 2, box["y"] + 8)
    await page.mouse.down()
    await page.mouse.move(last["x"] + last["width"] - 4, last["y"] + 8)
    await page.mouse.up()
    await desk.press("3")
    await desk.saved()
    said = (await desk.item())["annotation"]["labels"]
    data = STEPS.encode()
    marked = {each["value"]: data[each["start"] : each["end"]].decode() for each in said}
    assert marked == {"error": "1: 3 cats", "doubt": "3 cats — 4"}
    await expect(page.locator(".st-mark .st-mark .t")).not_to_have_count(0)
    await page.get_by_role("button", name="Remove Error").click()
    await desk.saved()
    assert [row[2] for row in await desk.labels()] == ["doubt"]


async def test_suggestions_look_like_suggestions_and_count_once_accepted(page: Page):
    desk = await ready(await build(page, "first_error", STEPPED))
    suggested = page.locator(".st-step .st-suggested")
    await expect(suggested).to_have_text("suggested: First error")
    assert await suggested.evaluate("node => getComputedStyle(node).borderStyle") == "dashed"
    assert await page.locator("[data-field=first_error]").get_attribute("data-answered") == "false"
    await desk.press("y")
    await expect(desk.told).to_have_text("Nothing is suggested here.")
    await desk.press("ArrowDown", "y")
    await desk.saved()
    said = (await desk.item())["annotation"]["labels"]
    assert [(each["step"], each["source"], each["confirmed"]) for each in said] == [(1, "suggestion", True)]
    await expect(suggested).to_have_count(0)


async def test_a_suggestion_that_nobody_decided_about_is_kept_as_that(page: Page):
    desk = await ready(await build(page, "first_error", STEPPED))
    await desk.press("f", "1")
    await desk.saved()
    said = (await desk.item())["annotation"]["labels"]
    assert [(each["field"], each["confirmed"]) for each in said] == [("error_types", True), ("first_error", False)]
    await desk.press("e")
    await desk.saved()
    assert await desk.labels(of="first_error") == [(0, "step")]


async def test_a_suggestion_stays_with_its_step_however_the_others_are_cut(page: Page):
    desk = await ready(await build(page, "first_error", STEPPED))
    suggested = page.locator(".st-step", has=page.locator(".st-suggested"))
    await desk.press(*["ArrowRight"] * 3, "x")
    await desk.saved()
    await expect(desk.steps).to_have_count(4)
    await expect(suggested).to_contain_text("3 * 4 = 13")
    assert [label["step"] for label in (await desk.item())["annotation"]["labels"]] == [2]
    await desk.press("m")
    await desk.saved()
    await expect(desk.steps).to_have_count(3)
    await expect(suggested).to_have_count(0)
    assert (await desk.item())["annotation"]["labels"] == []


async def test_a_blind_item_shows_nothing_until_it_is_submitted(page: Page):
    desk = await build(page, "first_error", STEPPED, blind=True)
    payloads: list[str] = []
    page.on("response", lambda answer: "/items/" in answer.url and payloads.append(answer.url))
    await ready(desk)
    await desk.press("c")
    await expect(desk.told).to_contain_text("not shown before you have submitted")
    assert await page.locator(".st-suggested, .st-revealed").count() == 0
    for word in ("self_refine", "self refine", "smol", "incorrect"):
        assert word not in (await page.locator("#annotate-view").inner_text()).lower()
    assert payloads and (await desk.item())["revealed"] is None
    await desk.press("0", "f", "1", "Enter")
    await expect(page.locator("[data-done]")).to_be_visible()
    await desk.press("b")
    await expect(page.locator(".st-revealed")).to_contain_text("self refine")


async def test_what_the_server_did_not_hear_is_sent_again_even_after_a_reload(page: Page):
    desk = await ready(await build(page, "steps", STEPPED))
    await desk.press("1")
    await desk.saved()
    await page.route("**/draft", lambda route: route.abort())
    await desk.press("3", "2")
    await expect(page.locator(".st-standing")).to_contain_text("Not saved yet: The server does not answer.")
    assert await desk.labels() == [("steps", 0, "good")]
    await page.reload()
    await expect(page.locator(".st-step .st-label")).to_have_count(3)
    await page.unroute("**/draft")
    await desk.saved()
    assert await desk.labels() == [("steps", 0, "good"), ("steps", 1, "bad"), ("steps", 2, "neutral")]
    assert await page.evaluate("localStorage.getItem('second-thoughts.unsaved')") is None


@pytest.mark.parametrize("answered", [True, False])
async def test_what_follows_a_change_that_is_on_its_way_outlives_the_page(page: Page, answered: bool):
    desk = await ready(await build(page, "steps", STEPPED))
    first, pressed = True, asyncio.Event()

    async def hear_the_first(route: Route) -> None:
        nonlocal first
        begun, first = first, False
        if not begun:
            await route.abort()
            return
        await pressed.wait()
        answer = await route.fetch()
        await (route.fulfill(response=answer) if answered else route.abort())

    await page.route("**/draft", hear_the_first)
    await desk.press("1", "3")
    pressed.set()
    await expect(page.locator(".st-standing")).to_contain_text("Not saved yet: The server does not answer.")
    assert await desk.labels() == [("steps", 0, "good")]
    await page.reload()
    await expect(page.locator(".st-step .st-label")).to_have_count(2)
    await page.unroute("**/draft")
    await desk.saved()
    assert await desk.labels() == [("steps", 0, "good"), ("steps", 1, "bad")]


async def test_a_change_whose_answer_was_lost_is_not_taken_for_somebody_elses(page: Page):
    desk = await ready(await build(page, "outcome", EVERY))

    async def lose(route: Route) -> None:
        await route.fetch()
        await route.abort()

    item = await page.locator(".st-desk").get_attribute("data-item")
    await page.route(f"**/items/{item}/draft", lose, times=1)
    await page.route(f"**/items/{item}/submit", lose, times=1)
    await desk.press("1", "Enter")
    await expect(page.locator(".st-where")).to_contain_text("Item 2 of 4")
    assert await desk.labels() == [("outcome", None, "right")]


async def test_another_window_that_was_faster_is_shown_not_overwritten(page: Page):
    desk = await ready(await build(page, "outcome", STEPPED))
    item = await desk.item()
    said = {"labels": [{"field": "outcome", "value": "unclear"}], "steps": [item["texts"][0]["steps"]]}
    await desk.send("PUT", f"items/{item['id']}/draft", {"annotator": "Ann", "base": 0, **said})
    await desk.press("1")
    await expect(desk.told).to_contain_text("changed in another window")
    await expect(page.locator("[data-value=unclear]")).to_have_attribute("aria-pressed", "true")
    await desk.press("F", "2")
    await desk.saved()
    assert await desk.labels() == [("outcome", None, "wrong")]


async def test_what_is_still_open_is_said_and_nothing_is_submitted(page: Page):
    desk = await ready(await build(page, "steps", STEPPED))
    await desk.press("Enter")
    await expect(desk.told).to_have_text("Nothing is labelled yet. Press s to skip this one.")
    await desk.press("1", "Enter")
    await expect(desk.told).to_contain_text("“Each step” is still open")
    assert (await desk.item())["annotation"]["state"] == "draft"


async def test_that_there_is_nothing_to_mark_is_an_answer_where_none_is_required(page: Page):
    field = {"name": "marks", "title": "Marks", "kind": "spans", "options": [{"value": "doubt", "title": "Doubt"}]}
    made = await page.request.post("/api/annotation/schemas", data={"name": "Marks", "fields": [field]})
    desk = await ready(await build(page, (await made.json())["id"], STEPPED))
    await desk.press("Enter")
    await expect(page.locator("[data-done]")).to_be_visible()
    assert (await desk.item())["annotation"]["state"] == "submitted"


async def test_what_was_skipped_comes_back_and_is_found_among_the_items(page: Page):
    desk = await ready(await build(page, "outcome", EVERY))
    await desk.press("s", "1", "Enter", "1", "Enter", "1", "Enter")
    await expect(page.locator(".st-where")).to_contain_text("Item 1 of 4 · skipped")
    await page.get_by_role("button", name="Items", exact=True).click()
    await page.get_by_role("button", name="Skipped", exact=True).click()
    await expect(page.locator(".st-itemrow")).to_have_count(1)
    await page.locator(".st-itemrow").click()
    await expect(page.locator(".st-where")).to_contain_text("Item 1 of 4")


async def test_two_texts_side_by_side_and_what_differs(page: Page):
    desk = await ready(await build(page, "preference", PAIR))
    await expect(page.locator(".st-steps")).to_have_count(2)
    await desk.press("d")
    await expect(page.locator(".st-diff ins")).not_to_have_count(0)
    await desk.press("2", "4", "Enter")
    await expect(page.locator("[data-done]")).to_be_visible()
    assert await desk.labels() == [("preference", None, "second"), ("confidence", None, "4")]


async def test_several_names_of_one_person_are_chosen_from(page: Page):
    desk = await build(page, "outcome", STEPPED, "Ann", "Ben")
    await visit(page, f"/?queue={desk.queue}")
    await page.locator(".st-chooser", has_text="Ben").click()
    await expect(desk.steps.first).to_be_visible()
    await desk.press("1", "Enter")
    await expect(page.locator("[data-done]")).to_be_visible()
    rows = await desk.get(f"queues/{desk.queue}/items?annotator=Ben")
    assert [row["state"] for row in rows["items"]] == ["submitted"]


async def test_keys_are_listed_and_the_list_takes_the_keys(page: Page):
    desk = await ready(await build(page, "steps", STEPPED))
    await desk.press("?")
    keys = page.get_by_role("dialog", name="Keys")
    for text in ("submit", "undo", "split this step"):
        await expect(keys).to_contain_text(text)
    await desk.press("1", "Escape")
    await expect(keys).to_be_hidden()
    await desk.press("3")
    await desk.saved()
    assert await desk.labels() == [("steps", 0, "bad")]


async def test_hostile_text_stays_text(page: Page):
    desk = await ready(await build(page, "spans", NASTY))
    await desk.press("c", *["Shift+ArrowRight"] * 4, "2")
    await desk.saved()
    assert await harm(page) is None
    told = "".join(await texts_of(page, ".st-steptext"))
    assert HOSTILE in told.replace("Self-correction", "")
    await expect(page.locator(".st-asked")).to_contain_text(HOSTILE[:40])


@pytest.mark.parametrize(("width", "theme"), [(800, "light"), (1440, "dark")])
async def test_nothing_overflows_and_where_one_is_can_be_seen(page: Page, width: int, theme: str):
    await page.set_viewport_size({"width": width, "height": 900})
    desk = await build(page, "everything", STEPPED)
    await page.goto(f"/?queue={desk.queue}&__theme={theme}")
    await expect(desk.steps.first).to_be_visible()
    assert await page.evaluate("document.documentElement.scrollWidth <= innerWidth")
    assert await page.evaluate("document.activeElement.getAttribute('role')") == "listbox"
    look: dict[str, Any] = await page.locator(".st-step[aria-selected=true]").evaluate(
        "node => ({shadow: getComputedStyle(node).boxShadow, id: node.id})"
    )
    assert look["shadow"] != "none"
    assert await page.locator("[role=listbox]").get_attribute("aria-activedescendant") == look["id"]
    button = await page.get_by_role("button", name="Submit").bounding_box()
    assert button and button["y"] + button["height"] < 900, "the buttons of the desk are always in sight"


async def test_an_unknown_queue_is_a_sentence(page: Page):
    desk = Desk(page, {"id": "nowhere"}, "Ann")
    await desk.open()
    await expect(page.get_by_role("alert").first).to_contain_text("There is no such queue here")
    await page.get_by_role("button", name="All queues").click()
    await expect(page.locator(".st-queues")).to_be_visible()

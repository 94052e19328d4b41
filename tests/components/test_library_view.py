"""The lists of sessions and runs: searched, edited, tagged, deleted and brought back, compared, a page at a time."""

from __future__ import annotations

import re

import pytest
from playwright.async_api import Locator, Page, expect

from tests.components import shelves
from tests.components.hostile import HOSTILE, MARKS, harm, spilling
from tests.components.looking import texts_of, until
from tests.components.stage import Stage
from webapp.routes.answer import refusal

pytestmark = pytest.mark.asyncio(loop_scope="session")

RUNS = ".st-runlist > .st-item"


async def open_library(page: Page, query: str = "") -> None:
    """Open the page and wait for its lists."""
    await page.goto(f"/library{query}")
    await page.wait_for_selector("[data-loaded]")


def run_of(page: Page, key: str) -> Locator:
    return page.locator(f"[data-run='{key}']")


async def test_runs_and_sessions_tell_what_they_are(page: Page):
    await open_library(page)
    assert await page.locator(RUNS).evaluate_all("all => all.map(n => n.dataset.run)") == ["tagged", "r0", "r1", "r2"]
    first = run_of(page, "tagged")
    await expect(first.get_by_role("link", name="The one for Monday")).to_have_attribute("href", "/?run=tagged")
    for told in ("What is the capital of Australia?", "Self-Refine · SmolLM2-135M · seed 7 · Nov 24, 2026",
                 "212 tokens in 8.4 s", "incorrect", "right → wrong", "# demo", "Show round 1."):  # fmt: skip
        await expect(first).to_contain_text(told)
    sessions = page.locator("[data-session]")
    await expect(sessions.first).to_contain_text("Capital cities")
    await expect(sessions.nth(1)).to_contain_text("1 run · 1 running")
    export = sessions.first.get_by_role("link", name="Export .stz")
    await expect(export).to_have_attribute("href", "/api/sessions/s1/export")
    await expect(sessions.first.get_by_role("link", name="Work in it")).to_have_attribute("href", "/?session=s1")


async def test_only_what_was_changed_is_saved_and_the_focus_returns(page: Page, stage: Stage):
    await open_library(page)
    edit = run_of(page, "tagged").get_by_role("button", name="Edit")
    await edit.focus()
    await page.keyboard.press("Enter")
    await expect(page.get_by_label("Name", exact=True)).to_be_focused()
    await page.get_by_label("Tags").fill("demo, new ,, demo")
    await page.get_by_label("Notes").fill("Two lines\nof notes")
    await page.keyboard.press("Control+Enter")
    await until(lambda: len(stage.heard) == 2)
    assert sorted(stage.heard, key=lambda heard: heard[0]) == [
        ("set_notes", {"kind": "run", "id": "tagged", "notes": "Two lines\nof notes"}),
        ("set_tags", {"kind": "run", "id": "tagged", "tags": ["demo", "new"]}),
    ]
    await expect(edit).to_be_focused()
    await page.locator("[data-session=s1]").get_by_role("button", name="Edit").click()
    await page.get_by_label("Name", exact=True).fill("Cities")
    await page.get_by_role("button", name="Save").click()
    await until(lambda: ("rename", {"kind": "session", "id": "s1", "name": "Cities"}) in stage.heard)


async def test_an_open_editor_keeps_what_was_typed_when_the_lists_load_again(page: Page, stage: Stage):
    await open_library(page)
    await run_of(page, "r0").get_by_role("button", name="Edit").click()
    notes = page.get_by_label("Notes")
    await notes.fill("half a sen")
    stage.json["library"] = shelves.pages_of([shelves.run_row("newest"), *shelves.run_rows(3)])
    await page.click("#reload")
    await expect(run_of(page, "newest")).to_be_visible()
    await expect(notes).to_have_value("half a sen")
    await notes.press("Escape")
    await expect(notes).to_have_count(0)
    assert stage.heard == []


async def test_what_was_deleted_can_be_brought_back_at_once_or_later(page: Page, stage: Stage):
    await open_library(page)
    await run_of(page, "r1").get_by_role("button", name="Delete").focus()
    await page.keyboard.press("Enter")
    toast = page.locator(".st-toast")
    await expect(toast).to_contain_text("Deleted run “What is the capital of Australia?”.")
    await expect(toast.get_by_role("button", name="Undo")).to_be_focused()
    await page.keyboard.press("Enter")
    await until(
        lambda: stage.heard == [("delete", {"kind": "run", "id": "r1"}), ("restore", {"kind": "run", "id": "r1"})]
    )
    await expect(toast).to_be_hidden()
    await expect(page.get_by_role("searchbox")).to_be_focused()
    await page.get_by_role("button", name="Deleted", exact=True).click()
    await expect(page.locator(RUNS)).to_have_count(1)
    await run_of(page, "gone").get_by_role("button", name="Restore").click()
    await page.locator("[data-session=binned]").get_by_role("button", name="Restore").click()
    await until(lambda: ("restore", {"kind": "run", "id": "gone"}) in stage.heard)
    await until(lambda: ("restore", {"kind": "session", "id": "binned"}) in stage.heard)


async def test_a_toast_leaves_by_itself_but_not_while_it_has_the_focus(timed_page: Page):
    page = timed_page
    await open_library(page)
    await run_of(page, "r1").get_by_role("button", name="Delete").click()
    toast = page.locator(".st-toast")
    await toast.get_by_role("button").focus()
    await page.clock.run_for(11_000)
    await expect(toast).to_be_visible()
    await page.get_by_role("searchbox").focus()
    await page.clock.run_for(11_000)
    await expect(toast).to_be_hidden()


async def test_typing_searches_runs_and_sessions_once(page: Page, stage: Stage):
    await open_library(page)
    stage.asked.clear()
    search = page.get_by_role("searchbox", name="Search runs and sessions")
    await search.press_sequentially("Monday", delay=5)
    await expect(page.locator(RUNS)).to_have_count(1)
    await expect(search).to_be_focused()
    assert [query["text"] for name, query in stage.asked if name == "library"] == ["Monday"]
    await expect(page.get_by_text("No session matches.")).to_be_visible()
    await search.fill("nowhere")
    await expect(page.get_by_text("No run matches.")).to_be_visible()


async def test_a_session_and_a_tag_narrow_the_list_until_their_chip_is_removed(page: Page, stage: Stage):
    await open_library(page, "?session=s1")
    await page.get_by_role("button", name="Capital cities", exact=True).click()
    await until(lambda: ("open_session", {"id": "s1"}) in stage.heard)
    await page.get_by_role("button", name="Only runs tagged demo").click()
    await expect(page.locator(RUNS)).to_have_count(1)
    asked = next(query for name, query in reversed(stage.asked) if name == "library")
    assert (asked["session"], asked["tag"]) == ("s1", "demo")
    await page.get_by_role("button", name="Remove the filter tag: demo").click()
    await expect(page.locator(RUNS)).to_have_count(4)
    await page.get_by_role("button", name="Remove the filter session: Capital cities").click()
    await page.wait_for_url("**/library")
    await expect(page.locator(".st-filters button")).to_have_count(0)
    asked = next(query for name, query in reversed(stage.asked) if name == "library")
    assert "session" not in asked


async def test_pages_turn_by_keyboard_and_the_button_keeps_the_focus(page: Page, stage: Stage):
    stage.json["library"] = shelves.pages_of(shelves.run_rows(70))
    await open_library(page)
    await expect(page.locator(".st-pager")).to_contain_text("1–30 of 70")
    older = page.get_by_role("button", name="Older")
    await older.focus()
    for told in ("31–60 of 70", "61–70 of 70", "61–70 of 70"):
        await page.keyboard.press("Enter")
        await expect(page.locator(".st-pager")).to_contain_text(told)
        await expect(older).to_be_focused()
    assert await texts_of(page, f"{RUNS}[data-run=r69] .st-name") == [shelves.QUESTION]
    await page.get_by_role("button", name="Newer").click()
    await expect(page.locator(".st-pager")).to_contain_text("31–60 of 70")


async def test_two_runs_or_more_are_compared(page: Page, stage: Stage):
    other = shelves.run_row("other", question="And of Austria?")
    stage.json["library"] = shelves.pages_of([other, *shelves.run_rows(5)])
    await open_library(page)
    compare = page.locator(".st-compare")
    told = ["tick one more run", "2 runs", "3 runs", "4 runs", "5 runs"]
    for i, text in enumerate(told):
        await run_of(page, f"r{i}").get_by_role("checkbox").check()
        await expect(compare).to_contain_text(text)
        assert (await compare.get_attribute("href") is not None) == (i >= 1)
    await run_of(page, "r3").get_by_role("checkbox").uncheck()
    await run_of(page, "r4").get_by_role("checkbox").uncheck()
    await page.get_by_role("searchbox").fill("nowhere")  # what is ticked stays so while other runs are looked for
    await expect(page.get_by_text("No run matches.")).to_be_visible()
    await expect(compare).to_have_attribute("href", "/compare?runs=r0,r1,r2")
    await page.get_by_role("searchbox").fill("")
    await run_of(page, "other").get_by_role("checkbox").check()
    await expect(compare).to_have_attribute("href", "/compare?runs=r0,r1,r2,other")


async def test_the_methods_of_a_session_are_compared_by_a_link(page: Page, stage: Stage):
    await open_library(page)
    link = page.locator("[data-session]").first.get_by_role("link", name="Compare its methods")
    await expect(link).to_have_attribute("href", re.compile(r"^/compare\?sessions=\w+$"))


async def test_a_library_that_cannot_be_read_says_so_and_an_empty_one_what_to_do(page: Page, stage: Stage):
    stage.json["library"] = refusal("The database is locked.", 503)
    await page.goto("/library")
    alert = page.get_by_role("alert").filter(has_text=re.compile("."))
    await expect(alert).to_have_text("The library cannot be read: The database is locked.")
    stage.json["library"] = shelves.pages_of([])
    await page.reload()
    await expect(page.get_by_text("No runs yet. Ask something on the Explore page.")).to_be_visible()


async def test_hostile_text_stays_text_in_its_row(page: Page, stage: Stage):
    nasty = HOSTILE + MARKS
    run = shelves.run_row("r", question=nasty, name=nasty, notes=nasty, tags=(nasty,), answer=nasty, model_id=nasty,
                          method=nasty)  # fmt: skip
    session = shelves.session_row("s1", name=nasty, notes=nasty, tags=(nasty,))
    stage.json |= {"library": shelves.pages_of([run]), "library/sessions": shelves.pages_of([session])}
    await open_library(page)
    await run_of(page, "r").get_by_role("button", name="Edit").click()
    await page.locator(".st-tags button").click()
    await run_of(page, "r").get_by_role("button", name="Delete").click()
    await expect(page.locator(".st-toast")).to_contain_text(HOSTILE[:60])
    assert await harm(page) is None
    assert HOSTILE in await page.locator(f"{RUNS} .st-name").text_content()
    assert await spilling(page, ".st-library-view") == []


@pytest.mark.parametrize(("width", "theme"), [(800, "light"), (1440, "dark")])
async def test_nothing_overflows_and_a_tick_can_be_seen(page: Page, width: int, theme: str):
    await page.set_viewport_size({"width": width, "height": 900})
    await open_library(page, f"?__theme={theme}")
    assert await page.evaluate("document.documentElement.scrollWidth <= innerWidth")
    box = run_of(page, "r0").get_by_role("checkbox")
    look = await box.evaluate("box => [getComputedStyle(box).appearance, getComputedStyle(box).colorScheme]")
    assert look == ["auto", theme]  # the browser's own box, in the colours of the theme


def logged_in(stage: Stage, **about: object) -> None:
    """Let Ada be logged in; one session is hers, two are lent to her."""
    stage.json["person"] = {"id": "ada", "name": "Ada", "logins": True, "default_session": None, **about}
    lent = {"person_id": "grace", "owner": "Grace"}
    stage.json["library/sessions"] = shelves.pages_of([
        shelves.session_row("own", person_id="ada", owner="Ada"),
        shelves.session_row("seen", sharing="read", **lent),
        shelves.session_row("worked", sharing="write", **lent),
    ])  # fmt: skip


async def test_a_person_shares_own_sessions_and_sees_what_others_share(page: Page, stage: Stage):
    logged_in(stage)
    await open_library(page)
    own, seen, worked = (page.locator(f"[data-session='{key}']") for key in ("own", "seen", "worked"))
    await own.get_by_label("Who may open Session own").select_option(label="Others may look at it")
    await until(lambda: stage.heard == [("set_sharing", {"id": "own", "sharing": "read"})])
    await expect(seen).to_contain_text("Grace shares it, to look at")
    await expect(worked).to_contain_text("Grace shares it, to work in")
    changing = {"Work in it", "Edit", "Delete", "Make it my default"}
    offered = [
        changing.intersection(await row.locator(".st-itemactions > *").all_text_contents())
        for row in (own, seen, worked)
    ]
    assert offered == [changing, set(), changing - {"Delete"}]


async def test_a_run_that_is_only_lent_is_opened_and_not_changed(page: Page, stage: Stage):
    stage.json["library"] = shelves.pages_of([shelves.run_row("lent", writable=False)])
    await open_library(page)
    assert await run_of(page, "lent").locator(".st-itemactions > *").all_text_contents() == ["Open"]


async def test_a_person_chooses_the_session_to_work_in(page: Page, stage: Stage):
    logged_in(stage, default_session="worked")
    await open_library(page)
    await page.locator("[data-session='own']").get_by_role("button", name="Make it my default").click()
    await page.get_by_role("button", name="My default session").click()
    await until(lambda: len(stage.heard) == 2)
    assert stage.heard == [
        ("set_default", {"id": "own", "chosen": True}), ("set_default", {"id": "worked", "chosen": False}),
    ]  # fmt: skip


async def test_where_nobody_logs_in_nothing_is_said_of_sharing(page: Page):
    await open_library(page)
    await expect(page.locator("[data-session]")).to_have_count(2)
    assert await page.get_by_label("Who may open").count() == 0
    assert await page.get_by_role("button", name="my default").count() == 0

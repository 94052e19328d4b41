"""Experiments: listed, opened at an address, watched while they go on, acted on, their cells narrowed and paged."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from typing import Any

import pytest
from playwright.async_api import Page, expect

from storage.experiments import CellRow
from storage.records import Cost
from tests.components.hostile import HOSTILE, MARKS, harm, spilling
from tests.components.looking import until
from tests.components.shelves import BEGAN
from tests.components.stage import Stage
from webapp.analysis.transitions import correction
from webapp.routes.answer import refusal

pytestmark = pytest.mark.asyncio(loop_scope="session")

CELLS = ".st-celltable tbody tr"


def listed(*ids: str, **changes: Any) -> dict[str, Any]:
    items = [
        {"id": each, "name": f"Grid {each}", "status": "running", "cells": {"done": 3, "waiting": 7}, "total": 10,
         "created_at": BEGAN, "deleted_at": None} | changes
        for each in ids
    ]  # fmt: skip
    return {"items": items, "total": len(items)}


def result(arm: int, name: str, verdicts: Sequence[tuple[str, str]]) -> dict[str, Any]:
    found = correction(verdicts) if verdicts else None  # type: ignore[arg-type]
    return {
        "arm": arm, "name": name, "model": "embedded", "done": len(verdicts), "failed": 0, "left": 1,
        "correction": found, "transitions": found.counts if found else {}, "unparsed": 0.0, "tokens": 120.5,
        "prompt_tokens": 60.0, "calls": 2.0, "seconds": 3.25, "oracle": 0,
    }  # fmt: skip


def experiment(**changes: Any) -> dict[str, Any]:
    estimate = {
        "cells": 7, "tried": 3, "tokens": {"low": 500.0, "expected": 900.0, "high": 1300.0}, "calls": 14.0,
        "seconds": {"low": 30.0, "expected": 61.0, "high": 7300.0}, "at_once": 2.5, "unknown": [], "models": [],
    }  # fmt: skip
    pairs = [("incorrect", "correct"), ("correct", "correct"), ("correct", "incorrect")]
    return {
        "id": "e1", "name": "Grid e1", "session": "s1", "status": "running", "note": "", "place": "server",
        "load_models": False, "created_at": BEGAN, "deleted_at": None, "attended": True,
        "cells": {"done": 3, "waiting": 5, "running": 2}, "total": 10, "ended": 3, "per_minute": 4.2,
        "seconds_left": 100.0, "waits_for": [], "estimate": estimate, "arms": ["Vote", "Refine"],
        "models": ["embedded"], "seeds": [0], "budget": {},
        "data": {"source": "file", "path": "gsm8k.jsonl", "n": 5, "seed": 7, "first": False},
        "results": [result(0, "Vote", pairs), result(1, "Refine", [])],
    } | changes  # fmt: skip


def cell(position: int, **changes: Any) -> CellRow:
    done = position < 3
    fields: dict[str, Any] = {
        "position": position, "arm": position % 2, "method": "m", "model": "embedded", "problem_id": f"p{position}",
        "source": f"gsm8k:{position}", "question": f"Question {position}?", "seed": 0, "probe": False,
        "state": "done" if done else "waiting", "run_id": f"r{position}" if done else None, "error": "",
        "attempts": 1, "run_status": "finished" if done else None, "answer": "4" if done else None,
        "verdict": "correct" if done else None, "first_answer": "5" if done else None,
        "first_verdict": "incorrect" if done else None, "cost": Cost(100, 50, 2, 3.0),
    }  # fmt: skip
    return CellRow(**(fields | changes))


def cells(rows: Sequence[CellRow]) -> Any:
    """Answer a query of cells as the server does."""

    def page(query: Mapping[str, str]) -> dict[str, Any]:
        found = [
            row
            for row in rows
            if query.get("state", row.state) == row.state and query.get("text", "") in row.question
        ]
        offset = int(query.get("offset", 0))
        return {"items": found[offset : offset + int(query["limit"])], "total": len(found)}

    return page


@pytest.fixture
def stage(stage: Stage) -> Stage:
    stage.json |= {
        "experiments": listed("e1", "e2"),
        "experiments/e1": experiment(), "experiments/e1/cells": cells([cell(i) for i in range(10)]),
        "experiments/e2": experiment(id="e2", name="Grid e2"), "experiments/e2/cells": cells([]),
    }  # fmt: skip
    return stage


async def opened(page: Page, query: str = "?experiment=e1") -> None:
    """Open the page and wait until it has looked once."""
    await page.goto(f"/experiments{query}")
    await page.wait_for_selector("[data-loaded]")


async def test_an_experiment_tells_what_it_is_and_how_far(page: Page, stage: Stage):
    await opened(page)
    head = page.locator(".st-exphead")
    for told in ("Grid e1", "running", "2 methods · 1 model · 5 problems of gsm8k.jsonl, chosen by seed 7 · 1 seed",
                 "3 of 10 cells · 2 at work · 4.2 a minute · about 2 min left",
                 "about 900 generated tokens (500 to 1,300), 14 calls, about 1 min (30 s to 2 h 2 min)"):  # fmt: skip
        await expect(head).to_contain_text(told)
    bar = head.get_by_role("progressbar", name="Progress of Grid e1")
    await expect(bar).to_have_attribute("aria-valuenow", "30")
    await expect(head.get_by_role("link", name="Compare in full")).to_have_attribute("href", "/compare?experiment=e1")
    await expect(head.get_by_role("link", name="Parquet")).to_have_attribute(
        "href", "/api/experiments/e1/export?format=parquet"
    )
    row = page.get_by_role("region", name="Results of each method").locator("tbody tr").first
    assert await row.locator("td").all_text_contents() == [
        "Vote", "3", "66.7%", "66.7%", "0.0", "1", "1", "1", "0", "0.0%", "120.5", "2.0", "3.3",
    ]  # fmt: skip


async def test_it_is_looked_at_again_and_survives_a_reload(timed_page: Page, stage: Stage):
    page = timed_page
    await opened(page)
    stage.json["experiments/e1"] = experiment(cells={"done": 6, "waiting": 4}, ended=6, per_minute=12.0)
    await page.clock.run_for(2_000)
    await expect(page.locator(".st-standing")).to_contain_text("6 of 10 cells · 12 a minute")
    await page.reload()
    await page.wait_for_selector(".st-exphead")
    await expect(page.locator(".st-standing")).to_contain_text("6 of 10 cells")
    stage.json["experiments/e1"] = experiment(status="finished", cells={"done": 10}, ended=10, seconds_left=None)
    stage.json["experiments"] = listed("e1", status="finished")
    stage.asked.clear()
    await page.clock.run_for(2_000)
    await expect(page.locator(".st-exphead .st-progress")).to_have_attribute("data-status", "finished")
    await until(lambda: "experiments/e1/cells" in [name for name, _ in stage.asked])  # the new counts' page of cells
    stage.asked.clear()
    await page.clock.run_for(10_000)
    assert stage.asked == [], "what is finished is not asked for all the time"


@pytest.mark.parametrize(
    ("state", "name", "event"),
    [
        ({"status": "draft", "attended": False}, "Start", "start"),
        ({"status": "paused"}, "Resume", "start"),
        ({"status": "running"}, "Pause", "pause"),
        ({"status": "finished", "cells": {"done": 9, "failed": 1}}, "Retry 1 failed", "retry"),
        ({"attended": False, "place": "command line"}, "Go on here", "start"),
    ],
)
async def test_buttons_ask_for_what_they_say_by_keyboard(
    page: Page, stage: Stage, state: dict[str, Any], name: str, event: str
):
    stage.json["experiments/e1"] = experiment(**state)
    await opened(page)
    await page.get_by_role("button", name=name, exact=True).focus()
    await page.keyboard.press("Enter")
    await until(lambda: stage.heard == [(event, {"id": "e1"})])


async def test_cancelling_takes_two_presses(page: Page, stage: Stage):
    await opened(page)
    await page.get_by_role("button", name="Cancel", exact=True).click()
    sure = page.get_by_role("button", name="Really call off 7 cells?")
    await expect(sure).to_be_focused()
    await page.get_by_role("button", name="Pause").focus()
    await expect(sure).to_have_count(0)
    assert stage.heard == []
    await page.get_by_role("button", name="Cancel", exact=True).click()
    await sure.click()
    await until(lambda: stage.heard == [("cancel", {"id": "e1"})])


async def test_models_that_are_not_loaded_are_named_and_may_be_loaded(page: Page, stage: Stage):
    stage.json["experiments/e1"] = experiment(waits_for=["a/big"], note="Another model was loaded by hand.")
    await opened(page)
    await expect(page.locator(".st-exphead")).to_contain_text("Cells wait for a/big, not loaded now.")
    await expect(page.get_by_role("alert").filter(has_text="loaded by hand")).to_be_visible()
    await page.get_by_role("button", name="Load models as they are needed").click()
    await until(lambda: stage.heard == [("allow_loading", {"id": "e1", "allowed": True})])


async def test_a_deleted_experiment_can_be_brought_back(page: Page, stage: Stage):
    stage.json["experiments/e1"] = experiment(status="finished")
    await opened(page)
    await page.get_by_role("button", name="Delete", exact=True).click()
    await until(lambda: stage.heard == [("remove", {"id": "e1"})])
    await expect(page.get_by_text("Pick an experiment.")).to_be_visible()
    await page.get_by_role("button", name="Undo").click()
    await until(lambda: stage.heard[-1] == ("restore", {"id": "e1"}))
    stage.json["experiments"] = listed("gone", deleted_at=BEGAN)
    await page.get_by_role("button", name="Deleted", exact=True).click()
    await page.get_by_role("button", name="Restore").click()
    await until(lambda: stage.heard[-1] == ("restore", {"id": "gone"}))


async def test_cells_are_narrowed_searched_and_paged_and_lead_to_their_runs(page: Page, stage: Stage):
    failed = cell(
        70, state="failed", error="The model ran out of memory.", run_status="failed", run_id="r70", attempts=2
    )
    stage.json["experiments/e1/cells"] = cells([*[cell(i) for i in range(70)], failed])
    await opened(page)
    await expect(page.locator(CELLS)).to_have_count(25)
    await expect(page.locator(CELLS).first.get_by_role("link", name="Open the run of cell 1")).to_have_attribute(
        "href", "/?run=r0"
    )
    await expect(page.locator(CELLS).first).to_contain_text("wrong → right")
    cells_part = page.get_by_role("region", name="Cells", exact=True).first
    older = page.locator(".st-opened").get_by_role("button", name="Older")
    await older.focus()
    await page.keyboard.press("Enter")
    await expect(page.locator(CELLS).first).to_contain_text("Question 25?")
    await expect(older).to_be_focused()
    await page.get_by_label("State").select_option("failed")
    await expect(page.locator(CELLS)).to_have_count(1)
    await expect(page.locator(CELLS)).to_contain_text("The model ran out of memory.")
    await page.get_by_label("State").select_option("")
    await page.get_by_label("Search questions").fill("Question 69?")
    await expect(page.locator(CELLS)).to_have_count(1)
    await expect(cells_part).to_be_visible()
    await page.get_by_role("button", name="Show the 1 cells of Vote that went wrong to right").click()
    await until(lambda: stage.asked[-1][1].get("outcome") == "incorrect>correct")
    assert {"state": "done", "arm": "0", "offset": "0"}.items() <= stage.asked[-1][1].items()
    await expect(page.get_by_label("Outcome")).to_have_value("incorrect>correct")


async def test_one_is_opened_from_the_list_and_back_leads_back(page: Page, stage: Stage):
    await opened(page, "")
    await expect(page.get_by_text("Pick an experiment.")).to_be_visible()
    await page.get_by_role("button", name="Grid e1").click()
    await expect(page.locator(".st-exphead h2")).to_have_text("Grid e1")
    await page.click("#made")
    await page.wait_for_url("**experiment=e2")
    await expect(page.locator(".st-exphead h2")).to_have_text("Grid e2")
    await page.go_back()
    await expect(page.locator(".st-exphead h2")).to_have_text("Grid e1")


async def test_what_cannot_be_read_is_said(page: Page, stage: Stage):
    stage.json["experiments/nothing"] = refusal("There is no such experiment here.", 400)
    await opened(page, "?experiment=nothing")
    await expect(page.get_by_text("There is no such experiment here.")).to_be_visible()
    stage.json["experiments"] = refusal("The database is locked.", 503)
    await page.goto("/experiments")
    await expect(page.get_by_text("The experiments cannot be read: The database is locked.")).to_be_visible()
    stage.json["experiments"] = listed()
    await opened(page, "")
    await expect(page.get_by_text("No experiments yet. Make one above.")).to_be_visible()


async def test_methods_are_added_set_named_and_removed(page: Page, stage: Stage):
    await opened(page, "")
    arms = page.locator(".st-arm")
    await expect(arms).to_have_count(1)
    await page.get_by_role("button", name="Add a method").click()
    await expect(arms).to_have_count(2)
    await expect(page.get_by_label("Method 2, called (optional)")).to_be_focused()
    await page.get_by_label("Method 2, called (optional)").fill("Longer")
    await arms.nth(1).get_by_label("Longest text").fill("300")
    await page.click("#read")
    await until(lambda: bool(stage.heard))
    (_, value) = stage.heard[0]
    assert [(arm["method"], arm["title"]) for arm in value["arms"]] == [
        ("self_refine", ""),
        ("self_refine", "Longer"),
    ]
    assert [arm["params"]["max_tokens"] for arm in value["arms"]] == [200, 300]
    assert value["arms"][0]["params"]["max_rounds"] == 3
    await page.get_by_role("button", name="Remove method 1").click()
    await expect(arms).to_have_count(1)
    await expect(page.get_by_role("button", name="Remove method 1")).to_be_hidden()


async def test_hostile_text_stays_text_everywhere(page: Page, stage: Stage):
    nasty = HOSTILE + MARKS
    row = cell(0, question=nasty, source=nasty, answer=nasty, error=nasty)
    stage.json["experiments"] = listed("e1", name=nasty)
    stage.json["experiments/e1"] = experiment(
        name=nasty, note=nasty, arms=[nasty, "b"], waits_for=[nasty],
        results=[result(0, nasty, [("correct", "correct")])],
        data={"source": "hub", "id": nasty, "n": 3, "seed": 0, "first": False},
    )  # fmt: skip
    stage.json["experiments/e1/cells"] = cells([row])
    await opened(page)
    await expect(page.locator(".st-exphead h2")).to_contain_text(HOSTILE[:60])
    problem = {"question": nasty, "reference": nasty, "kind": "text", "choices": [nasty]}
    await page.get_by_label("Shown").fill(json.dumps({"total": 1, "problems": [problem]}))
    await page.get_by_label("Shown").press("Enter")
    await expect(page.locator(".st-preview tbody tr")).to_have_count(1)
    assert await harm(page) is None
    assert await spilling(page, ".st-experiments-view") == [] == await spilling(page, ".st-preview")


@pytest.mark.parametrize(("width", "theme"), [(800, "light"), (1440, "dark")])
async def test_nothing_overflows(page: Page, stage: Stage, width: int, theme: str):
    await page.set_viewport_size({"width": width, "height": 900})
    await opened(page, f"?experiment=e1&__theme={theme}")
    await expect(page.locator(CELLS).first).to_be_visible()
    assert await page.evaluate("document.documentElement.scrollWidth <= innerWidth")

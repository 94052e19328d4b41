"""The Experiments page: from a data file to results, over a reload and a killed process, with the real model."""

from __future__ import annotations

import csv
import io

import pytest
from playwright.sync_api import expect

from tests.e2e.conftest import OpenPage
from tests.e2e.experiments import CELLS, PATIENCE, ROWS, Experiments
from tests.e2e.explore import Explore
from tests.e2e.program import Program


@pytest.fixture
def experiments(program: Program, open_page: OpenPage) -> Experiments:
    return Experiments(open_page(f"{program.url}/experiments"))


def test_from_a_file_to_results_over_a_reload_and_a_kill(experiments: Experiments, program: Program) -> None:
    page = experiments.page
    experiments.fill_in()
    page.locator("#data-preview").click()
    preview = page.locator(".st-preview")
    expect(preview).to_contain_text(f"{ROWS} problems, of which the first 5:")
    page.locator("#make").click()
    expect(page.locator("#notice")).to_contain_text("A few of its cells are done now")
    expect(experiments.head.locator("[data-action=start]")).to_be_visible(timeout=PATIENCE)
    expect(experiments.head).to_contain_text("10 cells are left: about ")
    expect(experiments.head).to_contain_text("8 problems of sums.jsonl, chosen by seed 0")

    page.reload()
    experiments = Experiments(page)
    experiments.press("start")
    expect(experiments.head).to_contain_text("running")
    program.kill()
    program.start()  # what was running goes on by itself
    page.goto(f"{program.url}/experiments?experiment={experiments.id}")
    experiments = Experiments(page)
    expect(experiments.head.locator(".st-progress")).to_have_attribute("data-status", "finished", timeout=PATIENCE)
    expect(experiments.head).to_contain_text(f"{CELLS} of {CELLS} cells")
    results = page.get_by_role("region", name="Results of each method").locator("tbody tr")
    expect(results.nth(1)).to_contain_text("Asked again")

    rows = list(csv.DictReader(io.StringIO(program.text(f"/api/experiments/{experiments.id}/export"))))
    assert len(rows) == CELLS and {row["state"] for row in rows} == {"done"}
    assert len({row["run"] for row in rows}) == CELLS, "a cell was done twice or not at all"
    session = program.json(f"/api/runs/{rows[0]['run']}")["run"]["session_id"]
    assert program.json(f"/api/library?session={session}&limit=200")["total"] == CELLS

    page.locator(".st-part > summary").click()
    expect(page.locator(".st-charts .js-plotly-plot").first).to_be_visible()
    experiments.cells.first.get_by_role("link", name="Open the run of cell 1").click()
    explore = Explore(page)
    explore.done()
    assert explore.runs() == [rows[0]["run"]]


def test_what_the_form_cannot_make_is_said(experiments: Experiments) -> None:
    page = experiments.page
    experiments.fill_in()
    page.get_by_label("Problems", exact=True).fill("500")
    page.locator("#make").click()
    expect(page.locator("#notice")).to_contain_text("500 problems were asked for, but there are 12 different ones.")
    page.get_by_label("Question column").fill("moon")
    page.locator("#make").click()
    expect(page.locator("#notice")).to_contain_text('sums.jsonl, line 1: the field "moon" is missing')

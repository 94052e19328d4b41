"""Up to four runs of one problem beside each other, others and whole sessions by method; else a sentence."""

from __future__ import annotations

import re

from playwright.sync_api import expect

from tests.e2e.conftest import OpenPage
from tests.e2e.explore import Explore
from tests.e2e.program import Program

ANOTHER = "before => location.search.includes('run=') && !location.search.includes(before)"
QUESTION = "What is the largest ocean?"


def finished_run(explore: Explore, question: str, **settings: object) -> str:
    before = explore.runs()
    explore.ask(question, **({"max_tokens": 16, "samples": 1} | settings))
    explore.page.wait_for_function(ANOTHER, arg=before[0] if before else "none")
    (run,) = explore.started()
    explore.done()
    return run


def test_runs_are_compared_by_address_and_by_picking(explore: Explore, program: Program, open_page: OpenPage) -> None:
    first = finished_run(explore, QUESTION)
    second = finished_run(explore, QUESTION, method="self_refine", max_rounds=1)
    other = finished_run(explore, "What is the smallest planet?")
    page = open_page(f"{program.url}/compare?runs={first},{second}")
    view = page.locator("#compare-view")
    expect(view).to_contain_text(QUESTION)
    expect(view).to_contain_text("Self-Refine")
    expect(view).to_contain_text("Sample 1 · draft")

    page.goto(f"{program.url}/compare?runs={first},{other}")
    many = page.locator("#comparison-view")
    expect(many).to_contain_text("2 runs")  # of different problems: side by side they would say nothing
    expect(many.get_by_role("link", name="Report (HTML)")).to_have_attribute("href", re.compile(r"runs="))
    page.goto(f"{program.url}/compare?run={first}")
    expect(page.locator("#notice")).to_contain_text("1 run cannot be compared")
    page.goto(f"{program.url}/compare?runs={first},gone")
    expect(page.locator("#notice")).to_contain_text("cannot be found")

    page.goto(f"{program.url}/compare")
    picker = page.locator("#compare-picker input").first
    expect(page.locator("#notice")).to_contain_text("Pick two or more runs")  # the page has opened
    for number in range(2):
        picker.click()
        page.get_by_role("option", name=QUESTION).nth(number).click()
    page.keyboard.press("Escape")
    page.locator("button#compare, #compare button").click()
    expect(view).to_contain_text(QUESTION)
    page.wait_for_url(lambda url: "runs=" in url)


def test_a_session_is_compared_by_method_and_its_report_is_saved(
    explore: Explore, program: Program, open_page: OpenPage
) -> None:
    finished_run(explore, QUESTION)
    run = finished_run(explore, QUESTION, method="self_refine", max_rounds=1)
    session = program.json(f"/api/runs/{run}")["run"]["session_id"]
    page = open_page(f"{program.url}/compare?sessions={session}")
    view = page.locator("#comparison-view")
    expect(view).to_contain_text("Transitions")
    expect(view.locator("[data-part=sides] tbody")).to_contain_text("Self-Refine")
    expect(view.locator("[data-part=differences] .st-why")).to_contain_text("a difference needs two")
    expect(view.locator(".st-problems tbody")).to_contain_text(QUESTION)
    with page.expect_download() as waiting:
        view.get_by_role("link", name="Report (HTML)").click()
    assert waiting.value.suggested_filename == "comparison.html"

    page.goto(f"{program.url}/compare?experiment=none")
    expect(view.get_by_role("alert")).to_contain_text("no such experiment")

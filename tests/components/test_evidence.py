"""The evidence of a finished run: named in a line, asked for when it comes into sight, drawn when it is opened."""

from __future__ import annotations

from typing import Any

import pytest
from playwright.async_api import Page, expect

from tests.charts.evidence_run import run, score, text
from tests.components import scripts
from tests.components.hostile import HOSTILE, MARKS, PIECES, harm, spilling
from tests.components.looking import DONE, texts_of, until
from tests.components.stage import Script, Stage
from webapp.charts.evidence import evidence_of
from webapp.routes.answer import refusal

pytestmark = pytest.mark.asyncio(loop_scope="session")

SUMMARY = ".st-evidence > summary"


def told(answer: str = "42", rationale: str = "") -> list[dict[str, Any]]:
    """What the server tells of three samples: the table and a figure, made by the real charts."""
    texts = [
        text("a"),
        text("b", 1, answer=answer, verdict="incorrect"),
        text("c", 2, answer=None, verdict="unparsed"),
    ]
    weights = [score("vote_weight", key, value) for key, value in (("a", 0.25), ("b", 0.75))]
    points = [{"branch": 0, "stated": 9, "empirical": 4, "rationale": rationale}]
    found = evidence_of(run(chosen_generation="a"), texts, [*weights, score("stated_vs_empirical", points=points)])
    return [each.as_data() for each in found]


async def show(page: Page, stage: Stage, count: int = 1, **evidence: Any) -> None:
    """Open finished runs of five samples, whose evidence is what `told` says."""
    for i in range(count):
        stage.scripts[f"r{i}"] = Script(scripts.vote_run(f"r{i}"))
        stage.json[f"runs/r{i}/evidence"] = told(**evidence)
    await page.goto(f"/?runs={','.join(f'r{i}' for i in range(count))}")
    await page.wait_for_selector(DONE)


async def opened(page: Page) -> None:
    await page.locator(SUMMARY).click()
    await page.wait_for_selector(".st-evidences .main-svg")


def asked(stage: Stage) -> set[str]:
    return {name for name, _ in stage.asked if name.endswith("/evidence")}


async def column(page: Page, head: str) -> list[str]:
    heads = [found.rstrip(" ↓↑") for found in await texts_of(page, ".st-tablebox >> nth=0 >> th")]
    return await texts_of(page, f".st-tablebox >> nth=0 >> tbody td:nth-child({heads.index(head) + 1})")


async def test_nothing_is_drawn_before_it_is_opened(page: Page, stage: Stage):
    requests: list[str] = []
    page.on("request", lambda request: requests.append(request.url))
    await show(page, stage)
    await expect(page.locator(SUMMARY)).to_have_text("EvidenceTexts and scores · Stated against empirical confidence")
    assert not [url for url in requests if "plotly" in url]
    await expect(page.locator(".st-evidences > *")).to_have_count(0)
    await opened(page)
    await expect(page.get_by_role("figure", name="Stated against empirical confidence")).to_be_visible()
    await expect(page.locator(".st-evidences")).to_contain_text("Across: ten times the share of samples")
    assert asked(stage) == {"runs/r0/evidence"}


async def test_the_table_marks_the_chosen_and_shows_every_number(page: Page, stage: Stage):
    await show(page, stage)
    await opened(page)
    await expect(page.locator(".st-tablebox tr.st-chosen")).to_have_count(1)
    assert await column(page, "Sample") == ["★ 1", "2", "3"]
    assert await column(page, "Verdict") == ["✓ correct", "✗ incorrect", "∅ no answer found"]
    assert await column(page, "vote weight") == ["0.250", "0.750", "–"]
    bars = page.locator(".st-tablebox >> nth=0 >> tr:has(.st-cellbar)")
    shares = "all => all.map(row => row.querySelector('.st-cellbar > span').style.getPropertyValue('--share'))"
    assert (await bars.evaluate_all(shares))[:2] == ["0.25", "0.75"]


async def test_a_click_on_a_head_sorts_and_the_third_one_puts_back(page: Page, stage: Stage):
    await show(page, stage)
    await opened(page)
    head = page.get_by_role("button", name="vote weight")
    for order, cells in (("descending", ["0.750", "0.250", "–"]), ("ascending", ["0.250", "0.750", "–"])):
        await head.click()
        assert await column(page, "vote weight") == cells
        assert await page.locator(f"th[aria-sort={order}]").text_content() in ("vote weight ↓", "vote weight ↑")
        await expect(head).to_be_focused()
    await head.press("Enter")
    assert await column(page, "Sample") == ["★ 1", "2", "3"]
    await expect(page.locator("th[aria-sort=descending], th[aria-sort=ascending]")).to_have_count(0)


async def test_a_sample_of_the_table_leads_to_its_text(page: Page, stage: Stage):
    await show(page, stage)
    await opened(page)
    await page.get_by_role("button", name="Show sample 2").last.click()
    await expect(page.locator("[data-generation=r0-g1].st-pane")).to_be_focused()


async def test_a_run_that_is_not_finished_is_not_asked_about(page: Page, stage: Stage):
    stage.scripts["r0"] = Script(scripts.vote_run("r0")[:-1])
    await page.goto("/?runs=r0")
    await expect(page.locator(".st-run [data-finished]")).to_have_count(5)
    assert await page.locator(".st-evidence").count() == 0 and asked(stage) == set()


async def test_runs_out_of_sight_are_asked_about_when_they_are_scrolled_to(page: Page, stage: Stage):
    await page.set_viewport_size({"width": 420, "height": 500})  # one under the other
    await show(page, stage, 4)
    await page.locator(".st-evidence").first.scroll_into_view_if_needed()
    await until(lambda: "runs/r0/evidence" in asked(stage))
    assert "runs/r3/evidence" not in asked(stage)
    await page.locator(".st-evidence").last.scroll_into_view_if_needed()
    await until(lambda: "runs/r3/evidence" in asked(stage))


async def test_a_run_without_evidence_shows_no_line_and_a_refusal_is_told(page: Page, stage: Stage):
    stage.scripts |= {name: Script(scripts.vote_run(name)) for name in ("r0", "r1")}
    stage.json["runs/r1/evidence"] = refusal("The database is away.", 503)
    await page.goto("/?runs=r0,r1")
    await expect(page.locator("[data-run=r1] .st-evidence")).to_contain_text("cannot be read: The database is away.")
    await expect(page.locator("[data-run=r0] .st-evidence")).to_have_count(0)


async def test_figures_follow_the_theme_and_the_width_of_their_column(page: Page, stage: Stage):
    await show(page, stage)
    await opened(page)
    colour = "() => document.querySelector('.st-evidences .st-plot')._fullLayout.font.color"
    light = await page.evaluate(colour)
    await page.evaluate("document.body.classList.toggle('dark')")
    await page.wait_for_function(f"before => ({colour})() !== before", arg=light)
    width = "() => document.querySelector('.st-evidences .st-plot')._fullLayout.width"
    wide = await page.evaluate(width)
    stage.scripts["r1"] = Script(scripts.vote_run("r1"))
    await page.fill("#wanted textarea, #wanted input", '{"runs": ["r0", "r1"]}')
    await page.click("#show")
    await page.wait_for_function(f"before => ({width})() < 0.7 * before", arg=wide)


async def test_hostile_text_is_only_text(page: Page, stage: Stage):
    await show(page, stage, answer=HOSTILE, rationale=MARKS)
    await opened(page)
    assert (await column(page, "Answer"))[1] == "".join(PIECES)
    assert await harm(page) is None
    assert await spilling(page, ".st-run-view") == []

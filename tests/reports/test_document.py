"""A report is one file that opens from a disk: figures drawn, nothing fetched, text of any kind only text."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import replace
from pathlib import Path

import plotly.graph_objects as go
import pytest
from playwright.async_api import Browser, Page

from storage.database import Database
from tests.components.hostile import HOSTILE, PIECES, harm
from tests.reports import made
from webapp.analysis.refusal import Refusal
from webapp.charts.evidence import Column, Evidence, Table
from webapp.charts.look import plain
from webapp.reports.comparison import Comparing
from webapp.reports.document import MOST_ROWS, document, report
from webapp.reports.part import Part, part
from webapp.runs.selected.service import Comparisons, Wanted

pytestmark = pytest.mark.asyncio(loop_scope="module")

INJECT = (
    "() => { const s = document.createElement('script'); s.textContent = 'window.hit = 9'; document.body.append(s); }"
)
NASTY = f"{HOSTILE}</script></style></title><!-- {{{{plotly}}}} $plotly"


@asynccontextmanager
async def opened(browser: Browser, text: str, folder: Path) -> AsyncIterator[Page]:
    """Open a report from its file; what it logs as an error or asks for beside itself fails the test."""
    file = folder / "report.html"
    file.write_text(text, encoding="utf-8")
    page = await browser.new_page()
    told: list[str] = []
    page.on("request", lambda request: told.append(request.url))
    page.on("console", lambda message: told.append(message.text) if message.type == "error" else None)
    page.on("pageerror", lambda error: told.append(str(error)))
    await page.goto(file.as_uri())
    yield page
    assert [each for each in told if each != file.as_uri() and not each.startswith(("data:", "blob:"))] == []
    await page.close()


async def of(folder: Path, wanted: Wanted, problems: int = 12, question: str = "", answer: str = "") -> str:
    database = Database.open(folder / "runs.db")
    await database.write(lambda s: made.store(s, problems, question=question, answer=answer))
    text = await report(Comparing(Comparisons(database, "local")), wanted, "generated_tokens", "/compare?sessions=s1")
    await database.close()
    return text


async def test_a_whole_comparison_opens_from_a_file_with_every_figure_drawn(browser: Browser, tmp_path: Path) -> None:
    text = await of(tmp_path, Wanted(sessions=("s1",)))
    async with opened(browser, text, tmp_path) as page:
        boxes = page.locator("[data-figure]")
        assert await boxes.count() >= 10
        await page.wait_for_function("document.querySelectorAll('[data-figure]:not(:has(.main-svg))').length === 0")
        heads = await page.locator("h2").all_text_contents()
        assert heads == ["RCI", "Sample and vote", "Self-Refine", "Where it comes from"]
        settings = await page.locator("#settings").inner_text()
        assert "samples = 4" in settings and "self_consistency-1" in settings
        assert "packed" in await page.locator("#models").inner_text()
        assert await page.locator("#problems tbody tr").count() == 12
        assert "fixes" in await page.locator("#differences").inner_text()
    assert text.count("plotly.js v") == 1  # inlined once


async def test_hostile_texts_are_shown_and_do_nothing(browser: Browser, tmp_path: Path) -> None:
    text = await of(tmp_path, Wanted(sessions=("s1",)), 4, NASTY, NASTY)
    async with opened(browser, text, tmp_path) as page:
        await page.wait_for_function("document.querySelectorAll('[data-figure]:not(:has(.main-svg))').length === 0")
        assert await harm(page) is None
        assert await page.locator("h1").text_content() == NASTY
        told = await page.locator("#problems").text_content() or ""
        assert all(piece in told for piece in PIECES) and "</script>" in told and "{{plotly}}" in told


async def test_hostile_names_are_harmless_in_heads_figures_and_refusals(browser: Browser, tmp_path: Path) -> None:
    figure = go.Figure(go.Scatter(x=[1, 2], y=[1, 2], name=plain(NASTY), hovertext=NASTY))
    table = Table((Column(NASTY, about=NASTY), Column("n", "number")), ((NASTY, 0.5), (None, None), ("x", 3)))
    key = "b'><script>window.hit=7</script>"
    parts = [part("a", Evidence(NASTY, NASTY, figure, table)), Part(key, NASTY, Refusal(NASTY))]
    async with opened(browser, document(NASTY, [(NASTY, parts)], NASTY), tmp_path) as page:
        await page.wait_for_selector(".main-svg")
        assert await harm(page) is None
        assert await page.locator("thead th").first.text_content() == NASTY
        assert await page.locator("tbody tr").all_text_contents() == [f"{NASTY}0.5000", "––", "x3"]
        assert await page.locator(".why").text_content() == NASTY


async def test_its_policy_lets_no_other_script_run(browser: Browser, tmp_path: Path) -> None:
    file = tmp_path / "report.html"
    file.write_text(document("A report", []), encoding="utf-8")
    page = await browser.new_page()
    await page.goto(file.as_uri())
    await page.evaluate(INJECT)
    assert await page.evaluate("window.hit ?? null") is None
    await page.close()


async def test_a_report_of_single_runs_says_why_parts_are_missing(browser: Browser, tmp_path: Path) -> None:
    text = await of(tmp_path, Wanted(runs=("rci-1-0", "self_refine-1-0")))
    async with opened(browser, text, tmp_path) as page:
        assert await page.locator("h1").text_content() == "2 runs"
        assert await page.locator(".why").count() >= 2


async def test_many_problems_are_cut_and_said_to_be(tmp_path: Path) -> None:
    text = await of(tmp_path, Wanted(sessions=("s1",)), MOST_ROWS + 1)
    assert f"The first {MOST_ROWS} of {MOST_ROWS + 1}." in text


async def test_numbers_that_json_has_no_word_for_are_null() -> None:
    shown = Evidence("t", "r", go.Figure(go.Scatter(x=[1.0], y=[float("nan")])))
    assert (
        "NaN"
        not in document("A", [("", [part("a", replace(shown))])]).split('id="figures">')[1].split("</script>")[0]
    )

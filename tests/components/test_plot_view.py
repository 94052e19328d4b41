"""Figures in the page's colours: zoom kept, clicks told, plotly.js from this machine."""

from __future__ import annotations

import json
from typing import Any

import pytest
from playwright.async_api import Page, expect

from tests.components.hostile import HOSTILE, harm
from tests.components.looking import until
from tests.components.stage import Stage

pytestmark = pytest.mark.asyncio(loop_scope="session")

FIGURE = "#figure textarea, #figure input"


async def draw(page: Page, y: list[float], **layout: Any) -> None:
    """Give the component a figure and wait until it is drawn."""
    marked = {"type": "scatter", "mode": "markers", "y": y, "customdata": ["a", "b", "c"], "marker": {"size": 30}}
    await page.fill(FIGURE, json.dumps({"data": [marked], "layout": {"title": {"text": "Entropy"}, **layout}}))
    await page.click("#draw")
    await page.wait_for_function(
        "y => JSON.stringify(document.querySelector('.st-plot').data?.[0].y) === y",
        arg=json.dumps(y, separators=(",", ":")),
    )


async def open_plot(page: Page, query: str = "") -> None:
    await page.goto(f"/plot{query}")
    await expect(page.locator(".st-plot")).to_have_text("Nothing to draw yet.")


async def test_a_figure_is_drawn_with_nothing_from_outside_and_has_a_name(page: Page, stage: Stage):
    asked: list[str] = []
    page.on("request", lambda request: asked.append(request.url))
    await open_plot(page)
    assert not [url for url in asked if "plotly" in url]  # only fetched when there is something to draw
    await draw(page, [1, 2, 3])
    await expect(page.get_by_role("figure", name="Entropy")).to_be_visible()
    assert f"{stage.url}/client/plotly.min.js" in asked
    assert [url for url in asked if not url.startswith((stage.url, "data:", "blob:"))] == []


async def test_the_colours_follow_the_theme_while_the_page_is_open(page: Page):
    await open_plot(page, "?__theme=light")
    await draw(page, [1, 2, 3])
    colours = """() => {
      const { font, xaxis, paper_bgcolor } = document.querySelector('.st-plot')._fullLayout;
      return [font.color, xaxis.gridcolor, paper_bgcolor];
    }"""
    light = await page.evaluate(colours)
    await page.evaluate("document.body.classList.add('dark')")
    await page.wait_for_function(f"before => ({colours})()[0] !== before", arg=light[0])
    dark = await page.evaluate(colours)
    assert dark[0] != light[0] and dark[1] != light[1]
    assert light[2] == dark[2] == "rgba(0,0,0,0)"
    title = "() => getComputedStyle(document.querySelector('.st-plot .gtitle')).fill"
    assert await page.evaluate(title) == dark[0]


async def test_an_update_keeps_the_zoom_unless_the_figure_says_it_is_another(page: Page):
    await open_plot(page)
    await draw(page, [1, 2, 3])
    box = await page.locator(".st-plot .nsewdrag").bounding_box()
    assert box is not None
    await page.mouse.move(box["x"] + 40, box["y"] + 40)
    await page.mouse.down()
    await page.mouse.move(box["x"] + box["width"] / 2, box["y"] + box["height"] / 2, steps=4)
    await page.mouse.up()
    span = "() => { const [a, b] = document.querySelector('.st-plot')._fullLayout.xaxis.range; return b - a; }"
    await page.wait_for_function(f"({span})() < 1.5")
    await draw(page, [1, 2, 4])
    assert await page.evaluate(span) < 1.5
    await draw(page, [1, 2, 5], uirevision="another")
    assert await page.evaluate(span) > 1.5


async def test_a_click_tells_the_point_also_after_the_figure_was_taken_away(page: Page, stage: Stage):
    await open_plot(page)
    for values in ([1, 2, 3], [3, 2, 1]):
        await draw(page, values)
        stage.heard.clear()
        point = await page.locator(".st-plot .point").nth(1).bounding_box()
        assert point is not None
        await page.mouse.move(point["x"] + point["width"] / 2, point["y"] + point["height"] / 2, steps=3)
        await page.mouse.down()
        await page.mouse.up()
        await until(lambda: ("point_click", {"curve": 0, "index": 1, "custom": "b"}) in stage.heard)
        await page.fill(FIGURE, "")
        await page.click("#draw")
        await expect(page.locator(".st-plot")).to_have_text("Nothing to draw yet.")


async def test_what_is_no_figure_or_hostile_does_no_harm(page: Page):
    await open_plot(page)
    await draw(page, [1, 2, 3], title={"text": HOSTILE}, xaxis={"title": {"text": HOSTILE}})
    assert await harm(page) is None
    await page.fill(FIGURE, HOSTILE)
    await page.click("#draw")
    await expect(page.locator(".st-plot")).to_contain_text("The figure cannot be drawn:")
    assert await harm(page) is None

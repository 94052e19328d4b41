"""A comparison of many runs: its parts and their files, what is looked at kept in the address, problems by filter."""

from __future__ import annotations

import asyncio
from pathlib import Path

import pytest
from playwright.async_api import Browser, Page, expect

from tests.components import compared
from tests.components.hostile import HOSTILE, harm, spilling
from tests.components.looking import texts_of
from tests.components.stage import Stage
from webapp.routes.answer import refusal

pytestmark = pytest.mark.asyncio(loop_scope="session")

OPEN = "#comparison-view [data-done='1'], #comparison-view[data-done='1']"
TEXTS = "[data-panel=texts][data-done='1']"
PROBLEMS = ".st-problems[data-done='1']"


async def show(page: Page, stage: Stage, more: str = "", **made: str) -> None:
    """Open the comparison of a session and wait for its parts and problems."""
    stage.json |= await asyncio.to_thread(compared.routes, **made)
    await page.goto(f"/many?sessions=s1{more}")
    await page.wait_for_selector(OPEN, state="attached")
    await page.wait_for_selector(PROBLEMS)


async def texts_shown(page: Page) -> None:
    await page.locator("[data-panel=texts]").scroll_into_view_if_needed()
    await page.wait_for_selector(TEXTS)


async def saved(page: Page, name: str) -> str:
    """Press a button that saves a file and return where the file is."""
    async with page.expect_download() as waiting:
        await page.get_by_role("button", name=name, exact=True).click()
    return str(await (await waiting.value).path())


async def test_every_part_is_there_with_its_numbers_in_words(page: Page, stage: Stage):
    await show(page, stage)
    parts = await page.locator("[data-part]").evaluate_all("nodes => nodes.map((node) => node.dataset.part)")
    assert parts == ["sides", "transitions", "differences", "cost", "settings", "models"]
    said = await texts_of(page, "[data-part=differences] .st-said li")
    assert len(said) == 3 and all("fixes" in each and "95% CI" in each for each in said)
    await page.wait_for_selector("[data-part=differences] .main-svg")
    await texts_shown(page)
    of_texts = await page.locator("[data-panel=texts] [data-part]").evaluate_all("n => n.map((e) => e.dataset.part)")
    assert of_texts == [
        "signals", "reliability", "calibration", "risk", "coverage", "resampling", "matched", "temperatures",
    ]  # fmt: skip
    await expect(page.locator("[data-part=coverage] .st-why")).to_contain_text("one sample")


async def test_texts_are_asked_for_when_they_come_into_sight(page: Page, stage: Stage):
    await page.set_viewport_size({"width": 1440, "height": 300})
    await show(page, stage)
    assert not [name for name, _ in stage.asked if name == "comparison/texts"]
    await texts_shown(page)
    assert [query["of"] for name, query in stage.asked if name == "comparison/texts"] == ["0"]


async def test_another_side_score_or_unit_stands_in_the_address(page: Page, stage: Stage):
    await show(page, stage)
    await texts_shown(page)
    await page.get_by_label("Side whose texts are shown").select_option("1")
    await page.wait_for_function("location.search.includes('of=1')")
    await expect(page.locator("[data-part=coverage] .main-svg").first).to_be_visible()
    await page.get_by_label("Cost in").select_option("calls")
    await page.wait_for_function("location.search.includes('unit=calls')")
    await expect(page.locator("[data-part=cost] th", has_text="calls")).to_be_visible()
    await page.reload()
    await page.wait_for_selector(OPEN, state="attached")
    await texts_shown(page)
    await expect(page.get_by_label("Side whose texts are shown")).to_have_value("1")
    await expect(page.get_by_label("Cost in")).to_have_value("calls")


async def test_a_count_of_the_transition_table_leads_to_its_runs(page: Page, stage: Stage):
    await show(page, stage)
    row = compared.told()["opened"]["generated_tokens"]["parts"][1]["table"]["rows"][2]
    await page.get_by_role("button", name="Side", exact=True).nth(1).click()  # sorted: the links stay right
    await page.get_by_role("button", name=f"Show the {row[2]} runs of Self-Refine that went right to wrong").click()
    await expect(page.locator(".st-pager")).to_contain_text(f"of {row[2]} problem")
    assert "side=2" in page.url and "right-%3Ewrong" in page.url
    outcomes = page.locator(".st-problems tbody td:nth-child(4) .st-transition")
    assert set(await outcomes.evaluate_all("n => n.map((e) => e.dataset.transition)")) == {"right→wrong"}
    await expect(page.locator(".st-problems")).to_be_focused()
    await page.get_by_role("button", name="Show all problems again").click()
    await expect(page.locator(".st-pager")).to_contain_text("of 30 problems")
    assert "side=" not in page.url


async def test_problems_where_sides_differ_link_to_their_runs(page: Page, stage: Stage):
    await show(page, stage)
    await page.get_by_label("only where the sides differ").check()
    total = compared.told()["differ"]["total"]
    await expect(page.locator(".st-pager")).to_contain_text(f"of {total} problems")
    assert "differ=1" in page.url
    first = compared.told()["differ"]["items"][0]
    ids = [run["run"] for run in first["runs"]]
    link = page.get_by_role("link", name="Lay side by side").first
    assert await link.get_attribute("href") == f"/compare?runs={','.join(ids)}"
    opens = page.locator(".st-problems tbody tr").first.get_by_role("link", name="Open this run in Explore")
    assert await opens.first.get_attribute("href") == f"/?run={ids[0]}"


async def test_problems_are_paged(page: Page, stage: Stage):
    await show(page, stage)
    await page.get_by_role("button", name="more →").click()
    await expect(page.locator(".st-pager")).to_contain_text("26 to 30 of 30")
    await page.reload()
    await expect(page.locator(".st-pager")).to_contain_text("26 to 30 of 30")


async def test_tables_are_files_of_both_kinds(page: Page, stage: Stage):
    await show(page, stage)
    csv = page.locator("[data-part=differences]").get_by_role("link", name="CSV")
    assert await csv.get_attribute("href") == "/api/comparison/table?sessions=s1&part=differences"
    parquet = page.locator("[data-part=differences]").get_by_role("link", name="Parquet")
    assert await parquet.get_attribute("href") == f"{await csv.get_attribute('href')}&format=parquet"
    report = page.get_by_role("link", name="Report (HTML)")
    assert await report.get_attribute("href") == "/api/comparison/report?sessions=s1"


async def test_figures_are_saved_as_images_and_as_a_page(page: Page, stage: Stage, browser: Browser, tmp_path: Path):
    await show(page, stage)
    await page.wait_for_selector("[data-part=differences] .main-svg")
    png = await asyncio.to_thread(Path(await saved(page, "PNG: Paired differences")).read_bytes)
    assert png.startswith(b"\x89PNG") and len(png) > 5000
    svg = await asyncio.to_thread(Path(await saved(page, "SVG: Paired differences")).read_text)
    assert svg.startswith("<svg") and "Self-Refine" in svg
    html = await asyncio.to_thread(Path(await saved(page, "HTML: Paired differences")).read_text)
    file = tmp_path / "figure.html"
    file.write_text(html)
    alone = await browser.new_page()
    asked: list[str] = []
    alone.on("request", lambda request: asked.append(request.url))
    await alone.goto(file.as_uri())
    await alone.wait_for_selector(".main-svg")
    assert [each for each in asked if not each.startswith(("file:", "data:", "blob:"))] == []
    await alone.close()


async def test_a_refusal_is_a_sentence(page: Page, stage: Stage):
    stage.json["comparison"] = refusal("No run of these is finished yet, so there is nothing to compare.", 400)
    await page.goto("/many?sessions=s1")
    await expect(page.get_by_role("alert")).to_contain_text("nothing to compare")


async def test_hostile_texts_stay_texts(page: Page, stage: Stage):
    await show(page, stage, question=HOSTILE, answer=HOSTILE)
    await texts_shown(page)
    assert await harm(page) is None
    assert HOSTILE in (await page.locator(".st-question").first.text_content() or "")
    assert await page.locator("#comparison-view h2").first.text_content() == HOSTILE
    assert await spilling(page, "#comparison-view") == []


@pytest.mark.parametrize("theme", ["light", "dark"])
async def test_it_fits_within_800_pixels(page: Page, stage: Stage, theme: str):
    await page.set_viewport_size({"width": 800, "height": 900})
    await show(page, stage, f"&__theme={theme}")
    await texts_shown(page)
    assert await page.evaluate("document.documentElement.scrollWidth <= innerWidth")

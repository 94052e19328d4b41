"""The decoding panel in a real browser: opened from a token, asked again by its sliders, drawn as it was computed."""

from __future__ import annotations

from typing import Any

import pytest
from playwright.async_api import Locator, Page, expect
from starlette.responses import Response

from tests.components import scripts
from tests.components.hostile import HOSTILE, MARKS, harm, spilling
from tests.components.looking import DONE, texts_of, until
from tests.components.stage import Script, Stage
from webapp.analysis.truncation import Cut, Rules
from webapp.charts.decoding import TITLES, along_data, inspection_data
from webapp.routes.answer import refusal
from webapp.runs.inspection import Along, Inspection, Listed

pytestmark = pytest.mark.asyncio(loop_scope="session")

TEXTS = (" Sydney", HOSTILE, "\n", MARKS, " x")
KEPT = {"top_h": 1, "top_h_repo": 2, "top_p": 3, "min_p": 4, "top_k": 5, "eta": None}
Asked = list[dict[str, str]]


def told(query: dict[str, str], **changes: Any) -> dict[str, Any]:
    """Return what the server would tell of a distribution of five tokens and a rest."""
    rules = Rules(alpha=float(query.get("alpha", 0.4)), top_p=float(query.get("top_p", 0.9)))
    p = (0.4, 0.3, 0.1, 0.05, 0.05)
    cuts = {n: Cut(None) if k is None else Cut(k, sum(p[:k]), k / 10) for n, k in KEPT.items()}
    fields: dict[str, Any] = {
        "index": int(query["index"]), "token": 2, "temperature": float(query.get("temperature", 0.7)), "unknown": "",
        "entropy": 1.5, "probability": 0.3, "rank": 1, "listed": Listed((1, 2, 3, 4, 5), TEXTS, p, 49147, 0.1),
        "cuts": cuts, "rules": rules,
    }  # fmt: skip
    return inspection_data(Inspection(**(fields | changes)))


def along(query: dict[str, str]) -> dict[str, Any]:
    return along_data(Along(1.0, "", {name: [1, 2, None, 4, 5] for name in TITLES}, [0.1, 0.2, None, 0.4, 0.5]))


@pytest.fixture
def answered(stage: Stage) -> Stage:
    stage.json |= {"texts/g1/rules": told, "texts/g1/rules/along": along}
    return stage


def asked(stage: Stage, name: str = "texts/g1/rules") -> Asked:
    return [query for each, query in stage.asked if each == name]


async def opened(page: Page, stage: Stage, token: int = 3) -> Locator:
    """Show a run, click on a token, and open the panel from its card."""
    stage.scripts["r0"] = Script(scripts.short_run("r0"))
    await page.goto("/?runs=r0")
    await page.wait_for_selector(DONE)
    await page.locator(".t").nth(token).click()
    await page.locator(".st-card .st-more").click()
    panel = page.locator(".st-decoding")
    await expect(panel).to_have_attribute("data-drawn", str(token))
    return panel


async def cells(panel: Locator, rule: str) -> list[str]:
    return [text.strip() for text in await panel.locator(f"tr[data-rule={rule}] > *").all_text_contents()]


async def test_a_click_on_a_token_leads_to_what_every_rule_keeps(page: Page, answered: Stage):
    panel = await opened(page, answered)
    assert asked(answered) == [{"index": "3"}]
    await expect(panel.locator("h3")).to_have_text("What each rule keeps at ␣Sydney token 4 of 5")
    await expect(panel.locator(".st-facts")).to_contain_text("H(p) 1.50 nats = 2.16 bits")
    assert await cells(panel, "top_h") == ["Top-H", "α 0.4", "1", "40.0%", "0.10", "0.60"]
    assert await cells(panel, "min_p") == ["Min-p", "0.1", "4", "85.0%", "0.40", ""]
    assert await cells(panel, "eta") == ["Eta", "ε 0.0002", "unknown", "–", "–", ""]
    await panel.locator(".st-plot .main-svg").first.wait_for()


async def test_every_token_has_a_mark_for_each_rule_that_keeps_it(page: Page, answered: Stage):
    panel = await opened(page, answered)
    rows = panel.locator(".st-tokens tbody tr")
    marks = await rows.evaluate_all("all => all.map(r => [...r.cells].slice(3).map(c => c.textContent).join(''))")
    assert marks == ["●●●●●?", "·●●●●?", "··●●●?", "···●●?", "····●?", ""]
    await expect(rows.nth(1)).to_have_class("st-chosen")
    await expect(rows.nth(5)).to_have_text("49,147 more10.0%")
    await expect(rows.nth(0).locator("td").nth(3)).to_have_attribute("title", "Top-H keeps it")


async def test_sliders_ask_again_once_they_rest(page: Page, answered: Stage):
    panel = await opened(page, answered)
    slider = panel.locator("[data-name=alpha]")
    await slider.focus()
    for _ in range(4):
        await page.keyboard.press("ArrowRight")
    await expect(panel.locator("tr[data-rule=top_h] td").first).to_have_text("α 0.6")
    assert asked(answered)[1:] == [{"index": "3", "alpha": "0.6"}], "once, for four steps"
    await panel.locator("[data-name=temperature]").fill("1.5")
    await expect(panel.locator(".st-facts")).to_contain_text("at temperature 1.50")
    assert asked(answered)[-1] == {"index": "3", "alpha": "0.6", "temperature": "1.5"}
    await panel.locator("[data-name=top_p]").fill("7")
    await panel.locator("[data-name=top_p]").fill("0.5")
    await expect(panel.locator("tr[data-rule=top_p] td").first).to_have_text("0.5")
    assert "7" not in {query.get("top_p") for query in asked(answered)}


async def test_it_goes_from_token_to_token_with_the_text(page: Page, answered: Stage):
    panel = await opened(page, answered)
    await panel.get_by_role("button", name="Next token").click()
    await expect(panel).to_have_attribute("data-drawn", "4")
    await expect(page.locator(".st-cursor")).to_have_text(".\n")
    await expect(panel.get_by_role("button", name="Next token")).to_be_disabled()
    await page.locator(".t").nth(0).click()
    await expect(panel).to_have_attribute("data-drawn", "0")
    await expect(panel.get_by_role("button", name="Token before")).to_be_disabled()


async def test_along_the_text_a_chart_is_asked_for_when_it_is_opened(page: Page, answered: Stage):
    panel = await opened(page, answered)
    assert asked(answered, "texts/g1/rules/along") == []
    await panel.locator("summary").click()
    chart = panel.locator("details .st-plot")
    await chart.locator(".main-svg").first.wait_for()
    assert len(asked(answered, "texts/g1/rules/along")) == 1
    marks = "box => box.layout.shapes.map(s => s.x0)"
    assert await chart.evaluate(marks) == [4]
    await panel.get_by_role("button", name="Token before").click()
    await page.wait_for_function("document.querySelector('.st-decoding details .st-plot').layout.shapes[0].x0 === 3")
    assert len(asked(answered, "texts/g1/rules/along")) == 1, "the same text"


async def test_it_works_by_keyboard_and_gives_the_focus_back(page: Page, answered: Stage):
    panel = await opened(page, answered)
    await page.keyboard.press("Escape")
    await expect(panel).to_be_hidden()
    pane = page.locator(".st-pane")
    await expect(pane).to_be_focused()
    await page.keyboard.press("Enter")
    await page.locator(".st-card .st-more").focus()
    await page.keyboard.press("Enter")
    await expect(panel).to_be_visible()
    await expect(panel.locator("h3")).to_be_focused()
    await page.keyboard.press("Tab")
    await page.keyboard.press("Escape")
    await expect(pane).to_be_focused()


async def test_what_is_only_known_in_part_says_so(page: Page, stage: Stage):
    sentence = "only the 10 likeliest tokens are stored"
    stage.json["texts/g1/rules"] = lambda query: told(query, unknown=sentence, temperature=1.0, entropy=None)
    panel = await opened(page, stage)
    await expect(panel.locator(".st-note")).to_have_text(sentence)
    await expect(panel.locator("[data-name=temperature]")).to_be_disabled()
    await expect(panel.locator(".st-facts")).to_contain_text("H(p) unknown")
    assert (await cells(panel, "top_h"))[-1] == ""


async def test_a_refusal_is_shown_as_a_sentence_and_passes(page: Page, stage: Stage):
    refusing = True

    def answer(query: dict[str, str]) -> dict[str, Any] | Response:
        return refusal("That text is not stored (yet).", 400) if refusing else told(query)

    stage.json["texts/g1/rules"] = answer
    stage.scripts["r0"] = Script(scripts.short_run("r0"))
    await page.goto("/?runs=r0")
    await page.wait_for_selector(DONE)
    await page.locator(".t").nth(1).click()
    await page.locator(".st-card .st-more").click()
    panel = page.locator(".st-decoding")
    await expect(panel.locator(".st-error")).to_have_text("That text is not stored (yet).")
    refusing = False
    await page.locator(".t").nth(2).click()
    await expect(panel).to_have_attribute("data-drawn", "2")
    await expect(panel.locator(".st-error")).to_have_count(0)


async def test_tokens_are_only_ever_text_and_stay_in_their_cells(page: Page, answered: Stage):
    panel = await opened(page, answered)
    assert await harm(page) is None
    shown = await texts_of(page, ".st-decoding .st-tokens code")
    assert shown[2] == "↵" and "<script>" in shown[1]
    await panel.locator(".st-plot .main-svg").first.wait_for()
    assert await harm(page) is None
    assert await spilling(page, ".st-decoding") == []


@pytest.mark.parametrize("theme", ["light", "dark"])
async def test_it_fits_800_pixels(page: Page, answered: Stage, theme: str):
    await page.set_viewport_size({"width": 800, "height": 900})
    answered.scripts["r0"] = Script(scripts.short_run("r0"))
    await page.goto(f"/?runs=r0&__theme={theme}")
    await page.wait_for_selector(DONE)
    await page.locator(".t").nth(1).click()
    await page.locator(".st-card .st-more").click()
    panel = page.locator(".st-decoding")
    await expect(panel).to_have_attribute("data-drawn", "1")
    assert await page.evaluate("document.documentElement.scrollWidth <= innerWidth")
    assert await panel.evaluate("node => node.scrollWidth <= node.clientWidth")
    await until(lambda: len(asked(answered)) == 1)

"""Which model answers: how far it is, why it cannot be had, and which others there are."""

from __future__ import annotations

import pytest
from playwright.async_api import Page, expect

from tests.components import shelves
from tests.components.hostile import HOSTILE, MARKS, harm, spilling
from tests.components.looking import until
from tests.components.stage import Stage
from webapp.routes.answer import refusal

pytestmark = pytest.mark.asyncio(loop_scope="session")

STATUS = "#model-status"


async def look(page: Page, state: str) -> None:
    """Open the page and wait for a state of the model."""
    await page.goto("/forms")
    await page.wait_for_selector(f"{STATUS}[data-state={state}], {STATUS} [data-state={state}]")


async def test_a_ready_model_says_what_it_is(page: Page):
    await look(page, "ready")
    line = page.locator(f"{STATUS} .st-modelline")
    await expect(line).to_contain_text("SmolLM2-135M-Instruct 135M parameters · float32 · cpu · context 8,192")
    await expect(page.locator(f"{STATUS} progress")).to_have_count(0)


async def test_progress_is_shown_until_the_model_is_ready(page: Page, stage: Stage):
    stage.json["model"] = shelves.model("downloading", fraction=0.25, detail="12 of 48 MB")
    await look(page, "downloading")
    bar = page.get_by_role("progressbar", name="Preparing the model")
    assert await bar.evaluate("bar => bar.value") == 0.25
    await expect(page.locator(STATUS)).to_contain_text("12 of 48 MB")
    await expect(page.locator(STATUS)).to_contain_text("25%")
    stage.json["model"] = shelves.model("loading", detail="Loading the weights")
    await expect(page.locator(STATUS)).to_contain_text("Loading the weights")
    assert await bar.evaluate("bar => bar.position") == -1  # how far is not known
    stage.json["model"] = shelves.model()
    await until(lambda: ("model_ready", {"name": "SmolLM2-135M-Instruct"}) in stage.heard)
    await expect(bar).to_have_count(0)


async def test_what_has_not_changed_is_not_read_aloud_again(page: Page, stage: Stage):
    stage.json["model"] = shelves.model("downloading", fraction=0.25, detail="Downloading")
    await look(page, "downloading")
    await page.evaluate(
        """(root) => { window.said = 0; new MutationObserver(() => { window.said += 1; })
            .observe(document.querySelector(`${root} [role=status]`), { childList: true, subtree: true }); }""",
        STATUS,
    )
    stage.json["model"] = shelves.model("downloading", fraction=0.5, detail="Downloading")
    await expect(page.locator(STATUS)).to_contain_text("50%")
    assert await page.evaluate("window.said") == 0


async def test_a_failure_says_why_and_who_goes_on_answering(page: Page, stage: Stage):
    sentence = "There is no model “nobody/nothing” on the Hub. Check its name."
    stage.json["model"] = shelves.model(
        "failed", ref="nobody/nothing", name="nothing", error=sentence, active="SmolLM2"
    )
    await look(page, "failed")
    await expect(page.locator(f"{STATUS} .st-error")).to_have_text(sentence)
    await expect(page.locator(STATUS)).to_contain_text("SmolLM2 goes on answering.")


async def test_a_server_that_does_not_answer_is_said_and_asked_again(page: Page, stage: Stage):
    stage.json["model"] = refusal("The database is closed.", 503)
    await look(page, "unreachable")
    await expect(page.locator(STATUS)).to_contain_text("The server does not answer: The database is closed.")
    stage.json["model"] = shelves.model()
    await expect(page.locator(f"{STATUS} .st-modelline")).to_contain_text("SmolLM2-135M-Instruct")


async def test_another_model_is_asked_for_from_the_list_or_by_name(page: Page, stage: Stage):
    await look(page, "ready")
    await page.get_by_text("Other models").focus()
    await page.keyboard.press("Enter")
    rows = page.locator(f"{STATUS} tbody tr")
    assert await rows.nth(1).locator("td").all_inner_texts() == [
        "Qwen3-1.7B\nQuick on any machine.", "3.4 GB", "8.3 GB", "Apache-2.0", "Use",
    ]  # fmt: skip
    await expect(page.get_by_role("button", name="In use: SmolLM2-135M-Instruct")).to_be_disabled()
    await page.get_by_role("button", name="Use Qwen3-1.7B").click()
    await until(lambda: ("switch_model", {"ref": "Qwen/Qwen3-1.7B"}) in stage.heard)
    await page.get_by_label("Any model").fill(" /models/mine ")
    await page.keyboard.press("Enter")
    await until(lambda: ("switch_model", {"ref": "/models/mine"}) in stage.heard)


async def test_hostile_text_of_models_stays_text_and_links_only_lead_to_https(page: Page, stage: Stage):
    nasty = HOSTILE + MARKS
    told = shelves.model("failed", name=nasty, error=nasty, detail=nasty, active=nasty)
    told["recommended"] = [shelves.recommended("x", nasty, 10**9, 10**9) | {
        "source": "javascript:window.hit=9", "note": nasty, "licence": nasty, "download_bytes": None,
    }]  # fmt: skip
    stage.json["model"] = told
    await look(page, "failed")
    await page.get_by_text("Other models").click()
    link = page.locator(f"{STATUS} tbody a")
    assert await link.get_attribute("href") == "#"
    await expect(page.locator(f"{STATUS} tbody td").nth(1)).to_have_text("unknown")
    assert await harm(page) is None
    assert await spilling(page, ".st-model-status") == []

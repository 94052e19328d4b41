"""A method's settings as inputs: made from a JSON schema, reported as they stand, refused with a sentence."""

from __future__ import annotations

from typing import Any

import pytest
from playwright.async_api import Locator, Page, expect

from tests.components import shelves
from tests.components.hostile import HOSTILE, MARKS, harm, spilling
from tests.components.looking import until
from tests.components.stage import Stage
from webapp.routes.answer import refusal

pytestmark = pytest.mark.asyncio(loop_scope="session")

FORM = "#method-form"


async def open_forms(page: Page) -> Locator:
    """Open the page and return the method form once it is drawn."""
    await page.goto("/forms")
    await page.wait_for_selector(f"{FORM} [data-name]")
    return page.locator(FORM)


async def reported(page: Page, stage: Stage) -> dict[str, Any]:
    """Return the form's state as a listener in Python gets it."""
    stage.heard[:] = [heard for heard in stage.heard if heard[0] != "read"]
    await page.click("#read")
    await until(lambda: any(name == "read" for name, _ in stage.heard))
    return next(value for name, value in stage.heard if name == "read")


async def test_the_controls_are_what_the_schema_says(page: Page, stage: Stage):
    form = await open_forms(page)
    rounds = form.get_by_label("Most rounds")
    assert [await rounds.get_attribute(name) for name in ("type", "min", "max", "step")] == ["number", "1", "8", "1"]
    await expect(rounds).to_have_value("2")  # given, not the default
    await expect(rounds).to_have_accessible_description("Times it may be refined. 1 to 8.")
    temperature = form.get_by_label("Temperature")
    assert [await temperature.input_value(), await temperature.get_attribute("step")] == ["0.7", "any"]
    await expect(form.get_by_label("Top-p")).to_be_hidden()
    await form.get_by_text("More sampling settings").click()
    await expect(form.get_by_label("Top-p")).to_have_accessible_description("1 keeps everything. Above 0 to 1.")
    assert await reported(page, stage) == {
        "method": "self_refine",
        "values": {"max_rounds": 2, "samples": 4, "temperature": 0.7, "max_tokens": 200, "top_p": 1},
    }


async def test_another_method_keeps_the_settings_that_both_have(page: Page, stage: Stage):
    form = await open_forms(page)
    await form.get_by_label("Temperature").fill("1.5")
    await form.get_by_label("Method").select_option("ask_again")
    await expect(form.get_by_label("Temperature")).to_have_value("1.5")
    await expect(form.get_by_label("Method")).to_be_focused()
    await expect(form.get_by_text("prompted emulation")).to_be_visible()
    await form.get_by_label("Second turn").select_option("critique")
    await form.get_by_label("Keep history").uncheck()
    await form.get_by_label("Hint").fill("think")
    state = await reported(page, stage)
    assert state["method"] == "ask_again" and "max_rounds" not in state["values"]
    told = {name: state["values"][name] for name in ("temperature", "style", "keep", "hint")}
    assert told == {"temperature": 1.5, "style": "critique", "keep": False, "hint": "think"}
    await until(lambda: ("method_change", {"method": "ask_again"}) in stage.heard)


async def test_a_number_out_of_bounds_is_refused_in_place_and_not_hidden_from_the_server(page: Page, stage: Stage):
    form = await open_forms(page)
    rounds = form.get_by_label("Most rounds")
    await rounds.fill("9")
    await expect(rounds).to_have_attribute("aria-invalid", "true")
    await expect(form.get_by_role("alert").filter(has_text="8")).to_be_visible()
    assert (await reported(page, stage))["values"]["max_rounds"] == 9
    await rounds.fill("3")
    await expect(rounds).to_have_attribute("aria-invalid", "false")
    await form.get_by_text("More sampling settings").click()
    await form.get_by_label("Top-p").fill("0")
    await expect(form.get_by_role("alert").filter(has_text="Must be more than 0.")).to_be_visible()


async def test_a_method_that_the_model_cannot_run_is_disabled_with_the_reason(page: Page, stage: Stage):
    form = await open_forms(page)
    option = form.locator("option[value=p_true]")
    assert await option.is_disabled()
    await expect(option).to_have_text("P(True) (needs choose, which this model does not offer)")
    capable = shelves.model(name="Qwen3-1.7B")
    capable["model"] |= {"name": "Qwen3-1.7B", "capabilities": ["choose", "continue", "generate"]}
    stage.json["model"] = capable
    await page.evaluate("document.dispatchEvent(new Event('visibilitychange'))")  # looks at the model again
    await expect(option).to_be_enabled()
    await expect(form.get_by_label("Most rounds")).to_have_value("2")


async def test_methods_that_cannot_be_listed_are_asked_for_again(page: Page, stage: Stage):
    stage.json["methods"] = refusal("The list is being made.", 503)
    await page.goto("/forms")
    await expect(page.locator(f"{FORM} [role=alert]")).to_contain_text("The list is being made.")
    stage.json["methods"] = shelves.methods()
    await page.get_by_role("button", name="Try again").click()
    await expect(page.locator(FORM).get_by_label("Most rounds")).to_be_visible()


async def test_hostile_text_of_a_method_stays_text(page: Page, stage: Stage):
    nasty = HOSTILE + MARKS
    field = shelves.number(nasty, 1, minimum=1, maximum=2, description=nasty)
    choice = {"type": "string", "enum": [HOSTILE, "b"], "default": "b", "title": "Choice"}
    bad = {"faithful_note": nasty, "description": nasty, "paper": nasty, "faithful": HOSTILE}
    stage.json["methods"] = [shelves.method("self_refine", nasty, {"n": field, "choice": choice}, **bad)]
    form = await open_forms(page)
    await form.get_by_label("Choice").select_option(HOSTILE)
    assert (await reported(page, stage))["values"]["choice"] == HOSTILE
    assert await harm(page) is None
    assert await spilling(page, ".st-method-form") == []

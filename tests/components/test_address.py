"""What a page shows stands in its address, and a key presses the button that is meant."""

from __future__ import annotations

import json
from typing import Any

import pytest
from playwright.async_api import Page, expect

pytestmark = pytest.mark.asyncio(loop_scope="session")


async def put(page: Page, **value: Any) -> None:
    await page.fill("#wanted textarea", json.dumps({"runs": []} | value))
    await page.click("#show")


async def test_the_address_names_the_runs_and_the_session_and_keeps_the_rest(page: Page):
    await page.goto("/?__theme=dark&session=old")
    await page.wait_for_selector(".st-run-view")
    await put(page, runs=["a"], session="s 1")
    await page.wait_for_url("**/?__theme=dark&run=a&session=s+1")
    await put(page, runs=["a", "b"])
    await page.wait_for_url("**/?__theme=dark&runs=a,b")


async def test_a_method_to_try_stays_in_the_address_until_something_ran(page: Page):
    await page.goto("/?method=rci")
    await page.wait_for_selector(".st-run-view")
    await put(page, session="s")
    await page.wait_for_url("**/?method=rci&session=s")
    await put(page, runs=["a"], session="s")
    await page.wait_for_url("**/?run=a&session=s")


async def test_sessions_that_are_compared_take_the_place_of_what_was_looked_at_before(page: Page):
    await page.goto("/?experiment=e&differ=1&side=2&step=x&of=1&unit=calls&from=25&__theme=dark")
    await page.wait_for_selector(".st-run-view")
    await put(page, sessions=["a", "b"])
    await page.wait_for_url("**/?__theme=dark&sessions=a,b")


async def test_a_replaced_address_is_no_step_of_the_history(page: Page):
    await page.goto("/")
    await page.wait_for_selector(".st-run-view")
    before = await page.evaluate("history.length")
    await put(page, runs=["a"], replace=True)
    await page.wait_for_url("**/?run=a")
    assert await page.evaluate("history.length") == before
    await put(page, runs=["b"])
    await page.wait_for_url("**/?run=b")
    assert await page.evaluate("history.length") == before + 1


async def test_control_and_enter_press_the_button_only_within_the_element(page: Page):
    await page.goto("/")
    await page.wait_for_selector(".st-run-view")
    await page.fill("#wanted textarea", json.dumps({"runs": ["keyed"]}))
    await page.evaluate("document.activeElement.blur()")
    await page.keyboard.press("Control+Enter")
    await expect(page.locator(".st-run")).to_have_count(0)
    await page.locator("#wanted textarea").press("Control+Enter")
    await page.wait_for_url("**/?run=keyed")

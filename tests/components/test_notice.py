"""One sentence to the person, announced, closed by hand, and said again if need be."""

from __future__ import annotations

import pytest
from playwright.async_api import Page, expect

from tests.components.hostile import HOSTILE, MARKS, harm, spilling

pytestmark = pytest.mark.asyncio(loop_scope="session")

SAY = "#say textarea, #say input"


async def say(page: Page, text: str) -> None:
    await page.fill(SAY, text)
    await page.press(SAY, "Enter")


async def test_an_error_is_announced_closed_and_can_be_said_again(page: Page):
    await page.goto("/forms")
    await page.wait_for_selector("#method-form [data-name]")
    notice = page.locator("#notice [role=alert]")
    for _ in range(2):
        await say(page, "The question is empty.")
        await expect(notice).to_contain_text("The question is empty.")
        await notice.get_by_role("button", name="Close").focus()
        await page.keyboard.press("Enter")
        await expect(notice).to_be_hidden()


async def test_hostile_text_stays_text(page: Page):
    await page.goto("/forms")
    await page.wait_for_selector("#method-form [data-name]")
    await say(page, HOSTILE + MARKS)
    await expect(page.locator("#notice p")).to_contain_text(HOSTILE)
    assert await harm(page) is None
    assert await spilling(page, ".st-notice") == []

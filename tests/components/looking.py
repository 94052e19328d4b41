"""What component tests look for in a page."""

from __future__ import annotations

import asyncio
from collections.abc import Callable

from playwright.async_api import Page

DONE = "[data-done='1']"
PATIENCE = 5.0  # seconds


async def texts_of(page: Page, selector: str) -> list[str]:
    """Return the texts of the elements of a selector."""
    return await page.locator(selector).all_text_contents()


async def until(condition: Callable[[], bool]) -> None:
    """Wait until a condition of this process holds."""
    async with asyncio.timeout(PATIENCE):
        while not condition():  # noqa: ASYNC110  (a condition of anything: there is no event to wait for)
            await asyncio.sleep(0.01)

"""A real Chromium for tests: one browser a session, driven through Playwright's async interface."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from playwright.async_api import Browser, async_playwright

from tests.parts import CHROMIUM_FLAGS, chromium


@asynccontextmanager
async def launched() -> AsyncIterator[Browser]:
    """Yield a browser; tests open contexts of their own in it."""
    async with async_playwright() as playwright:
        browser = await playwright.chromium.launch(executable_path=chromium(), args=CHROMIUM_FLAGS)
        try:
            yield browser
        finally:
            await browser.close()

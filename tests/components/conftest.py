"""The stage and the browser that component tests share."""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager

import pytest
import pytest_asyncio
from playwright.async_api import Browser, BrowserContext, Page

from tests.browser import launched
from tests.components import desk, shelves
from tests.components.pages import build
from tests.components.stage import Stage


@pytest.fixture(scope="session")
def running_stage() -> Iterator[Stage]:
    stage = Stage()
    stage.start(build(stage))
    yield stage
    stage.stop()


@pytest.fixture
def stage(running_stage: Stage) -> Stage:
    running_stage.scripts.clear()
    running_stage.heard.clear()
    running_stage.asked.clear()
    running_stage.json = shelves.everything()
    return running_stage


@pytest_asyncio.fixture(scope="session", loop_scope="session")
async def browser() -> AsyncIterator[Browser]:
    async with launched() as browser:
        yield browser


@pytest_asyncio.fixture(scope="session", loop_scope="session")
async def context(browser: Browser, running_stage: Stage) -> AsyncIterator[BrowserContext]:
    """What pages share: the scripts of Gradio are loaded and compiled once, not once a test."""
    context = await browser.new_context(base_url=running_stage.url)
    yield context
    await context.close()


@pytest_asyncio.fixture(loop_scope="session")
async def page(context: BrowserContext, stage: Stage) -> AsyncIterator[Page]:
    """A page at 1440 pixels that fails its test for any error in its scripts."""
    async with opened(context) as page:
        yield page


@pytest_asyncio.fixture(loop_scope="session")
async def timed_page(browser: Browser, stage: Stage) -> AsyncIterator[Page]:
    """A page whose clock the test turns; it shares nothing with others."""
    context = await browser.new_context(base_url=stage.url)
    await context.clock.install()
    async with opened(context) as page:
        yield page
    await context.close()


@asynccontextmanager
async def opened(context: BrowserContext) -> AsyncIterator[Page]:
    page = await context.new_page()
    await page.set_viewport_size({"width": 1440, "height": 900})
    errors: list[str] = []
    page.on("pageerror", lambda error: errors.append(str(error)))
    yield page
    await page.evaluate("localStorage.clear()")
    await page.close()
    assert errors == []


@pytest.fixture(scope="session")
def desk_address(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    with desk.serving(tmp_path_factory.mktemp("desk")) as address:
        yield address


@pytest_asyncio.fixture(scope="session", loop_scope="session")
async def desk_tab(browser: Browser, desk_address: str) -> AsyncIterator[Page]:
    """One tab over a server with the annotation routes: its scripts are loaded once, not once a test."""
    context = await browser.new_context(base_url=desk_address)
    yield await context.new_page()
    await context.close()


@pytest_asyncio.fixture(loop_scope="session")
async def desk_page(desk_tab: Page) -> AsyncIterator[Page]:
    """The tab at 1440 pixels; it fails its test for any error in its scripts."""
    errors: list[str] = []

    def note(error: object) -> None:
        errors.append(str(error))

    desk_tab.on("pageerror", note)
    await desk_tab.set_viewport_size({"width": 1440, "height": 900})
    yield desk_tab
    await desk_tab.unroute_all()
    desk_tab.remove_listener("pageerror", note)
    await desk_tab.evaluate("localStorage.clear()")
    assert errors == []

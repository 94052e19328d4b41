"""The stage and the browser that component tests share."""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterator

import pytest
import pytest_asyncio
from playwright.async_api import Browser, Page

from tests.browser import launched
from tests.components import shelves
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


@pytest_asyncio.fixture(loop_scope="session")
async def page(browser: Browser, stage: Stage) -> AsyncIterator[Page]:
    """A page at 1440 pixels that fails its test for any error in its scripts."""
    context = await browser.new_context(viewport={"width": 1440, "height": 900}, base_url=stage.url)
    page = await context.new_page()
    errors: list[str] = []
    page.on("pageerror", lambda error: errors.append(str(error)))
    yield page
    await context.close()
    assert errors == []

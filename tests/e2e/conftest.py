"""A running program and a real Chromium."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page, sync_playwright

from tests.e2e.explore import Explore
from tests.e2e.program import Program
from tests.parts import CHROMIUM_FLAGS, chromium


# Playwright's synchronous interface keeps an event loop running in this thread: it has to end with this package,
# before other packages' asynchronous tests start theirs.
@pytest.fixture(scope="package")
def browser() -> Iterator[Browser]:
    with sync_playwright() as playwright:
        started = playwright.chromium.launch(executable_path=chromium(), args=CHROMIUM_FLAGS)
        yield started
        started.close()


@pytest.fixture(scope="package")
def program(embedded_model: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Program]:
    running = Program(tmp_path_factory.mktemp("program"), embedded_model).start()
    yield running
    running.stop()


OpenPage = Callable[..., Page]


@pytest.fixture
def open_page(browser: Browser) -> Iterator[OpenPage]:
    """Return a function that opens an address as another person would; script errors fail the test."""
    contexts, errors = [], []

    def opened(url: str, width: int = 1440, height: int = 1000, **options: object) -> Page:
        context = browser.new_context(viewport={"width": width, "height": height}, **options)
        contexts.append(context)
        page = context.new_page()
        page.set_default_timeout(30_000)
        page.on("pageerror", lambda error: errors.append(str(error)))
        page.goto(url)
        return page

    yield opened
    for context in contexts:
        context.close()
    assert not errors


@pytest.fixture
def explore(program: Program, open_page: OpenPage) -> Explore:
    """Return the Explore page of a first visit."""
    return Explore(open_page(program.url))

"""The recorded examples: offered to whoever starts with nothing, explained where they are opened."""

from __future__ import annotations

from pathlib import Path

from playwright.sync_api import expect

from tests.e2e.conftest import OpenPage
from tests.e2e.explore import Explore
from tests.e2e.program import Program


def test_a_fresh_database_offers_them_once(embedded_model: Path, tmp_path: Path, open_page: OpenPage) -> None:
    program = Program(tmp_path, embedded_model).start()
    try:
        explore = Explore(open_page(program.url))
        button = explore.page.locator("button#examples, #examples button")
        button.click()
        runs = explore.started(columns=2)
        explore.done()
        stored = [program.json(f"/api/runs/{run}")["run"] for run in runs]
        for run in stored:
            column = explore.column(run["id"])
            expect(column).to_contain_text(run["name"])
            expect(column).to_contain_text(run["notes"])
            expect(column).to_contain_text("right → wrong")
        assert {run["launch_id"] for run in stored} == {stored[0]["launch_id"]}
        expect(button).to_be_hidden()
        explore.page.goto(f"{program.url}/library")
        expect(explore.page.locator("#library-view")).to_contain_text("Examples")
        explore.page.goto(program.url)
        Explore(explore.page)
        expect(button).to_be_hidden()
    finally:
        program.stop()

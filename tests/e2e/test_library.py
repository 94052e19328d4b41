"""The Library: what is stored can be found, named, put away, taken along."""

from __future__ import annotations

import json
from pathlib import Path
from uuid import uuid4

import pytest
from playwright.sync_api import Locator, Page, expect

from tests.e2e.conftest import OpenPage
from tests.e2e.explore import Explore
from tests.e2e.program import Program
from tests.export.files import corrected


class Library:
    """The Library page as a person uses it."""

    def __init__(self, page: Page) -> None:
        self.page = page
        self.runs = page.locator("#library-view .st-runlist .st-item")
        page.locator("#library-view[data-loaded], #library-view [data-loaded]").first.wait_for(state="attached")

    def search(self, text: str) -> None:
        """Type into the search field."""
        self.page.locator("#library-view input[type=search]").fill(text)

    def run(self, run: str) -> Locator:
        """Return a run's row."""
        return self.page.locator(f"#library-view .st-item[data-run='{run}']")

    def session(self, session: str) -> Locator:
        """Return a session's row."""
        return self.page.locator(f"#library-view .st-item[data-session='{session}']")

    def edit(self, row: Locator, name: str, tags: str, notes: str) -> None:
        """Change everything that can be written about a row."""
        row.get_by_role("button", name="Edit").click()
        row.get_by_label("Name").fill(name)
        row.get_by_label("Tags").fill(tags)
        row.get_by_label("Notes").fill(notes)
        row.get_by_role("button", name="Save").click()


@pytest.fixture(scope="module")
def asked(program: Program, browser: object) -> tuple[str, str]:
    """Return a word that only one stored run's question holds, and that run."""
    word = f"word{uuid4().hex[:8]}"
    page = browser.new_page()  # type: ignore[attr-defined]
    page.goto(program.url)
    explore = Explore(page)
    explore.ask(f"What does {word} mean?", max_tokens=12, samples=2)
    (run,) = explore.started()
    explore.done()
    page.close()
    return word, run


def test_a_run_is_found_by_its_question_and_opens_at_its_address(
    asked: tuple[str, str], program: Program, open_page: OpenPage
) -> None:
    word, run = asked
    library = Library(open_page(f"{program.url}/library"))
    library.search(word.upper())
    expect(library.runs).to_have_count(1)
    library.run(run).get_by_role("link", name="Open").click()
    explore = Explore(library.page)
    explore.done()
    assert explore.runs() == [run]
    expect(explore.question).to_have_value(f"What does {word} mean?")
    library.page.goto(f"{program.url}/library")
    Library(library.page).search(f"{word} and nothing else")
    expect(library.page.locator("#library-view")).to_contain_text("No run matches")


def test_what_is_written_about_a_run_stays(asked: tuple[str, str], program: Program, open_page: OpenPage) -> None:
    _, run = asked
    library = Library(open_page(f"{program.url}/library"))
    library.edit(library.run(run), "A <b>name</b>", "good, to show", "Look at the second sample.")
    for _ in range(2):
        row = library.run(run)
        for text in ("A <b>name</b>", "# to show", "Look at the second sample."):
            expect(row).to_contain_text(text)
        library.page.reload()
    stored = program.json(f"/api/runs/{run}")["run"]
    assert (stored["name"], stored["tags"]) == ("A <b>name</b>", ["good", "to show"])


def test_a_deleted_run_can_be_brought_back_at_once_and_later(
    asked: tuple[str, str], program: Program, open_page: OpenPage
) -> None:
    _, run = asked
    library = Library(open_page(f"{program.url}/library"))
    library.run(run).get_by_role("button", name="Delete").click()
    expect(library.run(run)).to_have_count(0)
    library.page.get_by_role("button", name="Undo").click()
    expect(library.run(run)).to_have_count(1)
    library.run(run).get_by_role("button", name="Delete").click()
    expect(library.run(run)).to_have_count(0)
    library.page.reload()
    Library(library.page)
    library.page.get_by_role("button", name="Deleted", exact=True).click()
    library.run(run).get_by_role("button", name="Restore").click()
    expect(library.run(run)).to_have_count(0)
    library.page.get_by_role("button", name="Deleted", exact=True).click()
    expect(library.run(run)).to_have_count(1)


def test_a_session_travels_as_one_file(
    asked: tuple[str, str], program: Program, open_page: OpenPage, tmp_path: Path
) -> None:
    _, run = asked
    session = program.json(f"/api/runs/{run}")["run"]["session_id"]
    library = Library(open_page(f"{program.url}/library"))
    with library.page.expect_download() as started:
        library.session(session).get_by_role("link", name="Export").click()
    file = tmp_path / "taken.stz"
    started.value.save_as(file)
    library.page.locator("#import input[type=file], input[type=file]").first.set_input_files(file)
    expect(library.page.locator("#notice")).to_contain_text("Imported")
    expect(library.runs).to_have_count(1)
    copy = library.runs.first.get_attribute("data-run")
    assert copy is not None and copy != run
    before, after = (program.json(f"/api/runs/{each}") for each in (run, copy))
    assert [g["text"] for g in after["generations"]] == [g["text"] for g in before["generations"]]


def test_a_file_that_is_no_session_is_refused(program: Program, open_page: OpenPage) -> None:
    library = Library(open_page(f"{program.url}/library"))
    upload = {"name": "not.stz", "mimeType": "application/zip", "buffer": b"no zip"}
    library.page.locator("#import input[type=file], input[type=file]").first.set_input_files(upload)
    expect(library.page.locator("#notice")).to_contain_text("no session file")


def test_runs_of_another_program_are_imported_and_shown(program: Program, open_page: OpenPage) -> None:
    library = Library(open_page(f"{program.url}/library"))
    upload = {
        "name": "theirs.jsonl",
        "mimeType": "application/json",
        "buffer": "\n".join(json.dumps(row) for row in (corrected(), {}, corrected(seed=8))).encode(),
    }
    library.page.locator("input[type=file]").nth(1).set_input_files(upload)
    expect(library.page.locator("#notice")).to_contain_text("Imported 2 runs. Rows refused: 1")
    expect(library.runs).to_have_count(2)
    run = library.runs.first.get_attribute("data-run")
    page = open_page(f"{program.url}/?run={run}")
    expect(page.get_by_text("So 3 × 4. The answer is 12.").first).to_be_visible()
    expect(page.get_by_text("imported:self_refine").first).to_be_visible()


def test_a_file_without_a_run_is_refused_with_its_reason(program: Program, open_page: OpenPage) -> None:
    library = Library(open_page(f"{program.url}/library"))
    upload = {"name": "theirs.jsonl", "mimeType": "application/json", "buffer": b"{}"}
    library.page.locator("input[type=file]").nth(1).set_input_files(upload)
    expect(library.page.locator("#notice")).to_contain_text("No run was imported. Rows refused: 1")

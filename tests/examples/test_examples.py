"""The shipped examples: they import, are small, and show what their notes say, as computed from what is stored."""

from __future__ import annotations

import asyncio
import filecmp
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import TypeVar

import pytest

from storage.database import Database
from storage.records import Session, StoredRun
from tests.examples.phenomena import Absent, facts_of
from tests.examples.plan import NOTES, PLAN, SESSION, Example, Launch
from tests.examples.reading import attempts
from tests.record_examples import LARGEST
from webapp.auth import LOCAL
from webapp.methods.registry import methods
from webapp.pages.examples import ARCHIVE
from webapp.runs.library import Library, LibraryService

T = TypeVar("T")
PLANNED = [(example, launch) for launch in PLAN for example in launch.examples]


def imported(folder: Path, then: Callable[[Library, str], Awaitable[T]]) -> T:
    """Import the shipped file into a fresh database and do something with its session."""

    async def go() -> T:
        database = Database.open(folder / "fresh.db")
        try:
            library = LibraryService(database).of(LOCAL)
            return await then(library, await library.import_session(ARCHIVE))
        finally:
            await database.close()

    return asyncio.run(go())


async def loaded(library: Library, session: str) -> tuple[Session, dict[str, StoredRun]]:
    listed = await library.search(session=session)
    stored = [await library.load(row.id) for row in listed.items]
    found = await library.session(session)
    assert found is not None
    return found, {each.run.name: each for each in stored if each is not None}


@pytest.fixture(scope="module")
def shipped(tmp_path_factory: pytest.TempPathFactory) -> tuple[Session, dict[str, StoredRun]]:
    """Return the session and its runs by name, as an import stores them."""
    return imported(tmp_path_factory.mktemp("examples"), loaded)


@pytest.fixture(scope="module")
def runs(shipped: tuple[Session, dict[str, StoredRun]]) -> dict[str, StoredRun]:
    return shipped[1]


def test_the_file_is_small_and_comes_back_as_it_was(tmp_path: Path) -> None:
    async def exported(library: Library, session: str) -> Path:
        await library.export_session(session, tmp_path / "again.stz")
        return tmp_path / "again.stz"

    assert ARCHIVE.stat().st_size < LARGEST
    assert filecmp.cmp(imported(tmp_path, exported), ARCHIVE, shallow=False)


def test_the_session_holds_the_plan(shipped: tuple[Session, dict[str, StoredRun]]) -> None:
    session, runs = shipped
    assert (session.name, session.notes) == (SESSION, NOTES)
    assert set(runs) == {example.name for example, _ in PLANNED}
    assert 10 <= len(runs) == len(PLANNED) <= 16
    assert {each.run.status for each in runs.values()} == {"finished"}


def test_two_models_are_recorded_with_all_that_says_how_and_nothing_of_where(runs: dict[str, StoredRun]) -> None:
    models = {each.run.model.id: each.run.model for each in runs.values()}
    assert len(models) == 2
    for model in models.values():
        assert (model.device, model.dtype) == ("cpu", "float32")
        assert len(model.revision) >= 12
        assert "/" not in model.source and "\\" not in model.source


@pytest.mark.parametrize(("example", "launch"), PLANNED, ids=[example.name for example, _ in PLANNED])
def test_an_example_shows_what_its_note_says(runs: dict[str, StoredRun], example: Example, launch: Launch) -> None:
    stored = runs[example.name]
    assert stored.run.notes == example.note.format(**facts_of(example.shows, stored))
    assert set(stored.run.tags) == set(example.tags) != set()


@pytest.mark.parametrize(("example", "launch"), PLANNED, ids=[example.name for example, _ in PLANNED])
def test_an_example_is_the_run_that_was_planned(runs: dict[str, StoredRun], example: Example, launch: Launch) -> None:
    run = runs[example.name].run
    assert (run.method, run.seed, run.problem) == (example.method, launch.seed, launch.problem)
    assert run.params.items() >= example.params.items()
    assert run.method_version and (example.method in methods() or run.branch_of is not None)
    assert all(g.id in runs[example.name].traces for g in runs[example.name].generations)


def test_runs_of_one_launch_stand_side_by_side_and_start_from_the_same_drafts(runs: dict[str, StoredRun]) -> None:
    together = [launch for launch in PLAN if len(launch.examples) > 1]
    assert together
    for launch in together:
        columns = [runs[example.name] for example in launch.examples]
        assert len({each.run.launch_id for each in columns}) == 1
        assert [each.run.column for each in columns] == list(range(len(columns)))
        drafts = [[draft.text for draft in attempts(each)] for each in columns]
        assert all(texts == max(drafts, key=len)[: len(texts)] for texts in drafts)


def test_the_same_drafts_are_judged_by_several_methods(runs: dict[str, StoredRun]) -> None:
    users = [example for example, _ in PLANNED if example.uses]
    assert users
    for example in users:
        source, copy = runs[example.uses], runs[example.name]
        assert copy.run.input_run == source.run.id
        assert [g.copied_from for g in attempts(copy)] == [g.id for g in attempts(source)]


def test_a_claim_that_does_not_hold_is_told(runs: dict[str, StoredRun]) -> None:
    wrong = runs[next(example.name for example, launch in PLANNED if launch.branch is not None)]
    other = next(example for example, launch in PLANNED if example.method == "self_consistency")
    with pytest.raises(Absent):
        facts_of(other.shows, wrong)

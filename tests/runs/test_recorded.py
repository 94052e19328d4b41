"""A run to show what a method's calls look like: from the examples, else the newest one that is stored."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from storage.database import Database
from storage.records import Run
from storage.repositories import generations, scores
from tests.storage import making
from webapp.auth import LOCAL
from webapp.methods.registry import methods
from webapp.runs.library import LibraryService
from webapp.runs.recorded import READABLE, Recordings

NOWHERE = Path("no-such-file.stz")
OURS = [name for name, spec in methods().items() if spec.run.__module__.startswith("webapp.")]


async def keep(database: Database, *made: Run, texts: int = 1) -> None:
    """Store runs, each with so many texts and a score."""
    await database.write(lambda s: making.store_session(s, None, *made))
    for run in made:
        for i in range(texts):
            text = making.generation(f"{run.id}-{i}", run_id=run.id, ordinal=i, parents=(), copied_from=None)
            await database.write(lambda s, text=text: generations.save(s, text, None))
        about = making.score(f"{run.id}-s", run_id=run.id, generation_id=f"{run.id}-0")
        await database.write(lambda s, about=about: scores.add(s, about))


def ended(key: str, **changes: object) -> Run:
    return replace(making.run(key, launch_id=f"l-{key}", input_run=None, branch_of=None), **changes)


async def archived(database: Database, path: Path, *made: Run, texts: int = 1) -> Path:
    """Write runs to a file and take them out of the library."""
    await keep(database, *made, texts=texts)
    library = LibraryService(database).of(LOCAL)
    await library.export_session("s1", path)
    await library.delete_session("s1")
    return path


async def test_an_example_is_shown_with_its_texts_and_scores(database: Database, tmp_path: Path) -> None:
    path = await archived(database, tmp_path / "a.stz", ended("r1"), ended("r2", method="rci"), texts=2)
    found = await Recordings(LibraryService(database).of(LOCAL), [path]).of("self_refine")
    assert found and found.example
    assert (found.run.id, [text.id for text in found.generations]) == ("r1", ["r1-0", "r1-1"])
    assert [score.generation_id for score in found.scores] == ["r1-0"]


@pytest.mark.parametrize("passed_over", [{"status": "failed"}, {"branch_of": making.run().branch_of}])
async def test_what_shows_no_whole_run_is_no_example(
    database: Database, tmp_path: Path, passed_over: dict[str, object]
) -> None:
    path = await archived(database, tmp_path / "a.stz", ended("r1", **passed_over))
    assert await Recordings(LibraryService(database).of(LOCAL), [path]).of("self_refine") is None


async def test_of_several_examples_the_richest_that_can_be_taken_in_is_shown(
    database: Database, tmp_path: Path
) -> None:
    await keep(database, ended("small"))
    for key, texts in (("rich", READABLE), ("vast", READABLE + 1)):
        await database.write(lambda s, key=key: making.runs.add(s, ended(key)))
        for i in range(texts):
            text = making.generation(f"{key}-{i}", run_id=key, ordinal=i, parents=(), copied_from=None)
            await database.write(lambda s, text=text: generations.save(s, text, None))
    library = LibraryService(database).of(LOCAL)
    await library.export_session("s1", tmp_path / "a.stz")
    found = await Recordings(library, [tmp_path / "a.stz"]).of("self_refine")
    assert found and found.run.id == "rich"


async def test_without_an_example_the_newest_stored_run_is_shown(database: Database) -> None:
    recordings = Recordings(LibraryService(database).of(LOCAL), [NOWHERE])
    assert await recordings.of("self_refine") is None
    await keep(database, ended("r1"), ended("r2", created_at=making.minutes(9)))
    found = await recordings.of("self_refine")
    assert found and not found.example
    assert (found.run.id, [text.id for text in found.generations], len(found.scores)) == ("r2", ["r2-0"], 1)


async def test_the_first_archive_that_has_one_is_taken(database: Database, tmp_path: Path) -> None:
    first = await archived(database, tmp_path / "a.stz", ended("r1"))
    elsewhere = Database.open(tmp_path / "elsewhere.db")
    second = await archived(elsewhere, tmp_path / "b.stz", ended("r2"), ended("r3", method="rci"))
    await elsewhere.close()
    recordings = Recordings(LibraryService(database).of(LOCAL), [NOWHERE, first, second])
    for method, run in (("self_refine", "r1"), ("rci", "r3")):
        found = await recordings.of(method)
        assert found and found.run.id == run


@pytest.mark.parametrize("method", OURS)
async def test_every_method_comes_with_a_run_that_can_be_drawn(database: Database, method: str) -> None:
    found = await Recordings(LibraryService(database).of(LOCAL)).of(method)
    assert found and found.example
    texts = {text.id for text in found.generations}
    assert found.run.outcome.chosen_generation in texts and len(texts) <= READABLE
    assert texts.issuperset(parent for text in found.generations for parent in text.parents)

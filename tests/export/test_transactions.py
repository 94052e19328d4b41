"""An import that is cut short leaves whole runs."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from storage.database import Database, DiskFull
from storage.repositories import generations, runs, sessions
from tests.export.files import corrected, imported, write_lines
from webapp.auth import LOCAL
from webapp.export import importing
from webapp.runs.library import LibraryService
from webapp.runs.request import BadRequest


async def test_batches_that_were_stored_stay_whole_when_the_disk_is_full(
    database: Database, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(importing, "BATCH", 2)
    store, calls = importing._store, []

    def full(s: Any, batch: Any, new: Any) -> None:
        calls.append(len(batch))
        store(s, batch, new)
        if len(calls) == 2:
            raise DiskFull("There is no room left.")

    monkeypatch.setattr(importing, "_store", full)
    path = write_lines(tmp_path / "runs.jsonl", [corrected(seed=n) for n in range(5)])
    with pytest.raises(DiskFull):
        await imported(database, path)
    assert calls == [2, 2]
    [session] = await database.read(lambda s: sessions.recent(s))
    kept = await database.read(lambda s: runs.of_session(s, session.id))
    assert sorted(run.seed for run in kept) == [0, 1]
    texts = [await database.read(lambda s, id=run.id: generations.of_run(s, id)) for run in kept]  # type: ignore[misc]
    assert [len(each) for each in texts] == [3, 3]


async def test_where_nothing_can_be_imported_no_session_is_made(database: Database, tmp_path: Path) -> None:
    report, _ = await imported(database, write_lines(tmp_path / "runs.jsonl", [{}, {}]))
    assert (report.session, report.refused) == (None, 2)
    assert await database.read(lambda s: sessions.recent(s)) == []


async def test_the_library_says_what_became_of_a_file(database: Database, tmp_path: Path) -> None:
    library = LibraryService(database).of(LOCAL)
    report = await library.import_runs(write_lines(tmp_path / "runs.jsonl", [corrected(), {}]))
    assert (report.imported, report.refused) == (1, 1)
    page = await library.search(session=report.session)
    assert [(row.method, row.answer, row.verdict) for row in page.items] == [
        ("imported:self_refine", "12", "correct")
    ]
    with pytest.raises(BadRequest, match="cannot be read"):
        await library.import_runs(tmp_path / "nothing.jsonl")


async def test_the_library_judges_what_a_file_does_not_say_how_to(database: Database, tmp_path: Path) -> None:
    row = corrected()
    del row["problem"]["kind"]
    path, library = write_lines(tmp_path / "runs.jsonl", [row]), LibraryService(database).of(LOCAL)
    bare, judged = await library.import_runs(path), await library.import_runs(path, "numeric")
    verdicts = [(await library.search(session=report.session)).items[0].verdict for report in (bare, judged)]
    assert verdicts == ["ungraded", "correct"]

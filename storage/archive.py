"""Whole sessions as one file: `.stz`, a zip of JSON lines and token traces that round-trips exactly.

Members, in this order: `manifest.json` (format and version), `session.jsonl` (one line), `runs.jsonl`,
`generations.jsonl`, `scores.jsonl` (records as JSON, a line each) and `traces/ID` (as in storage.codec). Nothing in
it depends on when, where or by whom it was written, so equal sessions make equal files. Members are read into memory
under limits and never unpacked to a disk, so their names and sizes cannot do harm.
"""

from __future__ import annotations

import asyncio
import os
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

from sqlalchemy.exc import DataError, IntegrityError, StatementError
from sqlalchemy.orm import Session as OrmSession

from storage import tables
from storage.archive_check import check
from storage.archive_file import Archive, ArchiveError, pack, unpack
from storage.archive_ids import with_free_ids
from storage.database import Database
from storage.errors import Missing, from_system
from storage.records import Generation, Run
from storage.repositories import generations, runs, scores, sessions

__all__ = ["ArchiveError", "export_session", "import_session"]


async def export_session(db: Database, session_id: str, path: Path) -> None:
    """Write a session with everything below it that is not deleted to a file; there is none until it is whole.

    Runs that are still at work are written as interrupted: a copy of them will never end.

    Raises:
        DatabaseError: when there is no such session, or the file cannot be written.

    """
    await db.read(lambda s: _export(s, session_id, Path(path)))


async def import_session(db: Database, path: Path, person_id: str) -> str:
    """Read a file into a session of a person and return its id.

    Ids are kept where they are free; the others are made anew, also where they are referred to.

    Raises:
        ArchiveError: with a sentence; then nothing was changed.

    """
    archive = await asyncio.to_thread(_checked, Path(path))
    return await db.write(lambda s: _import(s, archive, person_id))


def _checked(path: Path) -> Archive:
    archive = unpack(path)
    check(archive)
    return archive


def _export(s: OrmSession, session_id: str, path: Path) -> None:
    session = sessions.get(s, session_id)
    if session is None or session.deleted_at is not None:
        raise Missing("There is no such session to export; restore it first if it was deleted.")
    kept = runs.of_session(s, session_id)
    live = {run.id for run in kept if run.live}
    texts = [_ended(g) if run.id in live else g for run in kept for g in generations.of_run(s, run.id)]
    archive = Archive(
        replace(session, person_id=""),
        [_left(run) for run in kept],
        texts,
        [score for run in kept for score in scores.of_run(s, run.id)],
    )
    with _whole(path) as partial:
        pack(partial, archive, generations.blobs(s, [g.id for g in texts]))


def _import(s: OrmSession, archive: Archive, person_id: str) -> str:
    archive = with_free_ids(s, archive)
    session = replace(archive.session, person_id=person_id, deleted_at=None)
    try:
        sessions.create(s, session)
        for run in archive.runs:
            runs.add(s, replace(run, deleted_at=None))
        for generation in archive.generations:
            generations.put(s, generation, archive.traces.get(generation.id))
        for score in archive.scores:
            scores.add(s, score)
        s.flush()
        row = s.get_one(tables.Session, session.id)
        row.updated_at = session.updated_at
    except (DataError, IntegrityError, StatementError, OverflowError) as error:
        raise ArchiveError("The session file holds values that no session can have; nothing was imported.") from error
    return session.id


def _left(run: Run) -> Run:
    """Return a run as a file keeps it: without a lease, and not at work."""
    if run.live:
        ended = run.lease_until or datetime.now(UTC)
        run = replace(run, status="interrupted", error=runs.LEFT_BEHIND, finished_at=ended)
    return replace(run, lease_owner=None, lease_until=None)


def _ended(generation: Generation) -> Generation:
    if generation.status == "finished" or generation.finish_reason is not None:
        return generation
    return generation.with_(finish_reason="interrupted")


@contextmanager
def _whole(path: Path) -> Iterator[Path]:
    """Write beside the path, and move there what is complete."""
    partial = path.with_name(f".{path.name}.{os.getpid()}.partial")
    try:
        yield partial
        partial.replace(path)
    except OSError as error:
        raise from_system(error, str(path)) from error
    finally:
        partial.unlink(missing_ok=True)

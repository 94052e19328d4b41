"""Whole sessions as one file: `.stz`, a zip of JSON lines and token traces that round-trips exactly.

Members, in this order: `manifest.json` (format and version), `session.jsonl` (one line), `runs.jsonl`,
`generations.jsonl`, `scores.jsonl` (records as JSON, a line each) and `traces/ID` (as in storage.codec); version 2,
of a session with labelled runs, has `queues`, `items`, `assignments`, `annotations` and `adjudications` before the
traces. Nothing in it depends on when, where or by whom it was written, so equal sessions make equal files. Members
are read into memory under limits and never unpacked to a disk, so their names and sizes cannot do harm.
"""

from __future__ import annotations

import asyncio
import os
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import replace
from pathlib import Path

from sqlalchemy.exc import InternalError, OperationalError, StatementError
from sqlalchemy.orm import Session as OrmSession

from storage import archive_annotations, tables
from storage.archive_check import check
from storage.archive_file import Archive, Traces, pack, unpack
from storage.archive_ids import with_free_ids
from storage.archive_zip import ArchiveError
from storage.database import Database
from storage.errors import Missing, from_system
from storage.ids import new_id
from storage.records import Cost, Generation, Run
from storage.repositories import generations, runs, scores, sessions

__all__ = ["ArchiveError", "export_session", "import_session"]


async def export_session(db: Database, session_id: str, path: Path, owner: str | None = None) -> None:
    """Write a session with everything below it that is not deleted to a file; there is none until it is whole.

    Runs that are still at work are written as interrupted: a copy of them will never end. Labels of the runs are
    written with them: those of all queues, or of the queues of one person.

    Raises:
        DatabaseError: when there is no such session, or the file cannot be written.

    """
    await db.read(lambda s: _export(s, session_id, Path(path), owner))


async def import_session(db: Database, path: Path, person_id: str) -> str:
    """Read a file into a session of a person and return its id.

    Ids are kept where they are free; the others are made anew, also where they are referred to.

    Raises:
        ArchiveError: with a sentence; then nothing was changed.

    """
    archive, traces = await asyncio.to_thread(_checked, Path(path))
    importing = asyncio.ensure_future(db.write(lambda s: _import(s, archive, traces, person_id)))
    importing.add_done_callback(lambda _: traces.close())  # it goes on when nobody waits for it any more
    return await asyncio.shield(importing)


def _checked(path: Path) -> tuple[Archive, Traces]:
    archive, traces = unpack(path)
    try:
        check(archive, traces)
    except BaseException:
        traces.close()
        raise
    return archive, traces


def _export(s: OrmSession, session_id: str, path: Path, owner: str | None) -> None:
    session = sessions.get(s, session_id)
    if session is None or session.deleted_at is not None:
        raise Missing("There is no such session to export; restore it first if it was deleted.")
    kept = runs.of_session(s, session_id)
    live = {run.id for run in kept if run.live}
    costs = runs.cost_of_texts(s, sorted(live))
    texts = generations.of_session(s, session_id)
    archive = Archive(
        replace(session, person_id=""),
        [_left(run, costs.get(run.id, Cost())) for run in kept],
        [_ended(text) if text.run_id in live else text for text in texts],
        scores.of_session(s, session_id),
        archive_annotations.read(s, session_id, [run.id for run in kept], owner),
    )
    with _whole(path) as partial:
        pack(partial, archive, generations.blobs(s, [text.id for text in texts]))


def _import(s: OrmSession, archive: Archive, traces: Traces, person_id: str) -> str:
    free = with_free_ids(s, archive)
    try:
        own = replace(free.session, person_id=person_id, deleted_at=None, sharing="private")
        _store(s, replace(free, session=own))
        pairs = zip(archive.generations, free.generations, strict=True)
        generations.add_all(s, ((new, traces.get(old.id)) for old, new in pairs))
        scores.add_all(s, free.scores)
        archive_annotations.store(s, free.annotated.of(person_id))
    except (OperationalError, InternalError):  # the database's trouble, not the file's
        raise
    except (StatementError, OverflowError) as error:
        raise ArchiveError("The session file holds values that no session can have; nothing was imported.") from error
    return free.session.id


def _store(s: OrmSession, archive: Archive) -> None:
    sessions.create(s, archive.session)
    runs.add_all(s, [replace(run, deleted_at=None) for run in archive.runs])
    s.get_one(tables.Session, archive.session.id).updated_at = archive.session.updated_at
    s.flush()


def _left(run: Run, cost: Cost) -> Run:
    """Return a run as a file keeps it: without a lease; one at work has ended, and cost what its texts did."""
    if run.live:
        ended = run.lease_until or run.started_at or run.created_at
        run = replace(run, status="interrupted", error=runs.LEFT_BEHIND, finished_at=ended, cost=cost)
    return replace(run, lease_owner=None, lease_until=None)


def _ended(generation: Generation) -> Generation:
    if generation.status == "finished" or generation.finish_reason is not None:
        return generation
    return generation.with_(finish_reason="interrupted")


@contextmanager
def _whole(path: Path) -> Iterator[Path]:
    """Write beside the path, and move there what is complete."""
    partial = path.with_name(f".{new_id()}.partial")
    try:
        yield partial
        with partial.open("rb+") as file:
            os.fsync(file.fileno())
        partial.replace(path)
    except OSError as error:
        raise from_system(error, str(path)) from error
    finally:
        with suppress(OSError):
            partial.unlink()

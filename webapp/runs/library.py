"""Stored sessions and runs as the pages know them: find, rename, tag, delete, export, import."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import NamedTuple

from sqlalchemy.orm import Session as OrmSession

from storage import archive
from storage.database import Database
from storage.ids import new_id
from storage.records import Generation, Person, Run, Score, Session, Sharing, StoredRun
from storage.repositories import generations as generation_store
from storage.repositories import library as library_store
from storage.repositories import runs as run_store
from storage.repositories import scores as score_store
from storage.repositories import sessions as session_store
from storage.repositories.library import Page, RunRow, SessionRow
from storage.trace import TokenTrace
from webapp.export.importing import Report, import_file
from webapp.export.rows import ImportRefused
from webapp.export.trace_row import Kind
from webapp.runs.access import Right, Thing, may, require
from webapp.runs.asking import Asking
from webapp.runs.known import Known, Unknown, known, lessons
from webapp.runs.refinement import NotYet, Ranking, alike, ranking
from webapp.runs.request import BadRequest, refusals


class Text(NamedTuple):
    """A stored text: its run, and its tokens if they are stored."""

    run: Run
    generation: Generation
    trace: TokenTrace | None


class Library(Asking):
    """What one person may read and change of what is stored; every call is safe beside running runs.

    Every method raises BadRequest with a sentence where the database cannot be used, or an id is not there to be
    changed. What the person may not read is as if it were not there.
    """

    def __init__(self, database: Database, person: str) -> None:
        super().__init__(database)
        self.person = person

    async def search(
        self,
        text: str = "",
        *,
        session: str | None = None,
        tag: str | None = None,
        deleted: bool = False,
        offset: int = 0,
        limit: int = 50,
    ) -> Page[RunRow]:
        """Return a page of runs, newest first, whose question or answers contain the text."""
        return await self._read(
            lambda s: library_store.search(
                s, text, person=self.person, session=session, tag=tag, deleted=deleted, offset=offset, limit=limit
            )
        )

    async def sessions(
        self, text: str = "", *, deleted: bool = False, offset: int = 0, limit: int = 50
    ) -> Page[SessionRow]:
        """Return a page of sessions, last changed first."""
        return await self._read(
            lambda s: library_store.sessions(s, text, person=self.person, deleted=deleted, offset=offset, limit=limit)
        )

    def may_add(self, session: SessionRow) -> bool:
        """Say whether the person may start runs in a session of the list."""
        return session.person_id == self.person or session.sharing == "write"

    async def tags(self) -> list[str]:
        """Return the tags in use on runs, in alphabetical order."""
        return await self._read(lambda s: library_store.tags(s, person=self.person))

    async def run(self, run_id: str) -> Run | None:
        """Return a run, None when there is none."""
        return await self._read(lambda s: run_store.get(s, run_id) if may(s, "run", run_id, self.person) else None)

    async def finished(self, problem_id: str, method: str) -> Sequence[Run]:
        """Return the finished runs of a method on a problem, newest first."""
        return await self._read(lambda s: run_store.finished(s, problem_id, method, person=self.person))

    async def newest(self, method: str) -> Run | None:
        """Return the newest finished run of a method, None when there is none."""
        return await self._read(lambda s: run_store.newest(s, method, person=self.person))

    async def load(self, run_id: str) -> StoredRun | None:
        """Return a run with everything below it, None when there is none."""
        return await self._read(lambda s: run_store.load(s, run_id) if may(s, "run", run_id, self.person) else None)

    async def text(self, generation_id: str) -> Text | None:
        """Return a text with its run and its token trace, None when there is none."""

        def load(s: OrmSession) -> Text | None:
            open_to = may(s, "text", generation_id, self.person)
            generation = generation_store.get(s, generation_id) if open_to else None
            run = None if generation is None else run_store.get(s, generation.run_id)
            if generation is None or run is None:
                return None
            return Text(run, generation, generation_store.traces(s, [generation.id]).get(generation.id))

        return await self._read(load)

    async def generations(self, run_id: str) -> Sequence[Generation]:
        """Return the generations of a run in order, without their traces; none where there is no such run."""
        return await self._read(
            lambda s: generation_store.of_run(s, run_id) if may(s, "run", run_id, self.person) else []
        )

    async def scores(self, run_id: str) -> Sequence[Score]:
        """Return the scores of a run in the order in which they came; none where there is no such run."""
        return await self._read(lambda s: score_store.of_run(s, run_id) if may(s, "run", run_id, self.person) else [])

    async def known(self, run: Run, scores: Sequence[Score]) -> Known | Unknown | None:
        """Return what is predicted of a run by those of other problems; None where it keeps nothing to predict from.

        The one reading of stored runs that uses reference answers of other problems.
        """
        found = await self._read(lambda s: lessons(s, run, scores, self.person))
        return None if found is None else await asyncio.to_thread(known, found)

    async def refinement(self, run: Run) -> Ranking | NotYet | None:
        """Return what refinement brought each model in runs like this one; None where a run refined nothing so."""
        found = await self._read(lambda s: alike(s, run, self.person))
        return None if found is None else ranking(run, found)

    async def session(self, session_id: str) -> Session | None:
        """Return a session, None when there is none."""
        return await self._read(
            lambda s: session_store.get(s, session_id) if may(s, "session", session_id, self.person) else None
        )

    async def create_session(self, name: str) -> Session:
        """Make an empty session."""
        now = datetime.now(UTC)
        session = Session(new_id(), self.person, name, now, now)
        await self._write(lambda s: session_store.create(s, session))
        return session

    async def rename_session(self, session_id: str, name: str) -> None:
        """Give a session another name."""
        await self._change("session", session_id, lambda s: session_store.rename(s, session_id, name))

    async def set_session_notes(self, session_id: str, notes: str) -> None:
        """Replace a session's notes."""
        await self._change("session", session_id, lambda s: session_store.set_notes(s, session_id, notes))

    async def set_session_tags(self, session_id: str, tags: Sequence[str]) -> None:
        """Replace a session's tags."""
        await self._change("session", session_id, lambda s: session_store.set_tags(s, session_id, tuple(tags)))

    async def delete_session(self, session_id: str) -> None:
        """Put a session away; `restore_session` brings it back."""
        await self._change("session", session_id, lambda s: session_store.delete(s, session_id), "own")

    async def restore_session(self, session_id: str) -> None:
        """Bring back a deleted session."""
        await self._change("session", session_id, lambda s: session_store.restore(s, session_id), "own")

    async def share_session(self, session_id: str, sharing: Sharing) -> None:
        """Say what others may do with a session and all that is in it."""
        await self._change("session", session_id, lambda s: session_store.share(s, session_id, sharing), "own")

    async def rename_run(self, run_id: str, name: str) -> None:
        """Give a run a name."""
        await self._change("run", run_id, lambda s: run_store.rename(s, run_id, name))

    async def set_run_notes(self, run_id: str, notes: str) -> None:
        """Replace a run's notes."""
        await self._change("run", run_id, lambda s: run_store.set_notes(s, run_id, notes))

    async def set_run_tags(self, run_id: str, tags: Sequence[str]) -> None:
        """Replace a run's tags."""
        await self._change("run", run_id, lambda s: run_store.set_tags(s, run_id, tuple(tags)))

    async def delete_run(self, run_id: str) -> None:
        """Put a run away; `restore_run` brings it back."""
        await self._change("run", run_id, lambda s: run_store.delete(s, run_id))

    async def restore_run(self, run_id: str) -> None:
        """Bring back a deleted run."""
        await self._change("run", run_id, lambda s: run_store.restore(s, run_id))

    async def export_session(self, session_id: str, path: Path) -> None:
        """Write a session with everything below it to a .stz file, labels of this person's queues among it."""
        await self._read(lambda s: require(s, "session", session_id, self.person))
        with refusals():
            await archive.export_session(self._database, session_id, path, self.person)

    async def import_session(self, path: Path) -> str:
        """Read a .stz file into a session of this person and return its id."""
        with refusals():
            return await archive.import_session(self._database, path, self.person)

    async def import_runs(self, path: Path, kind: Kind | None = None) -> Report:
        """Read runs that another program produced into a session of this person; say what became of each row.

        `kind` judges problems of which the file does not say how.
        """
        with refusals():
            try:
                return await import_file(self._database, path, person=self.person, kind=kind)
            except ImportRefused as error:
                raise BadRequest(str(error)) from error

    async def _change(
        self, thing: Thing, key: str, change: Callable[[OrmSession], None], right: Right = "write"
    ) -> None:
        def allowed(s: OrmSession) -> None:
            require(s, thing, key, self.person, right)
            change(s)

        await self._write(allowed)


class LibraryService:
    """What is stored, through the eyes of whoever asks."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def of(self, person: Person) -> Library:
        """Return what is open to a person."""
        return Library(self._database, person.id)

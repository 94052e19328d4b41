"""What a viewer of a run is sent: its live log, or what is stored of it."""

from __future__ import annotations

import asyncio
from collections import OrderedDict
from collections.abc import AsyncIterator

from storage.database import Database
from storage.records import StoredRun
from storage.repositories import runs as run_store
from webapp.events import Batch, RunOpened
from webapp.methods.registry import methods
from webapp.runs.log import RunLog
from webapp.runs.rebuild import rebuild
from webapp.runs.replay import replay
from webapp.runs.request import refusals

KEPT = 8  # rebuilt logs in memory, so that several viewers or a reload read the database once
ELSEWHERE = 2.0  # seconds between two looks at a run that lives in another process


class UnknownRun(Exception):
    """There is no run of that id."""


class StoredFeed:
    """Tells stored runs again, at once or with their own timing."""

    def __init__(self, database: Database) -> None:
        self._database = database
        self._logs: OrderedDict[str, RunLog] = OrderedDict()

    async def follow(self, run_id: str, after: int, epoch: str | None) -> AsyncIterator[Batch]:
        """Yield the events of a stored run; of one that lives in another process, again whenever they change.

        Raises:
            UnknownRun: when there is none.
            BadRequest: with a sentence, when the database cannot be read.

        """
        log, told = await self._kept(run_id), None
        while log is None:
            stored = await self._load(run_id)
            if not stored.run.live:
                log = self._keep(await asyncio.to_thread(_log_of, stored))
                break
            if (stand := _stand(stored)) != told:
                told = stand
                # each look is an epoch of its own, which the viewer draws from the start
                for batch in (await asyncio.to_thread(_log_of, stored)).since(0):
                    yield batch
            await asyncio.sleep(ELSEWHERE)
        async for batch in log.follow(after, epoch):
            yield batch

    async def replay(self, run_id: str, speed: float) -> AsyncIterator[Batch]:
        """Yield the events of a finished run with their own timing.

        Raises:
            UnknownRun: when there is none.
            BadRequest: with a sentence, when the database cannot be read.

        """
        stored = await self._load(run_id)
        async for batch in replay(stored, methods().get(stored.run.method), speed):
            yield batch

    async def _load(self, run_id: str) -> StoredRun:
        with refusals():
            stored = await self._database.read(lambda s: run_store.load(s, run_id))
        if stored is None:
            raise UnknownRun(run_id)
        return stored

    async def _kept(self, run_id: str) -> RunLog | None:
        """Return a rebuilt log if it still says what the person wrote about the run."""
        log = self._logs.get(run_id)
        if log is None:
            return None
        with refusals():
            run = await self._database.read(lambda s: run_store.get(s, run_id))
        opened = log.events[0]
        if run is None or not isinstance(opened, RunOpened) or (opened.name, opened.notes) != (run.name, run.notes):
            return None
        return log

    def _keep(self, log: RunLog) -> RunLog:
        self._logs[log.run] = log
        while len(self._logs) > KEPT:
            self._logs.popitem(last=False)
        return log


def _stand(stored: StoredRun) -> tuple[object, ...]:
    """Return what tells whether a run that lives elsewhere has come further."""
    texts = tuple((g.id, len(g.text), g.status) for g in stored.generations)
    return stored.run.status, texts, len(stored.scores)


def _log_of(stored: StoredRun) -> RunLog:
    return RunLog(stored.run.id, rebuild(stored, methods().get(stored.run.method)), closed=True)

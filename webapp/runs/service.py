"""Runs as the pages know them: launch, stop, branch, watch."""

from __future__ import annotations

import asyncio
import logging
import time
from collections.abc import AsyncGenerator, Awaitable, Callable, Sequence
from contextlib import AsyncExitStack, aclosing

from storage.database import Database, DatabaseError
from storage.records import BranchPoint, Run
from webapp.engine.protocol import Caller, Engine, EngineGone
from webapp.events import Batch
from webapp.runs.access import Access
from webapp.runs.by_hand import Correction
from webapp.runs.engines import EngineHub, ModelNotReady
from webapp.runs.feed import StoredFeed, UnknownRun
from webapp.runs.leases import Leases
from webapp.runs.limits import Limits
from webapp.runs.live import LiveRun
from webapp.runs.prepare import Preparation, Prepared
from webapp.runs.request import BadRequest, RunRequest, refusals, typed_problem
from webapp.runs.turns import Turns
from webapp.runs.viewers import Viewers

__all__ = ["BadRequest", "RunRequest", "RunService", "UnknownRun", "typed_problem"]

_log = logging.getLogger("second_thoughts.runs")


class RunService:
    """Starts runs as tasks of the event loop and lets any number of viewers follow them.

    A run goes on whoever watches; it ends by itself, by `stop`, or interrupted when the service closes.
    """

    def __init__(self, database: Database, hub: EngineHub, limits: Limits | None = None) -> None:
        self._limits = limits or Limits()
        self._database = database
        self._hub = hub
        self._live: dict[str, LiveRun] = {}
        self._turns = {False: Turns(self._limits.interactive), True: Turns(self._limits.background)}
        self._stored = StoredFeed(database)
        self._access = Access(database)
        self._leases = Leases(database, self._limits, lambda: self._live.keys())
        self._viewers = Viewers(self._limits.close_grace, self._unwatched)
        self._launches: set[asyncio.Task[None]] = set()
        self._closing = False

    async def start(self) -> None:
        """Mark the runs of processes that are gone as interrupted, and begin to renew leases."""
        await self._leases.start()

    async def close(self) -> None:
        """End live runs as interrupted, with what they had, and stop renewing leases."""
        self._closing = True
        self._viewers.close()
        for live in self._live.values():
            live.stop("interrupted")
        await asyncio.gather(*self._launches)
        await self._leases.close()

    def live_runs(self) -> list[Run]:
        """Return the runs of this process that are queued or running, oldest first."""
        return [live.run for live in self._live.values()]

    async def launch(self, requests: Sequence[RunRequest], *, person: str) -> list[str]:
        """Start runs together, one column each in order, and return their ids.

        Raises:
            BadRequest: with a sentence; then none was started.

        """
        return await self._start(lambda preparation: preparation.launch(requests), person)

    async def branch(self, generation_id: str, token_index: int, token_id: int, *, person: str) -> str:
        """Start a run that forces another token in a stored text and goes on from there; return its id.

        Raises:
            BadRequest: with a sentence that says why that cannot be done.

        """
        point = BranchPoint(generation_id, token_index, token_id)
        return (await self._start(lambda preparation: preparation.branch(point), person))[0]

    async def correct(self, correction: Correction, *, person: str) -> str:
        """Start a run in which a person's own text follows or replaces a stored one; return its id.

        Raises:
            BadRequest: with a sentence that says why that cannot be done.

        """
        return (await self._start(lambda preparation: preparation.correct(correction), person))[0]

    async def stop(self, run_id: str, *, person: str) -> None:
        """End a run of this process now, keeping what it wrote; to stop twice, or too late, changes nothing.

        Raises:
            NoAccess: when the person may not.

        """
        await self._access.require("run", run_id, person, "write")
        self.cancel(run_id)

    def cancel(self, run_id: str) -> None:
        """Do the same for the program itself, which may end any run."""
        if (live := self._live.get(run_id)) is not None:
            live.stop()

    async def interrupt(self, run_id: str) -> None:
        """End a run of this process as one that somebody begins again."""
        if (live := self._live.get(run_id)) is not None:
            live.stop("interrupted")

    async def wait(self, run_id: str) -> DatabaseError | EngineGone | None:
        """Wait until a run of this process has ended, and return why it must be done again if that is so.

        That is what kept it from being stored, or what took its model away.
        """
        if (live := self._live.get(run_id)) is None:
            return None
        await live.wait()
        return live.unstored or live.gone

    async def subscribe(
        self, run_id: str, after: int = 0, epoch: str | None = None, speed: float | None = None, *, person: str
    ) -> AsyncGenerator[Batch, None]:
        """Yield what happens in a run after event number `after` of log `epoch`, until it ends.

        A run that does not live here is read from the database; with `speed` it is told with its own timing,
        that many times as fast.

        Raises:
            UnknownRun: when there is none that the person may read, or may read any more.

        """
        await self._check_watches(run_id, person)
        looked = time.monotonic()
        async with aclosing(self._told(run_id, after, epoch, speed)) as batches:
            async for batch in batches:
                if time.monotonic() - looked >= self._limits.recheck:  # what it waited for may be told no more
                    await self._check_watches(run_id, person)
                    looked = time.monotonic()
                yield batch

    async def _check_watches(self, run_id: str, person: str) -> None:
        if not await self._access.may("run", run_id, person):
            raise UnknownRun(run_id)

    async def _told(
        self, run_id: str, after: int, epoch: str | None, speed: float | None
    ) -> AsyncGenerator[Batch, None]:
        live = self._live.get(run_id)
        if live is not None and not live.log.closed:
            with self._viewers.watching(run_id):
                async for batch in live.log.follow(after, epoch):
                    yield batch
        elif speed is not None:
            async for batch in self._stored.replay(run_id, speed):
                yield batch
        else:
            async for batch in self._stored.follow(run_id, after, epoch):
                yield batch

    async def _start(self, prepare: Callable[[Preparation], Awaitable[Sequence[Prepared]]], person: str) -> list[str]:
        """Start what is prepared with the engine at hand, which is held until the last run has ended."""
        async with AsyncExitStack() as hold:
            engine = await self._engine(hold)
            with refusals():
                prepared = await prepare(Preparation(self._database, engine, self._leases, self._limits, person))
            return self._begin(prepared, engine, person, hold)

    async def _engine(self, hold: AsyncExitStack) -> Engine:
        if self._closing:
            raise BadRequest("The server is shutting down.")
        try:
            return await hold.enter_async_context(self._hub.using())
        except ModelNotReady as error:
            raise BadRequest(str(error)) from None

    def _begin(self, prepared: Sequence[Prepared], engine: Engine, person: str, hold: AsyncExitStack) -> list[str]:
        """Start prepared runs, which are stored already; the engine is held until the last one has ended."""
        launched = []
        for run, work, background, run_tokens in prepared:
            limits = self._limits.within(run_tokens)
            live = LiveRun(run, work, engine, Caller(person, background), self._database, limits)
            self._live[run.id] = live
            live.start(self._turns[background])
            launched.append(live)
        task = asyncio.create_task(self._until_ended(launched, hold.pop_all()))
        self._launches.add(task)
        task.add_done_callback(self._launches.discard)
        return [live.run.id for live in launched]

    async def _until_ended(self, launched: Sequence[LiveRun], hold: AsyncExitStack) -> None:
        async def forget(live: LiveRun) -> None:
            await live.wait()
            del self._live[live.run.id]

        async with hold:
            await asyncio.gather(*(forget(live) for live in launched))

    def _unwatched(self, run_id: str) -> None:
        if self._limits.stop_on_close and (live := self._live.get(run_id)) is not None and not live.background:
            _log.info("Run %s is stopped: nobody watches it any more", run_id)
            live.stop()

"""Leases: how processes that share a database know which runs still live."""

from __future__ import annotations

import asyncio
import contextlib
import logging
import math
import os
import time
import uuid
from collections.abc import Callable, Collection
from datetime import UTC, datetime, timedelta

from sqlalchemy.orm import Session as OrmSession

from storage.database import Database, DatabaseError
from storage.repositories import runs as run_store
from webapp.runs.limits import Limits

LATE = 0.5  # seconds: a look that has to wait so long for the database is late

_log = logging.getLogger("second_thoughts.runs")


class Leases:
    """Renews the leases of this process's runs, and ends the runs of processes that are gone."""

    def __init__(
        self,
        database: Database,
        limits: Limits,
        live: Callable[[], Collection[str]],
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self.owner = f"{os.getpid()}-{uuid.uuid4().hex[:12]}"
        self._database = database
        self._limits = limits
        self._live = live
        self._clock = clock
        self._tasks: list[asyncio.Task[None]] = []
        self._spared = True  # whether the last look was late; the first one ends what it finds

    def until(self) -> datetime:
        """Return when a lease taken now runs out."""
        return datetime.now(UTC) + timedelta(seconds=self._limits.lease)

    async def start(self) -> None:
        """End what was left behind, then renew and look again at intervals."""
        await self.sweep()
        self._tasks = [
            asyncio.create_task(self._every(self._limits.renewal, self.renew)),
            asyncio.create_task(self._every(self._limits.sweep, self.sweep)),
        ]

    async def close(self) -> None:
        """Stop renewing."""
        for task in self._tasks:
            task.cancel()
        for task in self._tasks:
            with contextlib.suppress(asyncio.CancelledError):
                await task

    async def renew(self) -> None:
        """Renew the leases of the runs that live in this process."""
        if self._live():
            await self._database.write(self._renew)

    async def sweep(self) -> list[str]:
        """Mark runs whose lease has expired as interrupted, and return their ids.

        What made a look late, as a database that was away, may have kept other processes from renewing their leases:
        these get until the next look.
        """
        late = math.inf if self._spared else self._clock() + LATE
        ended = await self._database.write(lambda s: self._end_expired(s, late))
        self._spared = ended is None
        if ended:
            _log.warning("%d runs of a process that is gone were marked interrupted", len(ended))
        return ended or []

    def _renew(self, s: OrmSession) -> None:
        # The time is taken here: a database that was away for a while is written long after that was asked for.
        run_store.renew_lease(s, list(self._live()), self.owner, self.until())

    def _end_expired(self, s: OrmSession, late: float) -> list[str] | None:
        self._renew(s)  # those of this process live, however long their leases could not be renewed
        return None if self._clock() > late else run_store.interrupt_expired(s, datetime.now(UTC))

    async def _every(self, seconds: float, action: Callable[[], object]) -> None:
        while True:
            await asyncio.sleep(seconds)
            try:
                await action()  # type: ignore[misc]
            except DatabaseError as error:  # a full disk may have room again later
                _log.error("The database could not be written: %s", error)

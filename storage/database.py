"""The database: one thread writes, a few read, and the event loop waits for neither."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import TypeVar

from sqlalchemy import URL, Engine
from sqlalchemy.orm import Session

from storage.connect import READERS, address, connect, is_sqlite
from storage.errors import (
    DatabaseError,
    DiskFull,
    ForeignDatabase,
    Locked,
    NewerDatabase,
    Unreachable,
    Unwritable,
    translated,
)
from storage.outage import Outage, transact
from storage.upgrade import upgrade

__all__ = [
    "Database",
    "DatabaseError",
    "DiskFull",
    "ForeignDatabase",
    "Locked",
    "NewerDatabase",
    "Unreachable",
    "Unwritable",
]

T = TypeVar("T")


class Database:
    """An opened database; several may share one file, in one process or several."""

    def __init__(self, url: URL, writer: Engine, reader: Engine) -> None:
        self.url = url
        self._outage = None if is_sqlite(url) else Outage(url)
        self._writer = writer
        self._reader = reader
        self._writing = ThreadPoolExecutor(1, thread_name_prefix="database-writer")
        self._reading = ThreadPoolExecutor(READERS, thread_name_prefix="database-reader")

    @classmethod
    def open(cls, url_or_path: str | Path) -> Database:
        """Open a database, made or upgraded where needed; an SQLite file is copied before it is upgraded.

        Raises:
            DatabaseError: with a sentence that says what is wrong with it.

        """
        url = address(url_or_path)
        with translated(url):
            if is_sqlite(url):
                Path(str(url.database)).parent.mkdir(parents=True, exist_ok=True)
            upgrade(url)
            database = cls(url, connect(url, "write"), connect(url, "read"))
            database._try_to_write()
        return database

    async def write(self, change: Callable[[Session], T]) -> T:
        """Run a change in one transaction on the writer's thread, and return its result once it is on disk.

        Changes are made in the order of the calls, also of those whose caller has stopped waiting. Where a server was
        lost, the change is called once more, in a transaction of its own: it must change nothing but the database.

        Raises:
            DatabaseError: with a sentence; then nothing of the change was kept.

        """
        loop = asyncio.get_running_loop()
        # Without the shield, a caller that is cancelled would take a change that still waits its turn with it.
        return await asyncio.shield(loop.run_in_executor(self._writing, self._transact, self._writer, change))

    async def read(self, query: Callable[[Session], T]) -> T:
        """Run a query on a reader's thread; it sees one state of the database from its first row to its last.

        Raises:
            DatabaseError: with a sentence.

        """
        return await asyncio.get_running_loop().run_in_executor(self._reading, self._transact, self._reader, query)

    async def close(self) -> None:
        """Finish what was asked for, then let go of the database; closing twice changes nothing."""
        await asyncio.to_thread(self._close)

    def _transact(self, engine: Engine, work: Callable[[Session], T]) -> T:
        with translated(self.url):
            return transact(engine, work, self._outage)

    def _try_to_write(self) -> None:
        """Find out now, and not in the middle of a run, whether the file can be written."""
        try:
            with self._writer.begin():  # takes the lock of a writer, and changes nothing
                pass
        except BaseException:
            self._close()
            raise

    def _close(self) -> None:
        self._writing.shutdown()
        self._reading.shutdown()
        self._reader.dispose()
        self._writer.dispose()

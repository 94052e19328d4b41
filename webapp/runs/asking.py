"""What services of the pages share: a database whose refusals reach the page as a sentence."""

from __future__ import annotations

from collections.abc import Callable
from typing import TypeVar

from sqlalchemy.orm import Session as OrmSession

from storage.database import Database
from webapp.runs.request import refusals

T = TypeVar("T")


class Asking:
    """Reads and writes one database; what it refuses is a BadRequest."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def _read(self, query: Callable[[OrmSession], T]) -> T:
        with refusals():
            return await self._database.read(query)

    async def _write(self, change: Callable[[OrmSession], T]) -> T:
        with refusals():
            return await self._database.write(change)

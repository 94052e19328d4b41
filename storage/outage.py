"""A database server that is away for a while: waited for, within bounds, without doing anything twice.

A transaction whose connection is lost has not happened, unless the connection was lost between its commit and the
answer to that. Then the server is asked what became of it, by its number.
"""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import Callable
from typing import Generic, NoReturn, TypeVar

from sqlalchemy import URL, Engine
from sqlalchemy.exc import DBAPIError, OperationalError
from sqlalchemy.orm import Session

from storage import postgres
from storage.errors import Unreachable, shown

PATIENCE = 30.0  # seconds
_FIRST_PAUSE, _LONGEST_PAUSE = 0.05, 2.0  # seconds between attempts; the first one follows at once
_AWAY = {"57P01", "57P02", "57P03"}  # the server is being stopped, crashed, or is starting

T = TypeVar("T")
_log = logging.getLogger("second_thoughts.storage")


class Outage:
    """How long a database has been out of reach; all who wait for it give up at the same moment."""

    def __init__(self, url: URL) -> None:
        self._url = url
        self._lock = threading.Lock()
        self._since: float | None = None
        self._said = False

    def over(self) -> None:
        """Note that the database answers."""
        with self._lock:
            if self._said:
                _log.warning("The database %s is back.", shown(self._url))
            self._since, self._said = None, False

    def wait(self, error: DBAPIError, attempt: int) -> None:
        """Wait before the next attempt, counted from 0.

        The one after the first is always made: the first may have had a connection from before the outage.

        Raises:
            Unreachable: with a sentence, when the patience is at its end.

        """
        with self._lock:
            now = time.monotonic()
            self._since = now if self._since is None else self._since
            if attempt and now - self._since >= PATIENCE:
                self._give_up(error)
            if attempt and not self._said:
                _log.warning("The database %s is out of reach; waiting for it", shown(self._url))
                self._said = True
        if attempt:
            time.sleep(min(_FIRST_PAUSE * 2 ** (attempt - 1), _LONGEST_PAUSE))

    def _give_up(self, error: DBAPIError) -> NoReturn:
        said = str(error.orig).strip().splitlines() or [type(error.orig).__name__]
        raise Unreachable(
            f"The database {shown(self._url)} has been out of reach for {PATIENCE:g} seconds ({said[0]}). "
            "What was stored before is safe; try again when its server is back."
        ) from error


def is_lost(error: DBAPIError) -> bool:
    """Return whether an error says that there is no connection, and not that something is wrong with a statement."""
    code = getattr(error.orig, "sqlstate", None)
    away = code is None or code in _AWAY or code.startswith("08")
    return error.connection_invalidated or (isinstance(error, OperationalError) and away)


def transact(engine: Engine, work: Callable[[Session], T], outage: Outage | None) -> T:
    """Do work in one transaction; with `outage`, once more from the start where its connection was lost.

    Raises:
        Unreachable: when that lasts too long; then nothing of it was kept, as far as anyone can know.

    """
    attempt = 0
    while True:
        once = _Once(work)
        try:
            result = once.do(engine)
            break
        except DBAPIError as error:
            if outage is None or not is_lost(error):
                raise
            outage.wait(error, attempt)
            attempt += 1
            if once.asked is not None and _was_committed(engine, once.asked, outage):
                result = once.result
                break
    if outage is not None:
        outage.over()
    return result


class _Once(Generic[T]):
    """One attempt; `asked` is the number of the transaction once its commit has been asked for."""

    result: T

    def __init__(self, work: Callable[[Session], T]) -> None:
        self._work = work
        self.asked: str | None = None

    def do(self, engine: Engine) -> T:
        with Session(engine, expire_on_commit=False) as session, session.begin():
            self.result = self._work(session)
            session.flush()
            self.asked = postgres.number(session)
        return self.result


def _was_committed(engine: Engine, number: str, outage: Outage) -> bool:
    attempt = 0
    while True:
        try:
            with engine.connect() as connection:
                fate = postgres.fate(connection, number)
        except DBAPIError as error:
            if not is_lost(error):
                raise
            outage.wait(error, attempt)
        else:
            if fate != "in progress":
                return fate == "committed"
            time.sleep(_FIRST_PAUSE)  # its process on the server has yet to notice that nobody is there any more
        attempt += 1

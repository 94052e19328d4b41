"""Connections: one for the writer, a few for readers, one for migrations; SQLite is told how to behave here.

What PostgreSQL is told stands in storage.postgres.
"""

from __future__ import annotations

import json
import sqlite3
import time
from functools import partial
from pathlib import Path
from typing import Any, Literal, TypeAlias

from sqlalchemy import URL, Connection, Engine, NullPool, create_engine, event, make_url
from sqlalchemy.engine.interfaces import DBAPIConnection, DBAPICursor
from sqlalchemy.exc import ArgumentError
from sqlalchemy.pool import ConnectionPoolEntry

from storage import postgres
from storage.errors import Unreachable, shown

Use: TypeAlias = Literal["write", "read", "migrate"]

READERS = 4
BUSY_MILLISECONDS = 10_000  # how long to wait for another process's transaction
_PAUSE = 0.01  # seconds between attempts where SQLite does not wait

_PRAGMAS: dict[Use, tuple[str, ...]] = {
    "write": ("synchronous = FULL", "foreign_keys = ON"),
    "read": ("query_only = ON",),
    # A migration may rebuild a table, which must not delete what refers to it.
    "migrate": ("foreign_keys = OFF", "synchronous = FULL"),
}


def address(url_or_path: str | Path) -> URL:
    """Return the URL of a database given as a URL (SQLite or PostgreSQL) or as the path of an SQLite file.

    Raises:
        Unreachable: when it names none.

    """
    if isinstance(url_or_path, Path) or "://" not in url_or_path:
        return URL.create("sqlite", database=str(Path(url_or_path).expanduser().absolute()))
    try:
        url = make_url(url_or_path)
    except ArgumentError as error:
        raise Unreachable(f"{url_or_path!r} is no database address.") from error
    if not is_sqlite(url):
        return _of_server(url)
    if not url.database or url.database == ":memory:":
        raise Unreachable("The database has to be a file: what is only in memory would be lost.")
    return url


def _of_server(url: URL) -> URL:
    if url.drivername not in ("postgresql", "postgres", postgres.DRIVER):
        raise Unreachable(
            f"{shown(url)} is the address of no database that can be used: give the path of an SQLite file, or "
            "postgresql://USER@HOST/NAME."
        )
    return url.set(drivername=postgres.DRIVER)


def is_sqlite(url: URL) -> bool:
    """Return whether the address is that of a file."""
    return url.get_backend_name() == "sqlite"


def connect(url: URL, use: Use) -> Engine:
    """Return an engine whose connections are set up for one use."""
    options: dict[str, Any] = {"json_serializer": partial(json.dumps, ensure_ascii=False, allow_nan=False)}
    if use == "migrate":
        options["poolclass"] = NullPool
    else:
        options |= {"pool_size": READERS if use == "read" else 1, "max_overflow": 0}
    if not is_sqlite(url):
        busy = None if use == "migrate" else BUSY_MILLISECONDS
        return postgres.engine(url, reads=use == "read", busy=busy, options=options)
    engine = create_engine(url, connect_args={"check_same_thread": False}, **options)
    _set_up(engine, use)
    return engine


def _set_up(engine: Engine, use: Use) -> None:
    # A writer takes its lock at once: one that starts by reading could not wait for another process's commit.
    begin = "BEGIN" if use == "read" else "BEGIN IMMEDIATE"

    @event.listens_for(engine, "connect")
    def configure(connection: DBAPIConnection, _: ConnectionPoolEntry) -> None:
        # The driver's own transactions begin too late for a reader to see one state of several tables.
        connection.isolation_level = None
        cursor = connection.cursor()
        for pragma in (f"busy_timeout = {BUSY_MILLISECONDS}", *_PRAGMAS[use]):
            cursor.execute(f"PRAGMA {pragma}")
        if use == "write":
            _log_ahead(cursor)
        cursor.close()

    @event.listens_for(engine, "begin")
    def transaction(connection: Connection) -> None:
        connection.exec_driver_sql(begin)


def _log_ahead(cursor: DBAPICursor) -> None:
    """Switch the file to a write-ahead log, so that nobody who reads waits for who writes.

    SQLite does not wait by itself for others that are just opening the file.
    """
    patience = time.monotonic() + BUSY_MILLISECONDS / 1000
    while True:
        try:
            cursor.execute("PRAGMA journal_mode = WAL")
        except sqlite3.OperationalError as error:
            if error.sqlite_errorcode & 0xFF != sqlite3.SQLITE_BUSY or time.monotonic() > patience:
                raise
            time.sleep(_PAUSE)
        else:
            return

"""PostgreSQL is told how to behave here, so that what holds on SQLite holds on it, too.

One transaction writes at a time, whichever process it is of; a reader sees one state of all tables; texts are ordered
by their bytes. The number of a writing transaction is noted when it begins, so that one whose commit was never
answered can be looked up afterwards. The driver is imported by whoever connects, not before.
"""

from __future__ import annotations

from typing import Any, Literal

from sqlalchemy import URL, Connection, Engine, create_engine, event, text
from sqlalchemy.engine.interfaces import DBAPIConnection
from sqlalchemy.orm import Session
from sqlalchemy.pool import ConnectionPoolEntry

from storage.errors import Unreachable, Unwritable, shown

DRIVER = "postgresql+psycopg"
OLDEST = 13  # the first release that tells what became of a transaction by its number
UPGRADING, _WRITING = 0x5EC07D, 0x5EC07E  # advisory locks: any numbers, the same in every process
_FROZEN = "60s"  # how long a transaction may say nothing before the server ends it and lets the others write
_REPEATABLE_READ = 3  # psycopg.IsolationLevel
_NUMBER = "transaction"

# A server that is switched off or cut off says nothing: without these, nobody would notice for hours.
_ASKED = {
    "client_encoding": "utf8", "connect_timeout": 5, "tcp_user_timeout": 20_000,
    "keepalives_idle": 10, "keepalives_interval": 5, "keepalives_count": 3,
}  # fmt: skip

Fate = Literal["committed", "aborted", "in progress"]


def engine(url: URL, *, reads: bool, busy: int | None, options: dict[str, Any]) -> Engine:
    """Return an engine that only reads, or whose transactions exclude one another.

    With `busy`, a lock is waited for at most so many milliseconds; without, transactions are ordinary ones.
    """
    asked = {name: value for name, value in _ASKED.items() if name not in url.query}
    made = create_engine(url, connect_args=asked, **options)

    @event.listens_for(made, "connect")
    def configure(connection: DBAPIConnection, _: ConnectionPoolEntry) -> None:
        if reads:
            connection.isolation_level, connection.read_only = _REPEATABLE_READ, True
        cursor = connection.cursor()
        cursor.execute("SELECT set_config('TimeZone', 'UTC', false)")  # in others, the year 1 may lie before itself
        if busy is not None:
            cursor.execute(f"SET lock_timeout = {busy}")
            cursor.execute(f"SET idle_in_transaction_session_timeout = '{_FROZEN}'")
        cursor.close()
        connection.commit()

    if busy is not None and not reads:
        event.listen(made, "begin", _alone)
    return made


def check(connection: Connection, url: URL) -> None:
    """See whether a server can hold what we store.

    Raises:
        Unreachable: when it is too old, or keeps only some characters.
        Unwritable: when it may only be read, as the copy of another server.

    """
    if (connection.dialect.server_version_info or (0,)) < (OLDEST,):
        raise Unreachable(f"The database server of {shown(url)} is too old: PostgreSQL {OLDEST} or newer is needed.")
    encoding = connection.scalar(text("SHOW server_encoding"))
    if encoding != "UTF8":
        raise Unreachable(
            f"The database {shown(url)} cannot hold every character: its encoding is {encoding}. Make another one "
            "with: createdb --encoding UTF8 --template template0 NAME."
        )
    if connection.scalar(text("SHOW transaction_read_only")) == "on":
        raise Unwritable(f"The database at {shown(url)} can only be read. Choose one that you may write to.")


def order_by_bytes(connection: Connection) -> None:
    """Give all text columns the order of their bytes, as on SQLite, whatever the language of the server is."""
    found = connection.execute(
        text(
            "SELECT attrelid::regclass::text, string_agg("
            "'ALTER ' || quote_ident(attname) || ' TYPE text COLLATE \"C\"', ', ' ORDER BY attnum) "
            "FROM pg_attribute JOIN pg_class ON pg_class.oid = attrelid "
            "JOIN pg_collation ON pg_collation.oid = attcollation "
            "WHERE relkind = 'r' AND relnamespace = current_schema()::regnamespace AND atttypid = 'text'::regtype "
            "AND attnum > 0 AND NOT attisdropped AND collname <> 'C' GROUP BY attrelid ORDER BY attrelid"
        )
    )
    for table, changes in found.all():
        connection.exec_driver_sql(f"ALTER TABLE {table} {changes}")


def number(session: Session) -> str | None:
    """Return the number of a session's transaction, None where it has none: on SQLite, and where it only reads."""
    found: str | None = session.connection().info.get(_NUMBER)
    return found


def fate(connection: Connection, number: str) -> Fate | None:
    """Return what became of a transaction, None for one of long ago."""
    found: Fate | None = connection.scalar(text("SELECT pg_xact_status(CAST(:number AS xid8))"), {"number": number})
    return found


def _alone(connection: Connection) -> None:
    """Begin as the only one who writes, as SQLite does by itself."""
    found = connection.exec_driver_sql(f"SELECT pg_advisory_xact_lock({_WRITING}), pg_current_xact_id()::text")
    connection.info[_NUMBER] = found.one()[1]

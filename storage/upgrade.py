"""Brings a database to the tables of this release: checks whose it is, copies it, migrates it."""

from __future__ import annotations

import logging
import sqlite3
from collections.abc import Iterator
from contextlib import closing, contextmanager
from datetime import UTC, datetime
from pathlib import Path

from alembic import command
from alembic.config import Config
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import URL, Connection, inspect, text

from storage import postgres
from storage.connect import connect, is_sqlite
from storage.errors import ForeignDatabase, NewerDatabase, shown

MIGRATIONS = Path(__file__).parent / "migrations"
_OURS = ("sessions", "runs", "generations", "token_traces")  # tables that every release has

_log = logging.getLogger("second_thoughts.storage")


def configuration() -> Config:
    """Return Alembic's configuration; the connection to use goes into its attributes."""
    config = Config()
    config.set_main_option("script_location", str(MIGRATIONS).replace("%", "%%"))
    config.set_main_option("path_separator", "os")
    return config


def upgrade(url: URL, target: str = "head") -> Path | None:
    """Bring a database to the tables of a revision, all or nothing, and return the copy made before, if any.

    Raises:
        NewerDatabase: when a newer release made it.
        ForeignDatabase: when another program made it.

    """
    config = configuration()
    wanted = ScriptDirectory.from_config(config).get_revision(target)
    engine = connect(url, "migrate")
    try:
        with engine.connect() as connection:
            current = _checked_revision(connection, config, url)
        if wanted is not None and current == wanted.revision:
            return None
        with engine.connect() as connection, _alone(connection):
            # Another process may have been here first; then there is nothing left to do.
            current = _checked_revision(connection, config, url)
            if wanted is not None and current == wanted.revision:
                return None
            with _copied(url, current) as copy:
                config.attributes["connection"] = connection
                command.upgrade(config, target)
                _settle(connection)
                connection.commit()
        return copy
    finally:
        engine.dispose()


def revision(connection: Connection) -> str | None:
    """Return the revision of a database's tables, None when it has none."""
    return MigrationContext.configure(connection).get_current_revision()


def _checked_revision(connection: Connection, config: Config, url: URL) -> str | None:
    if connection.dialect.name == "postgresql":
        postgres.check(connection, url)
    current = revision(connection)
    present = set(inspect(connection).get_table_names())
    # other programs use Alembic, too, so a revision alone does not say whose database it is
    if present and (current is None or not present.issuperset(_OURS)):
        other = "file" if is_sqlite(url) else "database"
        raise ForeignDatabase(
            f"{shown(url)} belongs to another program: it has other tables. Choose another {other}."
        )
    known = {script.revision for script in ScriptDirectory.from_config(config).walk_revisions()}
    if current is not None and current not in known:
        raise NewerDatabase(
            f"The database {shown(url)} was made by a newer release (revision {current}). It was left as it is: "
            f"update this program, or choose another {'data folder' if is_sqlite(url) else 'database'}."
        )
    return current


@contextmanager
def _alone(connection: Connection) -> Iterator[None]:
    """Keep other processes from upgrading at the same time; SQLite's transaction already does."""
    if connection.dialect.name == "postgresql":
        connection.execute(text("SELECT pg_advisory_xact_lock(:key)"), {"key": postgres.UPGRADING})
    yield


def _settle(connection: Connection) -> None:
    """Do what no migration does by itself."""
    if connection.dialect.name == "postgresql":
        postgres.order_by_bytes(connection)
    else:
        broken = connection.exec_driver_sql("PRAGMA foreign_key_check").fetchall()
        if broken:
            raise ForeignDatabase(f"The upgrade would lose what {len(broken)} rows refer to; nothing was changed.")


@contextmanager
def _copied(url: URL, current: str | None) -> Iterator[Path | None]:
    """Copy a database that holds something before it is changed; when that fails, it is as before without a copy."""
    copy = None if current is None else _backup(url, current)
    try:
        yield copy
    except BaseException:
        if copy is not None:
            copy.unlink(missing_ok=True)
        raise


def _backup(url: URL, current: str) -> Path | None:
    """Copy a database file beside itself, named by its revision and the time."""
    if not is_sqlite(url):
        _log.warning(
            "Upgrading the database %s from revision %s. Copies of a server's database are not made here: pg_dump, "
            "before a new release is started, makes one.",
            shown(url),
            current,
        )
        return None
    source = Path(str(url.database))
    stamp = datetime.now(UTC).strftime("%Y%m%dT%H%M%S%fZ")
    target = source.with_name(f"{source.stem}.before-upgrade-from-{current}-{stamp}{source.suffix}")
    try:
        with closing(sqlite3.connect(source)) as old, closing(sqlite3.connect(target)) as new:
            old.backup(new)
    except sqlite3.Error:
        target.unlink(missing_ok=True)
        raise
    _log.info("Copied the database to %s before upgrading it", target)
    return target

"""What can go wrong with a database, as sentences for the person who runs the program."""

from __future__ import annotations

import errno
import os
import shutil
import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from sqlalchemy import URL
from sqlalchemy.exc import DatabaseError as DriverError
from sqlalchemy.exc import DBAPIError, NoSuchModuleError, OperationalError
from sqlalchemy.exc import TimeoutError as PoolTimeout

from storage.codec import CodecError

FULL = 2**20  # bytes: with less than this free, an input/output error is put down to a full disk
_ROOM = {errno.ENOSPC, errno.EDQUOT, errno.EFBIG}


class DatabaseError(Exception):
    """Stored things cannot be read or changed; the text is a sentence that says why and what to do."""


class NewerDatabase(DatabaseError):
    """The database was made by a newer release; it has not been touched."""


class ForeignDatabase(DatabaseError):
    """The file is not a database of this program, or it is damaged; it has not been touched."""


class Unwritable(DatabaseError):
    """The database's file or folder cannot be written."""


class DiskFull(DatabaseError):
    """There is no room left for the database; what was committed before is safe."""


class Locked(DatabaseError):
    """Another process has held the database for too long."""


class Unreachable(DatabaseError):
    """The database server, its driver or its address is no good."""


class Missing(DatabaseError):
    """There is no such thing in the database (any more)."""


class ClaimLost(DatabaseError):
    """What was claimed is another worker's meanwhile, because the claim was not renewed in time."""


_CIRCUMSTANCES = (OperationalError, DriverError)
_BUSY = "The database at {place} is held by another program for too long. Try again in a moment."
_DAMAGED = "The database at {place} is damaged. Its server's log says more; restore a backup copy."
# What a PostgreSQL server's code for an error (SQLSTATE) means for a person.
_SERVER: dict[str, tuple[type[DatabaseError], str]] = {
    "53100": (DiskFull, "The database server at {place} has no room left. Make room and try again."),
    "53300": (Locked, "The database server at {place} takes no more connections. Try again in a moment."),
    "55P03": (Locked, _BUSY),
    "40P01": (Locked, _BUSY),
    "25006": (Unwritable, "The database at {place} can only be read. Choose one that you may write to."),
    "42501": (Unwritable, "The database at {place} does not let its user make or change tables. Let it own the "
              "database: ALTER DATABASE name OWNER TO user."),
    "XX001": (ForeignDatabase, _DAMAGED),
    "XX002": (ForeignDatabase, _DAMAGED),
}  # fmt: skip


def shown(url: URL) -> str:
    """Return the address of a database as a person may see it: without its password."""
    return str(url.database) if url.get_backend_name() == "sqlite" else url.render_as_string(hide_password=True)


@contextmanager
def translated(url: URL) -> Iterator[None]:
    """Turn what a driver or the operating system says into a DatabaseError; programming errors pass.

    Raises:
        DatabaseError: with a sentence.

    """
    try:
        yield
    except DBAPIError as error:
        if (meant := _from_driver(error, url)) is None:
            raise
        raise meant from error
    except sqlite3.Error as error:
        raise _from_sqlite(error, Path(str(url.database))) from error
    except OSError as error:
        raise from_system(error, shown(url)) from error
    except CodecError as error:
        raise DatabaseError(f"{error} Restore a backup copy of the database {shown(url)}.") from error
    except PoolTimeout as error:
        raise Locked("The database is busy: too many requests wait for it. Try again in a moment.") from error
    except (ImportError, NoSuchModuleError) as error:
        raise Unreachable(
            f"The driver of the database {shown(url)} cannot be used ({error}). To install it: "
            "pip install 'psycopg[binary]'."
        ) from error


def from_system(error: OSError, place: str) -> DatabaseError:
    """Return what an error of the operating system means for a file at a place."""
    if error.errno in _ROOM:
        return DiskFull(f"There is no room left on the disk of {place}. Make room and try again.")
    reason = os.strerror(error.errno) if error.errno else str(error)
    return Unwritable(f"{place} cannot be written ({reason.lower()}). Choose a folder that you may write to.")


def _from_driver(error: DBAPIError, url: URL) -> DatabaseError | None:
    """Return what a driver's error means, None for what a program does wrong."""
    if isinstance(error.orig, sqlite3.Error):
        return _from_sqlite(error.orig, Path(str(url.database))) if type(error) in _CIRCUMSTANCES else None
    code = getattr(error.orig, "sqlstate", None) or ""
    if (known := _SERVER.get(code)) is not None:
        kind, sentence = known
        return kind(sentence.format(place=shown(url)))
    if type(error) not in _CIRCUMSTANCES and not error.connection_invalidated:
        return None
    reason = str(error.orig).strip().splitlines()[0] if str(error.orig).strip() else type(error.orig).__name__
    return Unreachable(f"The database at {shown(url)} cannot be used: {reason}.")


def _from_sqlite(error: sqlite3.Error, path: Path) -> DatabaseError:
    name = getattr(error, "sqlite_errorname", "")
    kind = "_".join(name.split("_")[:2])
    if kind == "SQLITE_FULL" or (kind == "SQLITE_IOERR" and _no_room(path)):
        return DiskFull(f"There is no room left on the disk of the database {path}. Make room and try again.")
    if kind in ("SQLITE_READONLY", "SQLITE_CANTOPEN", "SQLITE_PERM"):
        return Unwritable(f"The database {path} cannot be written. Choose a folder that you may write to.")
    if kind in ("SQLITE_BUSY", "SQLITE_LOCKED"):
        return Locked(f"The database {path} is held by another program. Close it, or try again in a moment.")
    if kind in ("SQLITE_NOTADB", "SQLITE_CORRUPT"):
        return ForeignDatabase(f"{path} is no database, or it is damaged. Move it away, or restore a backup copy.")
    return DatabaseError(f"The database {path} cannot be used: {error}.")


def _no_room(path: Path) -> bool:
    try:
        return shutil.disk_usage(path.parent).free < FULL
    except OSError:
        return False

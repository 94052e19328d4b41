"""The zip below a session file: what may lie in it, and reading that without harm."""

from __future__ import annotations

import os
import struct
import zipfile
import zlib
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import NoReturn

from storage.errors import DatabaseError
from storage.ids import is_id

LARGEST = 2**29  # bytes of all records, unpacked
MOST_MEMBERS = 1_000_000
TRACES = "traces/"
_LONG_AGO = (1980, 1, 1, 0, 0, 0)  # the same time in every file, so that equal content makes equal files
_UNIX = 3  # likewise the same system, wherever it is written
_PACKED = (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED)  # the others unpack without a limit
_DAMAGE = (
    zlib.error, struct.error, EOFError, RuntimeError, NotImplementedError, ValueError, OverflowError, MemoryError,
)  # fmt: skip


class ArchiveError(DatabaseError):
    """The session file cannot be read or made; the text says why, and nothing was changed."""


def wrong(what: str) -> NoReturn:
    """Refuse a file whose parts do not fit together.

    Raises:
        ArchiveError: always.

    """
    raise ArchiveError(f"The session file is damaged or was changed by hand: {what}.")


def add(file: zipfile.ZipFile, name: str, content: bytes, compression: int = zipfile.ZIP_DEFLATED) -> None:
    """Add a member that depends on nothing but its name and content."""
    member = zipfile.ZipInfo(name, _LONG_AGO)
    member.compress_type = compression
    member.create_system = _UNIX
    member.external_attr = 0o600 << 16
    file.writestr(member, content)


class Members(Mapping[str, bytes]):
    """The members of an opened file by name, each read when it is asked for.

    Raises:
        ArchiveError: on opening, and on reading what is damaged.

    """

    def __init__(self, path: Path, needed: frozenset[str], optional: frozenset[str] = frozenset()) -> None:
        self._path = path
        with _refusing(path):
            self._file = zipfile.ZipFile(path)
        try:
            self._listed = _checked(self._file.infolist(), needed, optional, path.stat().st_size)
        except BaseException:
            self.close()
            raise

    def __getitem__(self, name: str) -> bytes:
        member = self._listed[name]
        with _refusing(self._path), self._file.open(member) as stream:
            content = stream.read(member.file_size + 1)  # what it claims to hold was checked; no more is unpacked
        if len(content) != member.file_size:
            wrong(f"the size of {name!r} does not fit")
        return content

    def __iter__(self) -> Iterator[str]:
        return iter(self._listed)

    def __len__(self) -> int:
        return len(self._listed)

    def close(self) -> None:
        """Let go of the file."""
        self._file.close()


@contextmanager
def _refusing(path: Path) -> Iterator[None]:
    try:
        yield
    except zipfile.BadZipFile as error:
        raise ArchiveError(f"{path.name} is no session file (.stz), or it is damaged.") from error
    except OSError as error:
        reason = os.strerror(error.errno).lower() if error.errno else "it is damaged"
        raise ArchiveError(f"The session file {path.name} cannot be read ({reason}).") from error
    except _DAMAGE as error:
        raise ArchiveError(f"The session file {path.name} is damaged: {str(error)[:200]}.") from error


def _checked(
    listed: list[zipfile.ZipInfo], needed: frozenset[str], optional: frozenset[str], size: int
) -> dict[str, zipfile.ZipInfo]:
    known = needed | optional
    members = {member.filename: member for member in listed}
    records = sum(member.file_size for member in listed if member.filename in known)
    traces = sum(member.file_size for member in listed if member.filename not in known)
    # Traces are packed already: together they are as large as the file, unless parts of it are listed many times.
    if len(listed) > MOST_MEMBERS or records > LARGEST or traces > 2 * size + 2**20:
        raise ArchiveError("The session file is too large to be one: it unpacks to more than any session holds.")
    if not needed.issubset(members):
        raise ArchiveError("This is no session file (.stz): it is a zip of something else, or parts are missing.")
    strange = [name for name in members if name not in known and not _is_trace(name)]
    if strange or len(members) != len(listed):
        wrong(f"it has a member {strange[0][:80]!r}" if strange else "it has two members of one name")
    if any(member.compress_type not in _PACKED for member in listed):
        wrong("it is packed in another way")
    return members


def _is_trace(name: str) -> bool:
    return name.startswith(TRACES) and is_id(name.removeprefix(TRACES))

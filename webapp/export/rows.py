"""Rows of files that may come from anywhere: read one by one, none larger than it may be."""

from __future__ import annotations

import json
import math
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO, TypeAlias

from webapp.export.trace_row import RowError, TraceRow

LARGEST_FILE = 2**32  # bytes
LARGEST_ROW = 2**24
_BOM = b"\xef\xbb\xbf"


class ImportRefused(Exception):
    """A file that cannot be imported at all, as a sentence."""


@dataclass(frozen=True, slots=True)
class Found:
    """A row that reads well, and where it stands."""

    place: str
    trace: TraceRow


@dataclass(frozen=True, slots=True)
class Refusal:
    """A row that was not imported: where it stands, which field is wrong, and why."""

    place: str
    field: str
    reason: str

    def __str__(self) -> str:
        where = f"{self.place}, {self.field}" if self.field else self.place
        return f"{where}: {self.reason}."


@dataclass(frozen=True, slots=True)
class Repeat:
    """A row that says again what an earlier one said."""

    place: str


Row: TypeAlias = Found | Refusal | Repeat


def check_size(path: Path, largest: int = LARGEST_FILE) -> None:
    """Refuse a file that is not there or too large.

    Raises:
        ImportRefused: with a sentence.

    """
    with readable(path):
        size = path.stat().st_size
    if not path.is_file():
        raise ImportRefused(f"{path} is no file.")
    if size > largest:
        raise ImportRefused(f"{path.name} has {size:,} bytes; a file of this kind may have {largest:,}. Split it.")


@contextmanager
def readable(path: Path) -> Iterator[None]:
    """Turn what the operating system says of a file into a sentence.

    Raises:
        ImportRefused: with it.

    """
    try:
        yield
    except OSError as error:
        raise ImportRefused(f"{path} cannot be read ({(error.strerror or str(error)).lower()}).") from error


def finite(value: object) -> float | None:
    """Return a JSON value as a float, None where it is no number or too large for one."""
    try:
        number = float(value) if isinstance(value, int | float) else None
    except OverflowError:
        return None
    return number if number is not None and math.isfinite(number) else None


def lines(path: Path) -> Iterator[tuple[str, bytes | None]]:
    """Yield the lines of a file that are not blank with their place; None for one longer than a row may be."""
    check_size(path)
    with path.open("rb") as file:
        number = 0
        while line := file.readline(LARGEST_ROW + 1):
            number += 1
            whole = len(line) <= LARGEST_ROW
            if not whole:
                _skip_line(file, line)
            if not whole or (line := line.removeprefix(_BOM) if number == 1 else line).strip():
                yield f"line {number}", line if whole else None


def parsed(line: bytes | None) -> dict[str, object]:
    """Return the JSON object of a line.

    Raises:
        RowError: with what is wrong with it.

    """
    if line is None:
        raise RowError("", f"it is longer than {LARGEST_ROW:,} bytes")
    try:
        value = json.loads(line.decode())
    except UnicodeDecodeError:
        raise RowError("", "it is not UTF-8") from None
    except json.JSONDecodeError as error:
        raise RowError("", f"it is no JSON ({error.msg}, column {error.colno})") from None
    except (ValueError, RecursionError):
        raise RowError("", "its JSON is nested too deeply or holds too long a number") from None
    if not isinstance(value, dict):
        raise RowError("", "it is no JSON object")
    return value


def _skip_line(file: BinaryIO, read: bytes) -> None:
    while read and not read.endswith(b"\n"):
        read = file.readline(LARGEST_ROW)

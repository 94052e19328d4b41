"""The two forms of an Inspect log as a header and its samples, each sample read when it is asked for."""

from __future__ import annotations

import json
import zipfile
import zlib
from collections.abc import Iterator
from pathlib import Path
from typing import Any, TypeAlias

from webapp.export.rows import LARGEST_ROW, ImportRefused, check_size, parsed
from webapp.export.trace_row import RowError

LARGEST_DOCUMENT = 2**29  # bytes: a log that is one JSON document is read whole
MOST_SAMPLES = 1_000_000
_HEADERS = ("header.json", "_journal/start.json", "start.json")
_PACKED = (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED)
_DAMAGE = (zipfile.BadZipFile, zlib.error, EOFError, RuntimeError, NotImplementedError, ValueError, OSError)

Samples: TypeAlias = Iterator[tuple[str, dict[str, Any] | RowError]]


def whole(path: Path) -> tuple[dict[str, Any], Samples]:
    """Return the header and the samples of a log that is one JSON document.

    Raises:
        ImportRefused: when it is none, or too large.

    """
    check_size(path, LARGEST_DOCUMENT)
    try:
        log = json.loads(path.read_bytes())
    except (ValueError, RecursionError) as error:
        raise ImportRefused(f"{path.name} is no log of Inspect: it is no JSON.") from error
    samples = log.get("samples") if isinstance(log, dict) else None
    if not isinstance(samples, list):
        raise ImportRefused(f"{path.name} is no log of Inspect, or one without samples.")
    return log, _listed(samples)


def members(path: Path) -> tuple[dict[str, Any], Samples]:
    """Return the header and the samples of a zipped log.

    Raises:
        ImportRefused: when it is none.

    """
    check_size(path)
    try:
        with zipfile.ZipFile(path) as file:
            listed = {member.filename: member for member in file.infolist()}
            name = next((name for name in _HEADERS if name in listed), None)
            if name is None or len(listed) > MOST_SAMPLES:
                raise ImportRefused(f"{path.name} is no log of Inspect: it has no header, or too many members.")
            return _member(file, listed[name]), _zipped(path)
    except RowError as error:
        raise ImportRefused(f"{path.name} is no log of Inspect: its header cannot be used, {error.reason}.") from None
    except _DAMAGE as error:
        raise ImportRefused(f"{path.name} is damaged: {str(error)[:200]}.") from error


def _listed(samples: list[object]) -> Samples:
    for number, sample in enumerate(samples, 1):
        fine = isinstance(sample, dict)
        yield f"sample {number}", sample if fine else RowError("", "it is no JSON object")  # type: ignore[misc]


def _zipped(path: Path) -> Samples:
    with zipfile.ZipFile(path) as file:
        for member in file.infolist():
            if not member.filename.startswith("samples/") or not member.filename.endswith(".json"):
                continue
            place = member.filename[:200]
            try:
                yield place, _member(file, member)
            except RowError as error:
                yield place, error
            except _DAMAGE as error:
                yield place, RowError("", f"it is damaged ({str(error)[:200]})")


def _member(file: zipfile.ZipFile, member: zipfile.ZipInfo) -> dict[str, Any]:
    if member.compress_type not in _PACKED:
        raise RowError("", "it is packed in a way that cannot be read here; write the log as .json")
    with file.open(member) as stream:
        content = stream.read(LARGEST_ROW + 1)  # what it claims to hold is not trusted
    return parsed(content if len(content) <= LARGEST_ROW else None)

"""The formats that can be imported, and which one a file is in."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from types import MappingProxyType
from typing import TypeAlias

from webapp.export.jsonl_reader import read_jsonl
from webapp.export.rows import ImportRefused, Row, check_size

Reader: TypeAlias = Callable[[Path], Iterator[Row]]

READERS: Mapping[str, Reader] = MappingProxyType({"jsonl": read_jsonl})
AUTO = "auto"


def format_of(path: Path, stated: str = AUTO) -> str:
    """Return the format of a file: the stated one, or what its beginning looks like.

    Raises:
        ImportRefused: for a file that is not there, and a format that does not exist.

    """
    check_size(path)
    if stated != AUTO:
        if stated not in READERS:
            raise ImportRefused(f"There is no format {stated!r}; there are {', '.join(READERS)}.")
        return stated
    return "jsonl"

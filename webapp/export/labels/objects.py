"""The JSON objects of a file: one a line, or all in one list."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any, TypeAlias

from webapp.export.rows import ImportRefused, check_size, lines, parsed, readable
from webapp.export.trace_row import RowError

LARGEST_LIST = 2**29  # bytes: a file that is one JSON list is read whole
Objects: TypeAlias = Iterator[tuple[str, dict[str, Any] | RowError]]


def objects(path: Path) -> Objects:
    """Yield the objects of a file with their place; what is none, as what is wrong with it.

    Raises:
        ImportRefused: for a file that cannot be read, and a list that is no JSON.

    """
    check_size(path)
    with readable(path), path.open("rb") as file:
        start = file.read(64).lstrip(b"\xef\xbb\xbf \t\r\n")
    yield from _listed(path) if start.startswith(b"[") else _lines(path)


def text_of(content: Mapping[str, Any], name: str) -> str:
    """Return a text of an object that has to be there.

    Raises:
        RowError: where it is missing or no text.

    """
    value = content.get(name)
    if not isinstance(value, str) or not value.strip():
        raise RowError(name, "it has to be a text")
    return value


def texts_of(content: Mapping[str, Any], name: str) -> tuple[str, ...]:
    """Return a list of texts of an object, or the lines of one text; some of them may say nothing.

    Raises:
        RowError: where it is missing, empty or neither.

    """
    value = content.get(name)
    if isinstance(value, str):
        value = [line for line in value.splitlines() if line.strip()]
    texts = [each for each in value if isinstance(each, str)] if isinstance(value, list) else []
    if not isinstance(value, list) or len(texts) < len(value) or not any(each.strip() for each in texts):
        raise RowError(name, "it has to be a list of texts")
    return tuple(texts)


def _listed(path: Path) -> Objects:
    check_size(path, LARGEST_LIST)
    try:
        found = json.loads(path.read_bytes())
    except (ValueError, RecursionError) as error:
        raise ImportRefused(f"{path.name} is no JSON list ({str(error)[:100]}).") from error
    for number, content in enumerate(found, 1):
        yield f"row {number}", content if isinstance(content, dict) else RowError("", "it is no JSON object")


def _lines(path: Path) -> Objects:
    for place, line in lines(path):
        try:
            yield place, parsed(line)
        except RowError as error:
            yield place, error

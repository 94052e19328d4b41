"""Our own JSON Lines format; `webapp.export.trace_row` documents it."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from webapp.export.rows import Found, Refusal, Row, lines, parsed
from webapp.export.trace_row import RowError, trace_row


def read_jsonl(path: Path) -> Iterator[Row]:
    """Yield a run or a refusal for every line."""
    for place, line in lines(path):
        try:
            yield Found(place, trace_row(parsed(line)))
        except RowError as error:
            yield Refusal(place, error.field, error.reason)

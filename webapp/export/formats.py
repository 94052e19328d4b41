"""The formats that can be imported, and which one a file is in."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from types import MappingProxyType
from typing import TypeAlias

from webapp.export.inspect_reader import read_inspect
from webapp.export.jsonl_reader import read_jsonl
from webapp.export.lm_eval_reader import read_lm_eval
from webapp.export.rows import ImportRefused, Row, check_size, lines, parsed
from webapp.export.trace_row import RowError

Reader: TypeAlias = Callable[[Path], Iterator[Row]]

READERS: Mapping[str, Reader] = MappingProxyType(
    {"jsonl": read_jsonl, "lm-eval": read_lm_eval, "inspect": read_inspect}
)
AUTO = "auto"


def format_of(path: Path, stated: str = AUTO) -> str:
    """Return the format of a file: the stated one, or by its ending and its first row.

    Raises:
        ImportRefused: for a file that is not there, and a format that does not exist.

    """
    check_size(path)
    if stated != AUTO:
        if stated not in READERS:
            raise ImportRefused(f"There is no format {stated!r}; there are {', '.join(READERS)}.")
        return stated
    if path.suffix.lower() in (".json", ".eval"):
        return "inspect"
    try:
        first = next((parsed(line) for _, line in lines(path)), {})
    except RowError:
        return "jsonl"  # whose reader says of each row what is wrong with it
    return "lm-eval" if "resps" in first else "jsonl"

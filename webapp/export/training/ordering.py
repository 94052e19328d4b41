"""Rows in an order from which readers that infer types learn all of them.

`datasets` takes the types of columns from the first megabytes of a file and fails where a column that was empty
there, a list or a null, holds something later.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import TypeAlias

from webapp.export.training.choose import Candidate

Place: TypeAlias = tuple[str, ...]  # names from the row down; "" for what is in a list


def typed_first(rows: Sequence[Candidate]) -> list[Candidate]:
    """Return the rows, those ahead that hold something where all before them hold nothing; else in their order."""
    seen: set[Place] = set()
    ahead, rest = list[Candidate](), list[Candidate]()
    for each in rows:
        new = set(_filled(each.row, ())) - seen
        (ahead if new else rest).append(each)
        seen |= new
    return [*ahead, *rest]


def _filled(value: object, place: Place) -> Iterator[Place]:
    if isinstance(value, dict):
        for name, each in value.items():
            yield from _filled(each, (*place, name))
    elif isinstance(value, list):
        for each in value:
            yield from _filled(each, (*place, ""))
            if each is not None and not isinstance(each, dict | list):
                break  # lists of numbers or words have one type
    elif value is not None:
        yield place

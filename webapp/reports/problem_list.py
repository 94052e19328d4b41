"""The problems of a comparison as a table: question, reference, and what every side answered."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from webapp.charts.evidence import Cell, Column, Evidence, Table
from webapp.reports.part import Part, part
from webapp.runs.selected.service import Selected

MARKS = {"correct": "✓", "incorrect": "✗", "unparsed": "∅", "ungraded": "·"}
READING = (
    "The first attempt and the answer of every side: ✓ right, ✗ wrong, ∅ no answer could be read, · not graded. "
    "Questions and answers are cut after 300 characters."
)


def problem_list(selected: Selected, rows: Sequence[Mapping[str, Any]], total: int) -> Part:
    """Return listed rows (of `total`) as a part."""
    columns = (Column("Problem"), Column("question"), Column("reference"), Column("seed"))
    heads = (*columns, *(Column(side.name) for side in selected.sides))
    more = f" The first {len(rows)} of {total}." if len(rows) < total else ""
    table = Table(heads, tuple(map(_row, rows)))
    return part("problems", Evidence("Problems", READING + more, table=table))


def _row(row: Mapping[str, Any]) -> tuple[Cell, ...]:
    runs = (None if run is None else _said(run) for run in row["runs"])
    return (row["problem"], row["question"], row["reference"], str(row["seed"]), *runs)


def _said(run: Mapping[str, Any]) -> str:
    first = f"{MARKS[run['first']]} {run['first_answer'] or '–'}"
    last = f"{MARKS[run['last']]} {run['answer'] or '–'}"
    return last if first == last else f"{first} → {last}"

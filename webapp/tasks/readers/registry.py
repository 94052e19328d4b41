"""The formats by name, and reading a file of one of them."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from types import MappingProxyType
from typing import TypeAlias

from storage.records import Problem
from webapp.tasks.readers import aime, commonsenseqa, gsm8k, math500, strategyqa, svamp, table, truthfulqa
from webapp.tasks.readers.rows import ReadError, Row, csv_rows, decoded, json_array, json_lines

ProblemOf: TypeAlias = Callable[[Row, str, int], Problem]
Rows: TypeAlias = Callable[[str, str], Iterator[tuple[int, Row]]]
Mapped: TypeAlias = Mapping[str, str | Sequence[str] | None] | table.ColumnMapping


@dataclass(frozen=True, slots=True)
class Format:
    """A file format: what it is called, how its rows are split, and what makes a problem of one.

    `problem` is None where a column mapping is needed.
    """

    name: str
    title: str
    rows: Rows
    problem: ProblemOf | None


FORMATS: Mapping[str, Format] = MappingProxyType({
    known.name: known
    for known in (
        Format("gsm8k", "GSM8K (JSON Lines)", json_lines, gsm8k.problem),
        Format("math500", "MATH-500 (JSON Lines)", json_lines, math500.problem),
        Format("svamp", "SVAMP (JSON Lines)", json_lines, svamp.problem),
        Format("commonsenseqa", "CommonsenseQA (JSON Lines)", json_lines, commonsenseqa.problem),
        Format("truthfulqa", "TruthfulQA, one true option (JSON)", json_array, truthfulqa.problem),
        Format("strategyqa", "StrategyQA (JSON)", json_array, strategyqa.problem),
        Format("aime", "AIME (JSON Lines)", json_lines, aime.problem),
        Format("csv", "CSV with a column mapping", csv_rows, None),
        Format("jsonl", "JSON Lines with a column mapping", json_lines, None),
    )
})  # fmt: skip


def read(
    file: str | Path | bytes,
    format: str,
    mapping: Mapped | None = None,
    *,
    seed: int = 0,
    name: str | None = None,
) -> list[Problem]:
    """Return the problems of a file, each with a source like "gsm8k:17" (the 17th row, from 1).

    Args:
        file: its path, or its bytes.
        format: one of `FORMATS`.
        mapping: which column holds what, for "csv" and "jsonl".
        seed: orders the options where the file puts the right one first (TruthfulQA).
        name: what to call the file in errors, and a table in sources; by default its own name.

    Raises:
        ReadError: with the file and the line, for a file or row that cannot be read.

    """
    called = name or (format if isinstance(file, bytes) else Path(file).name)
    known = _format(format, called)
    label = known.name if known.problem else Path(called).stem
    return problems_of(
        known.rows(_text(file, called), called), format, mapping, called=called, label=label, seed=seed
    )


def problems_of(
    rows: Iterator[tuple[int, Row]], format: str, mapping: Mapped | None, *, called: str, label: str, seed: int = 0
) -> list[Problem]:
    """Return the problems of rows, each with its line, as a format or a mapping takes them; sources are `label`:n.

    Raises:
        ReadError: with what the rows are `called` and the line, for one that cannot be read.

    """
    problem_of = _format(format, called).problem or table.problem_by(_mapping(mapping, called))
    problems = list(_problems(rows, problem_of, label, called, seed))
    if not problems:
        raise ReadError(called, None, "the file has no rows")
    return problems


def _problems(
    rows: Iterator[tuple[int, Row]], problem_of: ProblemOf, label: str, called: str, seed: int
) -> Iterator[Problem]:
    for number, (line, row) in enumerate(rows, start=1):
        try:
            yield problem_of(row, f"{label}:{number}", seed)
        except ValueError as error:
            raise ReadError(called, line, str(error)) from None


def _format(name: str, called: str) -> Format:
    if name not in FORMATS:
        raise ReadError(called, None, f'there is no format "{name}"; there are {", ".join(FORMATS)}')
    return FORMATS[name]


def _mapping(mapping: Mapped | None, called: str) -> table.ColumnMapping:
    if isinstance(mapping, table.ColumnMapping):
        return mapping
    try:
        return table.ColumnMapping.of(mapping or {})
    except ValueError as error:
        raise ReadError(called, None, str(error)) from None


def _text(file: str | Path | bytes, called: str) -> str:
    if isinstance(file, bytes):
        return decoded(file, called)
    try:
        data = Path(file).read_bytes()
    except OSError as error:
        raise ReadError(called, None, f"the file cannot be opened ({error.strerror})") from None
    return decoded(data, called)

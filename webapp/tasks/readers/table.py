"""Any CSV or JSON Lines file, told which column holds what."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import get_args

from storage.records import Problem, ProblemKind
from webapp.tasks.problems import make_problem
from webapp.tasks.readers.fields import text_of
from webapp.tasks.readers.rows import Row

KINDS: tuple[ProblemKind, ...] = get_args(ProblemKind)
SEPARATOR = "|"


@dataclass(frozen=True, slots=True)
class ColumnMapping:
    """Which column holds what.

    `choices` names one column for each option, or a single column whose cell lists them: a list, a JSON list,
    or texts separated by "|". `kind` is a kind for all rows, or the name of a column that says it; without it a
    row with choices is a choice, one without a reference is ungraded, and the rest is text.
    """

    question: str = "question"
    reference: str | None = None
    kind: str | None = None
    choices: tuple[str, ...] = ()
    tags: tuple[str, ...] = ()

    @staticmethod
    def of(mapping: Mapping[str, str | Sequence[str] | None]) -> ColumnMapping:
        """Return the mapping of {"question": "Q", "reference": "A", "kind": "numeric", "choices": [...]}.

        Raises:
            ValueError: for an unknown entry, or one of the wrong type.

        """
        if unknown := sorted(set(mapping) - {"question", "reference", "kind", "choices", "tags"}):
            raise ValueError(
                f'a column mapping has no "{unknown[0]}"; it has question, reference, kind, choices, tags'
            )
        single = {name: _name(mapping.get(name)) for name in ("question", "reference", "kind")}
        several = {name: _names(mapping.get(name)) for name in ("choices", "tags")}
        return ColumnMapping(single["question"] or "question", single["reference"], single["kind"], **several)


def problem_by(mapping: ColumnMapping) -> Callable[[Row, str, int], Problem]:
    """Return the function that makes a problem of a row; it raises ValueError with what is wrong with it."""

    def problem(row: Row, source: str, seed: int) -> Problem:
        reference = text_of(row, mapping.reference).strip() if mapping.reference else None
        choices = _choices(row, mapping.choices)
        kind = _kind(row, mapping.kind, bool(choices), bool(reference))
        tags = [tag for column in mapping.tags if (tag := text_of(row, column).strip())]
        used = choices if kind == "choice" else []
        return make_problem(text_of(row, mapping.question), kind, reference or None, used, source=source, tags=tags)

    return problem


def _kind(row: Row, stated: str | None, choices: bool, reference: bool) -> ProblemKind:
    if stated is None:
        return "choice" if choices else "text" if reference else "none"
    name = stated if stated in KINDS else text_of(row, stated).strip().lower()
    for kind in KINDS:
        if kind == name:
            return kind
    raise ValueError(f'"{name}" is no kind; there are {", ".join(KINDS)}')


def _choices(row: Row, columns: tuple[str, ...]) -> list[str]:
    if len(columns) == 1:
        return _listed(row, columns[0])
    cells = [text_of(row, column).strip() for column in columns]
    return [cell for i, cell in enumerate(cells) if cell or any(cells[i:])]


def _listed(row: Row, column: str) -> list[str]:
    value = row.get(column)
    if not isinstance(value, list):
        text = text_of(row, column).strip()
        value = _json_list(text) or [part.strip() for part in text.split(SEPARATOR) if text]
    return [text_of({column: option}, column) for option in value]


def _json_list(text: str) -> list[object] | None:
    try:
        value = json.loads(text) if text.startswith("[") else None
    except (ValueError, RecursionError):
        return None
    return value if isinstance(value, list) else None


def _name(value: str | Sequence[str] | None) -> str | None:
    if value is not None and not isinstance(value, str):
        raise ValueError("question, reference and kind each name one column")
    return value or None


def _names(value: str | Sequence[str] | None) -> tuple[str, ...]:
    return (value,) if isinstance(value, str) and value else tuple(value or ())

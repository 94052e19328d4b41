"""Problems as runs took them up: stored once for equal content, so that a later edit changes no earlier run."""

from __future__ import annotations

from collections.abc import Iterable

from sqlalchemy import select
from sqlalchemy.orm import Session

from storage import tables
from storage.records import Problem
from storage.repositories.shared import content_key, insert_missing
from storage.text import fold


def keep(s: Session, problem: Problem) -> str:
    """Store a problem unless its like is there, and return the key of its content."""
    return keep_all(s, [problem])[problem]


def keep_all(s: Session, new: Iterable[Problem]) -> dict[Problem, str]:
    """Store problems unless their likes are there, and return the keys of their contents."""
    keys = {problem: content_key(problem) for problem in new}
    insert_missing(s, tables.Problem, *({"key": key, **_values(problem)} for problem, key in keys.items()))
    return keys


def record(row: tables.Problem) -> Problem:
    """Return the problem that a row holds."""
    return Problem(
        id=row.problem_id,
        question=row.question,
        kind=row.kind,  # type: ignore[arg-type]  # only literals of that type are ever stored
        reference=row.reference,
        choices=tuple(row.choices),
        source=row.source,
        tags=tuple(row.tags),
    )


def versions(s: Session, problem_id: str) -> list[Problem]:
    """Return every content that was stored under a problem's id."""
    rows = s.scalars(select(tables.Problem).where(tables.Problem.problem_id == problem_id))
    return [record(row) for row in rows]


def _values(problem: Problem) -> dict[str, object]:
    return {
        "problem_id": problem.id,
        "question": problem.question,
        "folded": fold("\n".join((problem.question, *problem.choices))),
        "kind": problem.kind,
        "reference": problem.reference,
        "choices": problem.choices,
        "source": problem.source,
        "tags": problem.tags,
    }

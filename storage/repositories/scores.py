"""Scores: named numbers about generations and runs."""

from __future__ import annotations

from sqlalchemy import select
from sqlalchemy.orm import Session

from storage import tables
from storage.records import Score


def add(s: Session, score: Score) -> None:
    """Store a new score; a value that is not a number is stored as unknown."""
    s.add(
        tables.Score(
            id=score.id,
            run_id=score.run_id,
            generation_id=score.generation_id,
            name=score.name,
            value=score.value,
            how=score.how,
            details=score.details,
            created_at=score.created_at,
        )
    )
    s.flush()


def of_run(s: Session, run_id: str) -> list[Score]:
    """Return the scores of a run in the order in which they came."""
    row = tables.Score
    rows = s.scalars(select(row).where(row.run_id == run_id).order_by(row.created_at, row.id))
    return [
        Score(
            id=found.id,
            run_id=found.run_id,
            generation_id=found.generation_id,
            name=found.name,
            value=found.value,
            how=found.how,
            created_at=found.created_at,
            details=found.details,
        )
        for found in rows
    ]

"""Scores: named numbers about generations and runs."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import fields

from sqlalchemy import insert, select
from sqlalchemy.orm import Session

from storage import tables
from storage.records import Score
from storage.repositories.shared import in_pieces

_FIELDS = tuple(field.name for field in fields(Score))  # the columns bear the same names
_IN_ORDER = (tables.Score.created_at, tables.Score.id)


def add(s: Session, score: Score) -> None:
    """Store a new score; a value that is not a number is stored as unknown."""
    add_all(s, [score])


def add_all(s: Session, scores: Sequence[Score]) -> None:
    """Store new scores."""
    if scores:
        s.execute(insert(tables.Score), [{name: getattr(score, name) for name in _FIELDS} for score in scores])


def of_run(s: Session, run_id: str) -> list[Score]:
    """Return the scores of a run in the order in which they came."""
    row = tables.Score
    return [_record(found) for found in s.scalars(select(row).where(row.run_id == run_id).order_by(*_IN_ORDER))]


def named(s: Session, name: str, run_ids: Sequence[str]) -> list[Score]:
    """Return the scores of a name of these runs: run by run, each in order."""
    row = tables.Score
    query = select(row).where(row.name == name).order_by(row.run_id, *_IN_ORDER)
    return [_record(found) for ids in in_pieces(run_ids) for found in s.scalars(query.where(row.run_id.in_(ids)))]


def of_session(s: Session, session_id: str) -> list[Score]:
    """Return the scores of a session's runs that are not deleted: run by run, each in order."""
    row, run = tables.Score, tables.Run
    query = select(row).join(run, run.id == row.run_id)
    query = query.where(run.session_id == session_id, run.deleted_at.is_(None)).order_by(row.run_id, *_IN_ORDER)
    return [_record(found) for found in s.scalars(query)]


def _record(row: tables.Score) -> Score:
    return Score(**{name: getattr(row, name) for name in _FIELDS})

"""What a queue may be built from: columns of runs and of their texts, never a text."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import groupby
from typing import Any, NamedTuple

from sqlalchemy import ColumnElement, Select, func, select
from sqlalchemy.orm import Session, aliased

from storage import tables
from storage.annotations import Disagreement, QueueFilter
from storage.records import Role, VerdictValue
from storage.repositories.access import open_sessions

_Run, _Text, _Item = tables.Run, tables.Generation, tables.QueueItem
_OF_RUN = ("run_id", "problem", "method", "model", "first_verdict", "verdict", "chosen")
PIECE = 2_000  # rows


class TextColumns(NamedTuple):
    """Columns of a finished text."""

    id: str
    role: Role
    branch: int
    round: int
    verdict: VerdictValue
    mean_entropy: float | None


@dataclass(frozen=True, slots=True)
class Candidate:
    """A run that a filter finds, with its finished texts in order."""

    run_id: str
    problem: str
    method: str
    model: str
    first_verdict: VerdictValue
    verdict: VerdictValue
    chosen: str | None
    texts: tuple[TextColumns, ...]


@dataclass(frozen=True, slots=True)
class Named:
    """What a filter may name."""

    methods: list[str]
    models: list[str]
    scores: list[str]


def candidates(s: Session, person: str, wanted: QueueFilter) -> Iterator[Candidate]:
    """Yield the finished runs that a filter finds among those a person may read, oldest first.

    What the filter says of single texts is not looked at here.
    """
    run, model, text = _Run, tables.Model, _Text
    of_run = (run.id, run.problem_key, run.method, model.model_id, run.first_verdict, run.verdict)
    of_text = (text.id, text.role, text.branch, text.round, text.verdict, text.mean_entropy)
    query = select(*of_run, run.chosen_generation, *of_text).join(model, model.key == run.model_key)
    query = query.join(text, text.run_id == run.id).where(*_conditions(person, wanted), text.status == "finished")
    query = query.order_by(run.created_at, run.id, text.ordinal, text.id)
    rows = s.execute(query.execution_options(yield_per=PIECE))
    for _, group in groupby(rows, key=lambda row: row[0]):
        found: list[Any] = list(group)
        values = dict(zip(_OF_RUN, found[0], strict=False))
        yield Candidate(**values, texts=tuple(TextColumns(*row[len(_OF_RUN) :]) for row in found))


def far_apart(s: Session, person: str, wanted: QueueFilter, scores: Disagreement) -> set[str]:
    """Return the texts of such runs of which two scores differ by at least so much."""
    first, second = aliased(tables.Score), aliased(tables.Score)
    query = select(first.generation_id).join(second, second.generation_id == first.generation_id)
    query = query.join(_Run, _Run.id == first.run_id).join(tables.Model, tables.Model.key == _Run.model_key)
    query = query.where(first.name == scores.first, second.name == scores.second, *_conditions(person, wanted))
    return set(s.scalars(query.where(func.abs(first.value - second.value) >= scores.least)))


def labelled(s: Session) -> set[str]:
    """Return the texts that somebody has submitted labels of."""
    first = select(_Item.first_text).where(_Item.submitted > 0)
    second = select(_Item.second_text).where(_Item.submitted > 0, _Item.second_text.is_not(None))
    return {text for query in (first, second) for text in s.scalars(query) if text is not None}


def named(s: Session, person: str) -> Named:
    """Return what there is in what a person may read: methods, models and names of scores of texts."""
    run, score = _Run, tables.Score
    kept = _conditions(person, QueueFilter())
    methods = select(run.method).where(*kept).distinct().order_by(run.method)
    models = select(tables.Model.model_id).join(run, run.model_key == tables.Model.key).where(*kept).distinct()
    scores = select(score.name).join(run, run.id == score.run_id).where(*kept, score.generation_id.is_not(None))
    return Named(
        list(s.scalars(methods)),
        list(s.scalars(models.order_by(tables.Model.model_id))),
        list(s.scalars(scores.distinct().order_by(score.name))),
    )


def _conditions(person: str, wanted: QueueFilter) -> list[ColumnElement[bool]]:
    found = [
        _Run.status == "finished",
        _Run.deleted_at.is_(None),
        _Run.session_id.in_(open_sessions(person).where(tables.Session.deleted_at.is_(None))),
    ]
    if wanted.sessions:
        found.append(_Run.session_id.in_(wanted.sessions))
    if wanted.experiment is not None:
        found.append(_Run.id.in_(_cells(wanted.experiment)))
    if wanted.methods:
        found.append(_Run.method.in_(wanted.methods))
    if wanted.models:
        found.append(tables.Model.model_id.in_(wanted.models))
    if wanted.transition is not None:
        first, _, last = wanted.transition.partition(">")
        found += [_Run.first_verdict == first, _Run.verdict == last]
    return found


def _cells(experiment: str) -> Select[Any]:
    return select(tables.Cell.run_id).where(tables.Cell.experiment_id == experiment, tables.Cell.run_id.is_not(None))

"""Experiments: what they are, where they stand, and their list."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from datetime import datetime

from sqlalchemy import ColumnElement, func, select, update
from sqlalchemy.orm import Session

from storage import tables
from storage.errors import Missing
from storage.experiments import WORKING, CellState, Experiment, ExperimentRow, ExperimentStatus, Place
from storage.records import Page
from storage.repositories.access import allowed
from storage.text import fold

_Experiment, _Cell = tables.Experiment, tables.Cell


def create(s: Session, experiment: Experiment) -> None:
    """Store a new experiment as it is; its cells are stored apart."""
    s.add(
        _Experiment(
            id=experiment.id,
            person_id=experiment.person_id,
            session_id=experiment.session_id,
            name=experiment.name,
            folded=experiment.name,
            spec=experiment.spec,
            status=experiment.status,
            note=experiment.note,
            place=experiment.place,
            load_models=experiment.load_models,
            created_at=experiment.created_at,
            working_since=experiment.working_since,
            finished_at=experiment.finished_at,
            lease_until=experiment.lease_until,
            deleted_at=experiment.deleted_at,
        )
    )
    s.flush()


def get(s: Session, experiment_id: str) -> Experiment | None:
    """Return an experiment, also a deleted one; None when there is none."""
    row = s.get(_Experiment, experiment_id)
    return None if row is None else _record(row)


def working(s: Session, place: Place) -> list[str]:
    """Return the ids of the experiments that are to be worked on in a place, oldest first."""
    kept = select(tables.Session.id).where(tables.Session.deleted_at.is_(None))
    query = select(_Experiment.id).where(
        _Experiment.status.in_(WORKING),
        _Experiment.place == place,
        _Experiment.deleted_at.is_(None),
        _Experiment.session_id.in_(kept),
    )
    return list(s.scalars(query.order_by(_Experiment.created_at, _Experiment.id)))


def page(
    s: Session, text: str = "", *, person: str | None, deleted: bool = False, offset: int = 0, limit: int = 50
) -> Page[ExperimentRow]:
    """Return a page of experiments, newest first, whose name contains the text; those of deleted sessions are not.

    With a person, only those of sessions that are open to that one.
    """
    conditions: list[ColumnElement[bool]] = [
        tables.Session.deleted_at.is_(None),
        _Experiment.deleted_at.is_not(None) if deleted else _Experiment.deleted_at.is_(None),
    ]
    if person is not None:
        conditions.append(allowed(person))
    if needle := fold(text.strip()):
        conditions.append(_Experiment.folded.contains(needle, autoescape=True))
    of = select(_Experiment).join(tables.Session, tables.Session.id == _Experiment.session_id).where(*conditions)
    rows = list(
        s.scalars(of.order_by(_Experiment.created_at.desc(), _Experiment.id.desc()).offset(offset).limit(limit))
    )
    states = counted(s, [row.id for row in rows])
    total = s.scalar(select(func.count()).select_from(of.subquery())) or 0
    return Page([ExperimentRow(_record(row), states[row.id]) for row in rows], total)


def counted(s: Session, ids: Sequence[str]) -> dict[str, Mapping[CellState, int]]:
    """Return how many cells of each experiment are in each state."""
    query = select(_Cell.experiment_id, _Cell.state, func.count()).where(_Cell.experiment_id.in_(ids))
    found: dict[str, dict[CellState, int]] = defaultdict(dict)
    for experiment, state, count in s.execute(query.group_by(_Cell.experiment_id, _Cell.state)):
        found[experiment][state] = count  # type: ignore[index]  # only literals of that type are stored
    return {each: found[each] for each in ids}


def begin(s: Session, experiment_id: str, status: ExperimentStatus, now: datetime, place: Place) -> None:
    """Say that an experiment is worked on from now on."""
    row = row_of(s, experiment_id)
    row.status, row.note, row.place = status, "", place
    row.working_since, row.finished_at = now, None


def pause(s: Session, experiment_id: str, note: str = "") -> None:
    """Let an experiment that is worked on stand still, and say why; a probe becomes a draft again."""
    row = row_of(s, experiment_id)
    if row.status in WORKING:
        row.status, row.note = "draft" if row.status == "probing" else "paused", note


def cancel(s: Session, experiment_id: str) -> None:
    """Say that an experiment is not wanted any more."""
    row = row_of(s, experiment_id)
    row.status, row.note = "cancelled", ""


def allow_loading(s: Session, experiment_id: str, allowed: bool, note: str = "") -> None:
    """Say whether the program may replace the model that answers by one that the experiment needs, and why not."""
    row = row_of(s, experiment_id)
    row.load_models, row.note = allowed, note


def let_go(s: Session, experiment_id: str) -> None:
    """Say that this process does not work on an experiment any more."""
    row_of(s, experiment_id).lease_until = None


def put_away(s: Session, experiment_id: str, when: datetime | None) -> None:
    """Delete an experiment, or bring it back with None; its runs stay in their session."""
    s.execute(update(_Experiment).where(_Experiment.id == experiment_id).values(deleted_at=when))


def row_of(s: Session, experiment_id: str) -> tables.Experiment:
    """Return the row of an experiment that has to exist.

    Raises:
        Missing: when there is none.

    """
    row = s.get(_Experiment, experiment_id)
    if row is None:
        raise Missing("There is no such experiment; it may have been removed for good.")
    return row


def _record(row: tables.Experiment) -> Experiment:
    return Experiment(
        id=row.id,
        person_id=row.person_id,
        session_id=row.session_id,
        name=row.name,
        spec=row.spec,
        created_at=row.created_at,
        status=row.status,  # type: ignore[arg-type]  # only literals of that type are ever stored
        note=row.note,
        place=row.place,  # type: ignore[arg-type]
        load_models=row.load_models,
        working_since=row.working_since,
        finished_at=row.finished_at,
        lease_until=row.lease_until,
        deleted_at=row.deleted_at,
    )

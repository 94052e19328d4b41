"""Annotation queues: what they are, who labels in them, and how far that is."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import ColumnElement, case, func, insert, or_, select
from sqlalchemy.orm import Session

from storage import tables
from storage.annotations import STATES, Annotator, AssignmentState, Progress, Queue, QueueRow
from storage.records import Page
from storage.repositories.annotation_rows import queue_record, queue_values
from storage.repositories.shared import in_pieces
from storage.text import fold

_Queue, _Annotator, _Item, _Assignment = tables.Queue, tables.QueueAnnotator, tables.QueueItem, tables.Assignment


def create(s: Session, queue: Queue) -> None:
    """Store a new queue; its items are stored apart."""
    s.execute(insert(_Queue).values(**queue_values(queue)))
    for position, annotator in enumerate(queue.annotators):
        _add(s, queue.id, position, annotator)


def get(s: Session, queue_id: str) -> Queue | None:
    """Return a queue, also a deleted one; None when there is none."""
    row = s.get(_Queue, queue_id)
    return None if row is None else _records(s, [row])[0]


def of_runs(s: Session, session_id: str) -> list[Queue]:
    """Return the queues with items of a session's runs, oldest first; neither runs nor queues are deleted."""
    run = tables.Run
    used = select(_Item.queue_id).join(run, run.id == _Item.run_id)
    used = used.where(run.session_id == session_id, run.deleted_at.is_(None))
    query = select(_Queue).where(_Queue.id.in_(used), _Queue.deleted_at.is_(None))
    return _records(s, list(s.scalars(query.order_by(_Queue.created_at, _Queue.id))))


def page(
    s: Session, person_id: str, text: str = "", *, deleted: bool = False, offset: int = 0, limit: int = 50
) -> Page[QueueRow]:
    """Return a page of the queues that a person owns or labels in, newest first, whose name contains the text.

    Deleted ones are listed to their owner alone.
    """
    labels = select(_Annotator.queue_id).where(_Annotator.person_id == person_id)
    conditions: list[ColumnElement[bool]] = [
        _Queue.deleted_at.is_not(None) if deleted else _Queue.deleted_at.is_(None),
        _Queue.person_id == person_id if deleted else or_(_Queue.person_id == person_id, _Queue.id.in_(labels)),
    ]
    if needle := fold(text.strip()):
        conditions.append(_Queue.folded.contains(needle, autoescape=True))
    query = select(_Queue).where(*conditions).order_by(_Queue.created_at.desc(), _Queue.id.desc())
    total = s.scalar(select(func.count()).select_from(_Queue).where(*conditions)) or 0
    found = _records(s, list(s.scalars(query.offset(offset).limit(limit))))
    return Page([row(s, queue) for queue in found], total)


def row(s: Session, queue: Queue) -> QueueRow:
    """Return a queue with how far it is."""
    counts = select(
        func.count(),
        func.coalesce(func.sum(case((_Item.disputed, 1), else_=0)), 0),
        func.coalesce(func.sum(case((_Item.adjudicated, 1), else_=0)), 0),
    ).where(_Item.queue_id == queue.id)
    items, disputed, adjudicated = s.execute(counts).one()
    return QueueRow(queue, items, disputed, adjudicated, progress(s, queue))


def progress(s: Session, queue: Queue) -> tuple[Progress, ...]:
    """Return how many items of each annotator are in each state."""
    query = select(_Assignment.annotator, _Assignment.state, func.count()).where(_Assignment.queue_id == queue.id)
    found: dict[str, dict[AssignmentState, int]] = defaultdict(lambda: dict.fromkeys(STATES, 0))
    for name, state, count in s.execute(query.group_by(_Assignment.annotator, _Assignment.state)):
        found[name][state] = count  # type: ignore[index]  # only literals of that type are stored
    return tuple(Progress(each.name, found[each.name]) for each in queue.annotators)


def rename(s: Session, queue_id: str, name: str) -> None:
    """Give a queue another name."""
    found = s.get_one(_Queue, queue_id)
    found.name = found.folded = name


def join(s: Session, queue_id: str, annotator: Annotator) -> None:
    """Add an annotator, who has no items yet."""
    last = s.scalar(select(func.max(_Annotator.position)).where(_Annotator.queue_id == queue_id))
    _add(s, queue_id, 0 if last is None else last + 1, annotator)


def put_away(s: Session, queue_id: str, when: datetime | None) -> None:
    """Delete a queue, or bring it back with None; what was said in it is kept."""
    s.get_one(_Queue, queue_id).deleted_at = when


def _add(s: Session, queue_id: str, position: int, annotator: Annotator) -> None:
    values = {"queue_id": queue_id, "position": position, "name": annotator.name, "person_id": annotator.person_id}
    s.execute(insert(_Annotator).values(**values))


def _records(s: Session, rows: Sequence[tables.Queue]) -> list[Queue]:
    found: dict[str, list[Annotator]] = defaultdict(list)
    for ids in in_pieces([each.id for each in rows]):
        query = select(_Annotator).where(_Annotator.queue_id.in_(ids))
        for each in s.scalars(query.order_by(_Annotator.queue_id, _Annotator.position)):
            found[each.queue_id].append(Annotator(each.name, each.person_id))
    return [queue_record(each, found[each.id]) for each in rows]

"""Items of queues: their lists, whose they are, and what to do next."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, Select, case, func, insert, select, update
from sqlalchemy.orm import Session

from storage import tables
from storage.annotations import Assignment, AssignmentState, ItemRow, QueueItem
from storage.records import Page
from storage.repositories.access import allowed
from storage.repositories.annotation_rows import assignment_record, item_record, item_values
from storage.repositories.library import EXCERPT
from storage.repositories.shared import in_pieces

_Item, _Assignment, _Run, _Problem = tables.QueueItem, tables.Assignment, tables.Run, tables.Problem
_Queue, _Session = tables.Queue, tables.Session
# the owner of a queue may have lost the right to read what it was built from
_EXCERPT = case((allowed(_Queue.person_id), func.substr(_Problem.question, 1, EXCERPT)), else_="")
_TO_DO: tuple[AssignmentState, ...] = ("open", "draft")


def add_all(s: Session, items: Sequence[QueueItem], assignments: Iterable[Assignment]) -> None:
    """Store new items with whose they are."""
    if not items:
        return
    s.execute(insert(_Item), [item_values(item) for item in items])
    assign(s, {item.id: item for item in items}, assignments)


def assign(s: Session, items: Mapping[str, QueueItem], assignments: Iterable[Assignment]) -> None:
    """Give stored items to annotators."""
    rows = [
        {
            "item_id": each.item_id, "annotator": each.annotator, "queue_id": items[each.item_id].queue_id,
            "position": items[each.item_id].position, "state": each.state, "changed_at": each.changed_at,
        }
        for each in assignments
    ]  # fmt: skip
    if rows:
        s.execute(insert(_Assignment), rows)


def get(s: Session, item_id: str) -> QueueItem | None:
    """Return an item, None when there is none."""
    row = s.get(_Item, item_id)
    return None if row is None else item_record(row)


def of_queue(s: Session, queue_id: str) -> list[QueueItem]:
    """Return the items of a queue in order."""
    return [item_record(row) for row in s.scalars(select(_Item).where(_Item.queue_id == queue_id).order_by(*_ORDER))]


def of_runs(s: Session, run_ids: Sequence[str]) -> list[QueueItem]:
    """Return the items that are about runs, in queues that are not deleted: queue by queue, each in order."""
    kept = select(tables.Queue.id).where(tables.Queue.deleted_at.is_(None))
    query = select(_Item).where(_Item.queue_id.in_(kept))
    found = [
        item_record(row) for ids in in_pieces(run_ids) for row in s.scalars(query.where(_Item.run_id.in_(ids)))
    ]  # fmt: skip
    return sorted(found, key=lambda item: (item.queue_id, item.position, item.id))


def count(s: Session, queue_id: str) -> int:
    """Return how many items a queue has."""
    return s.scalar(select(func.count()).where(_Item.queue_id == queue_id)) or 0


def page(
    s: Session, queue_id: str, annotator: str, state: AssignmentState | None, *, offset: int = 0, limit: int = 50
) -> Page[ItemRow]:
    """Return a page of an annotator's items in order."""
    conditions = [_Assignment.queue_id == queue_id, _Assignment.annotator == annotator]
    if state is not None:
        conditions.append(_Assignment.state == state)
    total = s.scalar(select(func.count()).select_from(_Assignment).where(*conditions)) or 0
    # the ids first: an index holds them, and what an item is about is looked up for one page
    ids = select(_Assignment.item_id).where(*conditions).order_by(_Assignment.position).offset(offset).limit(limit)
    query = select(
        _Assignment.item_id, _Assignment.position, _EXCERPT, _Assignment.state, _Assignment.changed_at
    )  # fmt: skip
    query = _with_question(query.join(_Item, _Item.id == _Assignment.item_id))
    query = query.where(_Assignment.annotator == annotator, _Assignment.item_id.in_(list(s.scalars(ids))))
    return Page([ItemRow(*row) for row in s.execute(query.order_by(_Assignment.position))], total)


def disputed(
    s: Session, queue_id: str, adjudicated: bool | None, *, offset: int = 0, limit: int = 50
) -> Page[tuple[QueueItem, str]]:
    """Return a page of items that annotators do not agree about, each with an excerpt of its question."""
    conditions: list[ColumnElement[bool]] = [_Item.queue_id == queue_id, _Item.disputed.is_(True)]
    if adjudicated is not None:
        conditions.append(_Item.adjudicated.is_(adjudicated))
    total = s.scalar(select(func.count()).select_from(_Item).where(*conditions)) or 0
    query = _with_question(select(_Item, _EXCERPT)).where(*conditions)
    rows = s.execute(query.order_by(*_ORDER).offset(offset).limit(limit))
    return Page([(item_record(item), question) for item, question in rows], total)


def _with_question(query: Select[Any]) -> Select[Any]:
    """Join to items what their excerpts are taken from."""
    query = query.join(_Queue, _Queue.id == _Item.queue_id).join(_Run, _Run.id == _Item.run_id)
    query = query.join(_Session, _Session.id == _Run.session_id)
    return query.join(_Problem, _Problem.key == _Run.problem_key)


def assignment(s: Session, item_id: str, annotator: str) -> Assignment | None:
    """Return how far an annotator is with an item, None when it is not theirs."""
    row = s.get(_Assignment, (item_id, annotator))
    return None if row is None else assignment_record(row)


def assignments(s: Session, item_ids: Sequence[str]) -> dict[str, list[Assignment]]:
    """Return whose items are, by their ids; the annotators of an item in alphabetical order."""
    found: dict[str, list[Assignment]] = defaultdict(list)
    for ids in in_pieces(item_ids):
        query = select(_Assignment).where(_Assignment.item_id.in_(ids))
        for row in s.scalars(query.order_by(_Assignment.item_id, _Assignment.annotator)):
            found[row.item_id].append(assignment_record(row))
    return dict(found)


def put_state(s: Session, item_id: str, annotator: str, state: AssignmentState, now: datetime) -> None:
    """Say how far an annotator is with an item."""
    of = (_Assignment.item_id == item_id, _Assignment.annotator == annotator)
    s.execute(update(_Assignment).where(*of).values(state=state, changed_at=now))


def put_standing(s: Session, item_id: str, *, submitted: int, disputed: bool) -> None:
    """Say how many have submitted labels of an item, and whether these differ."""
    s.execute(update(_Item).where(_Item.id == item_id).values(submitted=submitted, disputed=disputed))


def put_adjudicated(s: Session, item_id: str) -> None:
    """Say that an item was decided."""
    s.execute(update(_Item).where(_Item.id == item_id).values(adjudicated=True))


def following(s: Session, queue_id: str, annotator: str, after: int | None) -> str | None:
    """Return the item to do after a position, from the front where nothing follows, then what was skipped.

    None when nothing is left. What was skipped comes back in the order of the queue, after the position first.
    """
    for states in (_TO_DO, ("skipped",)):
        of = (_Assignment.queue_id == queue_id, _Assignment.annotator == annotator, _Assignment.state.in_(states))
        query = select(_Assignment.item_id).where(*of).order_by(_Assignment.position).limit(1)
        later = None if after is None else s.scalar(query.where(_Assignment.position > after))
        if (found := later or s.scalar(query)) is not None:
            return found
    return None


_ORDER = (_Item.position, _Item.id)

"""What was said about items: versions of each annotator, and what the owner decided."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence

from sqlalchemy import delete, func, insert, select, update
from sqlalchemy.orm import Session

from storage import tables
from storage.annotations import Adjudication, Annotation, Labelled, QueueItem
from storage.repositories.annotation_rows import (
    adjudication_record,
    adjudication_values,
    annotation_record,
    annotation_values,
)
from storage.repositories.shared import in_pieces

_Annotation, _Adjudication = tables.Annotation, tables.Adjudication


def newest(s: Session, item_id: str, annotator: str) -> Annotation | None:
    """Return the newest version of an annotator that is not undone; None before the first one."""
    of = (_Annotation.item_id == item_id, _Annotation.annotator == annotator, _Annotation.state != "undone")
    query = select(_Annotation).where(*of)
    row = s.scalar(query.order_by(_Annotation.version.desc()).limit(1))
    return None if row is None else annotation_record(row)


def last_version(s: Session, item_id: str, annotator: str) -> int:
    """Return the highest number of a version of an annotator, undone ones among them; 0 before the first one."""
    of = (_Annotation.item_id == item_id, _Annotation.annotator == annotator)
    return s.scalar(select(func.max(_Annotation.version)).where(*of)) or 0


def has_submitted(s: Session, item_id: str, annotator: str) -> bool:
    """Say whether an annotator has ever submitted labels of an item."""
    of = (_Annotation.item_id == item_id, _Annotation.annotator == annotator, _Annotation.state == "submitted")
    return bool(s.scalar(select(select(_Annotation.id).where(*of).exists())))


def add_all(s: Session, annotations: Sequence[Annotation]) -> None:
    """Store new versions as they are."""
    if annotations:
        s.execute(insert(_Annotation), [annotation_values(each) for each in annotations])


def take_back(s: Session, annotation_id: str) -> None:
    """Undo a draft."""
    of = (_Annotation.id == annotation_id, _Annotation.state == "draft")
    s.execute(update(_Annotation).where(*of).values(state="undone"))


def drop_drafts(s: Session, item_id: str, annotator: str) -> None:
    """Remove the drafts of an annotator that a submission has made needless; submitted versions all stay."""
    of = (_Annotation.item_id == item_id, _Annotation.annotator == annotator, _Annotation.state != "submitted")
    s.execute(delete(_Annotation).where(*of))


def versions(s: Session, item_ids: Sequence[str]) -> list[Annotation]:
    """Return all versions about items, by item, annotator and version."""
    order = (_Annotation.item_id, _Annotation.annotator, _Annotation.version)
    rows = (
        s.scalars(select(_Annotation).where(_Annotation.item_id.in_(ids)).order_by(*order))
        for ids in in_pieces(sorted(item_ids))
    )
    return [annotation_record(row) for piece in rows for row in piece]


def submitted(s: Session, item_ids: Sequence[str]) -> dict[str, list[Annotation]]:
    """Return the newest submitted version of every annotator, by item; annotators in alphabetical order."""
    latest = select(_Annotation.item_id, _Annotation.annotator, func.max(_Annotation.version).label("version"))
    found: dict[str, list[Annotation]] = defaultdict(list)
    for ids in in_pieces(item_ids):
        of = latest.where(_Annotation.item_id.in_(ids), _Annotation.state == "submitted")
        counting = of.group_by(_Annotation.item_id, _Annotation.annotator).subquery()
        same = (
            _Annotation.item_id == counting.c.item_id, _Annotation.annotator == counting.c.annotator,
            _Annotation.version == counting.c.version,
        )  # fmt: skip
        query = select(_Annotation).join(counting, same[0] & same[1] & same[2])
        for row in s.scalars(query.order_by(_Annotation.item_id, _Annotation.annotator)):
            found[row.item_id].append(annotation_record(row))
    return dict(found)


def labelled(s: Session, items: Sequence[QueueItem]) -> list[Labelled]:
    """Return what counts of what was said about items, in their order; those nobody labelled are there too."""
    ids = [item.id for item in items]
    said, decided = submitted(s, ids), adjudications(s, ids)
    last = {item: each[-1] for item, each in decided.items()}
    return [Labelled(item, tuple(said.get(item.id, ())), last.get(item.id)) for item in items]


def decide_all(s: Session, decided: Sequence[Adjudication]) -> None:
    """Store adjudications as they are."""
    if decided:
        s.execute(insert(_Adjudication), [adjudication_values(each) for each in decided])


def adjudications(s: Session, item_ids: Sequence[str]) -> dict[str, list[Adjudication]]:
    """Return the adjudications of items, oldest first, by item."""
    order = (_Adjudication.item_id, _Adjudication.created_at, _Adjudication.id)
    found: dict[str, list[Adjudication]] = defaultdict(list)
    for ids in in_pieces(item_ids):
        for row in s.scalars(select(_Adjudication).where(_Adjudication.item_id.in_(ids)).order_by(*order)):
            found[row.item_id].append(adjudication_record(row))
    return dict(found)

"""Imported labels as annotations of queues: one queue for a file, or those that a file of ours names."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime

from sqlalchemy.orm import Session as OrmSession

from storage.annotations import (
    Adjudication,
    Annotation,
    Annotator,
    Assignment,
    LabelSchema,
    Queue,
    QueueFilter,
    QueueItem,
)
from storage.ids import new_id
from storage.records import Session
from storage.repositories import annotations as annotation_store
from storage.repositories import generations, queue_items, queues, runs, scores, sessions
from webapp.analysis.differing import differing
from webapp.export.foreign import Made
from webapp.export.labels.row import LabelRow, Placed

LONGEST_NAME = 100


@dataclass(slots=True)
class Target:
    """A queue that labels go into, made when the first of them is stored."""

    queue: Queue
    stored: bool = False
    items: dict[tuple[str, ...], QueueItem] = field(default_factory=dict)
    versions: dict[tuple[str, str], int] = field(default_factory=dict)

    def copy(self) -> Target:
        """Return a target that can be changed without this one, as a transaction may fail and be tried again."""
        return replace(self, items=dict(self.items), versions=dict(self.versions))

    def take(self, other: Target) -> None:
        """Be as another one is, once that is on disk."""
        self.stored, self.items, self.versions = other.stored, other.items, other.versions


@dataclass(slots=True)
class Stored:
    """What became of a batch: how many rows were stored, on texts that were there before, and not again."""

    stored: int = 0
    matched: int = 0
    repeated: int = 0
    states: list[tuple[Target, Target]] = field(default_factory=list)  # targets as they were, and as they are now


def annotator_name(row: LabelRow) -> str:
    """Return the name that a row's annotator has in a queue."""
    return " ".join(row.annotator.split())[:LONGEST_NAME] or "unknown"


def new_queue(
    name: str, schema: LabelSchema, person: str, names: Sequence[str], when: datetime, *, pairs: bool
) -> Queue:
    """Return a queue of imported labels; all its annotators are acted for by the person who imports."""
    take = QueueFilter(take="sample_pair" if pairs else "final")
    annotators = tuple(Annotator(each, person) for each in names)
    return Queue(new_id(), person, name[:LONGEST_NAME], schema, take, when, annotators)


def store(
    s: OrmSession,
    batch: Sequence[tuple[Target, Placed]],
    made: Sequence[Made],
    session: Session | None,
    now: datetime,
) -> Stored:
    """Store the new runs of a batch, then its labels; `session` is that of the runs where it is new."""
    if session is not None:
        sessions.create(s, session)
    runs.add_all(s, [each.run for each in made])
    generations.add_all(s, (text for each in made for text in each.texts))
    scores.add_all(s, [score for each in made for score in each.scores])
    known = _known(s, [placed.run_id for _, placed in batch])
    done = Stored()
    fresh = {each.run.id for each in made}
    states = {id(target): (target, target.copy()) for target, _ in batch}
    done.states = list(states.values())
    touched: dict[str, tuple[Target, QueueItem]] = {}
    for original, placed in batch:
        target = states[id(original)][1]
        said = _said(placed)
        if said in known:
            done.repeated += 1
            continue
        known.add(said)
        item = _item(s, target, placed)
        _say(s, target, item, placed, now)
        touched[item.id] = target, item
        done.stored += 1
        done.matched += placed.run_id not in fresh
    for target, item in touched.values():
        told = annotation_store.submitted(s, [item.id]).get(item.id, [])
        queue_items.put_standing(s, item.id, submitted=len(told), disputed=bool(differing(target.queue.schema, told)))
    return done


def _say(s: OrmSession, target: Target, item: QueueItem, placed: Placed, now: datetime) -> None:
    row = placed.row
    when = row.when or now
    if row.decided is not None:
        decided = Adjudication(
            new_id(), item.id, target.queue.person_id, when, placed.labels, placed.steps, row.decided
        )
        annotation_store.decide_all(s, [decided])
        queue_items.put_adjudicated(s, item.id)
        return
    name = annotator_name(row)
    version = target.versions[item.id, name] = target.versions.get((item.id, name), 0) + 1
    said = Annotation(
        new_id(), item.id, name, target.queue.person_id, version, "submitted", when, placed.labels, placed.steps,
        row.seconds, row.unblinded,
    )  # fmt: skip
    annotation_store.add_all(s, [said])
    if version == 1:
        queue_items.assign(s, {item.id: item}, [Assignment(item.id, name, "submitted", when)])


def _item(s: OrmSession, target: Target, placed: Placed) -> QueueItem:
    if not target.stored:
        queues.create(s, target.queue)
        target.stored = True
    if placed.texts not in target.items:
        item = QueueItem(new_id(), target.queue.id, len(target.items), placed.run_id, placed.texts)
        queue_items.add_all(s, [item], [])
        target.items[placed.texts] = item
    return target.items[placed.texts]


def _said(placed: Placed) -> tuple[object, ...]:
    """Return what tells labels from other ones: the texts, who said it, what, and about which steps."""
    who = f"decided: {placed.row.decided}" if placed.row.decided is not None else annotator_name(placed.row)
    return placed.texts, who, frozenset(placed.labels), placed.steps


def _known(s: OrmSession, run_ids: Sequence[str]) -> set[tuple[object, ...]]:
    items = queue_items.of_runs(s, list(dict.fromkeys(run_ids)))
    ids = {item.id: item.texts for item in items}
    said = annotation_store.submitted(s, list(ids))
    decided = annotation_store.adjudications(s, list(ids))
    return {
        (ids[each.item_id], each.annotator, frozenset(each.labels), each.steps)
        for some in said.values() for each in some
    } | {
        (ids[each.item_id], f"decided: {each.note}", frozenset(each.labels), each.steps)
        for some in decided.values() for each in some
    }  # fmt: skip

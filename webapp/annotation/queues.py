"""Schemas and queues: made, listed, renamed, joined, deleted."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from datetime import UTC, datetime
from functools import partial

from sqlalchemy.orm import Session as OrmSession

from storage import tables
from storage.annotations import (
    Annotator,
    Assignment,
    Disagreement,
    LabelSchema,
    Queue,
    QueueFilter,
    QueueItem,
    QueueRow,
)
from storage.ids import new_id
from storage.records import Page, Person
from storage.repositories import candidates, label_schemas, queue_items
from storage.repositories import queues as queue_store
from storage.text import clean
from webapp.annotation.acting import owned, readable
from webapp.annotation.answers import Choices, Count, Schemas
from webapp.annotation.picking import Picked, picked
from webapp.annotation.ready import READY
from webapp.annotation.sampling import assigned, either_way, sampled, shuffled
from webapp.annotation.schema import schema_of
from webapp.annotation.wire import AnnotatorRequest, FilterRequest, QueueChange, QueueRequest, SchemaRequest
from webapp.runs.access import require
from webapp.runs.asking import Asking
from webapp.runs.request import BadRequest

NO_SCHEMA = "There is no such schema here; it may have been deleted."
PAIR_NEEDED = "This schema asks which of two texts is better: build the queue from pairs."


class QueueService(Asking):
    """What people ask of schemas and queues; every method raises BadRequest with a sentence."""

    async def schemas(self, person: Person) -> Schemas:
        """Return the ready schemas and a person's own."""
        own = await self._read(lambda s: label_schemas.of_person(s, person.id))
        return Schemas(ready=list(READY.values()), own=own)

    async def make_schema(self, request: SchemaRequest, person: Person) -> LabelSchema:
        """Keep a new schema."""
        schema = schema_of(request, new_id(), person.id)
        await self._write(lambda s: label_schemas.create(s, schema, datetime.now(UTC)))
        return schema

    async def change_schema(self, schema_id: str, request: SchemaRequest, person: Person) -> LabelSchema:
        """Replace a schema of one's own; queues that were made from it keep their copies."""
        schema = schema_of(request, schema_id, person.id)
        await self._write(lambda s: label_schemas.change(s, replace(schema, id=_own(s, schema_id, person).id)))
        return schema

    async def delete_schema(self, schema_id: str, person: Person) -> None:
        """Delete a schema of one's own; queues that were made from it keep their copies."""
        await self._write(
            lambda s: label_schemas.put_away(s, _own(s, schema_id, person).id, datetime.now(UTC))
        )  # fmt: skip

    async def choices(self, person: Person) -> Choices:
        """Return what a filter may name."""
        named = await self._read(lambda s: candidates.named(s, person.id))
        return Choices(methods=named.methods, models=named.models, scores=named.scores)

    async def count(self, request: FilterRequest, person: Person) -> Count:
        """Return how many items a filter finds, and how many a queue would take of them."""
        wanted = filter_of(request)
        found = len(await self._read(lambda s: find(s, wanted, person)))
        return Count(found=found, taken=found if wanted.n is None else min(found, wanted.n))

    async def make(self, request: QueueRequest, person: Person) -> QueueRow:
        """Build a queue with its items in one transaction."""
        return await self._write(partial(_make, request=request, person=person))

    async def page(
        self, person: Person, text: str = "", *, deleted: bool = False, offset: int = 0, limit: int = 50
    ) -> Page[QueueRow]:
        """Return a page of the queues that a person owns or labels in, newest first."""
        return await self._read(
            lambda s: queue_store.page(s, person.id, text, deleted=deleted, offset=offset, limit=limit)
        )

    async def get(self, queue_id: str, person: Person) -> QueueRow:
        """Return a queue that a person owns or labels in, with how far it is."""
        return await self._read(lambda s: queue_store.row(s, readable(s, queue_id, person.id)))

    async def change(self, queue_id: str, request: QueueChange, person: Person) -> QueueRow:
        """Rename a queue, or let another annotator join it."""

        def change(s: OrmSession) -> QueueRow:
            queue = owned(s, queue_id, person.id)
            if request.name is not None:
                queue_store.rename(s, queue_id, _title(request.name))
            if request.join is not None:
                _join(s, queue, request.join, person, everything=request.everything)
            return queue_store.row(s, readable(s, queue_id, person.id))

        return await self._write(change)

    async def delete(self, queue_id: str, person: Person) -> None:
        """Put a queue away; `restore` brings it back with all that was said in it."""
        await self._owned(queue_id, person, lambda s: queue_store.put_away(s, queue_id, datetime.now(UTC)))

    async def restore(self, queue_id: str, person: Person) -> None:
        """Bring back a deleted queue."""
        await self._owned(queue_id, person, lambda s: queue_store.put_away(s, queue_id, None))

    async def _owned(self, queue_id: str, person: Person, change: Callable[[OrmSession], None]) -> None:
        def checked(s: OrmSession) -> None:
            owned(s, queue_id, person.id, deleted=True)
            change(s)

        await self._write(checked)


def filter_of(request: FilterRequest) -> QueueFilter:
    """Return the filter that a form asks for."""
    scores = request.disagreement
    values = {name: value for name, value in request if name != "disagreement"}
    apart = None if scores is None else Disagreement(scores.first, scores.second, scores.least)
    return QueueFilter(**values, disagreement=apart)


def find(s: OrmSession, wanted: QueueFilter, person: Person) -> list[Picked]:
    """Return all items that a filter finds, oldest run first."""
    for session in wanted.sessions:
        require(s, "session", session, person.id)
    if wanted.experiment is not None:
        require(s, "experiment", wanted.experiment, person.id)
    scores = wanted.disagreement
    apart = None if scores is None else candidates.far_apart(s, person.id, wanted, scores)
    labelled = candidates.labelled(s) if wanted.unlabelled else set()
    runs = candidates.candidates(s, person.id, wanted)
    return [item for run in runs for item in picked(run, wanted, apart, labelled)]


def _make(s: OrmSession, request: QueueRequest, person: Person) -> QueueRow:
    wanted = filter_of(request.filter)
    annotators = _annotators(s, request.annotators, person)
    if request.overlap > len(annotators):
        raise BadRequest(
            f"{request.overlap} annotators an item need as many annotators; there are {len(annotators)}."
        )
    queue = Queue(
        new_id(), person.id, _title(request.name), _schema(s, request.schema_id, person), wanted, datetime.now(UTC),
        annotators, request.blind, not request.blind if request.suggestions is None else request.suggestions,
        request.overlap, request.seed,
    )  # fmt: skip
    if any(field.kind == "preference" for field in queue.schema.fields) and not queue.pairs:
        raise BadRequest(PAIR_NEEDED)
    taken = shuffled(sampled(find(s, wanted, person), wanted.sampling, wanted.n, wanted.seed), request.seed)
    if not taken:
        raise BadRequest("No stored text fits this filter, so there is nothing to label. Widen it.")
    _store(s, queue, either_way(taken, request.seed) if queue.blind else taken)
    return queue_store.row(s, queue)


def _store(s: OrmSession, queue: Queue, taken: Sequence[Picked]) -> None:
    queue_store.create(s, queue)
    items = [QueueItem(new_id(), queue.id, place, each.run_id, each.texts) for place, each in enumerate(taken)]
    names = assigned(len(items), queue.annotators, queue.overlap, queue.seed)
    shares = (Assignment(item.id, name) for item, row in zip(items, names, strict=True) for name in row)
    queue_items.add_all(s, items, shares)


def _join(s: OrmSession, queue: Queue, request: AnnotatorRequest, person: Person, *, everything: bool) -> None:
    (new,) = _annotators(s, [request], person)
    if any(each.name == new.name for each in queue.annotators):
        raise BadRequest(f"Somebody called {new.name} labels in this queue already: choose another name.")
    queue_store.join(s, queue.id, new)
    items = {item.id: item for item in queue_items.of_queue(s, queue.id)}
    shared = queue_items.assignments(s, list(items))
    open_ = [key for key in items if everything or len(shared.get(key, ())) < queue.overlap]
    queue_items.assign(s, items, (Assignment(key, new.name) for key in open_))


def _annotators(s: OrmSession, request: Sequence[AnnotatorRequest], person: Person) -> tuple[Annotator, ...]:
    found = tuple(Annotator(_title(each.name), each.person_id or person.id) for each in request)
    for each in found:
        if s.get(tables.Person, each.person_id) is None:
            raise BadRequest(f"There is no person who could label as {each.name}.")
        if [other.name for other in found].count(each.name) > 1:
            raise BadRequest(f"Two annotators are called {each.name}: give each a name of its own.")
    return found


def _schema(s: OrmSession, schema_id: str, person: Person) -> LabelSchema:
    return READY.get(schema_id) or _own(s, schema_id, person)


def _own(s: OrmSession, schema_id: str, person: Person) -> LabelSchema:
    if schema_id in READY:
        raise BadRequest("A ready schema cannot be changed: make one of your own from it.")
    schema = label_schemas.get(s, schema_id)
    if schema is None or schema.person_id != person.id:
        raise BadRequest(NO_SCHEMA)
    return schema


def _title(name: str) -> str:
    title = " ".join(clean(name).split())
    if not title:
        raise BadRequest("Give it a name.")
    return title

"""Annotation over HTTP; `webapp.annotation.wire` says what the routes take and return."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated

from fastapi import APIRouter, Query
from pydantic import TypeAdapter
from starlette.requests import Request
from starlette.responses import Response

from storage.annotations import AssignmentState, Progress, Queue, QueueFilter, QueueRow
from storage.records import Person
from webapp.annotation.adjudicating import AdjudicationService
from webapp.annotation.answers import Done, Next, ProgressAnswer, QueueAnswer, Saved
from webapp.annotation.labelling import Kept, LabellingService, Turn
from webapp.annotation.queues import QueueService
from webapp.annotation.wire import (
    AdjudicationRequest,
    FilterRequest,
    ItemRequest,
    LabelsRequest,
    QueueChange,
    QueueRequest,
    SchemaRequest,
)
from webapp.auth import person_of
from webapp.routes.answer import answer
from webapp.routes.body import body_of
from webapp.routes.library import Limit, Offset, Text
from webapp.runs.services import Services

Name = Annotated[str, Query(max_length=100)]
_FILTER = TypeAdapter(QueueFilter)


def annotation_routes(services: Services) -> APIRouter:
    """Return all routes of annotation."""
    router = APIRouter(prefix="/api/annotation")
    database = services.database
    queues = QueueService(database)
    _schemas(router, queues)
    _queues(router, queues)
    _labelling(router, LabellingService(database))
    _adjudicating(router, AdjudicationService(database))
    return router


def _schemas(router: APIRouter, queues: QueueService) -> None:
    @router.get("/schemas")
    async def schemas(request: Request) -> Response:
        """Return the ready schemas and one's own."""
        return answer(await queues.schemas(person_of(request)))

    @router.post("/schemas")
    async def make(request: Request) -> Response:
        """Keep a new schema."""
        return answer(await queues.make_schema(await body_of(request, SchemaRequest), person_of(request)))

    @router.put("/schemas/{schema_id}")
    async def change(schema_id: str, request: Request) -> Response:
        """Replace a schema of one's own."""
        wanted = await body_of(request, SchemaRequest)
        return answer(await queues.change_schema(schema_id, wanted, person_of(request)))

    @router.delete("/schemas/{schema_id}")
    async def delete(schema_id: str, request: Request) -> Response:
        """Delete a schema of one's own."""
        await queues.delete_schema(schema_id, person_of(request))
        return answer(Done())


def _queues(router: APIRouter, queues: QueueService) -> None:
    @router.get("/choices")
    async def choices(request: Request) -> Response:
        """Return what a filter may name."""
        return answer(await queues.choices(person_of(request)))

    @router.post("/count")
    async def count(request: Request) -> Response:
        """Return how many items a filter finds."""
        return answer(await queues.count(await body_of(request, FilterRequest), person_of(request)))

    @router.get("/queues")
    async def listed(
        request: Request, text: Text = "", deleted: bool = False, offset: Offset = 0, limit: Limit = 50
    ) -> Response:
        """Return a page of queues, newest first: `{items, total}`."""
        person = person_of(request)
        page = await queues.page(person, text, deleted=deleted, offset=offset, limit=limit)
        return answer({"items": [_queue(row, person) for row in page.items], "total": page.total})

    @router.post("/queues")
    async def make(request: Request) -> Response:
        """Build a queue."""
        person = person_of(request)
        return answer(_queue(await queues.make(await body_of(request, QueueRequest), person), person))

    @router.get("/queues/{queue_id}")
    async def one(queue_id: str, request: Request) -> Response:
        """Return a queue and how far it is."""
        person = person_of(request)
        return answer(_queue(await queues.get(queue_id, person), person))

    @router.patch("/queues/{queue_id}")
    async def change(queue_id: str, request: Request) -> Response:
        """Rename a queue, or let another annotator join."""
        person = person_of(request)
        wanted = await body_of(request, QueueChange)
        return answer(_queue(await queues.change(queue_id, wanted, person), person))

    @router.delete("/queues/{queue_id}")
    async def delete(queue_id: str, request: Request) -> Response:
        """Put a queue away."""
        await queues.delete(queue_id, person_of(request))
        return answer(Done())

    @router.post("/queues/{queue_id}/restore")
    async def restore(queue_id: str, request: Request) -> Response:
        """Bring back a deleted queue."""
        await queues.restore(queue_id, person_of(request))
        return answer(Done())


def _labelling(router: APIRouter, labelling: LabellingService) -> None:
    @router.get("/queues/{queue_id}/items")
    async def items(
        queue_id: str,
        request: Request,
        annotator: Name,
        state: AssignmentState | None = None,
        offset: Offset = 0,
        limit: Limit = 50,
    ) -> Response:
        """Return a page of an annotator's items in order: `{items, total}`."""
        person = person_of(request)
        page = await labelling.items(queue_id, annotator, person, state, offset=offset, limit=limit)
        return answer({"items": page.items, "total": page.total})

    @router.get("/queues/{queue_id}/next")
    async def following(queue_id: str, request: Request, annotator: Name, after: str | None = None) -> Response:
        """Return what an annotator is to do."""
        return answer(_next(await labelling.next(queue_id, annotator, person_of(request), after)))

    @router.get("/items/{item_id}")
    async def item(item_id: str, request: Request, annotator: Name) -> Response:
        """Return an item as its annotator sees it."""
        return answer(await labelling.item(item_id, annotator, person_of(request)))

    @router.put("/items/{item_id}/draft")
    async def save(item_id: str, request: Request) -> Response:
        """Keep a draft."""
        kept = await labelling.save(item_id, await body_of(request, LabelsRequest), person_of(request))
        return answer(_saved(kept, submitted=False))

    @router.post("/items/{item_id}/submit")
    async def submit(item_id: str, request: Request) -> Response:
        """Submit labels."""
        kept = await labelling.submit(item_id, await body_of(request, LabelsRequest), person_of(request))
        return answer(_saved(kept, submitted=True))

    @router.post("/items/{item_id}/undo")
    async def undo(item_id: str, request: Request) -> Response:
        """Take back the last change."""
        return answer(await labelling.undo(item_id, await body_of(request, ItemRequest), person_of(request)))

    @router.post("/items/{item_id}/skip")
    async def skip(item_id: str, request: Request) -> Response:
        """Put an item off."""
        return answer(_next(await labelling.skip(item_id, await body_of(request, ItemRequest), person_of(request))))


def _adjudicating(router: APIRouter, adjudicating: AdjudicationService) -> None:
    @router.get("/queues/{queue_id}/disagreements")
    async def disagreements(
        queue_id: str, request: Request, adjudicated: bool | None = None, offset: Offset = 0, limit: Limit = 50
    ) -> Response:
        """Return a page of items that annotators do not agree about: `{items, total}`."""
        page = await adjudicating.disagreements(
            queue_id, person_of(request), adjudicated, offset=offset, limit=limit
        )  # fmt: skip
        return answer({"items": page.items, "total": page.total})

    @router.get("/items/{item_id}/adjudication")
    async def opened(item_id: str, request: Request) -> Response:
        """Return an item with everything that was said of it."""
        return answer(await adjudicating.opened(item_id, person_of(request)))

    @router.post("/items/{item_id}/adjudication")
    async def decide(item_id: str, request: Request) -> Response:
        """Record what the owner decides."""
        wanted = await body_of(request, AdjudicationRequest)
        return answer(await adjudicating.decide(item_id, wanted, person_of(request)))

    @router.get("/queues/{queue_id}/agreement")
    async def agreement(queue_id: str, request: Request) -> Response:
        """Return how much annotators agree."""
        return answer(await adjudicating.agreement(queue_id, person_of(request)))

    @router.get("/queues/{queue_id}/annotators")
    async def annotators(queue_id: str, request: Request) -> Response:
        """Return how fast and how consistent each annotator is: `{items, total}`."""
        found = await adjudicating.annotators(queue_id, person_of(request))
        return answer({"items": found, "total": len(found)})


def _queue(row: QueueRow, person: Person) -> QueueAnswer:
    queue, owner = row.queue, row.queue.person_id == person.id
    return QueueAnswer(
        id=queue.id, name=queue.name, owner=owner, label_schema=queue.schema,
        filter=_filter(queue) if owner or not queue.blind else None, blind=queue.blind,
        suggestions=queue.suggestions, overlap=queue.overlap, seed=queue.seed, pairs=queue.pairs, items=row.items,
        disputed=row.disputed, adjudicated=row.adjudicated, created_at=queue.created_at, deleted_at=queue.deleted_at,
        progress=[_progress(each, mine=_is(queue, each.annotator, person)) for each in row.progress],
    )  # fmt: skip


def _filter(queue: Queue) -> Mapping[str, object]:
    found: Mapping[str, object] = _FILTER.dump_python(queue.wanted, mode="json")
    return found


def _is(queue: Queue, annotator: str, person: Person) -> bool:
    return any(each.name == annotator and each.person_id == person.id for each in queue.annotators)


def _progress(progress: Progress, *, mine: bool) -> ProgressAnswer:
    return ProgressAnswer(annotator=progress.annotator, mine=mine, states=progress.states, total=progress.total)


def _next(turn: Turn) -> Next:
    return Next(item_id=turn.item_id, progress=_progress(turn.progress, mine=True))


def _saved(kept: Kept, *, submitted: bool) -> Saved:
    turn = kept.turn
    return Saved(
        item_id=turn.item_id if submitted else None, progress=_progress(turn.progress, mine=True),
        version=kept.version, state=kept.state,
    )  # fmt: skip

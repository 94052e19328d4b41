"""Disagreements, what the owner decides about them, how much annotators agree, and how each of them works."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from datetime import UTC, datetime

from sqlalchemy.orm import Session as OrmSession

from storage.annotations import Adjudication, Annotation, AssignmentState, Labelled, Queue, QueueItem
from storage.ids import new_id
from storage.records import Page, Person
from storage.repositories import annotations as annotation_store
from storage.repositories import generations, queue_items
from storage.repositories import queues as queue_store
from storage.text import clean
from webapp.analysis.differing import differing
from webapp.annotation.acting import item_of, owned, readable
from webapp.annotation.agreement import agreement
from webapp.annotation.annotators import annotators_of
from webapp.annotation.answers import (
    AdjudicationAnswer,
    AgreementAnswer,
    AnnotationAnswer,
    AnnotatorAnswer,
    Disputed,
    Said,
)
from webapp.annotation.checking import labels_of, steps_of
from webapp.annotation.labelling import told
from webapp.annotation.wire import AdjudicationRequest
from webapp.runs.access import NoAccess
from webapp.runs.asking import Asking


class AdjudicationService(Asking):
    """What the owner of a queue asks about its labels; every method raises BadRequest with a sentence."""

    async def disagreements(
        self, queue_id: str, person: Person, adjudicated: bool | None = None, *, offset: int = 0, limit: int = 50
    ) -> Page[Disputed]:
        """Return a page of the items that annotators do not agree about, with what each of them said."""

        def read(s: OrmSession) -> Page[Disputed]:
            queue = owned(s, queue_id, person.id)
            page = queue_items.disputed(s, queue_id, adjudicated, offset=offset, limit=limit)
            said = annotation_store.submitted(s, [item.id for item, _ in page.items])
            rows = [_disputed(queue, item, question, said.get(item.id, [])) for item, question in page.items]
            return Page(rows, page.total)

        return await self._read(read)

    async def opened(self, item_id: str, person: Person) -> AdjudicationAnswer:
        """Return an item with everything that was said of it."""
        return await self._read(lambda s: _opened(s, item_id, person))

    async def decide(self, item_id: str, request: AdjudicationRequest, person: Person) -> AdjudicationAnswer:
        """Record what the owner decides, beside what was said and decided before."""

        def decide(s: OrmSession) -> AdjudicationAnswer:
            item, queue = _owned_item(s, item_id, person)
            texts = [found.text for key in item.texts if (found := generations.get(s, key)) is not None]
            steps = steps_of(request.steps, texts)
            labels = labels_of(request.labels, queue.schema, steps, texts)
            decided = Adjudication(
                new_id(), item_id, person.id, datetime.now(UTC), labels, steps, clean(request.note)
            )  # fmt: skip
            annotation_store.decide_all(s, [decided])
            queue_items.put_adjudicated(s, item_id)
            return _opened(s, item_id, person)

        return await self._write(decide)

    async def agreement(self, queue_id: str, person: Person) -> AgreementAnswer:
        """Return how much the annotators of a queue agree, from what they submitted.

        Numbers that change with every item would tell what others said of it, so annotators who do not own the queue
        get them when nothing of theirs is left to label.
        """

        def read(s: OrmSession) -> tuple[Queue, list[Labelled], dict[str, int]]:
            queue = readable(s, queue_id, person.id)
            _check_done(s, queue, person)
            found = annotation_store.labelled(s, queue_items.of_queue(s, queue_id))
            marked = any(field.kind == "spans" for field in queue.schema.fields)
            sizes = generations.sizes(s, [key for each in found for key in each.item.texts] if marked else [])
            return queue, found, sizes

        queue, found, sizes = await self._read(read)
        texts = {(each.item.id, place): key for each in found for place, key in enumerate(each.item.texts)}
        names = [each.name for each in queue.annotators]
        return await asyncio.to_thread(agreement, queue.schema, found, names, lambda text: sizes[texts[text]])

    async def annotators(self, queue_id: str, person: Person) -> list[AnnotatorAnswer]:
        """Return how fast and how consistent each annotator is; for the owner alone."""

        def read(s: OrmSession) -> list[AnnotatorAnswer]:
            queue = owned(s, queue_id, person.id)
            return annotators_of(queue, annotation_store.labelled(s, queue_items.of_queue(s, queue_id)))

        return await self._read(read)


def _check_done(s: OrmSession, queue: Queue, person: Person) -> None:
    own = {each.name for each in queue.annotators if each.person_id == person.id}
    left = sum(
        each.total - each.states["submitted"] for each in queue_store.progress(s, queue) if each.annotator in own
    )
    if left and queue.person_id != person.id:
        raise NoAccess(f"Agreement is shown when you have labelled all of your items; {left} are left.")


def _owned_item(s: OrmSession, item_id: str, person: Person) -> tuple[QueueItem, Queue]:
    item, queue = item_of(s, item_id, person.id)
    if queue.person_id != person.id:
        raise NoAccess("Only the person who made this queue may do that.")
    return item, queue


def _opened(s: OrmSession, item_id: str, person: Person) -> AdjudicationAnswer:
    item, queue = _owned_item(s, item_id, person)
    said = annotation_store.submitted(s, [item_id]).get(item_id, [])
    decided = annotation_store.adjudications(s, [item_id]).get(item_id, [])
    state: AssignmentState = "submitted" if decided else "open"
    last = decided[-1] if decided else Adjudication("", item_id, person.id, datetime.now(UTC))
    own = AnnotationAnswer(version=len(decided), state=state, labels=last.labels, steps=last.steps, seconds=0.0)
    return AdjudicationAnswer(
        item=told(s, item, queue, own, bare=queue.blind and not decided),
        fields=differing(queue.schema, said),
        said=[_said(each) for each in said],
        adjudications=decided,
    )


def _disputed(queue: Queue, item: QueueItem, question: str, said: Sequence[Annotation]) -> Disputed:
    return Disputed(
        id=item.id, position=item.position, question=question, fields=differing(queue.schema, said),
        said=[_said(each) for each in said], adjudicated=item.adjudicated,
    )  # fmt: skip


def _said(annotation: Annotation) -> Said:
    return Said(
        annotator=annotation.annotator, labels=annotation.labels, steps=annotation.steps, seconds=annotation.seconds,
        submitted_at=annotation.created_at, unblinded=annotation.unblinded,
    )  # fmt: skip

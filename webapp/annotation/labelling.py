"""Labelling: what to do next, an item as its annotator sees it, drafts, submissions, undo, skip."""

from __future__ import annotations

from datetime import UTC, datetime
from functools import partial
from typing import NamedTuple

from sqlalchemy.orm import Session as OrmSession

from storage.annotations import Annotation, AnnotationState, AssignmentState, ItemRow, Progress, Queue, QueueItem
from storage.ids import new_id
from storage.records import Page, Person
from storage.repositories import annotations as annotation_store
from storage.repositories import generations, queue_items
from storage.repositories import queues as queue_store
from webapp.analysis.differing import differing
from webapp.annotation.acting import Stale, as_annotator, own_item, readable
from webapp.annotation.answers import AnnotationAnswer, ItemAnswer
from webapp.annotation.checking import labels_of, missing, steps_of
from webapp.annotation.view import context, material, revealed, suggested, text_answer
from webapp.annotation.wire import ItemRequest, LabelsRequest
from webapp.runs.asking import Asking
from webapp.runs.request import BadRequest


class Turn(NamedTuple):
    """The item that an annotator is to do next, None when nothing is left, and how far they are."""

    item_id: str | None
    progress: Progress


class Kept(NamedTuple):
    """What was stored of an annotator's labels."""

    version: int
    state: AssignmentState
    turn: Turn


class LabellingService(Asking):
    """What annotators ask; every method raises BadRequest with a sentence, Stale where another window was faster."""

    async def items(
        self,
        queue_id: str,
        annotator: str,
        person: Person,
        state: AssignmentState | None = None,
        *,
        offset: int = 0,
        limit: int = 50,
    ) -> Page[ItemRow]:
        """Return a page of an annotator's items in order."""

        def read(s: OrmSession) -> Page[ItemRow]:
            as_annotator(readable(s, queue_id, person.id), annotator, person.id)
            return queue_items.page(s, queue_id, annotator, state, offset=offset, limit=limit)

        return await self._read(read)

    async def next(self, queue_id: str, annotator: str, person: Person, after: str | None = None) -> Turn:
        """Return what to do now, or after an item."""

        def read(s: OrmSession) -> Turn:
            queue = readable(s, queue_id, person.id)
            as_annotator(queue, annotator, person.id)
            last = None if after is None else queue_items.get(s, after)
            return _turn(s, queue, annotator, None if last is None else last.position)

        return await self._read(read)

    async def item(self, item_id: str, annotator: str, person: Person) -> ItemAnswer:
        """Return an item as its annotator sees it."""
        return await self._read(lambda s: shown(s, *own_item(s, item_id, annotator, person.id), annotator))

    async def save(self, item_id: str, request: LabelsRequest, person: Person) -> Kept:
        """Keep a draft; what was submitted before goes on counting."""
        return await self._write(partial(_keep, item_id=item_id, request=request, person=person, state="draft"))

    async def submit(self, item_id: str, request: LabelsRequest, person: Person) -> Kept:
        """Submit labels, which have to answer all that is required."""
        return await self._write(partial(_keep, item_id=item_id, request=request, person=person, state="submitted"))

    async def undo(self, item_id: str, request: ItemRequest, person: Person) -> ItemAnswer:
        """Take back the last change: the newest draft, or the submission, which becomes a draft again."""
        return await self._write(partial(_undo, item_id=item_id, request=request, person=person))

    async def skip(self, item_id: str, request: ItemRequest, person: Person) -> Turn:
        """Put an item off until everything else is done; its draft is kept."""

        def skip(s: OrmSession) -> Turn:
            item, queue = own_item(s, item_id, request.annotator, person.id)
            share = queue_items.assignment(s, item_id, request.annotator)
            if share is not None and share.state != "submitted":
                queue_items.put_state(s, item_id, request.annotator, "skipped", datetime.now(UTC))
            return _turn(s, queue, request.annotator, item.position)

        return await self._write(skip)


def shown(s: OrmSession, item: QueueItem, queue: Queue, annotator: str) -> ItemAnswer:
    """Return an item as an annotator may see it."""
    share = queue_items.assignment(s, item.id, annotator)
    newest = annotation_store.newest(s, item.id, annotator)
    bare = queue.blind and not annotation_store.has_submitted(s, item.id, annotator)
    state: AssignmentState = "open" if share is None else share.state
    said = AnnotationAnswer(version=0, state=state, labels=(), steps=(), seconds=0.0)
    if newest is not None:
        said = AnnotationAnswer(
            version=newest.version, state=state, labels=newest.labels, steps=newest.steps, seconds=newest.seconds
        )
    return told(s, item, queue, said, bare=bare)


def told(s: OrmSession, item: QueueItem, queue: Queue, said: AnnotationAnswer, *, bare: bool) -> ItemAnswer:
    """Return an item with what was said of it; a bare one holds nothing that a blind queue hides."""
    of = material(s, item)
    return ItemAnswer(
        id=item.id, queue_id=queue.id, position=item.position, of=queue_items.count(s, queue.id),
        question=of.run.problem.question, choices=of.run.problem.choices, context=context(of),
        texts=[text_answer(of, place, shown=not bare) for place in range(len(of.texts))],
        suggestions=suggested(of, queue), revealed=None if bare else revealed(of), annotation=said,
    )  # fmt: skip


def settle(s: OrmSession, item: QueueItem, queue: Queue) -> None:
    """Note how many have submitted labels of an item, and whether these differ."""
    said = annotation_store.submitted(s, [item.id]).get(item.id, [])
    queue_items.put_standing(s, item.id, submitted=len(said), disputed=bool(differing(queue.schema, said)))


def _keep(s: OrmSession, item_id: str, request: LabelsRequest, person: Person, state: AnnotationState) -> Kept:
    item, queue = own_item(s, item_id, request.annotator, person.id)
    _current(s, item_id, request)
    texts = [found.text for key in item.texts if (found := generations.get(s, key)) is not None]
    steps = steps_of(request.steps, texts)
    labels = labels_of(request.labels, queue.schema, steps, texts)
    if state == "submitted" and (sentence := missing(labels, queue.schema, steps)):
        raise BadRequest(sentence)
    now = datetime.now(UTC)
    unblinded = queue.blind and annotation_store.has_submitted(s, item_id, request.annotator)
    kept = Annotation(
        new_id(), item_id, request.annotator, person.id, _number(s, item_id, request), state, now, labels, steps,
        request.seconds, unblinded,
    )  # fmt: skip
    if state == "submitted":
        annotation_store.drop_drafts(s, item_id, request.annotator)
    annotation_store.add_all(s, [kept])
    queue_items.put_state(s, item_id, request.annotator, _state(kept), now)
    if state == "submitted":
        settle(s, item, queue)
    return Kept(kept.version, _state(kept), _turn(s, queue, request.annotator, item.position))


def _undo(s: OrmSession, item_id: str, request: ItemRequest, person: Person) -> ItemAnswer:
    item, queue = own_item(s, item_id, request.annotator, person.id)
    newest = _current(s, item_id, request)
    if newest is None:
        raise BadRequest("There is nothing to undo: nothing was said of this item yet.")
    now = datetime.now(UTC)
    if newest.state == "submitted":
        again = Annotation(
            new_id(), item_id, request.annotator, person.id, _number(s, item_id, request), "draft", now,
            newest.labels, newest.steps, newest.seconds, queue.blind,
        )  # fmt: skip
        annotation_store.add_all(s, [again])
        queue_items.put_state(s, item_id, request.annotator, "draft", now)
    else:
        annotation_store.take_back(s, newest.id)
        before = annotation_store.newest(s, item_id, request.annotator)
        queue_items.put_state(s, item_id, request.annotator, _state(before), now)
    return shown(s, item, queue, request.annotator)


def _state(newest: Annotation | None) -> AssignmentState:
    if newest is None:
        return "open"
    return "submitted" if newest.state == "submitted" else "draft"


def _current(s: OrmSession, item_id: str, request: ItemRequest) -> Annotation | None:
    """Return the newest version, which has to be the one that a request was made from."""
    newest = annotation_store.newest(s, item_id, request.annotator)
    if request.base != (0 if newest is None else newest.version):
        raise Stale("These labels were changed in another window meanwhile. Load the item again to go on from there.")
    return newest


def _number(s: OrmSession, item_id: str, request: ItemRequest) -> int:
    """Return the number of the next version, which no version ever had."""
    return annotation_store.last_version(s, item_id, request.annotator) + 1


def _turn(s: OrmSession, queue: Queue, annotator: str, after: int | None) -> Turn:
    progress = next(each for each in queue_store.progress(s, queue) if each.annotator == annotator)
    return Turn(queue_items.following(s, queue.id, annotator, after), progress)

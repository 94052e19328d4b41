"""Who may do what with a queue, asked in the transaction that reads or changes it."""

from __future__ import annotations

from sqlalchemy.orm import Session as OrmSession

from storage.annotations import Queue, QueueItem
from storage.repositories import queue_items, queues
from webapp.runs.access import NoAccess, may
from webapp.runs.request import BadRequest

NOT_HERE = "There is no such queue here; it may have been deleted."
NO_ITEM = "There is no such item here; its queue may have been deleted."


class Stale(BadRequest):
    """What was sent was made from a version that is not the newest one any more."""


def readable(s: OrmSession, queue_id: str, person: str, *, deleted: bool = False) -> Queue:
    """Return a queue that a person owns or labels in.

    Raises:
        NoAccess: with the same sentence for what does not exist.

    """
    queue = queues.get(s, queue_id)
    if queue is None or not may_read(queue, person) or (queue.deleted_at is not None and not deleted):
        raise NoAccess(NOT_HERE)
    return queue


def owned(s: OrmSession, queue_id: str, person: str, *, deleted: bool = False) -> Queue:
    """Return a queue that a person owns.

    Raises:
        NoAccess: for anybody else.

    """
    queue = readable(s, queue_id, person, deleted=deleted)
    if queue.person_id != person:
        raise NoAccess("Only the person who made this queue may do that.")
    return queue


def item_of(s: OrmSession, item_id: str, person: str) -> tuple[QueueItem, Queue]:
    """Return an item of a queue that a person owns or labels in.

    Whoever labels in it needs no right of their own to the run; the owner of the queue has to have kept it.

    Raises:
        NoAccess: with the same sentence for what does not exist.

    """
    item = queue_items.get(s, item_id)
    queue = None if item is None else queues.get(s, item.queue_id)
    if item is None or queue is None or queue.deleted_at is not None or not may_read(queue, person):
        raise NoAccess(NO_ITEM)
    if not may(s, "run", item.run_id, queue.person_id):
        raise NoAccess(NO_ITEM)
    return item, queue


def as_annotator(queue: Queue, annotator: str, person: str) -> None:
    """Check that a person may label under a name.

    Raises:
        NoAccess: for a name that is not there or somebody else's.

    """
    if not any(each.name == annotator and each.person_id == person for each in queue.annotators):
        raise NoAccess("You do not label in this queue under that name: choose one of yours.")


def own_item(s: OrmSession, item_id: str, annotator: str, person: str) -> tuple[QueueItem, Queue]:
    """Return an item that a person is to label under a name.

    Raises:
        NoAccess: for what is not there, or not theirs.

    """
    item, queue = item_of(s, item_id, person)
    as_annotator(queue, annotator, person)
    if queue_items.assignment(s, item_id, annotator) is None:
        raise NoAccess("This item is labelled by others of the queue.")
    return item, queue


def may_read(queue: Queue, person: str) -> bool:
    """Say whether a person owns a queue or labels in it."""
    return queue.person_id == person or any(each.person_id == person for each in queue.annotators)

"""What a session file keeps of annotation: queues with the items that are about the session's runs."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime

from sqlalchemy.orm import Session as OrmSession

from storage.annotations import Adjudication, Annotation, Annotator, Assignment, Queue, QueueItem
from storage.repositories import annotations as annotation_store
from storage.repositories import queue_items, queues


@dataclass(frozen=True, slots=True)
class Annotated:
    """Everything that was said about the runs of a session, drafts and earlier versions as well."""

    queues: Sequence[Queue] = ()
    items: Sequence[QueueItem] = ()
    assignments: Sequence[Assignment] = ()
    annotations: Sequence[Annotation] = ()
    adjudications: Sequence[Adjudication] = ()

    def __bool__(self) -> bool:
        return bool(self.queues)

    def of(self, person_id: str) -> Annotated:
        """Return the same as said by one person: a file does not tell whose it is, annotators keep their names."""
        return Annotated(
            [
                replace(
                    queue,
                    person_id=person_id,
                    schema=replace(queue.schema, person_id=""),
                    annotators=tuple(Annotator(each.name, person_id) for each in queue.annotators),
                )
                for queue in self.queues
            ],
            self.items,
            self.assignments,
            [replace(each, person_id=person_id) for each in self.annotations],
            [replace(each, person_id=person_id) for each in self.adjudications],
        )


def read(s: OrmSession, session_id: str, run_ids: Sequence[str], owner: str | None) -> Annotated:
    """Return what was said about runs of a session, in all queues or in those of one person."""
    kept = [queue for queue in queues.of_runs(s, session_id) if owner in (None, queue.person_id)]
    known = {queue.id for queue in kept}
    items = [item for item in queue_items.of_runs(s, run_ids) if item.queue_id in known]
    ids = [item.id for item in items]
    shares, decided = queue_items.assignments(s, ids), annotation_store.adjudications(s, ids)
    return Annotated(
        kept,
        items,
        [each for key in ids for each in shares.get(key, ())],
        annotation_store.versions(s, ids),
        [each for key in sorted(ids) for each in decided.get(key, ())],
    ).of("")


def store(s: OrmSession, annotated: Annotated) -> None:
    """Store all of it as it is."""
    for queue in annotated.queues:
        queues.create(s, replace(queue, deleted_at=None))
    queue_items.add_all(s, annotated.items, annotated.assignments)
    annotation_store.add_all(s, annotated.annotations)
    annotation_store.decide_all(s, annotated.adjudications)


def moments(annotated: Annotated) -> list[datetime]:
    """Return all times in it."""
    found = [queue.created_at for queue in annotated.queues]
    found += [share.changed_at for share in annotated.assignments if share.changed_at is not None]
    found += [each.created_at for each in annotated.annotations]
    return found + [each.created_at for each in annotated.adjudications]

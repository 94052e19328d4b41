"""What labels became in the database."""

from __future__ import annotations

from pathlib import Path
from typing import Any, NamedTuple

from sqlalchemy import select
from sqlalchemy.orm import Session as OrmSession

from storage import tables
from storage.annotations import Labelled, Queue
from storage.database import Database
from storage.records import Generation, Run
from storage.repositories import annotations, generations, queue_items, queues, runs
from webapp.export.labels.importing import LabelReport, import_labels


class Said(NamedTuple):
    """An item with its run and texts, and the queue that it is in."""

    queue: Queue
    labelled: Labelled
    run: Run
    texts: list[Generation]

    def steps(self, annotator: int = 0) -> list[str]:
        """Return the steps of the first text as an annotator cut them."""
        raw = self.texts[0].text.encode()
        return [raw[step.start : step.end].decode() for step in self.labelled.annotations[annotator].steps[0]]

    def answers(self, annotator: int = 0) -> dict[str, Any]:
        """Return what an annotator said, by field; of steps the values in order."""
        found: dict[str, Any] = {}
        for label in self.labelled.annotations[annotator].labels:
            if label.field == "steps":
                found.setdefault("steps", []).append(label.value)
            else:
                found[label.field] = label.step if label.value == "step" else label.value
        return found


async def labelled(database: Database, path: Path, **options: Any) -> tuple[LabelReport, list[Said]]:
    """Import a file of labels; return what became of it, and everything that is stored now, oldest queue first."""
    report = await import_labels(database, path, person="local", **options)
    return report, await database.read(everything)


def everything(s: OrmSession) -> list[Said]:
    found = []
    order = (tables.Queue.created_at, tables.Queue.id)
    for queue in [queues.get(s, key) for key in s.scalars(select(tables.Queue.id).order_by(*order))]:
        assert queue is not None
        for said in annotations.labelled(s, queue_items.of_queue(s, queue.id)):
            run = runs.get(s, said.item.run_id)
            texts = [generations.get(s, key) for key in said.item.texts]
            assert run is not None
            found.append(Said(queue, said, run, [text for text in texts if text is not None]))
    return found

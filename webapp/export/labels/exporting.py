"""Annotations of selected runs as a file that can be imported again."""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from pathlib import Path

from sqlalchemy.orm import Session as OrmSession

from storage.database import Database
from storage.repositories import annotations as annotation_store
from storage.repositories import generations, queue_items, queues, runs
from storage.repositories.selected import Wanted
from webapp.export.labels.own import written
from webapp.export.training.reading import selected_runs

AT_ONCE = 200  # runs that are read together


async def export_labels(database: Database, wanted: Wanted, path: Path) -> int:
    """Write what was submitted and decided about selected runs, a line each; return how many lines.

    Raises:
        NothingSelected: where no selected run is finished.
        DatabaseError: with a sentence.

    """
    found = [run.id for run in await selected_runs(database, wanted)]
    count = 0
    with path.open("w", encoding="utf-8", errors="replace") as file:
        for start in range(0, len(found), AT_ONCE):
            piece = found[start : start + AT_ONCE]
            rows = await database.read(lambda s, piece=piece: list(label_lines(s, piece)))  # type: ignore[misc]
            file.writelines(f"{row}\n" for row in rows)
            count += len(rows)
    return count


def label_lines(s: OrmSession, run_ids: Sequence[str]) -> Iterator[str]:
    """Yield what was submitted and decided about runs as lines."""
    items = queue_items.of_runs(s, run_ids)
    asked = {key: queue for key in {item.queue_id for item in items} if (queue := queues.get(s, key)) is not None}
    decided = annotation_store.adjudications(s, [item.id for item in items])
    for labelled in annotation_store.labelled(s, items):
        item = labelled.item
        run, texts = runs.get(s, item.run_id), [generations.get(s, key) for key in item.texts]
        present = [text for text in texts if text is not None]
        if run is None or len(present) < len(texts) or item.queue_id not in asked:
            continue
        for said in (*labelled.annotations, *decided.get(item.id, ())):
            yield json.dumps(written(asked[item.queue_id], run, present, said), ensure_ascii=False)

"""Requests of annotators, as short as tests want them."""

from __future__ import annotations

from typing import Any

from tests.annotation.stored import ME
from webapp.annotation.answers import ItemAnswer
from webapp.annotation.labelling import LabellingService
from webapp.annotation.queues import QueueService
from webapp.annotation.wire import ItemRequest, LabelsRequest, QueueRequest

STEPPED = [
    {"field": "steps", "value": "good", "step": 0},
    {"field": "steps", "value": "bad", "step": 1},
    {"field": "first_error", "value": "step", "step": 1},
    {"field": "error_types", "value": "calculation", "step": 1},
    {"field": "outcome", "value": "wrong"},
]


def queue(schema: str = "everything", *names: str, **more: Any) -> QueueRequest:
    """Return a request of a queue about all first attempts, or what is asked for in `filter`."""
    given = {"name": "Q", "schema_id": schema, "filter": {"take": "drafts"}, "overlap": len(names) or 1}
    annotators = [{"name": name} for name in names or ("Ann",)]
    return QueueRequest.model_validate(given | {"annotators": annotators} | more)


def labels(item: ItemAnswer, *said: dict[str, Any], by: str = "Ann", base: int | None = None) -> LabelsRequest:
    """Return labels of an item, made from the version that it shows."""
    return LabelsRequest.model_validate({
        "annotator": by, "base": item.annotation.version if base is None else base, "labels": said,
        "steps": [[{"start": step.start, "end": step.end} for step in text.steps] for text in item.texts],
        "seconds": 4.0,
    })  # fmt: skip


def change(item: ItemAnswer, by: str = "Ann") -> ItemRequest:
    return ItemRequest(annotator=by, base=item.annotation.version)


async def opened(
    queues: QueueService, labelling: LabellingService, about: str, request: QueueRequest
) -> tuple[str, ItemAnswer]:
    """Build a queue and return its id and its item with such a text, as its first annotator sees it."""
    made = await queues.make(request, ME)
    name = request.annotators[0].name
    for row in (await labelling.items(made.queue.id, name, ME)).items:
        item = await labelling.item(row.id, name, ME)
        if item.texts[0].text == about:
            return made.queue.id, item
    raise AssertionError(about)

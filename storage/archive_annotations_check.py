"""Whether what a session file keeps of annotation fits together, and fits its texts."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from math import isfinite

from storage.annotations import Adjudication, Annotation, Field, Label, Queue, QueueItem, Step
from storage.archive_annotations import Annotated
from storage.archive_zip import wrong
from storage.ids import is_id
from storage.records import Generation


def check_annotated(annotated: Annotated, texts: Mapping[str, Generation]) -> None:
    """Refuse what no export makes.

    Raises:
        ArchiveError: with a sentence that says what does not fit.

    """
    lists: Mapping[str, Sequence[str]] = {
        "queues": [queue.id for queue in annotated.queues],
        "items": [item.id for item in annotated.items],
        "annotations": [each.id for each in annotated.annotations],
        "adjudications": [each.id for each in annotated.adjudications],
    }
    for noun, ids in lists.items():
        if len(set(ids)) != len(ids) or not all(map(is_id, ids)):
            wrong(f"its {noun} do not have ids of their own")
    queues = {queue.id: queue for queue in annotated.queues}
    items = {item.id: item for item in annotated.items}
    for queue in annotated.queues:
        _check_queue(queue)
    for item in annotated.items:
        _check_item(item, queues, texts)
    _check_shares(annotated, queues, items)
    everything: list[Annotation | Adjudication] = [*annotated.annotations, *annotated.adjudications]
    for said in everything:
        if said.item_id not in items:
            wrong("it has labels of something else")
        _check_said(said, items[said.item_id], queues[items[said.item_id].queue_id], texts)


def _check_queue(queue: Queue) -> None:
    names, fields = [each.name for each in queue.annotators], [field.name for field in queue.schema.fields]
    if not names or len(set(names)) != len(names) or len(set(fields)) != len(fields):
        wrong("a queue has two annotators or two fields of one name, or none")


def _check_item(item: QueueItem, queues: Mapping[str, Queue], texts: Mapping[str, Generation]) -> None:
    own = [texts.get(key) for key in item.texts]
    if item.queue_id not in queues or not 1 <= len(own) <= 2 or len(set(item.texts)) != len(own):
        wrong("it has an item of no queue, or without its texts")
    if any(text is None or text.run_id != item.run_id for text in own):
        wrong("it has an item about something else")


def _check_shares(annotated: Annotated, queues: Mapping[str, Queue], items: Mapping[str, QueueItem]) -> None:
    shares = {(share.item_id, share.annotator) for share in annotated.assignments}
    if len(shares) != len(annotated.assignments) or not all(key in items for key, _ in shares):
        wrong("it gives an item to somebody twice, or one that is not there")
    names = {queue.id: {each.name for each in queue.annotators} for queue in queues.values()}
    if not all(name in names[items[key].queue_id] for key, name in shares):
        wrong("it gives an item to somebody who does not label in its queue")
    versions = {(each.item_id, each.annotator, each.version) for each in annotated.annotations}
    if len(versions) != len(annotated.annotations) or not all(v > 0 for *_, v in versions):
        wrong("it has two versions of one number")
    if not shares.issuperset((key, name) for key, name, _ in versions):
        wrong("it has labels of somebody who was not asked for them")


def _check_said(
    said: Annotation | Adjudication, item: QueueItem, queue: Queue, texts: Mapping[str, Generation]
) -> None:
    data = [texts[key].text.encode() for key in item.texts]
    if len(said.steps) not in (0, len(data)):
        wrong("it has steps of a text that is not there")
    for row, text in zip(said.steps, data, strict=False):
        for step in row:
            if not _cut(text, step):
                wrong("it has a step that its text does not have")
    fields = {field.name: field for field in queue.schema.fields}
    for label in said.labels:
        if label.field not in fields or not _fits(label, fields[label.field], said, data):
            wrong(f"it has a label that its schema or its text does not have ({label.field[:40]!r})")
    if isinstance(said, Annotation) and not (isfinite(said.seconds) and said.seconds >= 0):
        wrong("it has a duration that is none")


def _fits(label: Label, field: Field, said: Annotation | Adjudication, data: Sequence[bytes]) -> bool:
    if field.kind != "text" and label.value not in {option.value for option in field.options}:
        return False
    if not 0 <= label.text < len(data):
        return False
    if label.step is not None and not (said.steps and 0 <= label.step < len(said.steps[label.text])):
        return False
    if field.kind == "steps" and label.step is None:
        return False
    if field.kind == "spans" or label.start is not None or label.end is not None:
        return label.start is not None and label.end is not None and _cut(
            data[label.text], Step(label.start, label.end)
        )  # fmt: skip
    return True


def _cut(text: bytes, step: Step) -> bool:
    """Say whether a stretch begins and ends between characters of a text."""
    inside = 0 <= step.start < step.end <= len(text)
    return inside and all(at == len(text) or text[at] & 0xC0 != 0x80 for at in (step.start, step.end))

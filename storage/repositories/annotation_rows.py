"""Rows of annotation and their records; schemas, filters, labels and steps are JSON in a column."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, TypeVar

from pydantic import TypeAdapter

from storage import tables
from storage.annotations import (
    Adjudication,
    Annotation,
    Annotator,
    Assignment,
    Field,
    Label,
    LabelSchema,
    Queue,
    QueueFilter,
    QueueItem,
    Step,
    Steps,
)
from storage.text import Json

T = TypeVar("T")

_FIELDS = TypeAdapter(tuple[Field, ...])
_SCHEMA = TypeAdapter(LabelSchema)
_FILTER = TypeAdapter(QueueFilter)
_LABELS = TypeAdapter(tuple[Label, ...])


def queue_values(queue: Queue) -> dict[str, Any]:
    """Return the columns of a queue but those of its annotators."""
    return {
        "id": queue.id, "person_id": queue.person_id, "name": queue.name, "folded": queue.name,
        "label_schema": _json(_SCHEMA, queue.schema), "wanted": _json(_FILTER, queue.wanted), "blind": queue.blind,
        "suggestions": queue.suggestions, "overlap": queue.overlap, "seed": queue.seed,
        "created_at": queue.created_at, "deleted_at": queue.deleted_at,
    }  # fmt: skip


def queue_record(row: tables.Queue, annotators: Sequence[Annotator]) -> Queue:
    """Return a queue."""
    return Queue(
        id=row.id,
        person_id=row.person_id,
        name=row.name,
        schema=_SCHEMA.validate_python(row.label_schema),
        wanted=_FILTER.validate_python(row.wanted),
        created_at=row.created_at,
        annotators=tuple(annotators),
        blind=row.blind,
        suggestions=row.suggestions,
        overlap=row.overlap,
        seed=row.seed,
        deleted_at=row.deleted_at,
    )


def schema_record(row: tables.LabelSchema) -> LabelSchema:
    """Return a schema."""
    return LabelSchema(row.id, row.person_id, row.name, _FIELDS.validate_python(row.fields), row.guideline)


def schema_values(schema: LabelSchema) -> dict[str, Any]:
    """Return the columns of a schema but its times."""
    fields = _json(_FIELDS, schema.fields)
    return {
        "id": schema.id, "person_id": schema.person_id, "name": schema.name, "guideline": schema.guideline,
        "fields": fields,
    }  # fmt: skip


def item_values(item: QueueItem) -> dict[str, Any]:
    """Return the columns of an item."""
    first, second = (*item.texts, None)[:2]
    return {
        "id": item.id, "queue_id": item.queue_id, "position": item.position, "run_id": item.run_id,
        "first_text": first, "second_text": second, "submitted": item.submitted, "disputed": item.disputed,
        "adjudicated": item.adjudicated,
    }  # fmt: skip


def item_record(row: tables.QueueItem) -> QueueItem:
    """Return an item."""
    texts = (row.first_text,) if row.second_text is None else (row.first_text, row.second_text)
    return QueueItem(
        row.id, row.queue_id, row.position, row.run_id, texts, row.submitted, row.disputed, row.adjudicated
    )  # fmt: skip


def assignment_record(row: tables.Assignment) -> Assignment:
    """Return an assignment."""
    return Assignment(row.item_id, row.annotator, row.state, row.changed_at)  # type: ignore[arg-type]  # as stored


def annotation_values(annotation: Annotation) -> dict[str, Any]:
    """Return the columns of a version."""
    return {
        "id": annotation.id, "item_id": annotation.item_id, "annotator": annotation.annotator,
        "person_id": annotation.person_id, "version": annotation.version, "state": annotation.state,
        "labels": _json(_LABELS, annotation.labels), "steps": _step_json(annotation.steps),
        "seconds": annotation.seconds, "unblinded": annotation.unblinded, "created_at": annotation.created_at,
    }  # fmt: skip


def annotation_record(row: tables.Annotation) -> Annotation:
    """Return a version."""
    return Annotation(
        id=row.id,
        item_id=row.item_id,
        annotator=row.annotator,
        person_id=row.person_id,
        version=row.version,
        state=row.state,  # type: ignore[arg-type]  # only literals of that type are ever stored
        created_at=row.created_at,
        labels=_LABELS.validate_python(row.labels),
        steps=_steps(row.steps),
        seconds=row.seconds,
        unblinded=row.unblinded,
    )


def adjudication_values(adjudication: Adjudication) -> dict[str, Any]:
    """Return the columns of an adjudication."""
    return {
        "id": adjudication.id, "item_id": adjudication.item_id, "person_id": adjudication.person_id,
        "labels": _json(_LABELS, adjudication.labels), "steps": _step_json(adjudication.steps),
        "note": adjudication.note, "created_at": adjudication.created_at,
    }  # fmt: skip


def adjudication_record(row: tables.Adjudication) -> Adjudication:
    """Return an adjudication."""
    labels = _LABELS.validate_python(row.labels)
    return Adjudication(row.id, row.item_id, row.person_id, row.created_at, labels, _steps(row.steps), row.note)


def _json(adapter: TypeAdapter[T], record: T) -> Json:
    """Return a record as the JSON of a column; what is as by default is left out."""
    return adapter.dump_python(record, mode="json", exclude_defaults=True)


def _step_json(steps: Steps) -> Json:
    return [[[step.start, step.end] for step in text] for text in steps]


def _steps(stored: Json) -> Steps:
    return tuple(tuple(Step(start, end) for start, end in text) for text in stored)

"""Schemas that people made; the ready ones are no rows."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from storage import tables
from storage.annotations import LabelSchema
from storage.repositories.annotation_rows import schema_record, schema_values

_Schema = tables.LabelSchema


def create(s: Session, schema: LabelSchema, now: datetime) -> None:
    """Store a new schema."""
    s.add(_Schema(**schema_values(schema), created_at=now, deleted_at=None))
    s.flush()


def get(s: Session, schema_id: str) -> LabelSchema | None:
    """Return a schema that is not deleted, None when there is none."""
    row = s.get(_Schema, schema_id)
    return None if row is None or row.deleted_at is not None else schema_record(row)


def of_person(s: Session, person_id: str) -> list[LabelSchema]:
    """Return the schemas of a person that are not deleted, oldest first."""
    query = select(_Schema).where(_Schema.person_id == person_id, _Schema.deleted_at.is_(None))
    return [schema_record(row) for row in s.scalars(query.order_by(_Schema.created_at, _Schema.id))]


def change(s: Session, schema: LabelSchema) -> None:
    """Replace what a stored schema says."""
    row = s.get_one(_Schema, schema.id)
    for name, value in schema_values(schema).items():
        setattr(row, name, value)
    s.flush()


def put_away(s: Session, schema_id: str, when: datetime) -> None:
    """Delete a schema; queues keep their copies."""
    s.get_one(_Schema, schema_id).deleted_at = when

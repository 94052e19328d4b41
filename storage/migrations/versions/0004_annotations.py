"""Annotation: schemas, queues, their items and who labels them, what was said, what was decided."""

from __future__ import annotations

from typing import Any

import sqlalchemy as sa
from alembic import op
from sqlalchemy.types import TypeEngine

revision = "0004"
down_revision = "0003"
branch_labels = None
depends_on = None

TEXT = sa.Text()
INTEGER = sa.Integer()
BIG = sa.BigInteger()
REAL: TypeEngine[Any] = sa.Double()
BOOLEAN = sa.Boolean()
TIME = sa.DateTime(timezone=True)
JSON = sa.JSON(none_as_null=True)


def upgrade() -> None:
    schemas()
    queues()
    items()
    assignments()
    versions()
    adjudications()


def schemas() -> None:
    op.create_table(
        "label_schemas",
        *needed(TEXT, "id", "person_id", "name", "guideline"),
        *needed(JSON, "fields"),
        *needed(TIME, "created_at"),
        *optional(TIME, "deleted_at"),
        primary("label_schemas", "id"),
        foreign("label_schemas", "person_id", "persons.id", cascade=False),
    )
    index("label_schemas", "person_id")


def queues() -> None:
    op.create_table(
        "annotation_queues",
        *needed(TEXT, "id", "person_id", "name", "folded"),
        *needed(JSON, "label_schema", "wanted"),
        *needed(BOOLEAN, "blind", "suggestions"),
        *needed(INTEGER, "overlap"),
        *needed(BIG, "seed"),
        *needed(TIME, "created_at"),
        *optional(TIME, "deleted_at"),
        primary("annotation_queues", "id"),
        foreign("annotation_queues", "person_id", "persons.id", cascade=False),
    )
    index("annotation_queues", "person_id")
    index("annotation_queues", "created_at")
    op.create_table(
        "annotation_annotators",
        *needed(TEXT, "queue_id"),
        *needed(INTEGER, "position"),
        *needed(TEXT, "name", "person_id"),
        primary("annotation_annotators", "queue_id", "position"),
        foreign("annotation_annotators", "queue_id", "annotation_queues.id"),
        foreign("annotation_annotators", "person_id", "persons.id", cascade=False),
    )
    index("annotation_annotators", "person_id")


def items() -> None:
    op.create_table(
        "annotation_items",
        *needed(TEXT, "id", "queue_id"),
        *needed(INTEGER, "position"),
        *needed(TEXT, "run_id", "first_text"),
        *optional(TEXT, "second_text"),
        *needed(INTEGER, "submitted"),
        *needed(BOOLEAN, "disputed", "adjudicated"),
        primary("annotation_items", "id"),
        foreign("annotation_items", "queue_id", "annotation_queues.id"),
        foreign("annotation_items", "run_id", "runs.id"),
        foreign("annotation_items", "first_text", "generations.id"),
        foreign("annotation_items", "second_text", "generations.id"),
    )
    index("annotation_items", "queue_id", "position")
    index("annotation_items", "queue_id", "disputed", "adjudicated", "position")
    for column in ("run_id", "first_text", "second_text"):
        index("annotation_items", column)


def assignments() -> None:
    op.create_table(
        "annotation_assignments",
        *needed(TEXT, "item_id", "annotator", "queue_id"),
        *needed(INTEGER, "position"),
        *needed(TEXT, "state"),
        *optional(TIME, "changed_at"),
        primary("annotation_assignments", "item_id", "annotator"),
        foreign("annotation_assignments", "item_id", "annotation_items.id"),
        foreign("annotation_assignments", "queue_id", "annotation_queues.id"),
    )
    index("annotation_assignments", "queue_id", "annotator", "state", "position")
    index("annotation_assignments", "queue_id", "annotator", "position")


def versions() -> None:
    op.create_table(
        "annotations",
        *needed(TEXT, "id", "item_id", "annotator", "person_id"),
        *needed(INTEGER, "version"),
        *needed(TEXT, "state"),
        *needed(JSON, "labels", "steps"),
        *needed(REAL, "seconds"),
        *needed(BOOLEAN, "unblinded"),
        *needed(TIME, "created_at"),
        primary("annotations", "id"),
        foreign("annotations", "item_id", "annotation_items.id"),
        foreign("annotations", "person_id", "persons.id", cascade=False),
    )
    index("annotations", "item_id", "annotator", "version", unique=True)
    index("annotations", "person_id")


def adjudications() -> None:
    op.create_table(
        "adjudications",
        *needed(TEXT, "id", "item_id", "person_id"),
        *needed(JSON, "labels", "steps"),
        *needed(TEXT, "note"),
        *needed(TIME, "created_at"),
        primary("adjudications", "id"),
        foreign("adjudications", "item_id", "annotation_items.id"),
        foreign("adjudications", "person_id", "persons.id", cascade=False),
    )
    index("adjudications", "item_id", "created_at")
    index("adjudications", "person_id")


def needed(type_: TypeEngine[Any], *names: str) -> list[sa.Column[Any]]:
    return [sa.Column(name, type_, nullable=False) for name in names]


def optional(type_: TypeEngine[Any], *names: str) -> list[sa.Column[Any]]:
    return [sa.Column(name, type_, nullable=True) for name in names]


def primary(table: str, *columns: str) -> sa.PrimaryKeyConstraint:
    return sa.PrimaryKeyConstraint(*columns, name=f"pk_{table}")


def foreign(table: str, column: str, target: str, *, cascade: bool = True) -> sa.ForeignKeyConstraint:
    action = "CASCADE" if cascade else None
    return sa.ForeignKeyConstraint([column], [target], name=f"fk_{table}_{column}", ondelete=action)


def index(table: str, *columns: str, unique: bool = False) -> None:
    op.create_index(f"ix_{table}_{'_'.join(columns)}", table, columns, unique=unique)

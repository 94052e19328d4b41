"""Experiments and their cells."""

from __future__ import annotations

from typing import Any

import sqlalchemy as sa
from alembic import op
from sqlalchemy.types import TypeEngine

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None

TEXT = sa.Text()
INTEGER = sa.Integer()
BIG = sa.BigInteger()
BOOLEAN = sa.Boolean()
TIME = sa.DateTime(timezone=True)
JSON = sa.JSON(none_as_null=True)


def upgrade() -> None:
    experiments()
    cells()


def experiments() -> None:
    op.create_table(
        "experiments",
        *needed(TEXT, "id", "person_id", "session_id", "name", "folded", "status", "note", "place"),
        *needed(JSON, "spec"),
        *needed(BOOLEAN, "load_models"),
        *needed(TIME, "created_at"),
        *optional(TIME, "working_since", "finished_at", "lease_until", "deleted_at"),
        sa.PrimaryKeyConstraint("id", name="pk_experiments"),
        foreign("experiments", "person_id", "persons.id", cascade=False),
        foreign("experiments", "session_id", "sessions.id"),
    )
    for column in ("person_id", "session_id", "created_at", "status"):
        index("experiments", column)


def cells() -> None:
    op.create_table(
        "cells",
        *needed(TEXT, "experiment_id", "method", "model", "problem_key", "state", "error"),
        *needed(INTEGER, "position", "arm", "attempts"),
        *needed(BIG, "seed"),
        *needed(BOOLEAN, "probe"),
        *optional(TEXT, "run_id", "lease_owner"),
        *optional(TIME, "lease_until", "ended_at"),
        sa.PrimaryKeyConstraint("experiment_id", "position", name="pk_cells"),
        foreign("cells", "experiment_id", "experiments.id"),
        foreign("cells", "problem_key", "problems.key", cascade=False),
    )
    index("cells", "experiment_id", "state", "position")
    index("cells", "experiment_id", "ended_at")
    index("cells", "problem_key")
    index("cells", "run_id")


def needed(type_: TypeEngine[Any], *names: str) -> list[sa.Column[Any]]:
    return [sa.Column(name, type_, nullable=False) for name in names]


def optional(type_: TypeEngine[Any], *names: str) -> list[sa.Column[Any]]:
    return [sa.Column(name, type_, nullable=True) for name in names]


def foreign(table: str, column: str, target: str, *, cascade: bool = True) -> sa.ForeignKeyConstraint:
    action = "CASCADE" if cascade else None
    return sa.ForeignKeyConstraint([column], [target], name=f"fk_{table}_{column}", ondelete=action)


def index(table: str, *columns: str) -> None:
    op.create_index(f"ix_{table}_{'_'.join(columns)}", table, columns)

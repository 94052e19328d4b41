"""The first tables, and the one person there is."""

from __future__ import annotations

from typing import Any

import sqlalchemy as sa
from alembic import op
from sqlalchemy.types import TypeEngine

revision = "0001"
down_revision = None
branch_labels = None
depends_on = None

TEXT = sa.Text()
INTEGER = sa.Integer()
BIG = sa.BigInteger()
REAL: TypeEngine[Any] = sa.Double()
BOOLEAN = sa.Boolean()
TIME = sa.DateTime(timezone=True)
JSON = sa.JSON(none_as_null=True)

COST = ("generated_tokens", "prompt_tokens", "calls")


def upgrade() -> None:
    persons()
    contents()
    sessions()
    runs()
    generations()
    scores()


def persons() -> None:
    table = op.create_table("persons", *needed(TEXT, "id", "name"), primary("persons", "id"))
    op.bulk_insert(table, [{"id": "local", "name": "You"}])


def contents() -> None:
    """Make what runs share by the hash of its content."""
    op.create_table(
        "problems",
        *needed(TEXT, "key", "problem_id", "question", "folded", "kind", "source"),
        *optional(TEXT, "reference"),
        *needed(JSON, "choices", "tags"),
        primary("problems", "key"),
    )
    index("problems", "problem_id")
    op.create_table(
        "models",
        *needed(TEXT, "key", "model_id", "source", "revision", "device", "dtype", "kernel"),
        *needed(REAL, "tolerance"),
        *needed(BIG, "vocab_size", "context_length"),
        primary("models", "key"),
    )
    index("models", "model_id")


def sessions() -> None:
    op.create_table(
        "sessions",
        *needed(TEXT, "id", "person_id", "name", "notes", "folded"),
        *needed(TIME, "created_at", "updated_at"),
        *optional(TIME, "deleted_at"),
        primary("sessions", "id"),
        foreign("sessions", "person_id", "persons.id", cascade=False),
    )
    index("sessions", "person_id")
    index("sessions", "updated_at")
    tags("session_tags", "session_id", "sessions.id")
    op.create_table(
        "launches",
        *needed(TEXT, "id", "session_id"),
        *needed(TIME, "created_at"),
        primary("launches", "id"),
        foreign("launches", "session_id", "sessions.id"),
    )
    index("launches", "session_id")


def runs() -> None:
    op.create_table(
        "runs",
        *needed(TEXT, "id", "session_id", "launch_id", "problem_key", "model_key", "method", "method_version"),
        *needed(TEXT, "status", "error", "verdict", "first_verdict", "outcome_note", "name", "notes", "folded"),
        *optional(TEXT, "answer", "first_answer", "chosen_generation", "input_run", "branch_generation"),
        *optional(TEXT, "lease_owner"),
        *needed(INTEGER, "launch_column"),
        *needed(JSON, "params", "votes"),
        *needed(BIG, "seed"),
        *optional(BIG, "branch_index", "branch_token"),
        *needed(BOOLEAN, "oracle"),
        *needed(BIG, *COST),
        *needed(REAL, "seconds"),
        *needed(TIME, "created_at"),
        *optional(TIME, "started_at", "finished_at", "lease_until", "deleted_at"),
        primary("runs", "id"),
        foreign("runs", "session_id", "sessions.id"),
        foreign("runs", "launch_id", "launches.id"),
        foreign("runs", "problem_key", "problems.key", cascade=False),
        foreign("runs", "model_key", "models.key", cascade=False),
    )
    for column in ("launch_id", "problem_key", "model_key", "method", "input_run", "created_at"):
        index("runs", column)
    index("runs", "session_id", "created_at")
    index("runs", "status", "lease_until")
    tags("run_tags", "run_id", "runs.id")


def generations() -> None:
    op.create_table(
        "generations",
        *needed(TEXT, "id", "run_id", "role", "label", "status", "text", "folded", "verdict", "grader"),
        *optional(TEXT, "finish_reason", "answer", "copied_from"),
        *needed(INTEGER, "ordinal", "branch", "round"),
        *needed(JSON, "parents", "messages", "prefix", "sampling", "spans"),
        *needed(BOOLEAN, "replaced"),
        *needed(BIG, *COST),
        *needed(REAL, "seconds", "started"),
        *needed(TIME, "created_at"),
        *optional(BIG, "tokens"),
        *optional(REAL, "mean_entropy", "max_entropy", "last_entropy"),
        *optional(REAL, "mean_logprob", "sum_logprob", "self_certainty"),
        primary("generations", "id"),
        foreign("generations", "run_id", "runs.id"),
    )
    index("generations", "run_id", "ordinal")
    op.create_table(
        "token_traces",
        *needed(TEXT, "generation_id"),
        *needed(sa.LargeBinary(), "blob"),
        primary("token_traces", "generation_id"),
        foreign("token_traces", "generation_id", "generations.id"),
    )


def scores() -> None:
    op.create_table(
        "scores",
        *needed(TEXT, "id", "run_id", "name", "how"),
        *optional(TEXT, "generation_id"),
        *optional(REAL, "value"),
        *needed(JSON, "details"),
        *needed(TIME, "created_at"),
        primary("scores", "id"),
        foreign("scores", "run_id", "runs.id"),
        foreign("scores", "generation_id", "generations.id"),
    )
    index("scores", "run_id")
    index("scores", "generation_id")


def tags(table: str, owner: str, target: str) -> None:
    op.create_table(
        table,
        *needed(TEXT, owner, "tag", "folded"),
        *needed(INTEGER, "position"),
        primary(table, owner, "position"),
        foreign(table, owner, target),
    )
    index(table, "folded")


def needed(type_: TypeEngine[Any], *names: str) -> list[sa.Column[Any]]:
    return [sa.Column(name, type_, nullable=False) for name in names]


def optional(type_: TypeEngine[Any], *names: str) -> list[sa.Column[Any]]:
    return [sa.Column(name, type_, nullable=True) for name in names]


def primary(table: str, *columns: str) -> sa.PrimaryKeyConstraint:
    return sa.PrimaryKeyConstraint(*columns, name=f"pk_{table}")


def foreign(table: str, column: str, target: str, *, cascade: bool = True) -> sa.ForeignKeyConstraint:
    action = "CASCADE" if cascade else None
    return sa.ForeignKeyConstraint([column], [target], name=f"fk_{table}_{column}", ondelete=action)


def index(table: str, *columns: str) -> None:
    op.create_index(f"ix_{table}_{'_'.join(columns)}", table, columns)

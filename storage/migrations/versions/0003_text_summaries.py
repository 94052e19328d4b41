"""One index that holds what comparisons read of texts, so that they never walk through the texts themselves."""

from __future__ import annotations

from alembic import op

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None

COLUMNS = (
    "run_id", "ordinal", "id", "role", "branch", "round", "status", "verdict", "mean_entropy", "max_entropy",
    "last_entropy", "mean_logprob", "sum_logprob", "self_certainty", "tokens",
)  # fmt: skip


def upgrade() -> None:
    op.create_index("ix_generations_summary", "generations", COLUMNS)
    op.drop_index("ix_generations_run_id_ordinal", "generations")  # the new one begins with the same columns

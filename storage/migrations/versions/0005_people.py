"""Several people: who else may see or change a session, and the session each works in by default."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0005"
down_revision = "0004"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("sessions", sa.Column("sharing", sa.Text(), nullable=False, server_default="private"))
    op.add_column("persons", sa.Column("default_session", sa.Text(), nullable=True))
    op.create_index("ix_sessions_sharing", "sessions", ["sharing"])

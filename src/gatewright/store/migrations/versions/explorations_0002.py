"""What exploration found, in a table of its own: beside `last`, megabytes were written again with every batch."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Move the column `runs.knowledge`."""
    op.create_table(
        "explorations",
        sa.Column("run", sa.Text, sa.ForeignKey("runs.id", ondelete="CASCADE"), primary_key=True),
        sa.Column("data", sa.LargeBinary, nullable=False),
    )
    op.execute("INSERT INTO explorations (run, data) SELECT id, knowledge FROM runs WHERE knowledge IS NOT NULL")
    op.drop_column("runs", "knowledge")

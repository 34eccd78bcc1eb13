"""The first schema."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0001"
down_revision = None
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Make every table. Written out, not taken from `schema`: this file must never change again."""
    op.create_table(
        "runs",
        sa.Column("number", sa.Integer, primary_key=True),
        sa.Column("id", sa.Text, nullable=False, unique=True),
        sa.Column("started", sa.Text, nullable=False),
        sa.Column("begun", sa.LargeBinary, nullable=False),
        sa.Column("finished", sa.LargeBinary),
        sa.Column("last", sa.Float, nullable=False, server_default="0"),
        sa.Column("settings", sa.LargeBinary),
        sa.Column("knowledge", sa.LargeBinary),
    )
    for name, key in (("endpoints", "endpoint"), ("accounts", "name"), ("made_accounts", "name")):
        op.create_table(name, *_head(), sa.Column(key, sa.Text, nullable=False), _data(), _unique("run", key))
    op.create_table(
        "cells",
        *_head(),
        sa.Column("endpoint", sa.Text, nullable=False),
        sa.Column("test", sa.Text, nullable=False),
        sa.Column("account", sa.Text, nullable=False),
        sa.Column("outcome", sa.Text),
        sa.Column("reason", sa.Text),
        sa.Column("data", sa.LargeBinary),
        _unique("run", "endpoint", "test", "account"),
    )
    op.create_table(
        "numbers",
        sa.Column("number", sa.Integer, primary_key=True),
        sa.Column("fingerprint", sa.Text, nullable=False, unique=True),
        sa.Column("status", sa.Text, nullable=False, server_default="open"),
    )
    op.create_table(
        "findings",
        *_head(),
        sa.Column("fingerprint", sa.Text, sa.ForeignKey("numbers.fingerprint"), nullable=False),
        sa.Column("severity", sa.Text, nullable=False),
        sa.Column("test", sa.Text, nullable=False),
        _data(),
        _unique("run", "fingerprint"),
    )
    _exchanges()
    op.create_table("notes", *_head(), _data())
    op.create_table(
        "ledger",
        *_head(),
        sa.Column("number", sa.Integer, nullable=False),
        sa.Column("state", sa.Text, nullable=False),
        _data(),
        _unique("run", "number"),
    )


def _exchanges() -> None:
    op.create_table(
        "exchanges",
        *_head(),
        sa.Column("number", sa.Integer, nullable=False),
        sa.Column("endpoint", sa.Text),
        sa.Column("test", sa.Text),
        sa.Column("attacker", sa.Text),
        sa.Column("account", sa.Text, nullable=False),
        sa.Column("purpose", sa.Text, nullable=False),
        sa.Column("method", sa.Text, nullable=False),
        sa.Column("status", sa.Integer),
        sa.Column("at", sa.Float, nullable=False),
        _data(),
    )
    op.create_index("exchanges_of_run", "exchanges", ["run", "number"])
    op.create_table(
        "bodies",
        sa.Column("exchange", sa.Integer, sa.ForeignKey("exchanges.seq", ondelete="CASCADE"), primary_key=True),
        *(sa.Column(name, sa.LargeBinary, nullable=False) for name in ("request", "response", "sent", "received")),
    )


def _head() -> tuple[sa.Column[int], sa.Column[str]]:
    run = sa.Column("run", sa.Text, sa.ForeignKey("runs.id", ondelete="CASCADE"), nullable=False)
    return sa.Column("seq", sa.Integer, primary_key=True), run


def _data() -> sa.Column[bytes]:
    return sa.Column("data", sa.LargeBinary, nullable=False)


def _unique(*columns: str) -> sa.UniqueConstraint:
    return sa.UniqueConstraint(*columns)

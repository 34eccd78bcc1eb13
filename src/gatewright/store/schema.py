"""The tables. `migrations/` brings an older store here; a test holds both equal.

Values of `model` stand as JSON in `data` columns, written once and read whole; what is searched or sorted by has a
column of its own. Bodies are apart from exchanges, so that lists stay quick.
"""

from __future__ import annotations

from sqlalchemy import Column, Float, ForeignKey, Index, Integer, LargeBinary, MetaData, Table, Text, UniqueConstraint

metadata = MetaData()


def _run() -> Column[str]:
    return Column("run", Text, ForeignKey("runs.id", ondelete="CASCADE"), nullable=False)


runs = Table(
    "runs",
    metadata,
    Column("number", Integer, primary_key=True),
    Column("id", Text, nullable=False, unique=True),
    Column("started", Text, nullable=False),
    Column("begun", LargeBinary, nullable=False),  # RunStarted
    Column("finished", LargeBinary),  # RunFinished; null while it runs and after it was killed
    Column("last", Float, nullable=False, server_default="0"),  # `at` of the last event
    Column("settings", LargeBinary),
)
explorations = Table(
    "explorations",
    metadata,
    Column("run", Text, ForeignKey("runs.id", ondelete="CASCADE"), primary_key=True),
    Column("data", LargeBinary, nullable=False),  # Knowledge: megabytes, so not beside `runs.last`
)
endpoints = Table(
    "endpoints",
    metadata,
    Column("seq", Integer, primary_key=True),
    _run(),
    Column("endpoint", Text, nullable=False),
    Column("data", LargeBinary, nullable=False),  # EndpointLearnt
    UniqueConstraint("run", "endpoint"),
)
accounts = Table(
    "accounts",
    metadata,
    Column("seq", Integer, primary_key=True),
    _run(),
    Column("name", Text, nullable=False),
    Column("data", LargeBinary, nullable=False),  # AccountState
    UniqueConstraint("run", "name"),
)
cells = Table(
    "cells",
    metadata,
    Column("seq", Integer, primary_key=True),
    _run(),
    Column("endpoint", Text, nullable=False),
    Column("test", Text, nullable=False),
    Column("account", Text, nullable=False),
    Column("outcome", Text),  # null: planned, not judged
    Column("reason", Text),
    Column("data", LargeBinary),  # VerdictReached
    UniqueConstraint("run", "endpoint", "test", "account"),
)
numbers = Table(
    "numbers",
    metadata,
    Column("number", Integer, primary_key=True),  # F-12
    Column("fingerprint", Text, nullable=False, unique=True),
    Column("status", Text, nullable=False, server_default="open"),
)
findings = Table(
    "findings",
    metadata,
    Column("seq", Integer, primary_key=True),
    _run(),
    Column("fingerprint", Text, ForeignKey("numbers.fingerprint"), nullable=False),
    Column("severity", Text, nullable=False),
    Column("test", Text, nullable=False),
    Column("data", LargeBinary, nullable=False),  # Finding
    UniqueConstraint("run", "fingerprint"),
)
exchanges = Table(
    "exchanges",
    metadata,
    Column("seq", Integer, primary_key=True),
    _run(),
    Column("number", Integer, nullable=False),
    Column("endpoint", Text),  # of the cell; null in log-in and exploration
    Column("test", Text),
    Column("attacker", Text),
    Column("account", Text, nullable=False),
    Column("purpose", Text, nullable=False),
    Column("method", Text, nullable=False),
    Column("status", Integer),
    Column("at", Float, nullable=False),
    Column("data", LargeBinary, nullable=False),  # Exchange without its bodies and bytes
    Index("exchanges_of_run", "run", "number"),
)
bodies = Table(
    "bodies",
    metadata,
    Column("exchange", Integer, ForeignKey("exchanges.seq", ondelete="CASCADE"), primary_key=True),
    Column("request", LargeBinary, nullable=False),
    Column("response", LargeBinary, nullable=False),
    Column("sent", LargeBinary, nullable=False),
    Column("received", LargeBinary, nullable=False),
)
notes = Table(
    "notes",
    metadata,
    Column("seq", Integer, primary_key=True),
    _run(),
    Column("data", LargeBinary, nullable=False),  # Asked, Left, Warned, BudgetSpent
)
made_accounts = Table(
    "made_accounts",
    metadata,
    Column("seq", Integer, primary_key=True),
    _run(),
    Column("name", Text, nullable=False),
    Column("data", LargeBinary, nullable=False),  # Account without its secrets
    UniqueConstraint("run", "name"),
)
ledger = Table(
    "ledger",
    metadata,
    Column("seq", Integer, primary_key=True),
    _run(),
    Column("number", Integer, nullable=False),
    Column("state", Text, nullable=False),
    Column("data", LargeBinary, nullable=False),  # explore.ledger.Entry
    UniqueConstraint("run", "number"),
)

"""What lasts: one schema in SQLite, with migrations. SQLAlchemy and Alembic are imported when a store opens, not before."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from gatewright.store.store import Store


def open_store(where: str) -> Store:
    """The store in a file (or `sqlite:///file`), made when it is not there. Raises StoreError."""
    from gatewright.store.store import Store

    return Store(where)

"""Turns at writing: SQLite has one writer at a time, and its own way of waiting is to sleep and try again."""

from __future__ import annotations

import threading
from types import TracebackType


class Turns:
    """A lock that two threads get in turn, however quickly the first asks again.

    The writer's thread writes many short transactions in a row; the engine's thread must not wait for all of them.
    """

    def __init__(self) -> None:
        self._next = threading.Lock()
        """Held while waiting: who leaves cannot ask again before the one who waits has come in."""
        self._inside = threading.Lock()

    def __enter__(self) -> None:
        with self._next:
            self._inside.acquire()

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._inside.release()

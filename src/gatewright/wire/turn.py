"""What a request waits for: like a future, but its task goes on at once, not in the loop's next round."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Generator
from contextvars import Context


class Turn:
    """Is waited for by one task at a time, again and again: `done` is set to False, and `finish` or `finish_soon` ends it.

    A turn whose task was cancelled is of no use any more.

    It speaks the protocol that `asyncio.Task` has with awaitables that are not its own futures.
    """

    __slots__ = ("_asyncio_future_blocking", "_call", "_cancelled", "_context", "_loop", "done")

    def __init__(self, loop: asyncio.AbstractEventLoop) -> None:
        self._loop = loop
        self._asyncio_future_blocking = False
        self._call: Callable[[Turn], object] | None = None
        self._context: Context | None = None
        self._cancelled = False
        self.done = True

    def __await__(self) -> Generator[Turn, None, None]:
        if not self.done:
            self._asyncio_future_blocking = True
            yield self

    def finish(self) -> None:
        """Lets the task go on before this returns. Only where no task is under way: in what the loop calls itself."""
        call, context = self._call, self._context
        self.done = True
        if call is not None and context is not None:
            self._call = None
            context.run(call, self)

    def finish_soon(self) -> None:
        """Lets the task go on in the next round of the loop."""
        call = self._call
        self.done = True
        if call is not None:
            self._call = None
            self._loop.call_soon(call, self, context=self._context)

    # What a task calls.

    def add_done_callback(self, callback: Callable[[Turn], object], *, context: Context | None = None) -> None:
        """The task waits from now on."""
        self._call, self._context = callback, context

    def result(self) -> None:
        """Raises CancelledError when the task was cancelled."""
        if self._cancelled:
            raise asyncio.CancelledError

    def cancel(self, msg: object = None) -> bool:
        """The task is cancelled while it waits."""
        if self.done:
            return False
        self._cancelled = True
        self.finish_soon()
        return True

"""Running a scan so that Ctrl-C ends it well (interface.md section 2).

Once: no new attempt, clean-up, reports. Twice: at once. SIGTERM counts like Ctrl-C.
"""

from __future__ import annotations

import asyncio
import contextlib
import signal
import sys
from collections.abc import Callable, Coroutine
from typing import TypeVar

import click

T = TypeVar("T")

SIGNALS = (signal.SIGINT, signal.SIGTERM)


def run_interruptible(start: Callable[[asyncio.Event], Coroutine[None, None, T]]) -> T:
    """Run `start(stop)` to its end on a fast event loop where there is one. Raises KeyboardInterrupt after the second signal."""
    with asyncio.Runner(loop_factory=_loop_factory()) as runner:
        return runner.run(_guarded(start))


async def _guarded(start: Callable[[asyncio.Event], Coroutine[None, None, T]]) -> T:
    stop = asyncio.Event()
    loop = asyncio.get_running_loop()
    work = asyncio.ensure_future(start(stop))

    def interrupt() -> None:
        if stop.is_set():
            work.cancel()
            return
        stop.set()
        click.echo("\nstopping: no new attempt; cleaning up for at most 30 s. Once more: at once", err=True)

    restore = [_listen(loop, number, interrupt) for number in SIGNALS]
    try:
        return await work
    except asyncio.CancelledError:
        if stop.is_set():
            raise KeyboardInterrupt from None
        raise
    finally:
        for undo in restore:
            undo()


def _listen(loop: asyncio.AbstractEventLoop, number: signal.Signals, act: Callable[[], None]) -> Callable[[], None]:
    """Call `act` on a signal; the result takes that back. Windows has no loop handlers: there the plain one is used."""
    before = signal.getsignal(number)
    try:
        loop.add_signal_handler(number, act)
    except NotImplementedError:
        signal.signal(number, lambda *_: loop.call_soon_threadsafe(act))

    def undo() -> None:
        with contextlib.suppress(NotImplementedError):
            loop.remove_signal_handler(number)
        signal.signal(number, before)

    return undo


def _loop_factory() -> Callable[[], asyncio.AbstractEventLoop] | None:
    if sys.platform == "win32":
        return None
    import uvloop

    loop: Callable[[], asyncio.AbstractEventLoop] = uvloop.new_event_loop
    return loop

"""A task that waits for a turn goes on inside of `finish`, with its own context, and can be cancelled."""

from __future__ import annotations

import asyncio
from contextvars import ContextVar

import pytest

from gatewright.wire.turn import Turn

WHO: ContextVar[str] = ContextVar("WHO", default="nobody")


async def _waiting(turn: Turn, seen: list[str], name: str = "task") -> None:
    WHO.set(name)
    await turn
    seen.append(WHO.get())


def test_the_task_goes_on_at_once_and_in_its_own_context(run) -> None:
    async def main() -> None:
        loop = asyncio.get_running_loop()
        turn, seen = Turn(loop), []
        for name in ("first", "second"):  # again and again
            turn.done = False
            task = asyncio.ensure_future(_waiting(turn, seen, name))
            await asyncio.sleep(0)
            at_once = loop.create_future()

            def call(name: str = name, at_once: asyncio.Future[bool] = at_once) -> None:
                turn.finish()
                at_once.set_result(seen[-1:] == [name] and WHO.get() == "nobody")

            loop.call_soon(call)
            assert await at_once
            await task
        assert seen == ["first", "second"]

    run(main())


def test_finish_soon_may_be_called_by_a_task(run) -> None:
    async def main() -> None:
        turn, seen = Turn(asyncio.get_running_loop()), []
        turn.done = False
        task = asyncio.ensure_future(_waiting(turn, seen))
        await asyncio.sleep(0)
        turn.finish_soon()
        assert not seen
        await task
        assert seen == ["task"]

    run(main())


def test_what_is_over_is_not_waited_for(run) -> None:
    async def main() -> None:
        turn = Turn(asyncio.get_running_loop())
        await turn
        turn.done = False
        turn.finish()
        await turn
        assert not turn.cancel()

    run(main())


def test_a_cancelled_task_is_told(run) -> None:
    async def main() -> None:
        turn, seen = Turn(asyncio.get_running_loop()), []
        turn.done = False
        task = asyncio.ensure_future(_waiting(turn, seen))
        await asyncio.sleep(0)
        assert task.cancel()
        turn.finish()  # comes too late, and does no harm
        with pytest.raises(asyncio.CancelledError):
            await task
        assert task.cancelled()
        assert not seen

    run(main())


def test_limits_in_time_hold(run) -> None:
    async def main() -> None:
        turn = Turn(asyncio.get_running_loop())
        turn.done = False
        with pytest.raises(TimeoutError):
            await asyncio.wait_for(_waiting(turn, []), 0.01)

    run(main())

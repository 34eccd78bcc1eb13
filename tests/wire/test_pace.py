"""How fast requests go out, on a made-up clock."""

from __future__ import annotations

import asyncio
from collections.abc import Coroutine
from datetime import UTC, datetime

import pytest

from gatewright.model.http import Response, Timing
from gatewright.wire.pace import Pace, retry_after


class Time:
    """A clock that only moves when somebody sleeps."""

    def __init__(self) -> None:
        self.now = 100.0
        self.slept: list[float] = []

    def clock(self) -> float:
        return self.now

    async def sleep(self, seconds: float) -> None:
        self.slept.append(seconds)
        self.now += seconds
        await asyncio.sleep(0)


def pace(time: Time, *, rate: float | None = None, concurrency: int = 4) -> Pace:
    return Pace(rate=rate, concurrency=concurrency, clock=time.clock, sleep=time.sleep)


def answer(status: int = 200, seconds: float = 0.01, *headers: tuple[str, str]) -> Response:
    return Response(status, headers, timing=Timing(0.0, seconds, seconds))


def run(main: Coroutine[object, object, None]) -> None:
    asyncio.run(asyncio.wait_for(main, 5))


def test_fixed_rate() -> None:
    async def main() -> None:
        time = Time()
        paced = pace(time, rate=10)
        begun = time.now
        for _ in range(21):
            assert not paced.enter_now()
            await paced.enter()
            paced.leave(answer())
        assert time.now - begun == pytest.approx(2.0)

    run(main())


def test_no_more_than_the_window_at_once() -> None:
    async def main() -> None:
        paced = pace(Time())
        active = most = 0

        async def one() -> None:
            nonlocal active, most
            if not paced.enter_now():
                await paced.enter()
            active += 1
            most = max(most, active)
            await asyncio.sleep(0)
            active -= 1
            paced.leave(answer())

        await asyncio.gather(*(one() for _ in range(40)))
        assert most == 4

    run(main())


def test_a_cancelled_waiter_loses_no_turn() -> None:
    async def main() -> None:
        paced = pace(Time(), concurrency=1)
        await paced.enter()
        async with asyncio.TaskGroup() as group:
            waiting = [group.create_task(paced.enter()) for _ in range(3)]
            await asyncio.sleep(0)
            waiting[0].cancel()
            paced.leave()  # wakes the second; the third is cancelled in the very moment of its turn
            await asyncio.sleep(0)
            assert waiting[1].done()
            paced.leave()
            waiting[2].cancel()
        assert paced.enter_now()

    run(main())


def test_retry_after_holds_everything_back() -> None:
    async def main() -> None:
        time = Time()
        paced = pace(time)
        await paced.enter()
        paced.leave(answer(429, 0.01, ("Retry-After", "7")))
        assert not paced.enter_now()
        assert paced.held_until == time.now + 7
        await asyncio.gather(paced.enter(), paced.enter())
        assert time.now >= 107
        assert paced.held_until == 0
        paced.leave(answer())
        paced.leave(answer(503, 0.01, ("Retry-After", "3600")))
        assert paced.held_until == time.now + 60

    run(main())


def test_refusals_without_retry_after_hold_back_longer_each_time() -> None:
    async def main() -> None:
        time = Time()
        paced = pace(time)
        waits = []
        for _ in range(6):
            await paced.enter()
            paced.leave(answer(503))
            paced._active += 1
            paced.leave(answer(503))  # came at the same time: counts once
            waits.append(paced.held_until - time.now)
        assert waits == [0.5, 1.0, 2.0, 4.0, 5.0, 5.0]
        for _ in range(60):
            await paced.enter()
            paced.leave(answer())
        await paced.enter()
        paced.leave(answer(429))
        assert paced.held_until - time.now == 0.5

    run(main())


def test_a_cancelled_sleep_gives_its_turn_back() -> None:
    async def main() -> None:
        time = Time()
        paced = Pace(rate=None, concurrency=1, clock=time.clock)
        await paced.enter()
        paced.leave(answer(429, 0.01, ("Retry-After", "50")))
        async with asyncio.TaskGroup() as group:
            task = group.create_task(paced.enter())
            await asyncio.sleep(0)
            task.cancel()
        assert paced._active == 0

    run(main())


def test_the_window_halves_and_recovers() -> None:
    async def main() -> None:
        paced = pace(Time(), concurrency=16)
        for _ in range(50):
            await paced.enter()
            paced.leave(answer(200, 0.01))
        assert paced.window == 16
        for _ in range(40):
            await paced.enter()
            paced.leave(answer(200, 1.0))
        assert paced.window <= 4
        for _ in range(400):
            await paced.enter()
            paced.leave(answer(200, 0.01))
        assert paced.window == 16
        for _ in range(200):
            await paced.enter()
            paced.leave(answer(429))
            paced._held_until = 0
        assert paced.window == 1

    run(main())


def test_a_target_that_is_always_slow_is_not_slowed_further() -> None:
    async def main() -> None:
        paced = pace(Time(), concurrency=16)
        for _ in range(300):
            await paced.enter()
            paced.leave(answer(200, 2.0))
        assert paced.window == 16

    run(main())


NOW = datetime(2026, 1, 1, 0, 0, 0, tzinfo=UTC)


@pytest.mark.parametrize(
    ("headers", "seconds"),
    [
        ((), None),
        ((("Retry-After", "0"),), 0.0),
        ((("retry-after", " 12 "),), 12.0),
        ((("Retry-After", "99999"),), 99999.0),
        ((("Retry-After", "-1"),), None),
        ((("Retry-After", "soon"),), None),
        ((("Retry-After", "9" * 5000),), None),
        ((("Retry-After", "\u0661"),), None),
        ((("Retry-After", "Thu, 01 Jan 2026 00:00:30 GMT"),), 30.0),
        ((("Retry-After", "Thu, 01 Jan 2026 00:00:30 -0000"),), 30.0),
        ((("Retry-After", "Thu, 01 Jan 2020 00:00:30 GMT"),), 0.0),
        ((("Date", "Thu, 01 Jan 2026 00:00:20 GMT"), ("Retry-After", "Thu, 01 Jan 2026 00:00:30 GMT")), 10.0),
        ((("Date", "never"), ("Retry-After", "Thu, 01 Jan 2026 00:00:30 GMT")), 30.0),
    ],
)
def test_retry_after(headers: tuple[tuple[str, str], ...], seconds: float | None) -> None:
    assert retry_after(Response(429, headers), NOW) == seconds

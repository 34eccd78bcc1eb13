"""What still goes out when a run is interrupted, or its requests run short."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable

import pytest

from gatewright.app.brake import Brake
from gatewright.model.errors import BudgetError
from gatewright.model.http import Request
from gatewright.model.settings import Limits, Settings
from gatewright.wire.gate import Gate

ORIGIN = "http://127.0.0.1:1"
"""Nobody listens there: an exchange with an error is all that a test needs."""
REQUEST = Request("GET", ORIGIN, "/")


def play(use: Callable[[Brake, Gate, asyncio.Event], Awaitable[None]], *, requests: int = 9, kept: int = 2) -> None:
    async def go() -> None:
        settings = Settings(limits=Limits(requests=requests))
        async with Gate(settings, run="r", targets=(ORIGIN,)) as gate:
            stop = asyncio.Event()
            await use(Brake(gate, stop, lambda: kept), gate, stop)

    asyncio.run(go())


def test_after_an_interruption_only_what_takes_back_goes_out() -> None:
    async def use(brake: Brake, gate: Gate, stop: asyncio.Event) -> None:
        await brake.send(REQUEST, purpose="attack")
        stop.set()
        with pytest.raises(BudgetError) as caught:
            await brake.send(REQUEST, purpose="attack")
        assert caught.value.where == "stop"
        await brake.send(REQUEST, purpose="undo")
        await brake.send(REQUEST, purpose="clean-up")
        assert gate.spent.requests == 3

    play(use)


def test_clean_up_may_send_everything_again() -> None:
    async def use(brake: Brake, gate: Gate, stop: asyncio.Event) -> None:
        stop.set()
        brake.release(30)
        await brake.send(REQUEST, purpose="log-in")
        assert gate.spent.requests == 1

    play(use)


def test_the_last_requests_are_kept_for_clean_up() -> None:
    async def use(brake: Brake, gate: Gate, stop: asyncio.Event) -> None:
        await brake.send(REQUEST, purpose="explore")
        with pytest.raises(BudgetError) as caught:
            await brake.send(REQUEST, purpose="explore")
        assert caught.value.where == "requests"
        await brake.send(REQUEST, purpose="clean-up")
        await brake.send(REQUEST, purpose="clean-up")
        with pytest.raises(BudgetError):  # and no more than the budget, whatever it is for
            await brake.send(REQUEST, purpose="clean-up")
        assert gate.spent.requests == 3

    play(use, requests=3)

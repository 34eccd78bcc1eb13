"""Bears with a target that stumbles: a request that failed by chance is sent again, a read waits until writes have settled.

One answer in twenty may be a 500 that says nothing about the request, and a replica may be a moment behind what was
just written. Neither is a verdict about the API. Bursts and measurements are sent as they are.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Awaitable, Callable

from gatewright.model.account import ANON
from gatewright.model.finding import Cell
from gatewright.model.http import Exchange, Request
from gatewright.model.test import Sender

AGAIN = 2
"""How often a request that failed is sent again."""
FAILED = frozenset({500, 502, 503, 504})
_SAFE = frozenset({"GET", "HEAD", "OPTIONS"})
_REPEATABLE = _SAFE | {"PUT", "PATCH", "DELETE"}
"""Asked twice they mean the same, on objects of ours; a POST may make a second one. Log-ins are repeated as well."""
_LOG_INS = frozenset({"log-in", "probe", "sign-up"})


class Patience:
    """A `model.test.Sender` in front of another."""

    def __init__(
        self,
        sender: Sender,
        *,
        clock: Callable[[], float] = time.monotonic,
        sleep: Callable[[float], Awaitable[None]] = asyncio.sleep,
    ) -> None:
        self._sender = sender
        self._clock = clock
        self._sleep = sleep
        self._settles = 0.0
        self._written = float("-inf")
        self._broken: set[tuple[str, str]] = set()
        """Method and path of requests that fail every time: they are not sent again."""

    def settle(self, seconds: float) -> None:
        """From now on a read waits until so long after the last write: the target was seen to be behind."""
        self._settles = max(self._settles, seconds)

    async def send(
        self,
        request: Request,
        *,
        account: str = ANON,
        purpose: str = "",
        cell: Cell | None = None,
        burst: bool = False,
    ) -> Exchange:
        """As the sender behind it; the last exchange where one was sent again."""
        safe = request.method in _SAFE
        if safe and self._settles and not burst:
            while (left := self._written + self._settles - self._clock()) > 0:
                await self._sleep(left)
        exchange = await self._sender.send(request, account=account, purpose=purpose, cell=cell, burst=burst)
        if not burst:
            exchange = await self._again(exchange, request, account=account, purpose=purpose, cell=cell)
        if not safe:
            self._written = self._clock()
        return exchange

    async def _again(
        self, exchange: Exchange, request: Request, *, account: str, purpose: str, cell: Cell | None
    ) -> Exchange:
        key = (request.method, request.target.partition("?")[0])
        if key in self._broken or (request.method not in _REPEATABLE and purpose not in _LOG_INS):
            return exchange
        for _ in range(AGAIN):
            if exchange.response is None or exchange.response.status not in FAILED:
                return exchange
            exchange = await self._sender.send(request, account=account, purpose=purpose, cell=cell)
        if exchange.response is not None and exchange.response.status in FAILED:
            self._broken.add(key)
        return exchange

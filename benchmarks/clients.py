"""One client under measure, in its own process: `python -m benchmarks.clients NAME URL SECONDS CONNECTIONS`.

Prints a JSON line: answers, seconds, and the seconds of CPU that this process spent on them.
"""

from __future__ import annotations

import asyncio
import json
import sys
import time
from collections.abc import Awaitable, Callable
from contextlib import AsyncExitStack
from urllib.parse import urlsplit

from gatewright.model.events import AttemptSent, encode
from gatewright.model.finding import Cell
from gatewright.model.http import Exchange, Request
from gatewright.model.settings import Limits, Scope, Settings
from gatewright.wire.gate import Gate
from gatewright.wire.loop import run

Ask = Callable[[], Awaitable[int]]
"""Sends one request and gives the status of the answer, its body read."""

_CELL = Cell("GET /users/1", "object-access-read", "alice")


def _settings(connections: int, origin: str) -> Settings:
    """Every safety on, exclude patterns too: they cost the most."""
    return Settings(
        limits=Limits(requests=10**9, time=10**6, concurrency=connections, sent=10**12),
        scope=Scope(exclude=("*/shutdown", "*/admin/*")),
        target=(origin,),
    )


async def _gate(
    stack: AsyncExitStack, url: str, connections: int, record: Callable[[Exchange, Cell | None], None]
) -> Ask:
    parts = urlsplit(url)
    origin = f"{parts.scheme}://{parts.netloc}"
    gate = await stack.enter_async_context(
        Gate(_settings(connections, origin), run="bench", targets=[origin], record=record)
    )
    headers = (("Accept", "application/json"), ("Authorization", "Bearer " + "x" * 40))
    numbers = iter(range(10**12))

    async def ask() -> int:
        request = Request("GET", origin, f"{parts.path}?n={next(numbers)}", headers)
        exchange = await gate.send(request, account="alice", purpose="attack", cell=_CELL)
        if exchange.response is None:
            raise RuntimeError(exchange.error)
        return exchange.response.status

    return ask


async def gatewright(stack: AsyncExitStack, url: str, connections: int) -> Ask:
    """The gate's own `send`: scope, budget, pace, time-outs, decoding, timings."""
    return await _gate(stack, url, connections, lambda exchange, cell: None)


async def gatewright_recorded(stack: AsyncExitStack, url: str, connections: int) -> Ask:
    """The same, each exchange made an event and the event encoded, as for a store or an event file."""

    def record(exchange: Exchange, cell: Cell | None) -> None:
        encode(AttemptSent(exchange=exchange, cell=cell, at=exchange.at))

    return await _gate(stack, url, connections, record)


async def aiohttp(stack: AsyncExitStack, url: str, connections: int) -> Ask:
    import aiohttp as library

    session = await stack.enter_async_context(
        library.ClientSession(connector=library.TCPConnector(limit=connections), timeout=library.ClientTimeout(30))
    )
    headers = {"Accept": "application/json", "Authorization": "Bearer " + "x" * 40}
    numbers = iter(range(10**12))

    async def ask() -> int:
        async with session.get(f"{url}?n={next(numbers)}", headers=headers) as response:
            await response.read()
            return response.status

    return ask


async def httpx(stack: AsyncExitStack, url: str, connections: int) -> Ask:
    import httpx as library

    client = await stack.enter_async_context(
        library.AsyncClient(limits=library.Limits(max_connections=connections), timeout=30, trust_env=False)
    )
    headers = {"Accept": "application/json", "Authorization": "Bearer " + "x" * 40}
    numbers = iter(range(10**12))

    async def ask() -> int:
        return (await client.get(f"{url}?n={next(numbers)}", headers=headers)).status_code

    return ask


CLIENTS = {
    "gatewright": gatewright,
    "gatewright+record": gatewright_recorded,
    "aiohttp": aiohttp,
    "httpx": httpx,
}


async def measure(name: str, url: str, seconds: float, connections: int) -> dict[str, float]:
    """Keeps `connections` requests under way for some seconds, after a warm-up of a tenth of them."""
    async with AsyncExitStack() as stack:
        ask = await CLIENTS[name](stack, url, connections)
        answers = 0
        until = 0.0

        async def worker() -> None:
            nonlocal answers
            while time.perf_counter() < until:
                if await ask() == 200:
                    answers += 1

        for span in (seconds / 10, seconds):
            answers, until = 0, time.perf_counter() + span
            begun, cpu = time.perf_counter(), time.process_time()
            await asyncio.gather(*(worker() for _ in range(connections)))
        return {
            "answers": answers,
            "seconds": time.perf_counter() - begun,
            "cpu": time.process_time() - cpu,
        }


if __name__ == "__main__":
    client, target, duration, count = sys.argv[1:]
    sys.stdout.write(json.dumps(run(measure(client, target, float(duration), int(count)))) + "\n")

"""What goes on by itself: changes of the tables, told as they happen, over server-sent events or WebSocket."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from typing import Any

from starlette.responses import Response
from starlette.types import Receive, Scope, Send
from starlette.websockets import WebSocket, WebSocketDisconnect

from gatewright.lab.tables import Row

LONGEST = 60.0
"""Seconds after which a stream ends that nobody closes."""
BEAT = 1.0
"""Seconds between two heartbeats."""
_MOST_WAITING = 500
"""Events that wait for one listener; what comes after is lost to it."""


class Hub:
    """Tells listeners of every row that is written."""

    def __init__(self) -> None:
        self._ears: list[asyncio.Queue[tuple[str, Row]]] = []

    def tell(self, table: str, row: Row) -> None:
        """A row was added or changed."""
        for ear in self._ears:
            with suppress(asyncio.QueueFull):
                ear.put_nowait((table, row))

    @contextmanager
    def ear(self) -> Iterator[asyncio.Queue[tuple[str, Row]]]:
        """What is told from now on."""
        queue: asyncio.Queue[tuple[str, Row]] = asyncio.Queue(_MOST_WAITING)
        self._ears.append(queue)
        try:
            yield queue
        finally:
            self._ears.remove(queue)


@dataclass(frozen=True, slots=True, kw_only=True)
class Live:
    """What a handler answers where the answer goes on: what is said at once, and what each written row is told as."""

    hears: Callable[[str, Row], Any] = lambda table, row: None
    """Table and row → what is told of it; None: nothing."""
    first: tuple[Any, ...] = ()


async def told(live: Live, hub: Hub) -> AsyncIterator[Any]:
    """What is told, one after the other, and None for a heartbeat; ends after a minute."""
    ends = asyncio.get_running_loop().time() + LONGEST
    with hub.ear() as ear:
        for one in live.first:
            yield one
        while asyncio.get_running_loop().time() < ends:
            try:
                table, row = await asyncio.wait_for(ear.get(), BEAT)
            except TimeoutError:
                yield None
                continue
            event = live.hears(table, row)
            if event is not None:
                yield event


class Events(Response):
    """Server-sent events, until the caller has gone."""

    media_type = "text/event-stream"

    def __init__(self, live: Live, hub: Hub, written: Callable[[Any], bytes]) -> None:
        super().__init__(None, 200, {"Cache-Control": "no-store"})
        del self.headers["content-length"]
        self._live, self._hub, self._written = live, hub, written

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Tell what happens."""
        await send({"type": "http.response.start", "status": 200, "headers": self.raw_headers})
        await send({"type": "http.response.body", "body": b": welcome\n\n", "more_body": True})
        async with asyncio.TaskGroup() as tasks:
            gone = tasks.create_task(_gone(receive))
            async for event in told(self._live, self._hub):
                if gone.done():
                    break
                text = b": beat\n\n" if event is None else b"data: " + self._written(event) + b"\n\n"
                await send({"type": "http.response.body", "body": text, "more_body": True})
            gone.cancel()
        await send({"type": "http.response.body", "body": b""})

    async def over(self, socket: WebSocket) -> None:
        """The same over a WebSocket."""
        await converse(socket, self._live, self._hub, self._written)


async def _gone(receive: Receive) -> None:
    while (await receive())["type"] != "http.disconnect":
        pass


async def converse(socket: WebSocket, live: Live, hub: Hub, written: Callable[[Any], bytes]) -> None:
    """Tell what happens over a WebSocket that nobody has accepted yet; what is said there is not listened to."""
    await socket.accept()
    async with asyncio.TaskGroup() as tasks:
        gone = tasks.create_task(_hung_up(socket))
        async for event in told(live, hub):
            if gone.done():
                break
            if event is not None:
                with suppress(WebSocketDisconnect, RuntimeError):
                    await socket.send_text(written(event).decode())
        gone.cancel()
    with suppress(WebSocketDisconnect, RuntimeError):
        await socket.close()


async def _hung_up(socket: WebSocket) -> None:
    while (await socket.receive())["type"] != "websocket.disconnect":
        pass

"""Our own HTTP listener: the target is asked to call it, and that it did so is the proof. Loopback only.

Every address is one id, `/c/ID`, which nobody can guess; unknown ids are answered 404 and counted. It answers what was
offered there and notes who came. Only the target connects to it: the gate refuses its origin to our own client.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable
from urllib.parse import urlsplit

from msgspec import Struct

from gatewright.model.http import Headers
from gatewright.model.test import Visit

_HEAD = 8192
"""Most bytes of a request's head."""
_SECONDS = 5.0
"""Longest that one visitor may take."""
_VISITORS = 64
"""Most that are served at a time; who comes beyond is turned away."""
_KEPT = 100
"""Visits that are kept of one address."""


class _Offer(Struct):
    content: bytes
    content_type: str
    visits: list[Visit]


class HttpListener:
    """Listens on a free port of loopback from `open` to `close`. `name` gives an unguessable id for a label."""

    def __init__(self, name: Callable[[str], str], *, clock: Callable[[], float] = time.monotonic) -> None:
        self._name = name
        self._clock = clock
        self._offers: dict[str, _Offer] = {}
        self._server: asyncio.Server | None = None
        self._serving: set[asyncio.Task[None]] = set()
        self.origin = ""
        """`http://127.0.0.1:40123` once it is open."""
        self.strays = 0
        """Visits of addresses that nobody was given."""

    async def open(self) -> None:
        """Begin to listen. Raises OSError where that cannot be done."""
        if self._server is None:
            self._server = await asyncio.start_server(self._visit, "127.0.0.1", 0, limit=_HEAD)
            self.origin = f"http://127.0.0.1:{self._server.sockets[0].getsockname()[1]}"

    async def close(self) -> None:
        """Stop, and end what is being served."""
        if self._server is not None:
            self._server.close()
            for task in tuple(self._serving):
                task.cancel()
            await asyncio.gather(*self._serving, return_exceptions=True)
            await self._server.wait_closed()
            self._server = None

    def offer(self, content: bytes, content_type: str = "application/json") -> str:
        """A new address at which this content is given."""
        name = self._name(f"callback {len(self._offers)}")
        self._offers[name] = _Offer(content, content_type, [])
        return f"{self.origin}/c/{name}"

    def visits(self, url: str) -> tuple[Visit, ...]:
        """Who has called an address so far."""
        offer = self._offers.get(_id(urlsplit(url).path))
        return tuple(offer.visits) if offer is not None else ()

    async def _visit(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.current_task()
        if task is None or len(self._serving) >= _VISITORS:
            writer.close()
            return
        self._serving.add(task)
        try:
            async with asyncio.timeout(_SECONDS):
                await self._serve(reader, writer)
        except (OSError, ValueError, EOFError, TimeoutError, asyncio.LimitOverrunError):
            pass  # a visitor that breaks off or talks nonsense is none
        finally:
            self._serving.discard(task)
            writer.close()

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        head = (await reader.readuntil(b"\r\n\r\n")).decode("latin-1").split("\r\n")
        method, _, rest = head[0].partition(" ")
        target = rest.partition(" ")[0]
        pairs = (line.partition(":") for line in head[1:] if ":" in line)
        headers: Headers = tuple((name.strip(), value.strip()) for name, _, value in pairs)
        offer = self._offers.get(_id(urlsplit(target).path))
        if offer is None:
            self.strays += 1
        elif len(offer.visits) < _KEPT:
            peer = writer.get_extra_info("peername")
            offer.visits.append(Visit(method, target, headers, f"{peer[0]}:{peer[1]}", self._clock()))
        body = offer.content if offer is not None else b""
        kind = offer.content_type if offer is not None else "text/plain"
        status = "200 OK" if offer is not None else "404 Not Found"
        lines = f"HTTP/1.1 {status}\r\nContent-Type: {kind}\r\nContent-Length: {len(body)}\r\nConnection: close\r\n\r\n"
        writer.write(lines.encode() + (b"" if method == "HEAD" else body))
        await writer.drain()


def _id(path: str) -> str:
    """The id of `/c/ID`, also with something behind it; empty for another path."""
    parts = path.split("/")
    return parts[2] if len(parts) > 2 and parts[1] == "c" else ""

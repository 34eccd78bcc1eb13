"""Real servers on port 0 that do what a test tells them, byte by byte, and count what happens to them."""

from __future__ import annotations

import asyncio
import ssl
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import AbstractAsyncContextManager, asynccontextmanager, suppress
from typing import TypeAlias

import pytest

Script: TypeAlias = Callable[[asyncio.StreamReader, asyncio.StreamWriter], Awaitable[None]]


class Server:
    """A server on loopback; `script` runs for each connection."""

    def __init__(self, script: Script) -> None:
        self.script = script
        self.connections = 0
        self.port = 0
        self.secure = False
        self.requests: list[bytes] = []
        self._tasks: set[asyncio.Task[None]] = set()

    @property
    def origin(self) -> str:
        return f"{'https' if self.secure else 'http'}://127.0.0.1:{self.port}"

    async def on_connect(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.connections += 1
        task = asyncio.current_task()
        assert task is not None
        self._tasks.add(task)
        try:
            with suppress(OSError, asyncio.IncompleteReadError, asyncio.LimitOverrunError, asyncio.CancelledError):
                await self.script(reader, writer)
        finally:
            writer.transport.abort()
            self._tasks.discard(task)

    async def stop(self) -> None:
        for task in list(self._tasks):
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)


def answering(server: Server, *answers: bytes) -> Script:
    """Reads requests (with a Content-Length body) and gives the answers in turn, the last one for ever."""

    async def script(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        while True:
            request = await reader.readuntil(b"\r\n\r\n")
            length = [line for line in request.lower().split(b"\r\n") if line.startswith(b"content-length:")]
            if length:
                request += await reader.readexactly(int(length[0].split(b":")[1]))
            server.requests.append(request)
            writer.write(answers[min(len(server.requests), len(answers)) - 1])

    return script


Serve: TypeAlias = Callable[..., AbstractAsyncContextManager[Server]]


@pytest.fixture
def serve() -> Serve:
    """`async with serve(answers or script) as server`."""

    @asynccontextmanager
    async def start(
        *does: bytes | Script, tls: ssl.SSLContext | None = None, host: str = "127.0.0.1"
    ) -> AsyncIterator[Server]:
        server = Server(does[0]) if callable(does[0]) else Server(answering)  # type: ignore[arg-type]
        if not callable(does[0]):
            server.script = answering(server, *does)  # type: ignore[arg-type]
        server.secure = tls is not None
        listening = await asyncio.start_server(server.on_connect, host, 0, ssl=tls)
        server.port = listening.sockets[0].getsockname()[1]
        try:
            yield server
        finally:
            listening.close()
            await server.stop()
            await listening.wait_closed()

    return start

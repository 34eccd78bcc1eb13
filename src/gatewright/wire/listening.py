"""Listens to a stream on a connection of its own: server-sent events, or WebSocket, until a bound is reached.

Every bound is ours: seconds, messages, bytes. What a server does not end is ended, what it does wrong is said, and
nothing that it sends is answered but pings (RFC 6455, 5.5.2) and those of GraphQL's own sub-protocol.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable

import msgspec
from msgspec import Struct

from gatewright.model.http import Request, Response, Timing
from gatewright.model.settings import Limits
from gatewright.model.stream import Ear, Listen, is_events
from gatewright.wire.answer import HEAD_LIMIT, Body, Head, assemble
from gatewright.wire.connection import Connection, clock
from gatewright.wire.failures import failure
from gatewright.wire.h1 import Reader

_SILENT = 1.0
"""Seconds after which a stream counts as open although no head came: some servers send it with the first event."""
_SETTLED = 0.15
"""Seconds between the opening and what happens meanwhile: the server subscribes after it has answered."""
_SAMPLE = 0.2
"""Seconds that a message is waited for when nobody waits for one."""
_QUIET = 0.3
"""Seconds without a message after one, when nothing is waited for."""
_MOST_PIECES = 200
"""Pieces of an endless stream that are read."""
_STOPPED = "stopped listening"


class Heard(Struct, frozen=True, gc=False):
    """What a listening brought: the response, the bytes of the answer that are kept, and what was said after the request."""

    response: Response
    received: bytes
    said: bytes = b""


class Line(asyncio.Protocol):
    """The bytes of one connection as they come, at most so many. Takes the place of the connection's own protocol."""

    def __init__(self, connection: Connection, most: int) -> None:
        self._connection = connection
        self._most = most
        self._came = asyncio.Event()
        self._fresh = bytearray()
        self.received = bytearray()
        self.closed = connection.closed
        self.full = False
        if connection.transport is not None:
            connection.transport.set_protocol(self)

    def write(self, data: bytes) -> None:
        """Sends bytes, where the connection is still there."""
        if not self.closed and self._connection.transport is not None:
            self._connection.transport.write(data)

    def data_received(self, data: bytes) -> None:
        """Bytes came."""
        room = self._most - len(self.received)
        self.received += data[:room]
        self._fresh += data[:room]
        self.full = self.full or len(data) > room
        self._came.set()
        if self.full:
            self.abort()

    def connection_lost(self, exc: Exception | None) -> None:
        """The connection is gone."""
        self.closed = True
        self._came.set()
        self._connection.connection_lost(exc)

    async def more(self, until: float) -> bytes:
        """The bytes that came since the last call; waits for some until that moment, or the end. Empty: none came."""
        while not self._fresh and not self.closed:
            left = until - clock()
            if left <= 0:
                break
            self._came.clear()
            try:
                async with asyncio.timeout(left):
                    await self._came.wait()
            except TimeoutError:
                break
        data = bytes(self._fresh)
        self._fresh.clear()
        return data

    def abort(self) -> None:
        """Closes at once."""
        self.closed = True
        self._connection.abort()


class Listening:
    """One listening, from the request to its end. `opened` is told once when the stream is open, or was refused."""

    def __init__(
        self, connection: Connection, request: Request, limits: Limits, ear: Ear | None, opened: Callable[[], None]
    ) -> None:
        self._request = request
        self._how = request.listen or Listen()
        self._limits = limits
        self._ear = ear
        self._tell = opened
        self._connect = connection.connect
        self._line = Line(connection, limits.body + HEAD_LIMIT)
        self._began = clock()
        self._first = 0.0

    async def hear(self, wire: bytes) -> Heard:
        """Sends the request and listens. Raises WireError when no answer came."""
        try:
            self._line.write(wire)
            return await (self._messages() if self._how.kind == "websocket" else self._events())
        finally:
            self._tell()
            self._line.abort()

    # events

    async def _events(self) -> Heard:
        """An answer that goes on, read as HTTP; one that ends is read to its end."""
        reader = Reader(self._limits.body)
        reader.begin(self._request.method)
        await self._head(reader)
        if _streams(reader):
            await self._while(lambda until: self._read(reader, until), _body(reader))
        else:
            await self._rest(reader)
        self._finish(reader)
        response = assemble(reader.events, self._timing(), self._limits.body)
        kept = tuple(told for told in response.anomalies if told != _STOPPED)
        return Heard(msgspec.structs.replace(response, anomalies=kept), reader.received)

    async def _head(self, reader: Reader) -> None:
        """Until the head is there. A server that is silent may wait for something to tell."""
        silent, patience = self._began + _SILENT, self._began + self._limits.first_byte
        while not reader.has_head and not reader.done:
            waits = self._ear is not None and not self._ear.begun
            if await self._read(reader, min(silent, patience) if waits else patience) is not None:
                continue
            if self._line.closed:
                raise failure("closed", "the connection closed before an answer came")
            if waits and clock() < patience:
                await self._opened()
                patience = min(patience, clock() + self._how.seconds)
                continue
            raise failure("timeout-first-byte", f"no byte of an answer within {clock() - self._began:.1f} s")

    async def _rest(self, reader: Reader) -> None:
        """To the end of an answer that is no stream."""
        until = self._began + self._limits.total
        while await self._read(reader, until) is not None:
            pass

    def _finish(self, reader: Reader) -> None:
        """Nothing more is read: the answer is what there is."""
        if reader.done:
            return
        if self._line.closed and not self._line.full:
            reader.close()
        else:
            reader.stop(_STOPPED)

    async def _read(self, reader: Reader, until: float) -> str | None:
        """Feeds what comes until then, and gives all of the body so far; None when nothing came, or it has ended."""
        data = b"" if reader.done else await self._line.more(until)
        if not data:
            return None
        self._first = self._first or clock()
        if reader.feed(data):
            self._line.abort()
        return _body(reader)

    # messages

    async def _messages(self) -> Heard:
        """A WebSocket: the handshake, then messages. What is no 101 is read as any answer."""
        reader = Reader(self._limits.body)
        reader.begin(self._request.method)
        raw = await self._handshake()
        head, blank, rest = raw.partition(b"\r\n\r\n")
        if head.split(b" ")[1:2] != [b"101"]:
            reader.feed(raw)
            await self._rest(reader)
            self._finish(reader)
            return Heard(assemble(reader.events, self._timing(), self._limits.body), reader.received)
        reader.feed(head + blank)
        told = next(event for event in reader.events if isinstance(event, Head))
        from gatewright.wire.frames import Talk  # with it comes wsproto, which few runs need

        talk = Talk(self._line, self._how, rest, self._limits.body)
        wrong = talk.wrong(told, self._request)
        if wrong:
            talk.ended = f"(closed 1002 by us: {wrong})"
        else:
            await talk.greet(self._limits.first_byte)
            await self._while(talk.next, "")
            talk.close()
        body = "\n".join([*talk.heard, *([talk.ended] if talk.ended else [])]).encode("utf-8", "replace")
        response = Response(
            101, told.headers, body, told.reason, told.version, talk.full or self._line.full, len(body),
            tuple([wrong] if wrong else talk.anomalies), self._timing(),
        )  # fmt: skip
        return Heard(response, head + blank + body, "\n".join(talk.said).encode("utf-8", "replace"))

    async def _handshake(self) -> bytes:
        raw = b""
        until = self._began + self._limits.first_byte
        while b"\r\n\r\n" not in raw:
            data = await self._line.more(until)
            if not data:
                if self._line.closed and raw:
                    break
                word = "closed" if self._line.closed else "timeout-first-byte"
                raise failure(word, "no answer to the WebSocket handshake")
            self._first = self._first or clock()
            raw += data
            if len(raw) > HEAD_LIMIT:
                raise failure("head-too-large", f"no end of the head within {len(raw)} bytes")
        return raw

    # both

    async def _while(self, hear: Callable[[float], Awaitable[str | None]], first: str) -> None:
        """Listens until enough was heard, nothing more comes, or the stream ends. `first` came with the head."""
        await self._opened()
        ear, how = self._ear, self._how
        until = clock() + min(how.seconds if ear is not None else min(how.seconds, _SAMPLE), self._limits.total)
        wait = clock() if ear is not None else min(until, clock() + _QUIET) if first else until
        for _ in range(_MOST_PIECES):
            heard = await hear(wait) or first
            first, now = "", clock()
            if self._line.closed or now >= until or (ear is not None and heard and ear.enough(heard)):
                return
            if ear is None and not heard:  # it was quiet after something had come
                return
            wait = min(until, now + _QUIET) if ear is None else until

    async def _opened(self) -> None:
        """The stream is open: another request may take its turn, and what should happen meanwhile does."""
        self._tell()
        if self._ear is not None and not self._ear.begun:
            await asyncio.sleep(_SETTLED)
            await self._ear.opened()

    def _timing(self) -> Timing:
        now = clock()
        return Timing(self._connect, (self._first or now) - self._began, now - self._began)


def _body(reader: Reader) -> str:
    """The body so far, as text."""
    return b"".join(event.data for event in reader.events if isinstance(event, Body)).decode("utf-8", "replace")


def _streams(reader: Reader) -> bool:
    """Whether the answer is one that goes on: a good one of the type of event streams."""
    head = next((event for event in reader.events if isinstance(event, Head)), None) if reader.has_head else None
    if head is None:
        return False
    kind = next((value for name, value in head.headers if name.lower() == "content-type"), "")
    return 200 <= head.status < 300 and is_events(kind)

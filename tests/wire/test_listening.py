"""Streams on real sockets: what is heard, what ends it, and what hostile servers get out of it."""

from __future__ import annotations

import asyncio
import base64
import hashlib
import re

import msgspec
import pytest

from gatewright.model.call import opened
from gatewright.model.http import Exchange, Request
from gatewright.model.settings import Limits, Settings
from gatewright.model.stream import EAR, Ear, Listen, events, messages
from gatewright.wire.gate import Gate

SSE = b"HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\n\r\n"
CHUNKED = b"HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\nTransfer-Encoding: chunked\r\n\r\n"


def chunk(data: bytes) -> bytes:
    return b"%x\r\n%b\r\n" % (len(data), data)


def frame(payload: bytes, *, opcode: int = 1, fin: bool = True, mask: bool = False, size: int | None = None) -> bytes:
    length = len(payload) if size is None else size
    first = bytes([(0x80 if fin else 0) | opcode])
    bit = 0x80 if mask else 0
    if length < 126:
        head = bytes([bit | length])
    elif length < 65536:
        head = bytes([bit | 126]) + length.to_bytes(2, "big")
    else:
        head = bytes([bit | 127]) + length.to_bytes(8, "big")
    return first + head + (b"\0\0\0\0" if mask else b"") + payload


def accepted(request: bytes, *more: str, key: str = "") -> bytes:
    sent = re.search(rb"Sec-WebSocket-Key: (\S+)", request)
    assert sent is not None
    digest = hashlib.sha1(sent[1] + b"258EAFA5-E914-47DA-95CA-C5AB0DC85B11", usedforsecurity=False).digest()
    accept = key or base64.b64encode(digest).decode()
    lines = ["HTTP/1.1 101 Switching Protocols", "Upgrade: websocket", "Connection: Upgrade"]
    return "\r\n".join([*lines, f"Sec-WebSocket-Accept: {accept}", *more, "", ""]).encode()


async def told(reader: asyncio.StreamReader) -> str:
    """One masked text message of the client."""
    head = await reader.readexactly(2)
    size = head[1] & 0x7F
    if size == 126:
        size = int.from_bytes(await reader.readexactly(2), "big")
    mask = await reader.readexactly(4)
    data = await reader.readexactly(size)
    assert head[1] & 0x80, "a client masks what it sends (RFC 6455, 5.1)"
    return bytes(byte ^ mask[index % 4] for index, byte in enumerate(data)).decode("utf-8", "replace")


async def listen(
    origin: str, kind: str = "events", *, ear: Ear | None = None, limits: Limits | None = None, **how: object
) -> tuple[Exchange, Gate]:
    request = opened(Request("GET", origin, "/live"), kind, Listen(kind=kind, **how))  # type: ignore[arg-type]
    async with Gate(Settings(limits=limits or Limits()), run="r", targets=[origin]) as gate:
        token = EAR.set(ear)
        try:
            return await asyncio.wait_for(gate.send(request, account="alice"), 10), gate
        finally:
            EAR.reset(token)


@pytest.mark.parametrize("chunked", [True, False])
def test_events_are_heard_until_nothing_more_comes(serve, run, chunked) -> None:
    async def script(reader, writer) -> None:
        server_saw.append(await reader.readuntil(b"\r\n\r\n"))
        writer.write(CHUNKED if chunked else SSE)
        await asyncio.sleep(0.05)  # the head alone
        for text in (b": hello\n\n", b'data: {"id": 1}\n\n', b"event: x\ndata: two\ndata: lines\n\n"):
            writer.write(chunk(text) if chunked else text)
        await reader.read()  # it never ends by itself

    server_saw: list[bytes] = []

    async def main() -> None:
        async with serve(script) as server:
            exchange, gate = await listen(server.origin)
        answer = exchange.response
        assert answer is not None and answer.status == 200 and answer.truncated and not answer.anomalies
        assert events(answer.body.decode()) == ['{"id": 1}', "two\nlines"]
        assert answer.timing.total < 1.0, "a quiet stream is not listened to for as long as may be"
        assert b"Accept: text/event-stream" in server_saw[0] and b"Accept-Encoding: identity" in server_saw[0]
        assert gate.spent.requests == 1 and exchange.received.startswith(b"HTTP/1.1 200")

    run(main())


def test_what_happens_meanwhile_is_heard_and_ends_it(serve, run) -> None:
    happened = asyncio.Event()

    async def script(reader, writer) -> None:
        await reader.readuntil(b"\r\n\r\n")
        writer.write(SSE)
        await happened.wait()
        writer.write(b"data: before\n\ndata: MARK\n\n")
        await reader.read()

    async def main() -> None:
        async def meanwhile() -> None:
            happened.set()

        async with serve(script) as server:
            ear = Ear(meanwhile, lambda heard: "MARK" in heard)
            exchange, _ = await listen(server.origin, ear=ear, seconds=8.0)
        assert exchange.response is not None and events(exchange.response.body.decode()) == ["before", "MARK"]
        assert exchange.response.timing.total < 4.0

    run(main())


def test_a_server_that_sends_its_head_with_the_first_event(serve, run) -> None:
    happened = asyncio.Event()

    async def script(reader, writer) -> None:
        await reader.readuntil(b"\r\n\r\n")
        await happened.wait()
        writer.write(SSE + b"data: late\n\n")
        await reader.read()

    async def main() -> None:
        async def meanwhile() -> None:
            happened.set()

        async with serve(script) as server:
            exchange, _ = await listen(server.origin, ear=Ear(meanwhile, lambda heard: "late" in heard))
        assert exchange.response is not None and b"late" in exchange.response.body

    run(main())


def test_a_refusal_is_an_answer_like_others(serve, run) -> None:
    refusal = b'HTTP/1.1 401 Unauthorized\r\nContent-Length: 15\r\n\r\n{"error":"none"}'

    async def main() -> None:
        begun: list[int] = []

        async def meanwhile() -> None:
            begun.append(1)

        async with serve(refusal) as server:
            for kind in ("events", "websocket"):
                exchange, _ = await listen(server.origin, kind, ear=Ear(meanwhile))
                assert exchange.response is not None and exchange.response.meaning == 401, kind
                assert exchange.response.body.startswith(b'{"error":"none"')
        assert not begun, "a stream that was refused is not open"

    run(main())


def test_an_endless_flood_is_cut(serve, run) -> None:
    async def script(reader, writer) -> None:
        await reader.readuntil(b"\r\n\r\n")
        writer.write(SSE)
        while True:
            writer.write(b"data: " + b"x" * 50_000 + b"\n\n")
            await writer.drain()

    async def main() -> None:
        async with serve(script) as server:
            exchange, _ = await listen(server.origin, limits=Limits(body=200_000))
        answer = exchange.response
        assert answer is not None and answer.truncated and len(answer.body) <= 200_000
        assert len(exchange.received) < 1_000_000

    run(main())


def test_messages_are_said_and_heard(serve, run) -> None:
    said: list[str] = []

    async def script(reader, writer) -> None:
        request = await reader.readuntil(b"\r\n\r\n")
        assert b"Sec-WebSocket-Extensions" not in request, "no extension is offered"
        writer.write(accepted(request))
        said.append(await told(reader))
        writer.write(frame(b'{"a":', fin=False) + frame(b"hi", opcode=9) + frame(b"\n 1}", opcode=0))
        said.append(await told(reader))  # the pong
        said.append(await told(reader))
        writer.write(
            frame(b"plain") + frame(b"\x01\x02", opcode=2) + frame((4401).to_bytes(2, "big") + b"go", opcode=8)
        )
        await reader.read()

    async def main() -> None:
        async with serve(script) as server:
            exchange, gate = await listen(server.origin, "websocket", say=("one", "two"))
        answer = exchange.response
        assert said == ["one", "hi", "two"]
        assert answer is not None and answer.status == 101 and not answer.anomalies
        assert messages(answer.body.decode()) == ['{"a": 1}', "plain", "(binary, 2 bytes) 0102"]
        assert answer.body.endswith(b"(closed 4401 go)") and answer.meaning == 401
        assert exchange.sent.endswith(b"\r\n\r\none\ntwo") and gate.spent.requests == 1

    run(main())


@pytest.mark.parametrize(
    ("lines", "key", "why"),
    [
        ((), "AAAA", "does not answer our key"),
        (("Sec-WebSocket-Extensions: permessage-deflate",), "", "an extension is used"),
        (("Sec-WebSocket-Protocol: other",), "", "was not offered"),
    ],
)
def test_a_wrong_handshake_is_not_spoken_on(serve, run, lines, key, why) -> None:
    heard: list[bytes] = []

    async def script(reader, writer) -> None:
        request = await reader.readuntil(b"\r\n\r\n")
        writer.write(accepted(request, *lines, key=key) + frame(b"hello"))
        heard.append(await reader.read())

    async def main() -> None:
        async with serve(script) as server:
            exchange, _ = await listen(server.origin, "websocket", say=("secret",))
        answer = exchange.response
        assert answer is not None and why in answer.anomalies[0] and b"hello" not in answer.body
        assert not any(heard)

    run(main())


@pytest.mark.parametrize(
    "frames",
    [
        frame(b"masked", mask=True),
        frame(b"", opcode=3),
        frame(b"x" * 200, opcode=9),
        frame(b"\xff\xfe"),
        b"\xf1\x00",
    ],
    ids=["masked", "unknown opcode", "long ping", "no UTF-8", "reserved bits"],
)
def test_wrong_frames_end_it(serve, run, frames) -> None:
    async def script(reader, writer) -> None:
        writer.write(accepted(await reader.readuntil(b"\r\n\r\n")) + frame(b"good") + frames)
        await reader.read()

    async def main() -> None:
        async with serve(script) as server:
            exchange, _ = await listen(server.origin, "websocket", seconds=5.0)
        answer = exchange.response
        assert answer is not None and answer.body.startswith(b"good\n(closed 100")
        assert answer.anomalies and answer.timing.total < 3.0

    run(main())


def test_hostile_lengths_and_floods_are_bounded(serve, run) -> None:
    async def huge(reader, writer) -> None:
        writer.write(accepted(await reader.readuntil(b"\r\n\r\n")) + frame(b"x" * 1000, size=2**62))
        await reader.read()

    async def pings(reader, writer) -> None:
        writer.write(accepted(await reader.readuntil(b"\r\n\r\n")))
        while True:
            writer.write(frame(b"p", opcode=9) * 500)
            await writer.drain()

    async def fragments(reader, writer) -> None:
        writer.write(accepted(await reader.readuntil(b"\r\n\r\n")) + frame(b"", fin=False))
        while True:
            writer.write(frame(b"y" * 1000, opcode=0, fin=False) * 20)
            await writer.drain()

    async def many(reader, writer) -> None:
        writer.write(accepted(await reader.readuntil(b"\r\n\r\n")) + frame(b"{}") * 100_000)
        await reader.read()

    async def main() -> None:
        for script in (huge, pings, fragments, many):
            async with serve(script) as server:
                exchange, _ = await listen(server.origin, "websocket", limits=Limits(body=100_000), seconds=0.5)
            answer = exchange.response
            assert answer is not None and answer.status == 101, script.__name__
            assert len(answer.body) <= 100_000 and answer.timing.total < 8.0, script.__name__
        assert len(messages(answer.body.decode())) == 50

    run(main())


def test_no_answer_at_all(serve, run) -> None:
    async def silent(reader, writer) -> None:
        await reader.read()

    async def gone(reader, writer) -> None:
        await reader.readuntil(b"\r\n\r\n")

    async def main() -> None:
        for script, word in ((silent, "timeout-first-byte"), (gone, "closed")):
            for kind in ("events", "websocket"):
                async with serve(script) as server:
                    exchange, _ = await listen(server.origin, kind, limits=Limits(first_byte=0.3))
                assert exchange.response is None and exchange.error.startswith(word), (kind, exchange.error)

    run(main())


def test_a_handshake_that_is_broken_off_or_has_no_end(serve, run) -> None:
    async def cut(reader, writer) -> None:
        await reader.readuntil(b"\r\n\r\n")
        writer.write(b"HTTP/1.1 403 Forbidden\r\nX: y\r\n")
        await writer.drain()
        writer.close()
        await writer.wait_closed()

    async def endless(reader, writer) -> None:
        writer.write(b"HTTP/1.1 101 Switching Protocols\r\n")
        while True:
            writer.write(b"X: " + b"y" * 1000 + b"\r\n")
            await writer.drain()

    async def main() -> None:
        async with serve(cut) as server:
            exchange, _ = await listen(server.origin, "websocket")
        assert exchange.response is not None and exchange.response.meaning == 403, exchange.error
        async with serve(endless) as server:
            exchange, _ = await listen(server.origin, "websocket")
        assert exchange.response is None and exchange.error.startswith("head-too-large")

    run(main())


def test_a_server_that_stays_silent_while_something_happens(serve, run) -> None:
    async def silent(reader, writer) -> None:
        await reader.read()

    async def main() -> None:
        begun: list[int] = []

        async def meanwhile() -> None:
            begun.append(1)

        async with serve(silent) as server:
            exchange, _ = await listen(server.origin, ear=Ear(meanwhile), seconds=0.2)
            assert exchange.error.startswith("timeout-first-byte") and begun == [1], (
                "it might have had something to tell"
            )
            exchange, _ = await listen(server.origin, ear=Ear(meanwhile), limits=Limits(first_byte=0.2))
            assert exchange.error.startswith("timeout-first-byte") and begun == [1], "it never opened"

    run(main())


def test_an_answer_that_is_no_stream_is_read_to_its_end(serve, run) -> None:
    async def slow(reader, writer) -> None:
        await reader.readuntil(b"\r\n\r\n")
        writer.write(b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\n\r\n[1,")
        await asyncio.sleep(0.4)  # longer than a stream is waited for
        writer.write(b"2]")
        await writer.drain()
        writer.close()
        await writer.wait_closed()

    async def main() -> None:
        async with serve(slow) as server:
            exchange, _ = await listen(server.origin)
        assert exchange.response is not None and exchange.response.body == b"[1,2]"
        assert not exchange.response.truncated and not exchange.response.anomalies

    run(main())


def test_a_stream_that_never_rests_is_left(serve, run) -> None:
    async def busy(reader, writer) -> None:
        await reader.readuntil(b"\r\n\r\n")
        writer.write(SSE)
        while True:
            writer.write(b": still here\n\n")
            await writer.drain()
            await asyncio.sleep(0.001)

    async def main() -> None:
        async with serve(busy) as server:
            exchange, _ = await listen(server.origin, seconds=8.0)
        assert exchange.response is not None and exchange.response.truncated
        assert exchange.response.timing.total < 4.0

    run(main())


def test_other_requests_go_out_meanwhile(serve, run) -> None:
    """With one place among the requests, a stream that is open does not hold it."""
    asked = asyncio.Event()

    async def script(reader, writer) -> None:
        request = await reader.readuntil(b"\r\n\r\n")
        if b"/live" not in request:
            writer.write(b"HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n")
            asked.set()
            return
        writer.write(accepted(request))
        await asked.wait()
        writer.write(frame(b"MARK"))
        await reader.read()

    async def main() -> None:
        async with serve(script) as server:
            origin = server.origin
            recorded: list[Exchange] = []
            settings = Settings(limits=Limits(concurrency=1))
            gate = Gate(settings, run="r", targets=[origin], record=lambda exchange, cell: recorded.append(exchange))
            async with gate:

                async def meanwhile() -> None:
                    await gate.send(Request("GET", origin, "/other"))

                EAR.set(Ear(meanwhile, lambda heard: "MARK" in heard))
                request = opened(Request("GET", origin, "/live"), "websocket")
                exchange = await asyncio.wait_for(gate.send(request), 10)
        assert exchange.response is not None and exchange.response.body == b"MARK"
        assert [one.number for one in recorded] == [2, 1]
        assert msgspec.json.decode(msgspec.json.encode(exchange.request), type=Request) == exchange.request

    run(main())


def test_a_stream_that_nobody_knew_to_be_one_does_not_hang(serve, run) -> None:
    async def script(reader, writer) -> None:
        await reader.readuntil(b"\r\n\r\n")
        writer.write(SSE + b"data: 1\n\n")
        await reader.read()

    async def main() -> None:
        async with serve(script) as server, Gate(Settings(), run="r", targets=[server.origin]) as gate:
            exchange = await asyncio.wait_for(gate.send(Request("GET", server.origin, "/x")), 5)
        assert exchange.response is not None and exchange.response.truncated
        assert exchange.response.body == b"data: 1\n\n"

    run(main())

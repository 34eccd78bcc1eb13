"""Hostile and failing servers on real sockets: an answer, an anomaly or a word, never a traceback, never a hang."""

from __future__ import annotations

import asyncio
import gzip
import socket
import struct
import time

import pytest

from gatewright.model.http import Exchange, Request
from gatewright.model.settings import Limits, Settings
from gatewright.wire.connection import Connection
from gatewright.wire.gate import Gate
from gatewright.wire.lines import Lines

QUICK = Limits(connect=0.5, first_byte=0.12, total=0.25, body=20_000)
OK = b"HTTP/1.1 200 OK\r\n"


def script(*steps: bytes | float | str):
    """A server's part: bytes to send, seconds to wait, `close`, `reset`, or `flood` (the bytes before it, for ever)."""

    async def play(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.readuntil(b"\r\n\r\n")
        last = b""
        for step in steps:
            if isinstance(step, bytes):
                writer.write(step)
                last = step
                await writer.drain()
            elif isinstance(step, float):
                await asyncio.sleep(step)
            elif step == "flood":
                while True:
                    writer.write(last)
                    await writer.drain()
            elif step == "drip":
                while True:
                    writer.write(last)
                    await asyncio.sleep(0.02)
            elif step == "reset":
                await asyncio.sleep(0.02)
                writer.get_extra_info("socket").setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
                writer.transport.abort()
                return
            else:
                return
        await reader.read()

    return play


HOSTILE = {
    # name: (steps, error word or "", status, part of an anomaly or "", truncated)
    "silent": ([10.0], "timeout-first-byte", 0, "", False),
    "closes at once": (["close"], "closed", 0, "", False),
    "resets at once": (["reset"], "reset", 0, "", False),
    "slow drip of headers": ([OK, b"A: b\r\n", "drip"], "timeout-total", 0, "", False),
    "slow drip of a body": ([OK + b"Content-Length: 9999\r\n\r\n", b"x", "drip"], "", 200, "did not end within", True),
    "slow odd drip": ([OK + b"A : b\r\nContent-Length: 9999\r\n\r\n", b"x", "drip"], "", 200, "did not end", True),
    "half a head": ([OK + b"A: b\r\n", "close"], "", 200, "closed among the header lines", False),
    "half a head, then silence": ([OK + b"A: b\r\n", 10.0], "timeout-total", 0, "", False),
    "half a head, then reset": ([OK + b"A: b\r\n", "reset"], "", 200, "closed among the header lines", False),
    "half a body": ([OK + b"Content-Length: 9\r\n\r\nhal", "close"], "", 200, "closed after 3 of 9 bytes", False),
    "half a body, then reset": ([OK + b"Content-Length: 9\r\n\r\nhal", "reset"], "", 200, "connection broke", True),
    "endless body": ([OK + b"\r\n" + b"x" * 60_000, "flood"], "", 200, "reading stopped", True),
    "endless chunks": (
        [OK + b"Transfer-Encoding: chunked\r\n\r\n", b"1000\r\n" + bytes(4096) + b"\r\n", "flood"],
        "",
        200,
        "reading stopped",
        True,
    ),
    "endless chunk extension": (
        [OK + b"Transfer-Encoding: chunked\r\n\r\n5;", b"x" * 60_000, "flood"],
        "",
        200,
        "",
        True,
    ),
    "endless trailers": (
        [OK + b"Transfer-Encoding: chunked\r\n\r\n0\r\n", b"a: b\r\n" * 999, "flood"],
        "",
        200,
        "",
        True,
    ),
    "header flood": ([OK, b"a: b\r\n" * 999, "flood"], "head-too-large", 0, "", False),
    "one endless header": ([OK + b"a: ", b"b" * 9999, "flood"], "head-too-large", 0, "", False),
    "endless odd header": ([OK + b"a ", b"b" * 9999, "flood"], "head-too-large", 0, "", False),
    "endless interim answers": ([b"HTTP/1.1 100 C\r\n\r\n" * 99, "flood"], "head-too-large", 0, "", False),
    "endless blank lines": ([b"\r\n" * 9999, "flood"], "head-too-large", 0, "", False),
    "garbage": ([bytes(range(256)), 10.0], "not-http", 0, "", False),
    "endless garbage": ([bytes(range(256)) * 99, "flood"], "not-http", 0, "", False),
    "another protocol": ([b"220 mail.test ESMTP\r\n", 10.0], "not-http", 0, "", False),
    "TLS on the plain port": ([b"\x15\x03\x01\x00\x02\x02\x16", "close"], "not-http", 0, "", False),
    "bad chunk": ([OK + b"Transfer-Encoding: chunked\r\n\r\nzz\r\n", 10.0], "", 200, "no number stands", False),
    "two lengths": ([OK + b"Content-Length: 2\r\nContent-Length: 9\r\n\r\nhi", 10.0], "", 200, "two lengths", False),
    "length that lies": ([OK + b"Content-Length: 3\r\n\r\nhello", 10.0], "", 200, "bytes follow", False),
    "a whole second answer": ([(OK + b"Content-Length: 0\r\n\r\n") * 2, 10.0], "", 200, "bytes follow", False),
    "huge status": ([b"HTTP/1.1 99999999 OK\r\nContent-Length: 0\r\n\r\n", 10.0], "", 99999999, "odd status", False),
    "bomb in gzip": (
        [
            OK
            + b"Content-Encoding: gzip\r\nContent-Length: %d\r\n\r\n%b"
            % (len(bomb := gzip.compress(bytes(5_000_000))), bomb),
            10.0,
        ],
        "",
        200,
        "decodes to more than",
        True,
    ),
    "no gzip": ([OK + b"Content-Encoding: gzip\r\nContent-Length: 5\r\n\r\nhello", 10.0], "", 200, "gzip: ", False),
}


@pytest.mark.parametrize("name", HOSTILE)
def test_hostile_server(name: str, serve, run) -> None:
    steps, word, status, anomaly, truncated = HOSTILE[name]

    async def main() -> None:
        async with serve(script(*steps)) as server:
            begun = time.perf_counter()
            async with Gate(Settings(limits=QUICK), run="r", targets=[server.origin]) as gate:
                exchange = await gate.send(Request("POST", server.origin, "/"))
                if not name.endswith("gzip"):  # that one is framed well: its connection stays
                    await gate.send(Request("POST", server.origin, "/"))
                    assert server.connections == 2
            assert time.perf_counter() - begun < 3
        if word:
            assert exchange.response is None
            assert exchange.error.startswith(word + ": ")
            assert exchange.error.isprintable()
            return
        assert exchange.error == ""
        assert exchange.response is not None
        assert exchange.response.status == status
        assert anomaly in "; ".join(exchange.response.anomalies)
        assert exchange.response.truncated == truncated
        assert len(exchange.response.body) <= QUICK.body
        assert exchange.received.startswith(b"HTTP/1.1")
        assert len(exchange.received) < 800_000

    run(main())


def test_what_came_before_the_failure_is_kept(serve, run) -> None:
    async def main() -> None:
        async with serve(script(b"SSH-2.0-x\r\n", "close")) as server:
            async with Gate(Settings(limits=QUICK), run="r", targets=[server.origin]) as gate:
                exchange = await gate.send(Request("GET", server.origin, "/"))
            assert exchange.received == b"SSH-2.0-x\r\n"
            assert exchange.error == "not-http: the answer begins with b'SSH-2.0-x\\r\\n'"

    run(main())


def test_timings(serve, run) -> None:
    async def main() -> None:
        steps = (0.1, OK + b"Content-Length: 2\r\n\r\n", 0.1, b"ok", 10.0)
        async with serve(script(*steps)) as server:
            async with Gate(Settings(), run="r", targets=[server.origin]) as gate:
                before = time.time_ns() / 1e9
                exchange = await gate.send(Request("GET", server.origin, "/"))
            response = exchange.response
            assert response is not None
            timing = response.timing
            assert 0.09 < timing.first_byte < 0.19 < timing.total < 1
            assert 0 < timing.connect < 0.1
            assert not timing.reused
            assert before - 0.01 <= exchange.at <= before + 0.2

    run(main())


def test_deadlines_follow_each_request(serve, run) -> None:
    """The one timer of a connection is set anew for each request, earlier ones included."""

    async def play(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        for _ in range(3):
            await reader.readuntil(b"\r\n\r\n")
            writer.write(OK + b"Content-Length: 2\r\n\r\n")
            await asyncio.sleep(0.15)
            writer.write(b"ok")
        await reader.read()

    async def main() -> None:
        limits = Limits(first_byte=0.1, total=2.0)
        async with serve(play) as server, Gate(Settings(limits=limits), run="r", targets=[server.origin]) as gate:
            for _ in range(3):
                exchange = await gate.send(Request("GET", server.origin, "/"))
                assert exchange.response is not None, exchange.error
            begun = time.perf_counter()
            exchange = await gate.send(Request("GET", server.origin, "/"))
            assert exchange.error == "timeout-first-byte: no byte of an answer within 0.1 s"
            assert time.perf_counter() - begun < 0.5
            assert server.connections == 1

    run(main())


@pytest.mark.parametrize("kept", [False, True])
def test_a_cancelled_request_gives_no_answer_to_the_next(kept: bool, serve, run) -> None:
    async def play(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        for _ in range(2):
            request = await reader.readuntil(b"\r\n\r\n")
            if b"/slow" in request:
                await asyncio.sleep(0.1)
            writer.write(OK + b"Content-Length: %d\r\n\r\n%b" % (len(request), request))

    async def main() -> None:
        async with serve(play) as server, Gate(Settings(), run="r", targets=[server.origin]) as gate:
            if kept:
                await gate.send(Request("GET", server.origin, "/first"))
            with pytest.raises(TimeoutError):
                async with asyncio.timeout(0.05):
                    await gate.send(Request("GET", server.origin, "/slow"))
            exchange = await gate.send(Request("GET", server.origin, "/next"))
            assert exchange.response is not None
            assert exchange.response.body.startswith(b"GET /next")
            assert len(next(iter(gate._by_origin.values())).open) == 1

    run(main())


def test_bytes_while_idle_end_the_connection(serve, run) -> None:
    async def play(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.readuntil(b"\r\n\r\n")
        writer.write(OK + b"Content-Length: 0\r\n\r\n")
        await asyncio.sleep(0.02)
        writer.write(OK + b"X: poison\r\nContent-Length: 0\r\n\r\n")
        await reader.read()

    async def main() -> None:
        async with serve(play) as server, Gate(Settings(), run="r", targets=[server.origin]) as gate:
            await gate.send(Request("GET", server.origin, "/"))
            await asyncio.sleep(0.06)
            exchange: Exchange = await gate.send(Request("GET", server.origin, "/"))
            assert exchange.response is not None
            assert exchange.response.header("x") is None
            assert server.connections == 2

    run(main())


def test_an_answer_before_the_request_is_all_sent(serve, run) -> None:
    async def play(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.readuntil(b"\r\n\r\n")
        writer.write(b"HTTP/1.1 413 Too Large\r\nContent-Length: 0\r\n\r\n")
        await asyncio.sleep(10)

    async def main() -> None:
        async with serve(play) as server, Gate(Settings(), run="r", targets=[server.origin]) as gate:
            exchange = await gate.send(Request("POST", server.origin, "/", (), bytes(20_000_000)))
            assert exchange.response is not None
            assert exchange.response.status == 413
            await gate.send(Request("POST", server.origin, "/"))
            assert server.connections == 2

    run(main())


def test_a_connection_that_is_gone_says_so(serve, run) -> None:
    """A request on a connection that was closed meanwhile fails at once, unsent."""

    async def main() -> None:
        async with serve(script(OK + b"Content-Length: 0\r\n\r\n")) as server:
            connection = Connection(Settings().limits, Lines(), lambda gone: None)
            loop = asyncio.get_running_loop()
            await loop.create_connection(lambda: connection, "127.0.0.1", server.port)
            connection.abort()
            await connection.ask(b"GET / HTTP/1.1\r\nHost: x\r\n\r\n", "GET")
            assert connection.error is not None
            assert "closed before the request was sent" in str(connection.error)
            assert not server.requests

    run(main())

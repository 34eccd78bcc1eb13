"""Kept connections, and what is sent a second time."""

from __future__ import annotations

import asyncio
import socket

import pytest

from gatewright.model.errors import ScopeError
from gatewright.model.http import Request
from gatewright.model.settings import Limits, Scope, Settings
from gatewright.wire import pool as pool_module
from gatewright.wire.gate import Gate

OK = b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok"


def closing(*, after: int, answer: bytes = OK, on: asyncio.Event | None = None):
    """Answers some requests of each connection, then reads one more and closes without a word."""

    async def play(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        for _ in range(after):
            await reader.readuntil(b"\r\n\r\n")
            writer.write(answer)
        await reader.readuntil(b"\r\n\r\n")
        if on is not None:
            on.set()

    return play


@pytest.mark.parametrize("method", ["GET", "HEAD", "OPTIONS", "TRACE", "PUT", "DELETE"])
def test_idempotent_requests_are_repeated_on_a_new_connection(method: str, serve, run) -> None:
    async def main() -> None:
        answer = b"HTTP/1.1 204 No Content\r\n\r\n"
        script = closing(after=1, answer=answer)
        async with serve(script) as server, Gate(Settings(), run="r", targets=[server.origin]) as gate:
            first = await gate.send(Request(method, server.origin, "/"))
            second = await gate.send(Request(method, server.origin, "/"))
            assert second.response is not None, second.error
            assert not second.response.timing.reused
            assert (server.connections, second.number) == (2, 2)
            assert gate.spent.requests == 3
            assert gate.spent.sent == len(first.sent) + 2 * len(second.sent)

    run(main())


@pytest.mark.parametrize(
    "request_",
    [Request("POST", "", "/"), Request("PATCH", "", "/"), Request("GET", "", "/", (("Host", "x.test"),), b"", "exact")],
)
def test_others_are_not(request_: Request, serve, run) -> None:
    async def main() -> None:
        async with serve(closing(after=1)) as server:
            request = Request(request_.method, server.origin, "/", request_.headers, request_.body, request_.framing)
            async with Gate(Settings(), run="r", targets=[server.origin]) as gate:
                assert (await gate.send(request)).response is not None
                second = await gate.send(request)
                assert second.error in (
                    "closed: the connection closed before an answer came",
                    "reset: the connection broke (Connection reset by peer) before an answer came",
                )
                assert server.connections == 1

    run(main())


def test_a_failure_on_a_new_connection_is_not_repeated(serve, run) -> None:
    async def main() -> None:
        async with serve(closing(after=0)) as server, Gate(Settings(), run="r", targets=[server.origin]) as gate:
            exchange = await gate.send(Request("GET", server.origin, "/"))
            assert exchange.error.startswith(("closed: ", "reset: "))
            assert server.connections == 1

    run(main())


def test_an_answer_that_began_is_not_repeated(serve, run) -> None:
    async def play(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.readuntil(b"\r\n\r\n")
        writer.write(OK)
        await reader.readuntil(b"\r\n\r\n")
        writer.write(b"HTTP/1.1 2")

    async def main() -> None:
        async with serve(play) as server, Gate(Settings(), run="r", targets=[server.origin]) as gate:
            await gate.send(Request("GET", server.origin, "/"))
            exchange = await gate.send(Request("GET", server.origin, "/"))
            assert exchange.error.startswith("not-http: ")
            assert server.connections == 1

    run(main())


def test_unsafe_requests_take_only_fresh_connections(serve, run, monkeypatch: pytest.MonkeyPatch) -> None:
    async def main() -> None:
        async with serve(OK) as server, Gate(Settings(), run="r", targets=[server.origin]) as gate:
            await gate.send(Request("POST", server.origin, "/"))
            await gate.send(Request("POST", server.origin, "/"))
            assert server.connections == 1
            monkeypatch.setattr(pool_module, "_FRESH", 0.0)
            await gate.send(Request("GET", server.origin, "/"))
            assert server.connections == 1
            await gate.send(Request("POST", server.origin, "/"))
            assert server.connections == 2

    run(main())


@pytest.mark.parametrize(
    "answer",
    [
        b"HTTP/1.1 200 OK\r\nConnection: close\r\nContent-Length: 0\r\n\r\n",
        b"HTTP/1.0 200 OK\r\nContent-Length: 0\r\n\r\n",
    ],
)
def test_closed_when_the_server_says_so(answer: bytes, serve, run) -> None:
    async def main() -> None:
        async with serve(answer) as server, Gate(Settings(), run="r", targets=[server.origin]) as gate:
            for _ in range(3):
                await gate.send(Request("GET", server.origin, "/"))
            assert server.connections == 3

    run(main())


def test_connections_that_the_server_closed_while_idle(serve, run) -> None:
    async def play(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.readuntil(b"\r\n\r\n")
        writer.write(OK)
        await writer.drain()

    async def main() -> None:
        async with serve(play) as server, Gate(Settings(), run="r", targets=[server.origin]) as gate:
            for _ in range(3):
                exchange = await gate.send(Request("POST", server.origin, "/"))
                assert exchange.response is not None, exchange.error
                for _ in range(400):
                    if not next(iter(gate._by_origin.values())).open:
                        break
                    await asyncio.sleep(0.005)
            assert server.connections == 3
            assert not next(iter(gate._by_origin.values())).idle

    run(main())


def test_many_at_once_share_no_answer(serve, run) -> None:
    async def play(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        while True:
            request = await reader.readuntil(b"\r\n\r\n")
            path = request.split(b" ")[1]
            await asyncio.sleep(len(path) % 3 / 1000)
            writer.write(b"HTTP/1.1 200 OK\r\nContent-Length: %d\r\n\r\n%b" % (len(path), path))

    async def main() -> None:
        async with serve(play) as server:
            settings = Settings(limits=Limits(concurrency=8))
            async with Gate(settings, run="r", targets=[server.origin]) as gate:
                sent = [gate.send(Request("GET", server.origin, f"/{10**number}")) for number in range(100)]
                exchanges = await asyncio.gather(*sent)
            for exchange in exchanges:
                assert exchange.response is not None
                assert exchange.response.body.decode() == exchange.request.target
            assert sorted(exchange.number for exchange in exchanges) == list(range(1, 101))
            assert server.connections <= 8

    run(main())


def test_a_name_without_an_address(run) -> None:
    async def nowhere(host: str) -> list[str]:
        raise socket.gaierror(socket.EAI_NONAME, "no such name")

    async def main() -> None:
        origin = "http://gone.test"
        async with Gate(Settings(), run="r", targets=[origin], resolve=nowhere) as gate:
            exchange = await gate.send(Request("GET", origin, "/"))
        assert exchange.error == "dns: no address for gone.test (no such name)"
        assert exchange.number == 1

    run(main())


def test_a_name_that_moves(serve, run) -> None:
    """A pinned address that stops answering: another one of the same reach is taken, one of another is refused."""

    async def main() -> None:
        addresses = ["127.0.0.9"]

        async def resolve(host: str) -> list[str]:
            return list(addresses)

        async with serve(OK) as server:
            origin = f"http://moves.test:{server.port}"
            async with Gate(Settings(), run="r", targets=[origin], resolve=resolve) as gate:
                exchange = await gate.send(Request("GET", origin, "/"))
                assert exchange.error.startswith("connect: ")
                addresses[:] = ["127.0.0.1"]
                exchange = await gate.send(Request("GET", origin, "/"))
                assert exchange.response is not None, exchange.error
            addresses[:] = ["127.0.0.9"]
            async with Gate(Settings(), run="r", targets=[origin], resolve=resolve) as gate:
                await gate.send(Request("GET", origin, "/"))
                addresses[:] = ["10.0.0.1"]
                with pytest.raises(ScopeError, match="now leads to"):
                    await gate.send(Request("GET", origin, "/"))

    run(main())


def test_a_wildcard_behind_a_proxy_is_looked_at(proxying, run) -> None:
    async def inwards(host: str) -> list[str]:
        return ["10.0.0.1"]

    async def main() -> None:
        async with proxying() as proxy:
            settings = Settings(scope=Scope(include=("http://*.shop.test/*",)), proxy=f"127.0.0.1:{proxy.port}")
            async with Gate(settings, run="r", targets=[], resolve=inwards) as gate:
                with pytest.raises(ScopeError, match="only a wildcard"):
                    await gate.send(Request("GET", "http://a.shop.test", "/"))
            assert proxy.connections == 0

    run(main())

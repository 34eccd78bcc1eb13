from __future__ import annotations

import asyncio
import contextlib
from collections.abc import AsyncIterator

import pytest

from gatewright.engine.listener import HttpListener


@contextlib.asynccontextmanager
async def listening() -> AsyncIterator[HttpListener]:
    listener = HttpListener(lambda label: f"id-of-{label.replace(' ', '-')}")
    await listener.open()
    try:
        yield listener
    finally:
        await listener.close()


async def ask(listener: HttpListener, request: bytes) -> bytes:
    reader, writer = await asyncio.open_connection("127.0.0.1", int(listener.origin.rpartition(":")[2]))
    try:
        writer.write(request)
        return await asyncio.wait_for(reader.read(), 5)
    finally:
        writer.close()


def test_who_calls_an_address_gets_what_was_offered_and_is_noted() -> None:
    async def go() -> None:
        async with listening() as listener:
            url = listener.offer(b'{"keys": []}')
            assert listener.visits(url) == ()
            path = url.removeprefix(listener.origin)
            answer = await ask(listener, f"GET {path}?x=1 HTTP/1.1\r\nHost: us\r\nUser-Agent: them\r\n\r\n".encode())
            assert answer.startswith(b"HTTP/1.1 200 OK\r\n")
            assert answer.endswith(b'\r\n\r\n{"keys": []}')
            (visit,) = listener.visits(url + "#anything")
            assert (visit.method, visit.target) == ("GET", f"{path}?x=1")
            assert ("User-Agent", "them") in visit.headers
            assert visit.peer.startswith("127.0.0.1:")

    asyncio.run(go())


def test_each_offer_has_its_own_address_and_kind() -> None:
    async def go() -> None:
        async with listening() as listener:
            first, second = listener.offer(b"1"), listener.offer(b"2", "text/plain")
            assert first != second
            answer = await ask(listener, f"HEAD {second.removeprefix(listener.origin)} HTTP/1.1\r\n\r\n".encode())
            assert b"text/plain" in answer
            assert answer.endswith(b"\r\n\r\n")
            assert listener.visits(first) == ()
            assert len(listener.visits(second)) == 1

    asyncio.run(go())


@pytest.mark.parametrize("target", ["/", "/c/", "/c/other", "/x/id-of-callback-0", "*"])
def test_strangers_are_counted_and_get_nothing(target: str) -> None:
    async def go() -> None:
        async with listening() as listener:
            url = listener.offer(b"ours")
            answer = await ask(listener, f"GET {target} HTTP/1.1\r\n\r\n".encode())
            assert answer.startswith(b"HTTP/1.1 404")
            assert b"ours" not in answer
            assert listener.strays == 1
            assert listener.visits(url) == ()

    asyncio.run(go())


@pytest.mark.parametrize("request_", [b"A" * 20_000, b"GET / HTTP/1.1\r\n" + b"x: y\r\n" * 4000 + b"\r\n"])
def test_nonsense_ends_the_connection_only(request_: bytes) -> None:
    async def go() -> None:
        async with listening() as listener:
            with contextlib.suppress(ConnectionError):
                assert await ask(listener, request_) == b""
            url = listener.offer(b"still here")
            path = url.removeprefix(listener.origin)
            assert b"still here" in await ask(listener, f"GET {path} HTTP/1.1\r\n\r\n".encode())

    asyncio.run(go())


def test_after_its_end_nobody_answers_and_a_hanging_visitor_is_let_go() -> None:
    async def go() -> None:
        async with listening() as listener:
            reader, writer = await asyncio.open_connection("127.0.0.1", int(listener.origin.rpartition(":")[2]))
            writer.write(b"GET /")
            await ask(listener, b"GET / HTTP/1.1\r\n\r\n")
            await listener.close()
            with contextlib.suppress(ConnectionError):
                assert await asyncio.wait_for(reader.read(), 5) == b""
            writer.close()
            with pytest.raises(OSError):
                await ask(listener, b"")
            await listener.close()

    asyncio.run(go())

"""Specifications are fetched from the host that the user named, and from no other."""

from __future__ import annotations

import asyncio

import pytest

from gatewright.model.errors import ScopeError, SourceError, TargetError
from gatewright.model.settings import Limits, Scope, Settings
from gatewright.wire.documents import Documents

BODY = b'{"openapi": "3.1.0"}'


def answer(status: int, *headers: str, body: bytes = b"") -> bytes:
    head = "".join(f"{line}\r\n" for line in headers)
    return f"HTTP/1.1 {status} Word\r\n{head}Content-Length: {len(body)}\r\n\r\n".encode() + body


async def get(url: str, settings: Settings = Settings(), path: str = "/openapi.json?v=3") -> bytes:  # noqa: B008
    async with Documents(settings, run="r1", url=url) as fetch:
        return await fetch(url + path)


def test_the_body(serve, run) -> None:
    async def main() -> None:
        redirect = answer(302, "Location: moved#part")
        async with serve(redirect, answer(200, body=BODY)) as server:
            settings = Settings(headers=(("X-Key", "k"),), scope=Scope(include=("http://other.test/*",)))
            assert await get(server.origin, settings) == BODY
            assert server.requests[0].startswith(b"GET /openapi.json?v=3 HTTP/1.1\r\n")
            assert b"X-Key: k\r\n" in server.requests[0]
            assert b"(run r1)\r\n" in server.requests[0]
            assert server.requests[1].startswith(b"GET /moved HTTP/1.1\r\n")

    run(main())


def test_no_other_host(serve, run) -> None:
    async def main() -> None:
        async with serve(answer(200, body=BODY)) as outside:
            async with serve(answer(302, f"Location: {outside.origin}/x")) as server:
                with pytest.raises(ScopeError, match="redirected elsewhere") as caught:
                    await get(server.origin)
                assert caught.value.code == "GW-W004"
                async with Documents(Settings(), run="r", url=server.origin) as fetch:
                    with pytest.raises(ScopeError) as caught:
                        await fetch(f"{outside.origin}/schema.json")
                    assert caught.value.code == "GW-W001"
            assert outside.connections == 0

    run(main())


def test_https_of_the_same_host_is_in_scope() -> None:
    documents = Documents(Settings(), run="r", url="http://shop.test/x")
    assert documents._gate.allows("https://shop.test/x") == ""
    assert documents._gate.allows("https://shop.test:8443/x")
    documents = Documents(Settings(), run="r", url="https://shop.test/x")
    assert documents._gate.allows("http://shop.test/x")


@pytest.mark.parametrize(
    ("reply", "code", "why"),
    [
        (answer(404), "GW-W008", "the server answered 404 Word"),
        (answer(302), "GW-W008", "the server answered 302 Word"),
        (answer(200, body=bytes(100)), "GW-W009", "longer than 50 bytes"),
    ],
)
def test_no_document(reply: bytes, code: str, why: str, serve, run) -> None:
    async def main() -> None:
        async with serve(reply) as server:
            with pytest.raises(SourceError, match=why) as caught:
                await get(server.origin, Settings(limits=Limits(body=50)))
            assert (caught.value.code, caught.value.where) == (code, server.origin + "/openapi.json?v=3")

    run(main())


def test_no_answer() -> None:
    with pytest.raises(TargetError) as caught:
        asyncio.run(get("http://127.0.0.1:1"))
    assert caught.value.code == "GW-W103"
    assert caught.value.help


def test_a_question_in_a_body_is_answered_whatever_the_status(serve, run) -> None:
    async def main() -> None:
        async with serve(answer(400, body=BODY), answer(200, body=bytes(100))) as server:
            settings = Settings(limits=Limits(body=50))
            async with Documents(settings, run="r", url=server.origin) as documents:
                assert await documents.post(server.origin + "/graphql", b'{"query": ""}') == BODY
                assert await documents.post(server.origin + "/graphql", b"{}") == b""
                with pytest.raises(ScopeError):
                    await documents.post("http://other.test/graphql", b"{}")
            assert server.requests[0].startswith(b"POST /graphql HTTP/1.1\r\n")
            assert b"Content-Type: application/json\r\n" in server.requests[0]

    run(main())
    with pytest.raises(TargetError):
        asyncio.run(_ask("http://127.0.0.1:1/graphql"))


def test_a_server_that_hangs_up(serve, run) -> None:
    async def script(reader, writer) -> None:
        await reader.readuntil(b"\r\n\r\n")

    async def main() -> None:
        async with serve(script) as server:
            for ask in (get(server.origin), _ask(server.origin + "/graphql")):
                with pytest.raises(TargetError) as caught:
                    await ask
                assert caught.value.code in ("GW-W109", "GW-W110") and caught.value.where.startswith(server.origin)

    run(main())


async def _ask(url: str) -> None:
    async with Documents(Settings(), run="r", url=url) as documents:
        await documents.post(url, b"{}")

"""Redirects: only through the gate."""

from __future__ import annotations

import asyncio

import pytest

from gatewright.model.errors import ScopeError
from gatewright.model.http import Exchange, Request, Response
from gatewright.model.settings import Settings
from gatewright.wire.gate import Gate
from gatewright.wire.redirects import follow, location, redirected

POST = Request("POST", "http://a.test", "/x/y?z", (("Cookie", "s=1"), ("Content-Type", "t"), ("A", "b")), b"body")


def exchange(status: int, *headers: tuple[str, str]) -> Exchange:
    return Exchange(1, POST, Response(status, headers))


@pytest.mark.parametrize(
    ("value", "url"),
    [
        ("/new#part", "http://a.test/new"),
        ("new", "http://a.test/x/new"),
        ("?q", "http://a.test/x/y?q"),
        ("//b.test/", "http://b.test/"),
        ("https://b.test/", "https://b.test/"),
        ("", ""),
    ],
)
def test_location(value: str, url: str) -> None:
    assert location(exchange(302, ("location", value))) == url


def test_no_location() -> None:
    assert location(exchange(302)) == ""
    assert location(exchange(200, ("Location", "/"))) == ""
    assert location(Exchange(1, POST, None, error="dns: no")) == ""


@pytest.mark.parametrize(
    ("status", "method", "body"),
    [(301, "GET", b""), (302, "GET", b""), (303, "GET", b""), (307, "POST", b"body"), (308, "POST", b"body")],
)
def test_methods(status: int, method: str, body: bytes) -> None:
    request = redirected(POST, status, "http://a.test/new?q")
    assert (request.method, request.body, request.target) == (method, body, "/new?q")
    assert request.header("cookie") == "s=1"
    assert (request.header("content-type") is None) == (method == "GET")


def test_head_stays_head() -> None:
    assert redirected(Request("HEAD", "http://a.test", "/"), 303, "http://a.test/").method == "HEAD"
    assert redirected(Request("PUT", "http://a.test", "/"), 302, "http://a.test/").method == "PUT"


def test_another_origin_gets_no_credentials() -> None:
    assert redirected(POST, 307, "http://a.test:81/").headers == (("Content-Type", "t"), ("A", "b"))
    with pytest.raises(ScopeError):
        redirected(POST, 307, "http://u@b.test/")


def test_follow(serve) -> None:
    async def main() -> None:
        hops = [b"HTTP/1.1 302 F\r\nLocation: /%d\r\nContent-Length: 0\r\n\r\n" % number for number in range(3)]
        async with serve(*hops, b"HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n") as server:
            async with Gate(Settings(), run="r", targets=[server.origin]) as gate:
                first = await gate.send(Request("GET", server.origin, "/"), account="bob", purpose="login")
                last = await follow(gate, first)
            assert (last.number, last.account, last.purpose, last.request.target) == (4, "bob", "login", "/2")
        endless = b"HTTP/1.1 302 F\r\nLocation: /\r\nContent-Length: 0\r\n\r\n"
        async with serve(endless) as server, Gate(Settings(), run="r", targets=[server.origin]) as gate:
            last = await follow(gate, await gate.send(Request("GET", server.origin, "/")))
            assert last.number == 6

    asyncio.run(main())


def test_follow_stops_at_the_border(serve) -> None:
    async def main() -> None:
        async with serve(b"HTTP/1.1 200 OK\r\n\r\n") as outside:
            away = f"HTTP/1.1 302 F\r\nLocation: {outside.origin}/\r\nContent-Length: 0\r\n\r\n".encode()
            async with serve(away) as server, Gate(Settings(), run="r", targets=[server.origin]) as gate:
                last = await follow(gate, await gate.send(Request("GET", server.origin, "/")))
                assert last.number == 1
            assert outside.connections == 0

    asyncio.run(main())

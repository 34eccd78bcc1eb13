"""Requests hidden in a request."""

from __future__ import annotations

import pytest

from gatewright.model.errors import ScopeError
from gatewright.model.http import Request
from gatewright.model.settings import Scope
from gatewright.wire.address import read_origin
from gatewright.wire.encoder import Encoder
from gatewright.wire.guard import Guard, path_of
from gatewright.wire.scope import ScopeRules

ORIGIN = "http://127.0.0.1:5000"


def refused(request: Request, *, proxied: bool = False, own: tuple[tuple[str, str], ...] = ()) -> str:
    """Why a request does not go out; /shutdown is excluded, both origins are targets."""
    rules = ScopeRules(Scope(exclude=("*/shutdown",)), [ORIGIN, "http://shop.test"])
    wire, plain = Encoder("127.0.0.1:5000").encode(request)
    try:
        Guard(rules, read_origin(ORIGIN), own=own, proxied=proxied).check(request, wire, plain=plain)
    except ScopeError as error:
        assert error.code in ("GW-W001", "GW-W002")
        return error.what
    return ""


def get(target: str, *headers: tuple[str, str], method: str = "GET", body: bytes = b"", exact: bool = False) -> Request:
    return Request(method, ORIGIN, target, headers, body, "exact" if exact else "auto")


@pytest.mark.parametrize(
    "request_",
    [
        get("/"),
        get("/a b"),
        get(""),
        get("?x"),
        get("*", method="OPTIONS"),
        get(f"{ORIGIN}/x"),
        get("http://2130706433:5000/x"),
        get("/", ("Host", "127.0.0.1:5000")),
        get("/", ("Host", "127.0.0.1")),
        get("/", ("Host", "shop.test")),
        get("/", ("host", "gw123.invalid")),
        get("/", ("Host", "")),
        get("/", body=b"GET /x HTTP/1.1\r\n\r\n", method="POST"),
        get("/", ("Host", "127.0.0.1:5000"), ("Content-Length", "3"), body=b"GET /x HTTP/1.1\r\n\r\n", exact=True),
        get("127.0.0.1:5000", method="CONNECT"),
        get("//evil.test/"),
    ],
)
def test_allowed(request_: Request) -> None:
    assert refused(request_) == ""


@pytest.mark.parametrize(
    ("request_", "why"),
    [
        (get("/shutdown"), "excluded"),
        (get("/a b/../shutdown"), "excluded"),
        (get("?/../shutdown"), ""),
        (get("http://127.0.0.1:5001/"), "names http://127.0.0.1:5001"),
        (get("HTTP://evil.test/"), "names http://evil.test"),
        (get("http://user@127.0.0.1:5000/"), "user name"),
        (get("http://shop.test/"), "names http://shop.test"),
        (get(f"{ORIGIN}/shutdown"), "excluded"),
        (get("evil.test:80", method="CONNECT"), "tunnel"),
        (get("/x#/../shutdown"), "excluded"),
        (get("/x y#/../shutdown"), "excluded"),
        (get(f"{ORIGIN}#/../shutdown"), "excluded"),
        (get("@evil.test/"), "does not begin with a slash"),
        (get("evil.test/"), "does not begin with a slash"),
        (get("/", ("Host", "evil.com")), "Host header names evil.com"),
        (get("/", ("HOST ", "evil.com")), "Host header names evil.com"),
        (get("/", ("Host:evil.com", "x")), "Host header"),
        (get("/", ("Host", "a b")), "names no host"),
        (get("/", ("X", "y\r\nHost: evil.com"), exact=True), "Host header names evil.com"),
        (get("/ HTTP/1.1\r\nHost: evil.com\r\nX: y", exact=True), "Host header names evil.com"),
        (get("/x", body=b"GET /shutdown HTTP/1.1\r\n\r\n", method="POST"), "excluded"),
        (get("/x", ("Content-Length", "1"), body=b"\r\nGET /shutdown?x HTTP/1.1\r\n\r\n"), "excluded"),
        (get("/x", ("Transfer-Encoding", "chunked"), body=b"0\r\n\r\nPOST http://evil.com/ HTTP/1.1\r\n"), "evil.com"),
        (get("/x HTTP/1.1\r\n\r\nDELETE /%73hutdown", exact=True), "excluded"),
        (get("/x", ("A", "b\r\n\r\nGET /shutdown"), exact=True), "excluded"),
    ],
)
def test_refused(request_: Request, why: str) -> None:
    assert why in refused(request_)
    assert bool(refused(request_)) == bool(why)


def test_the_users_own_host_is_meant() -> None:
    request = get("/", ("Host", "vhost.com"))
    assert refused(request)
    assert not refused(request, own=(("host", "vhost.com"),))


def test_through_a_proxy_host_must_be_in_scope() -> None:
    assert refused(get("/", ("Host", "gw.invalid")), proxied=True)
    assert not refused(get("/", ("Host", "shop.test")), proxied=True)


@pytest.mark.parametrize(
    ("url", "path"),
    [
        ("http://a", "/"),
        ("http://a/", "/"),
        ("http://a?x=1", "/?x=1"),
        ("http://a/b?c#d", "/b?c"),
        ("http://a#d", "/"),
        ("http://a\\b", "/\\b"),
    ],
)
def test_path_of(url: str, path: str) -> None:
    assert path_of(url) == path

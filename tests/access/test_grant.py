from __future__ import annotations

from gatewright.access.grant import Grant, alike, granted, told
from gatewright.model.http import Exchange, Request, Response

ASK = Request("POST", "http://t", "/login?x=1", (("X-Id", "request-id-12345678"),), b'{"p": "pw"}')
JSON = (("Content-Type", "application/json"),)


def exchange(response: Response | None, error: str = "") -> Exchange:
    return Exchange(1, ASK, response, error=error)


def test_echoes_of_the_request_are_no_credentials() -> None:
    body = b'{"token": "request-id-12345678", "key": "fresh-key-1"}'
    grant = granted(exchange(Response(200, JSON, body)), {"pw"})
    assert [item.source for item in grant.found] == ["json:/key"]


def test_cookies_collected_before_come_after_those_of_the_answer() -> None:
    lines = (("Set-Cookie", "sid=new; Max-Age=60"),)
    grant = granted(exchange(Response(200, lines)), (), {"sid": "old", "lang": "en", "gone": ""})
    assert [(item.source, item.value.reveal()) for item in grant.found] == [
        ("cookie:sid", "new"),
        ("cookie:lang", "en"),
    ]
    assert grant.lives == 60
    assert not grant.empty


def test_an_exchange_without_an_answer_grants_nothing() -> None:
    grant = granted(exchange(None, "timeout-first-byte: none"), ())
    assert grant.empty
    assert grant.why == "timeout-first-byte: none"
    assert Grant().empty


def test_told() -> None:
    assert told(exchange(None)) == "no answer"
    assert told(exchange(Response(418, JSON, b'{"a": {"message": "I am a teapot"}, "x": 1}'))) == "418 (I am a teapot)"
    assert told(exchange(Response(500))) == "500"


def test_alike_looks_at_status_leaves_cookies_and_location() -> None:
    one = Response(200, JSON, b'{"user": "alice", "ok": true}')
    assert alike(one, Response(200, JSON, b'{"user": "bob", "ok": true}'), {"alice", "bob"})
    assert not alike(one, Response(200, JSON, b'{"user": "bob", "ok": true}'), ())
    assert not alike(one, Response(201, JSON, one.body), ())
    assert not alike(one, Response(200, (*JSON, ("Set-Cookie", "a=b")), one.body), ())
    assert not alike(Response(302, (("Location", "/a"),)), Response(302, (("Location", "/b"),)), ())
    assert not alike(Response(302, (("Location", "/a"),)), Response(302), ())
    assert alike(None, None, ())
    assert not alike(one, None, ())

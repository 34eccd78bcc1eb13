from __future__ import annotations

from datetime import UTC, datetime

import pytest

from gatewright.access.attach import Slot, attach, slots
from gatewright.access.tokens import Found
from gatewright.model.account import Credential
from gatewright.model.endpoint import Body, Endpoint, Scheme, Specification
from gatewright.model.http import Request
from gatewright.model.schema import Schema
from gatewright.model.secret import Secret

PLAIN = Request("POST", "http://t", "/a?x=1", (("X-Mine", "1"), ("Cookie", "theme=dark; sid=old")), b"{}")


def credential(within: str, name: str, value: str, prefix: str = "") -> Credential:
    return Credential(within=within, name=name, prefix=prefix, value=Secret(value))  # type: ignore[arg-type]


def test_headers_are_added_and_replaced() -> None:
    ready = attach(PLAIN, [credential("header", "Authorization", "t", "Bearer "), credential("header", "x-mine", "2")])
    assert ready.header("authorization") == "Bearer t"
    assert [line for line in ready.headers if line[0].lower() == "x-mine"] == [("x-mine", "2")]
    assert ready.body == b"{}"


def test_cookies_join_those_of_the_caller() -> None:
    ready = attach(PLAIN, [credential("cookie", "sid", "new"), credential("cookie", "b", "2")])
    assert ready.header("cookie") == "theme=dark; sid=new; b=2"
    bare = attach(Request("GET", "http://t", "/"), [credential("cookie", "sid", "new")])
    assert bare.header("cookie") == "sid=new"


@pytest.mark.parametrize(
    ("target", "expected"), [("/a", "/a?k=v%2F1"), ("/a?x=1", "/a?x=1&k=v%2F1"), ("/a#f", "/a?k=v%2F1#f")]
)
def test_query(target: str, expected: str) -> None:
    assert attach(Request("GET", "http://t", target), [credential("query", "k", "v/1")]).target == expected


def test_nothing_to_attach_changes_nothing() -> None:
    assert attach(PLAIN, ()) == PLAIN


def found(source: str, order: int, prefix: str = "") -> Found:
    return Found(
        source=source, name=source.rpartition("/")[2].rpartition(":")[2], value=Secret("v"), prefix=prefix, order=order
    )


def test_the_place_of_the_specification_is_tried_first() -> None:
    schemes = {"k": Scheme(name="k", kind="apiKey", within="header", parameter="X-Shop-Key")}
    spec = Specification(source="t", dialect="openapi 3.1", schemes=schemes)
    tried = slots([found("json:/token", 4), found("cookie:sid", 30)], spec)
    assert str(tried[0][0]) == "X-Shop-Key"
    assert [str(slot) for slot in tried[1]] == ["Authorization: Bearer"]
    assert [str(slot) for slot in tried[2]] == ["cookie sid"]
    assert len(tried) == len(set(tried))


def test_weak_values_come_last() -> None:
    spec = Specification(source="t", dialect="openapi 3.1")
    tried = slots([found("json:/token", 4), found("json:/x", 40)], spec)
    assert tried[0] == (Slot(source="json:/token", within="header", name="Authorization", prefix="Bearer "),)
    assert {choice[0].source for choice in tried[-4:]} == {"json:/x"}


def test_schemes_of_http() -> None:
    schemes = {"t": Scheme(name="t", kind="http", scheme="Token"), "b": Scheme(name="b", kind="http", scheme="basic")}
    spec = Specification(source="t", dialect="openapi 3.1", schemes=schemes)
    assert str(slots([found("json:/token", 4)], spec)[0][0]) == "Authorization: Token"


def test_a_query_value_stands_once() -> None:
    ready = attach(Request("GET", "http://t", "/a?k=old&x=1&k%20=2"), [credential("query", "k", "new")])
    assert ready.target == "/a?x=1&k%20=2&k=new"


@pytest.mark.parametrize(
    ("media", "body", "target", "sent"),
    [
        ("application/json", b'{"a":1,"t":"old"}', "/a", b'{"a":1,"t":"v&1"}'),
        ("application/x-www-form-urlencoded", b"a=1&t=old", "/a", b"a=1&t=v%261"),
        ("application/json", b"[1]", "/a?t=v%261", b"[1]"),
        ("text/plain", b"not json", "/a?t=v%261", b"not json"),
        ("", b"", "/a?t=v%261", b""),
    ],
)
def test_a_field_of_the_body_or_of_the_query_where_there_is_none(
    media: str, body: bytes, target: str, sent: bytes
) -> None:
    request = Request("POST", "http://t", "/a", (("Content-Type", media),) if media else (), body)
    ready = attach(request, [credential("body", "t", "v&1")])
    assert (ready.target, ready.body) == (target, sent)


def test_a_signature_covers_what_else_was_attached() -> None:
    key = Credential(within="signature", name="SigV4", value=Secret("s"), scope="AK/r/s")
    now = datetime(2026, 1, 1, tzinfo=UTC)
    plain = attach(PLAIN, [key], now).header("authorization")
    assert plain is not None
    assert plain.startswith("AWS4-HMAC-SHA256 Credential=AK/20260101/r/s/aws4_request")
    assert attach(PLAIN, [key, credential("query", "t", "1")], now).header("authorization") != plain


def test_a_certificate_is_shown_by_the_connection() -> None:
    ready = attach(PLAIN, [credential("certificate", "certificate", "/c.pem"), credential("header", "X-A", "1")])
    assert ready.certificate == "/c.pem"
    assert ready.with_headers(("X-B", "2")).certificate == "/c.pem"


def test_a_token_goes_where_most_endpoints_ask_for_it() -> None:
    taking = Schema(types=("object",), required=("sessionToken",), properties={"sessionToken": Schema()})
    other = Schema(types=("object",), required=("name",), properties={"name": Schema()})
    bodies = [taking, taking, taking, other]
    endpoints = tuple(
        Endpoint(
            method="POST", path=f"/{i}", origin="http://t", bodies=(Body(content_type="application/json", schema=s),)
        )
        for i, s in enumerate(bodies)
    )
    token = Found(source="json:/token", name="token", value=Secret("x" * 20))
    specification = Specification(source="t", dialect="openapi", endpoints=endpoints)
    assert slots([token], specification)[0] == (Slot(source="json:/token", within="body", name="sessionToken"),)
    assert all(slot.within != "body" for (slot,) in slots([token], Specification(source="t", dialect="openapi")))

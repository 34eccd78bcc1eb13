from __future__ import annotations

import base64
import json
from urllib.parse import parse_qsl, unquote

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from gatewright.model.call import Call, encode, leaves, render, sends
from gatewright.model.endpoint import Endpoint, Place
from gatewright.model.graphql import Field
from gatewright.model.http import Request
from gatewright.model.json import Json
from gatewright.model.stream import GRAPHQL, Listen

ENDPOINT = Endpoint(method="PUT", path="/orders/{id}", origin="http://h:1", base="/v1")
BODY: Json = {"order": {"items": [{"id": 1}, {"id": 2}], "note": "x"}, "ids": [7, 8]}
CALL = Call(
    endpoint=ENDPOINT.id,
    path={"id": 5},
    query={"q": "a"},
    headers={"X-A": "b"},
    cookies={"c": 1},
    body=BODY,
    content_type="application/json",
)


@pytest.mark.parametrize(
    ("place", "value"),
    [
        (Place("path", "id"), 5),
        (Place("query", "q"), "a"),
        (Place("query", "none"), None),
        (Place("header", "X-A"), "b"),
        (Place("cookie", "c"), 1),
        (Place("body", "order.note"), "x"),
        (Place("body", "order.items[1].id"), 2),
        (Place("body", "order.items[].id"), 1),
        (Place("body", "ids[0]"), 7),
        (Place("body", "ids[9]"), None),
        (Place("body", "order.note.deeper"), None),
    ],
    ids=str,
)
def test_the_value_at_a_place(place: Place, value: Json) -> None:
    assert CALL.get(place) == value


@pytest.mark.parametrize("place", [*CALL.places(), Place("body", "new.deep[0].key"), Place("query", "new")], ids=str)
def test_a_value_that_is_put_is_there_and_nothing_else_changes(place: Place) -> None:
    changed = CALL.with_value(place, "other")
    assert changed.get(place) == "other"
    assert all(changed.get(other) == CALL.get(other) for other in CALL.places() if other != place)
    assert CALL.get(place) != "other"


def test_every_element_of_a_list_takes_the_value() -> None:
    changed = CALL.with_value(Place("body", "order.items[].id"), 9)
    assert isinstance(changed.body, dict)
    assert changed.body["order"] == {"items": [{"id": 9}, {"id": 9}], "note": "x"}


def test_places_are_all_scalars_in_the_order_of_sending() -> None:
    assert [str(place) for place in CALL.places()] == [
        "path id",
        "query q",
        "header X-A",
        "cookie c",
        "body order.items[0].id",
        "body order.items[1].id",
        "body order.note",
        "body ids[0]",
        "body ids[1]",
    ]


def test_what_is_taken_away_is_gone() -> None:
    assert CALL.without(Place("query", "q")).query == {}
    body = CALL.without(Place("body", "ids")).body
    assert isinstance(body, dict)
    assert list(body) == ["order"]
    assert Call(endpoint="e", body=[1]).without(Place("body", "x")).body == [1]


def test_a_request_as_it_goes_out() -> None:
    request = render(
        ENDPOINT, CALL.with_value(Place("path", "id"), "a/b ü").with_value(Place("query", "q"), ["x y", "z"])
    )
    assert request.target == "/v1/orders/a%2Fb%20%C3%BC?q=x%20y&q=z"
    assert request.headers == (("X-A", "b"), ("Cookie", "c=1"), ("Content-Type", "application/json"))
    assert request.method == "PUT"
    assert request.origin == "http://h:1"


def test_raw_bytes_go_out_as_they_are_and_no_content_type_means_no_body() -> None:
    raw = Call(endpoint="e", path={"id": 1}, raw=b"\x00\xff", content_type="application/octet-stream")
    assert render(ENDPOINT, raw).body == b"\x00\xff"
    assert render(ENDPOINT, Call(endpoint="e", path={"id": 1}, body={"a": 1})).body == b""


def test_forms_and_files() -> None:
    assert encode({"a": [1, 2], "b": True, "c": None}, "application/x-www-form-urlencoded") == b"a=1&a=2&b=true&c="
    body: Json = {"title": "t", "file": {"filename": "a.txt", "content": "hello", "content_type": "text/plain"}}
    assert encode(body, "multipart/form-data; boundary=XX").decode() == (
        '--XX\r\nContent-Disposition: form-data; name="title"\r\n\r\nt\r\n'
        '--XX\r\nContent-Disposition: form-data; name="file"; filename="a.txt"\r\nContent-Type: text/plain\r\n\r\nhello\r\n'
        "--XX--\r\n"
    )


@given(st.text(min_size=1), st.dictionaries(st.text(min_size=1), st.text(), max_size=4))
def test_any_text_survives_path_and_query(value: str, query: dict[str, str]) -> None:
    target = render(ENDPOINT, Call(endpoint="e", path={"id": value}, query=dict(query))).target
    path, _, sent = target.partition("?")
    assert unquote(path.removeprefix("/v1/orders/")) == value.encode("utf-8", "replace").decode()
    assert dict(parse_qsl(sent, keep_blank_values=True)) == query
    assert target.isascii()


SCALARS = st.none() | st.booleans() | st.integers(-9, 9) | st.text(max_size=3)
NAMES = st.text("abc", min_size=1, max_size=3)
BODIES = st.recursive(SCALARS, lambda inner: st.lists(inner, max_size=3) | st.dictionaries(NAMES, inner, max_size=3))


@given(BODIES)
def test_leaves_name_the_places_where_they_stand(body: Json) -> None:
    call = Call(endpoint="e", body=body, content_type="application/json")
    for name, value in leaves(body):
        if name:
            assert call.get(Place("body", name)) == value
            assert call.with_value(Place("body", name), value).body == body


def test_a_field_of_a_schema_is_sent_as_a_document() -> None:
    field = Field(
        kind="query", name="order", document="query order($id: ID!) { order(id: $id) { id } }", path="/api/gql"
    )
    endpoint = Endpoint(method="GET", path="/orders/{id}", origin="http://h:1", field=field)
    request = render(endpoint, Call(endpoint=endpoint.id, path={"id": "ü"}, headers={"X-A": "b"}, cookies={"c": 1}))
    assert (request.method, request.target) == ("POST", "/api/gql")
    assert request.headers == (("X-A", "b"), ("Cookie", "c=1"), ("Content-Type", "application/json"))
    assert json.loads(request.body) == {"query": field.document, "variables": {"id": "ü"}}


def test_a_body_as_xml_has_one_root_and_repeats_lists() -> None:
    head = b'<?xml version="1.0" encoding="UTF-8"?>'
    assert encode({"a": 1, "b": ["x", "<y>"]}, "application/xml") == (
        head + b"<request><a>1</a><b>x</b><b>&lt;y&gt;</b></request>"
    )
    assert (
        encode({"order": {"id": True, "1 x": None}}, "text/xml") == head + b"<order><id>true</id><item></item></order>"
    )


def test_which_requests_are_of_an_endpoint() -> None:
    assert sends(ENDPOINT, render(ENDPOINT, CALL))
    assert not sends(ENDPOINT, Request("GET", "http://h:1", "/v1/orders/5"))
    assert not sends(ENDPOINT, Request("PUT", "http://h:1", "/v1/orders/5/items"))
    one, other = (Field(kind="query", name=n, document=f"query {n} {{ {n} }}") for n in ("a", "b"))
    asked = Endpoint(method="GET", path="/a", origin="http://h:1", field=one)
    assert sends(asked, render(asked, Call(endpoint=asked.id)))
    assert not sends(msgspec.structs.replace(asked, field=other), render(asked, Call(endpoint=asked.id)))


def test_a_stream_is_opened_with_what_its_kind_wants() -> None:
    events = render(Endpoint(method="GET", path="/a/{id}/live", origin="http://a.test", stream="events"),
                    Call(endpoint="x", path={"id": 7}, headers={"Accept": "x/y"}))  # fmt: skip
    assert events.target == "/a/7/live" and events.listen == Listen()
    assert events.header("accept") == "x/y" and events.header("accept-encoding") == "identity"
    socket = render(
        Endpoint(method="GET", path="/live", origin="http://a.test", stream="websocket"), Call(endpoint="x")
    )
    assert [socket.header(name) for name in ("Upgrade", "Sec-WebSocket-Version", "Origin")] == [
        "websocket", "13", "http://a.test",
    ]  # fmt: skip
    key = socket.header("sec-websocket-key") or ""
    assert len(base64.b64decode(key)) == 16 and socket.listen == Listen(kind="websocket")
    other = render(Endpoint(method="GET", path="/b", origin="http://a.test", stream="websocket"), Call(endpoint="x"))
    assert other.header("sec-websocket-key") != key


def test_a_subscription_is_a_message_on_a_websocket() -> None:
    field = Field(kind="subscription", name="sent", document="subscription($id: ID!) { sent(id: $id) { id } }",
                  path="/graphql")  # fmt: skip
    endpoint = Endpoint(method="GET", path="/sents/{id}", origin="http://a.test", field=field, stream="websocket")
    request = render(endpoint, Call(endpoint=endpoint.id, path={"id": "7"}))
    assert (request.method, request.target, request.body) == ("GET", "/graphql", b"")
    assert request.listen is not None and request.listen.protocols == GRAPHQL
    greeting, asked = map(json.loads, request.listen.say)
    assert greeting == {"type": "connection_init", "payload": {}}
    assert asked["type"] == "subscribe" and asked["payload"]["variables"] == {"id": "7"}
    assert sends(endpoint, request) and endpoint.name == "GET /graphql#subscription.sent"

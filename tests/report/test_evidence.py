from __future__ import annotations

from collections.abc import Callable

import msgspec
import pytest

from gatewright.model.call import opened
from gatewright.model.http import Exchange, Request, Response
from gatewright.model.stream import Listen
from gatewright.report.evidence import prose, section, shown
from gatewright.report.json import exchange_document


def body(exchange: Exchange, data: bytes, *witness: str, truncated: bool = False) -> tuple[str, list[str], str]:
    changed = msgspec.structs.replace(exchange, response=Response(200, (), data, truncated=truncated))
    found = shown(changed, attacks=(exchange.number,), witness=witness).response
    return "".join(text for _, text in found.body), [text for marked, text in found.body if marked], found.cut


@pytest.fixture
def one(make_exchange: Callable[..., Exchange]) -> Exchange:
    return make_exchange(1, "GET", "/x")


def test_json_is_indented_and_witnesses_are_marked(one: Exchange) -> None:
    text, marked, cut = body(one, b'{"a":{"b":"secret-of-alice"}}', "secret-of-alice", "ab")
    assert text == '{\n  "a": {\n    "b": "secret-of-alice"\n  }\n}'
    assert marked == ["secret-of-alice"]
    assert cut == ""


def test_long_and_binary_bodies_are_told(one: Exchange) -> None:
    assert body(one, bytes(range(128, 256)))[0] == "128 bytes that are no text"
    text, _, cut = body(one, b"x" * 5000)
    assert (len(text), cut[:35]) == (4096, "The first 4,096 of 5,000 bytes, SHA")
    assert body(one, b"x", truncated=True)[2].endswith("cut at the limit of the run.")


def test_controls_are_drawn(one: Exchange) -> None:
    assert body(one, b"a\x1b[31m\r\n\tb\x00")[0] == "a␛[31m\n    b␀"


def test_no_answer_is_an_answer(one: Exchange) -> None:
    found = shown(msgspec.structs.replace(one, response=None, error="timeout"), attacks=(), witness=())
    assert (found.status, found.response.head, found.attack, found.open) == ("no answer", "timeout", False, False)


def test_prose_and_sections() -> None:
    doc = """## Why it matters
    *One* `a` b
    **goes** on, 2 * 3 * 4.

    - first
    - second
    ## Remedy
    Fix."""
    assert section(doc, "Remedy") == "Fix."
    assert section(doc, "Nothing") == ""
    assert prose(section(doc, "Why it matters")) == [
        ("p", [(False, "One "), (True, "a"), (False, " b goes on, 2 * 3 * 4.")]),
        ("li", [(False, "first")]),
        ("li", [(False, "second")]),
    ]


def test_a_stream_is_drawn_with_what_was_said_and_heard() -> None:
    how = Listen(kind="websocket", say=('{"type":"connection_init"}', '{"type":"subscribe"}'))
    request = opened(Request("GET", "http://h", "/live"), "websocket", how)
    response = Response(101, body=b'{"text":"gwaaaa"}\n(closed 1000)', reason="Switching Protocols")
    found = shown(Exchange(3, request, response, "bob", "attack"), attacks=(3,), witness=("gwaaaa",))
    assert "connection_init" in found.request.body[0][1] and "subscribe" in found.request.body[0][1]
    assert [text for marked, text in found.response.body if marked] == ["gwaaaa"]
    assert found.response.body[-1][1].endswith("(closed 1000)") and found.status == "101 Switching Protocols"
    document = exchange_document(Exchange(3, request, response, "bob", "attack"))
    assert document["request"]["body"] == "\n".join(how.say)
    assert document["response"]["body"].endswith("(closed 1000)")

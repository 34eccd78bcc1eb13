from __future__ import annotations

from collections.abc import Callable

import msgspec
import pytest

from gatewright.model.http import Exchange, Response
from gatewright.report.evidence import prose, section, shown


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

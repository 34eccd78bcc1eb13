from __future__ import annotations

import orjson
import pytest
from hypothesis import given
from hypothesis import strategies as st

from gatewright.model.http import Request, Response
from gatewright.model.json import Json
from gatewright.proof.leaves import Answer, read
from gatewright.proof.witness import (
    Witness,
    entropy,
    is_strong,
    longest,
    looks_random,
    markers_in,
    sent_text,
    shown,
    unechoed,
    witnesses,
)

MARKER = "gwabcdefgh23456723"
JSON = st.recursive(
    st.booleans() | st.integers(0, 9999) | st.text(max_size=8),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text("abc", max_size=2), inner, max_size=3),
    max_leaves=10,
)


def answer(body: Json, headers: tuple[tuple[str, str], ...] = (), status: int = 200) -> Answer:
    return read(Response(status, (("Content-Type", "application/json"), *headers), orjson.dumps(body)))


@pytest.mark.parametrize(
    ("value", "strong"),
    [
        (MARKER, True),
        (MARKER.upper(), True),
        ("a3f9c2e1-77b4-4d0e-9c1a-5b6d7e8f9012", True),
        ("2026-11-24T09:00:00Z", False),
        ("alice@example.com", False),
        ("https://example.com/a1b2c3d4e5f6", False),
        ("a quiet afternoon in 2026 with rain", False),
        ("abcdefghijklmnop", False),
        ("12345678901234567", False),
        ("short1", False),
    ],
)
def test_strength(value: str, strong: bool) -> None:
    assert is_strong(value) is strong


def test_witnesses_are_what_only_this_object_has() -> None:
    owner = answer({"id": 7, "note": MARKER, "state": "open", "city": "Oslo", "flag": True, "kind": "memo"})
    mine = answer({"id": 8, "note": "gwbbbbbbbbbbbbbbbb", "state": "open", "city": "Rome", "flag": False, "kind": "x"})
    found = witnesses([owner, owner], [mine], references=["7"], known=["memo"])
    assert {(w.path, w.strong) for w in found} == {("note", True), ("city", False)}


def test_what_moves_is_no_witness() -> None:
    baselines = [answer({"note": MARKER, "clock": f"12:00:0{n}"}) for n in range(3)]
    assert [w.path for w in witnesses(baselines, [])] == ["note"]


def test_one_strong_witness_leaks_wherever_it_stands() -> None:
    found = (Witness("note", MARKER, True),)
    assert shown(found, answer({"deep": [{"text": f"so: {MARKER}!"}]}))
    assert shown(found, answer({}, headers=(("Location", f"/n/{MARKER}"),), status=302))
    assert not shown(found, answer({"deep": "nothing"}))


def test_weak_witnesses_need_two_leaves_of_one_item() -> None:
    found = (Witness("[].city", "Oslo", False), Witness("[].name", "Kari", False))
    assert shown(found, answer([{"city": "Rome", "name": "Ugo"}, {"city": "Oslo", "name": "Kari"}]))
    assert not shown(found, answer([{"city": "Oslo", "name": "Ugo"}, {"city": "Rome", "name": "Kari"}]))
    assert not shown(found[:1], answer([{"city": "Oslo", "name": "Kari"}]))


def test_the_echo_guard() -> None:
    request = Request("POST", "http://a.test", f"/x?q={MARKER}", (("X-Y", "Oslo"),), b'{"name": "Kari+Nordmann"}')
    sent = sent_text(request)
    found = (Witness("a", MARKER, True), Witness("b", "Oslo", False), Witness("c", "Kari Nordmann", False))
    assert shown(found, answer({"a": MARKER, "b": "Oslo", "c": "Kari Nordmann"}))
    assert not shown(found, answer({"a": MARKER, "b": "Oslo", "c": "Kari Nordmann"}), sent=sent)


def test_credentials_name_nobodys_object() -> None:
    assert "secret" not in sent_text(Request("GET", "http://a.test", "/", (("Authorization", "Bearer secret"),)))


@given(JSON, JSON, JSON)
def test_no_leak_without_a_witness_that_the_request_does_not_carry(owner: Json, mine: Json, attack: Json) -> None:
    found = witnesses([answer(owner)], [answer(mine)])
    body = orjson.dumps(attack)
    sent = sent_text(Request("POST", "http://a.test", "/", (), body))
    leak = shown(found, answer(attack), sent=sent)
    assert all(w.value not in sent for w in leak)
    assert all(w in found for w in leak)
    echoed = shown(found, answer(attack), sent=sent + "\n" + "\n".join(w.value for w in found))
    assert not echoed


@given(JSON)
def test_ones_own_answer_holds_no_witness(body: Json) -> None:
    assert witnesses([answer(body)], [answer(body)]) == ()


def test_what_is_worded_around_the_reference_is_none() -> None:
    found = (Witness("title", "Order 1234", False), Witness("text", "Details of order 1234", False))
    other = answer({"title": "Order 9", "text": "Details of order 9"})
    assert unechoed(found, ["1234"], other, ["9"]) == ()
    kept = (*found, Witness("city", "Oslo", False))
    assert [w.path for w in unechoed(kept, ["1234"], other, ["9"])] == ["city"]


def test_words_for_people() -> None:
    found = (Witness("z", "Oslo", False), Witness("", MARKER, True))
    assert longest(found) == f'body = "{MARKER}", z = "Oslo"'
    assert longest(found, 1) == f'body = "{MARKER}"'


def test_markers_and_chance() -> None:
    assert markers_in(f"x{MARKER}y {MARKER.upper()}") == {MARKER}
    assert entropy("") == 0.0
    assert entropy("aaaa") == 0.0
    assert looks_random("a3f9c2e1-77b4-4d0e-9c1a-5b6d7e8f9012")
    assert not looks_random("1234567890123456789012")
    assert not looks_random("7")

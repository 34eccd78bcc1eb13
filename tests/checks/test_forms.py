from __future__ import annotations

import json
from typing import Any
from urllib.parse import parse_qsl

import pytest
from hypothesis import given
from hypothesis import strategies as some

from gatewright.checks.forms import Form, forms, spellings
from gatewright.model.call import Call, render
from gatewright.model.endpoint import Endpoint, Place

PLACES = [Place("path", "note_id"), Place("query", "note_id"), Place("body", "note_id"), Place("header", "X-Note"), Place("cookie", "note")]  # fmt: skip


def call_at(place: Place, value: Any) -> tuple[Endpoint, Call]:
    path = "/notes/{note_id}" if place.within == "path" else "/notes"
    endpoint = Endpoint(method="POST", path=path, origin="http://api.test")
    base = Call(endpoint=endpoint.id, body={"title": "x"}, content_type="application/json")
    return endpoint, base.with_value(place, value)


def sent(endpoint: Endpoint, form: Form, value: Any) -> str:
    made = form.make(value)
    request = render(endpoint, made.call)
    request = made.edit(request) if made.edit else request
    head = "\n".join(f"{name}: {text}" for name, text in request.headers)
    return f"{request.target}\n{head}\n{request.body.decode()}"


@pytest.mark.parametrize("place", PLACES, ids=str)
@given(own=some.integers(1, 10**6), victim=some.integers(10**7, 10**8))
def test_every_form_carries_the_victims_value_and_no_slot(place: Place, own: int, victim: int) -> None:
    endpoint, call = call_at(place, own)
    found = forms(call, place, own, ["note"], method="POST")
    assert found
    for form in (*found, *(part for one in found for part in one.parts)):
        text = sent(endpoint, form, victim)
        assert str(victim) in text, form.name
        assert "gwslot" not in text, form.name


@given(own=some.text(min_size=1, max_size=8), victim=some.text(min_size=1, max_size=8))
def test_the_doubled_key_keeps_the_body_json(own: str, victim: str) -> None:
    endpoint, call = call_at(Place("body", "note_id"), own)
    first = forms(call, Place("body", "note_id"), own, [], method="POST")[0]
    body = sent(endpoint, first, victim).rpartition("\n")[2] if "\n" not in victim + own else ""
    if body:
        pairs = json.loads(body, object_pairs_hook=list)
        assert [value for key, value in pairs if key == "note_id"] == [own, victim]
        assert ["title", "x"] in [list(pair) for pair in pairs]


def test_the_parameter_twice_in_both_orders() -> None:
    endpoint, call = call_at(Place("query", "note_id"), 8)
    call = call.with_value(Place("query", "page"), 2)
    first, last = forms(call, Place("query", "note_id"), 8, [], method="GET")[:2]
    queries = [sent(endpoint, form, 7).partition("\n")[0].partition("?")[2] for form in (first, last)]
    assert [parse_qsl(query) for query in queries] == [
        [("page", "2"), ("note_id", "8"), ("note_id", "7")],
        [("page", "2"), ("note_id", "7"), ("note_id", "8")],
    ]


def test_names_in_other_spellings() -> None:
    assert spellings("order_id", ["invoice"])[:4] == ["orderId", "OrderId", "ORDER_ID", "invoice_id"]
    assert {"order_id", "id"} <= set(spellings("orderId", []))


def test_a_combined_form_has_all_its_parts() -> None:
    _, call = call_at(Place("path", "note_id"), 8)
    beside = forms(call, Place("path", "note_id"), 8, ["note"], method="GET")[0]
    names = set(beside.make(7).call.query)
    assert {"note_id", "noteId", "id"} <= names
    assert names == {name for part in beside.parts for name in part.make(7).call.query}

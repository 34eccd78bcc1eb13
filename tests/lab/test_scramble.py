"""Made-up names: nothing real is left, and everything finds its way back."""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from gatewright.lab.dialects.bearer import Bearer
from gatewright.lab.requests import samples
from gatewright.lab.scramble import KEPT_NAMES, Names, Scrambled

SCRAMBLED = Scrambled(5, ["/orders/{order_id}", "orders", "X-Patient-Id", "total", "status", "NewOrder", *KEPT_NAMES])
WORDS = ["orders", "order_id", "X-Patient-Id", "status", "email", "unknown", "NewOrder", "a.0.total", "", "__", "ÄÖ"]


def test_words_change_alike_wherever_they_stand() -> None:
    order = SCRAMBLED.word("order")
    assert order != "order"
    assert SCRAMBLED.word("orders") == f"{order}s"
    assert SCRAMBLED.word("order_id").startswith(f"{order}_")
    assert SCRAMBLED.word("NewOrder").endswith(order.capitalize())
    assert re.fullmatch(r"/\w+s/{\w+}", SCRAMBLED.path("/orders/{order_id}"))


def test_the_way_in_keeps_its_names() -> None:
    assert {SCRAMBLED.word(name) for name in KEPT_NAMES} == KEPT_NAMES
    assert SCRAMBLED.path("/auth/login") == "/auth/login"


def test_another_seed_gives_other_words() -> None:
    assert Bearer.spelling(1).word("orders") == Bearer.spelling(1).word("orders")
    assert len({Bearer.spelling(seed).word("orders") for seed in range(5)}) == 5


@given(
    st.recursive(
        st.integers() | st.text(),
        lambda inner: st.lists(inner) | st.dictionaries(st.sampled_from(WORDS) | st.text(), inner),
    )
)
def test_twice_is_back_again(value: Any) -> None:
    assert SCRAMBLED.body(SCRAMBLED.body(value)) == value
    assert Names().body(value) == value


def test_a_real_name_is_unknown_to_the_scrambled_clinic(visit: Callable[..., Any]) -> None:
    visitor = visit(scramble=2)
    assert visitor.send("GET", "/orders", "alice").status == 404
    assert visitor.send("GET", visitor.names.path("/orders"), "alice").status == 200


def test_no_real_word_is_published_or_answered(visit: Callable[..., Any]) -> None:
    visitor = visit("product-purchase-cost", "message-contacts", "staff-password-hash", scramble=2)
    text = json.dumps(visitor.send("GET", "/openapi.json").json["paths"])
    keys = set(re.findall(r'"([A-Za-z_/{}-]+)":', text))
    for sample in samples(visitor.clinic, visitor.names, 1):
        answer = visitor.send(
            sample.endpoint.method,
            sample.path,
            sample.account,
            query=sample.query,
            headers=sample.headers,
            body=sample.body,
        )
        keys |= set(
            re.findall(rb'"([A-Za-z_]+)":', answer.content) and re.findall(r'"([A-Za-z_]+)":', answer.content.decode())
        )
    real = {
        "order",
        "patient",
        "record",
        "document",
        "product",
        "price",
        "salary",
        "cost",
        "purchase",
        "hash",
        "author",
        "wiki",
    }
    assert not {key for key in keys if set(re.findall("[a-z]+", key.lower())) & real}


def test_complaints_name_the_fields_as_they_were_sent(visit: Callable[..., Any]) -> None:
    visitor = visit(scramble=2)
    path = visitor.names.path("/orders")
    answer = visitor.send("POST", path, "alice", body=visitor.names.body({"items": [{"product_id": 401}]}))
    assert answer.status == 422
    assert answer.json["errors"] == [{"field": visitor.names.word("items.0.quantity"), "message": "is required"}]


def test_free_properties_come_back_as_they_were_sent(visit: Callable[..., Any]) -> None:
    visitor = visit(scramble=2)
    document = visitor.clinic.tables.find("documents", patient_id=visitor.id("alice"))[0]
    path = visitor.names.path("/documents/{document_id}/metadata")
    path = re.sub("{.*}", document["id"], path)
    body = {"status": 1, visitor.names.word("status"): 2, "gwx81": 3}
    assert visitor.send("PUT", path, "alice", body=body).json == body
    assert visitor.send("GET", path, "alice").json == body

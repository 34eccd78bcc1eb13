"""camelCase, and back."""

from __future__ import annotations

from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from gatewright.lab.camel import Camel
from gatewright.lab.scramble import Names, Scrambled

KNOWN = ["/patients/{patient_id}/records/{record_id}", "order_id", "full_name", "status", "X-Patient-Id"]
CAMEL = Camel(Names(), KNOWN)
WORDS = ["order_id", "orderId", "status", "a.order_id", "a_b", "aB", "", "X-Patient-Id", "full_name"]


def test_known_names_are_spelled_otherwise() -> None:
    assert CAMEL.word("order_id") == "orderId"
    assert CAMEL.word("fullName") == "full_name"
    assert CAMEL.word("items.0.order_id") == "items.0.orderId"
    assert [CAMEL.word(name) for name in ("status", "X-Patient-Id", "own_word")] == [
        "status",
        "X-Patient-Id",
        "own_word",
    ]
    assert CAMEL.path(KNOWN[0]) == "/patients/{patientId}/records/{recordId}"
    assert CAMEL.plain


def test_made_up_words_too() -> None:
    inner = Scrambled(3, KNOWN)
    camel = Camel(inner, KNOWN)
    first, second = inner.word("order_id").split("_")
    assert camel.word("order_id") == first + second.capitalize()
    assert camel.word(camel.word("order_id")) == "order_id"
    assert camel.word("full_name") == "fullName"
    assert not camel.plain


@given(
    st.recursive(
        st.integers() | st.text(),
        lambda inner: st.lists(inner) | st.dictionaries(st.sampled_from(WORDS), inner, max_size=1),
    )
)
def test_twice_is_back_again(value: Any) -> None:
    assert CAMEL.body(CAMEL.body(value)) == value

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gatewright.inventory.shape import ANY, MOST_NAMES, MOST_VALUES, Shape, merge, schema, secret, shape, text_shape
from gatewright.model.schema import Schema

VALUES = st.recursive(
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats(allow_nan=False)
    | st.text(max_size=8)
    | st.sampled_from(["2024-01-01", "a@b.cc"]),
    lambda inner: (
        st.lists(inner, max_size=4) | st.dictionaries(st.sampled_from("abcd") | st.uuids().map(str), inner, max_size=4)
    ),
    max_leaves=12,
)


def every(values: list[Any]) -> Shape:
    found = shape(values[0])
    for value in values[1:]:
        found = merge(found, shape(value))
    return found


@given(VALUES, VALUES, VALUES)
def test_merge_is_associative_and_commutative(a: Any, b: Any, c: Any) -> None:
    one, two, three = shape(a), shape(b), shape(c)
    assert merge(one, two) == merge(two, one)
    assert merge(merge(one, two), three) == merge(one, merge(two, three))


def test_names_and_values_stay_bounded_in_any_order() -> None:
    many = [shape({f"k{chr(97 + n % 26)}{chr(97 + n // 26)}": f"value {n}"}) for n in range(MOST_NAMES + 200)]
    forward, backward = many[0], many[-1]
    for one in many[1:]:
        forward = merge(forward, one)
    for one in reversed(many[:-1]):
        backward = merge(backward, one)
    assert forward == backward and len(forward.properties) == MOST_NAMES
    assert len(every(list(range(100))).values) == MOST_VALUES


def test_schema_of_objects() -> None:
    found = schema(
        every(
            [
                {"id": 7, "note": None, "tags": ["a"]},
                {"id": 8, "note": "x", "price": 1.5},
                {"id": 9, "price": 2, "note": "y"},
            ]
        )
    )
    assert found.types == ("object",) and found.required == ("id", "note")
    assert found.properties["id"] == Schema(types=("integer",), examples=(7, 8, 9))
    assert found.properties["price"].types == ("number",)
    assert found.properties["note"].nullable and found.properties["note"].types == ("string",)
    items = found.properties["tags"].items
    assert items is not None and items.examples == ("a",)


@pytest.mark.parametrize(
    ("texts", "types", "format_"),
    [
        (["1", "22"], ("integer",), ""),
        (["1", "2.5"], ("number",), ""),
        (["007"], ("string",), ""),
        (["true"], ("boolean",), ""),
        (["1", "x"], ("string", "integer"), ""),
        (["2024-05-01"], ("string",), "date"),
        (["2024-05-01T10:00:00Z"], ("string",), "date-time"),
        (["1b4e28ba-2fa1-11d2-883f-0016d3cca427"], ("string",), "uuid"),
        (["a@b.test", "c"], ("string",), ""),
        (["https://a.test/x"], ("string",), "uri"),
        (["10.0.0.1"], ("string",), "ipv4"),
        (["1" * 40], ("string",), ""),
    ],
)
def test_values_that_travel_as_text(texts: list[str], types: tuple[str, ...], format_: str) -> None:
    found = text_shape(texts[0])
    for text in texts[1:]:
        found = merge(found, text_shape(text))
    assert (schema(found).types, schema(found).format) == (types, format_)


def test_an_object_with_identifiers_as_names_is_a_map() -> None:
    found = schema(shape({"1": {"a": 1}, "2": {"a": 2}}))
    assert found.properties == {} and found.open and found.additional is not None
    assert found.additional.properties["a"].types == ("integer",)
    assert set(shape({"1": 1}).properties) == {ANY}


@pytest.mark.parametrize(
    "value", [{"password": "x"}, {"a": [{"accessToken": "x"}]}, {"x": "eyJhbGciOi"}, {"apiKey": 1}]
)
def test_secrets_are_never_kept(value: Any) -> None:
    assert secret(value)

    def kept(found: Shape) -> list[str]:
        below = [text for item in found.properties.values() for text in kept(item)]
        return [*found.values, *below, *(kept(found.items) if found.items else [])]

    assert kept(shape(value)) == []


def test_what_json_cannot_hold_is_no_sample() -> None:
    assert shape("\ud800").values == () and shape("x" * 500).values == ()
    assert schema(shape(2**80)).examples == (2**80,)

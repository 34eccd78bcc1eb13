from __future__ import annotations

import pytest

from gatewright.sources.graphql.names import collection, deed, noun, thing, words


@pytest.mark.parametrize(
    ("name", "does", "what"),
    [
        ("createOrder", "create", "order"),
        ("orderCreate", "create", "order"),
        ("update_orders", "update", "order"),
        ("removeOrderItem", "delete", "order_item"),
        ("cancelOrder", "", "cancel_order"),
        ("login", "", "login"),
        ("delete", "delete", ""),
    ],
)
def test_what_a_mutation_does_to_what(name: str, does: str, what: str) -> None:
    assert (deed(name), thing(name)) == (does, what)


@pytest.mark.parametrize(
    ("name", "plural"),
    [("Order", "orders"), ("OrderItem", "orderItems"), ("Category", "categories"), ("Box", "boxes")],
)
def test_the_segment_of_a_type(name: str, plural: str) -> None:
    assert collection(name) == plural
    assert noun(plural) == noun(name)


def test_words() -> None:
    assert words("HTTPOrderItem2_x") == ["http", "order", "item", "2", "x"]
    assert (words(""), noun("")) == ([], "")

from __future__ import annotations

import pytest

from gatewright.sources.graphql.names import collection, deed, noun, plain_id, refers, thing, words


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
    ("argument", "names", "bare"),
    [
        ("orderId", "order", False),
        ("order_ids", "order", False),
        ("id", "", True),
        ("uuid", "", True),
        ("title", "", False),
    ],
)
def test_what_an_argument_names(argument: str, names: str, bare: bool) -> None:
    assert (refers(argument), plain_id(argument)) == (names, bare)


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

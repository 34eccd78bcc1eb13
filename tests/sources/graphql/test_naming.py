from __future__ import annotations

import pytest
from graphql import build_schema

from gatewright.sources.graphql.naming import Naming, naming


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
    assert (Naming().refers(argument), Naming().plain_id(argument)) == (names, bare)


TYPED = """
    type Query { kunde(kundeNummer: ID!): Kunde waren: [Ware!] }
    type Mutation { bestellen(wareNummer: ID!, menge: Int!): Ware }
    type Kunde { name: String } type Ware { name: String }
"""
NUMBERS = """
    type Query { kunde(kunde_schl: Int!): Kunde ware(ware_schl: Int!): Ware liste(jahr: Int!): [Ware] }
    type Kunde { name: String } type Ware { name: String }
"""
KEYS = "type Query { a: Kunde b: Ware } type Kunde { glauf: ID! } type Ware { glauf: ID! menge: Int }"


@pytest.mark.parametrize(("sdl", "word"), [(TYPED, "nummer"), (NUMBERS, "schl"), (KEYS, "glauf")])
def test_a_schema_has_its_own_word_for_ids(sdl: str, word: str) -> None:
    found = naming(build_schema(sdl))
    assert found.refers(f"kunde_{word}") == "kunde"
    assert found.plain_id(word)


@pytest.mark.parametrize(
    ("sdl", "word"),
    [
        (TYPED, "menge"),
        (NUMBERS, "jahr"),
        ("type Query { a(ownerBy: ID!, madeBy: ID!): Int }", "by"),
        ("type Query { user(user_name: String!): User item(item_name: String!): Item } type User { a: Int } type Item { a: Int }", "name"),
        ("type Query { a(sellerUser: ID!, buyerUser: ID!): User } type User { id: ID! }", "user"),
        ("type Query { a(firstGlauf: ID!): Int }", "glauf"),
    ],
)  # fmt: skip
def test_words_that_say_no_id(sdl: str, word: str) -> None:
    assert not naming(build_schema(sdl)).plain_id(word)

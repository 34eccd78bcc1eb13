from __future__ import annotations

import pytest
from graphql import GraphQLSchema, build_schema

from gatewright.sources.graphql.wrappers import Shown, Wrappers

RESULTS = build_schema(
    """
    type Query { order(id: ID!): OrderResult ticket(id: ID!): Ticket report: Report }
    type Mutation { createOrder(note: String): CreateResult zorp(blix: ID!): Zorp }
    type Order { id: ID! note: String }
    type NotFoundError { message: String! }
    interface Failure { text: String }
    type Blocked implements Failure { text: String }
    type Made { order: Order! }
    type Zorp { order: Order wibble: String frob: [Frob!] }
    type Frob { id: ID! }
    type Ticket { number: ID! problem: SupportProblem }
    type SupportProblem { id: ID! text: String }
    type Report { title: String order: Order }
    union OrderResult = Order | NotFoundError | Blocked
    union CreateResult = Made | NotFoundError
    """
)


def test_wrappers(schema: GraphQLSchema) -> None:
    wrappers, kinds = Wrappers(schema), schema.type_map
    names = [name for name in kinds if wrappers.is_wrapper(kinds[name])]
    assert sorted(set(names) - {"Query", "Mutation", "Subscription"}) == [
        "OrderConnection",
        "OrderEdge",
        "OrderPayload",
        "ProductPage",
        "Session",
    ]


@pytest.mark.parametrize(
    ("name", "shown"),
    [
        ("orders", Shown("Order", True)),
        ("products", Shown("Product", True)),
        ("me", Shown("User", False)),
        ("createOrder", Shown("Order", False)),
        ("deleteOrder", Shown("", False)),
    ],
)
def test_what_a_type_shows(schema: GraphQLSchema, name: str, shown: Shown) -> None:
    fields = {**schema.query_type.fields, **schema.mutation_type.fields}
    assert Wrappers(schema).shown(fields[name].type) == shown


@pytest.mark.parametrize(
    ("name", "shown"),
    [
        ("order", Shown("Order", False)),
        ("createOrder", Shown("Order", False)),
        ("zorp", Shown("Zorp", False)),
        ("ticket", Shown("Ticket", False)),
        ("report", Shown("Report", False)),
    ],
)
def test_results_that_may_be_failures(name: str, shown: Shown) -> None:
    fields = {**RESULTS.query_type.fields, **RESULTS.mutation_type.fields}
    assert Wrappers(RESULTS).shown(fields[name].type) == shown


def test_a_payload_is_known_by_where_it_stands() -> None:
    schema = build_schema(
        """
        type Query { order(id: ID!): Order card: Card }
        type Mutation { zorp(blix: ID!): Zorp }
        type Order { id: ID! }
        type Zorp { order: Order wibble: String }
        type Card { order: Order wibble: String }
        """
    )
    kinds = Wrappers(schema)
    assert kinds.is_wrapper(schema.type_map["Zorp"])
    assert not kinds.is_wrapper(schema.type_map["Card"])

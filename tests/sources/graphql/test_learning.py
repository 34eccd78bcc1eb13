from __future__ import annotations

import asyncio
import re
from collections.abc import Callable

import pytest
from graphql import (
    GraphQLSchema,
    NoSchemaIntrospectionCustomRule,
    build_schema,
    execute_sync,
    parse,
    specified_rules,
    validate,
)

from gatewright.model.json import Json
from gatewright.sources.graphql.learning import MOST, Learner
from gatewright.sources.graphql.learnt import Learnt

SHOP = build_schema(
    """
    type Query { me: User node(id: ID!): Node order(orderId: ID!): Order orders(first: Int, status: String): [Order!]! search(text: String!): [Hit!] }
    type Mutation { login(username: String!, password: String!): Session createOrder(input: OrderInput!): Order deleteOrder(id: ID!): Boolean! }
    interface Node { id: ID! }
    enum State { OPEN SENT }
    input Line { productId: ID! count: Int! }
    type User implements Node { id: ID! email: String orders: [Order!]! }
    type Product { id: ID! title: String }
    type Order implements Node { id: ID! note: String total: Float owner: User }
    type Session { token: String! user: User }
    input OrderInput { note: String! productId: ID quantity: Int address: String state: State lines: [Line!] }
    union Hit = Order | Product
    """
)


class Closed:
    """A server without introspection; it counts what it runs, and may word its errors otherwise."""

    def __init__(self, schema: GraphQLSchema, wording: Callable[[str], str] = str, *, lax: bool = False) -> None:
        self.schema, self.wording, self.lax = schema, wording, lax
        self.ran: list[str] = []

    async def post(self, document: str) -> Json:
        tree = parse(document)
        errors = validate(self.schema, tree, [*specified_rules, NoSchemaIntrospectionCustomRule])
        if errors and not self.lax:
            return {"errors": [{**one.formatted, "message": self.wording(one.message)} for one in errors]}
        self.ran.append(document)
        return {"data": execute_sync(self.schema, tree).data or {"__typename": "Query"}}


def learnt(server: Closed) -> tuple[Learnt | None, Learner]:
    learner = Learner(server.post)
    return asyncio.run(learner.learn()), learner


def double(message: str) -> str:
    return message.replace("'", '"')


def ruby(message: str) -> str:
    message = re.sub(r"Cannot query field '(\w+)' on type '(\w+)'\.", r"Field '\1' doesn't exist on type '\2'", message)
    message = re.sub(
        r"Did you mean (.*)\?$", lambda found: f"(Did you mean {found[1].replace(chr(39), '`')}?)", message
    )
    return re.sub(r"Argument '\w+\.(\w+)\((\w+):\)' of type '.*' is required.*", r"Field '\1' is missing required arguments: \2", message)  # fmt: skip


def java(message: str) -> str:
    message = re.sub(r" ?Did you mean.*$", "", message)
    return re.sub(r"Cannot query field '(\w+)' on type '(\w+)'\.", r"Validation error (FieldUndefined@[\1]) : Field '\1' in type '\2' is undefined", message)  # fmt: skip


@pytest.mark.parametrize("wording", [str, double, ruby], ids=["core", "js", "ruby"])
def test_a_schema_from_its_suggestions(wording: Callable[[str], str]) -> None:
    server = Closed(SHOP, wording)
    known, learner = learnt(server)
    assert known is not None
    found = build_schema(known.sdl())
    assert set(found.query_type.fields) == set(SHOP.query_type.fields)
    assert set(found.mutation_type.fields) == set(SHOP.mutation_type.fields)
    assert set(found.type_map["User"].fields) == {"id", "email", "orders"}
    assert str(found.query_type.fields["orders"].type) == "[Order!]!"
    assert set(found.type_map["OrderInput"].fields) == set(SHOP.type_map["OrderInput"].fields)
    assert not server.ran
    assert learner.sent <= MOST


def test_arguments_that_need_not_be_there() -> None:
    known, _ = learnt(Closed(SHOP))
    assert known is not None
    fields = build_schema(known.sdl()).query_type.fields
    assert {name: str(one.type) for name, one in fields["orders"].args.items()} == {"first": "Int", "status": "String"}
    assert {name: str(one.type) for name, one in fields["order"].args.items()} == {"orderId": "ID!"}


def test_enums_interfaces_and_objects_within_what_is_sent() -> None:
    known, _ = learnt(Closed(SHOP))
    assert known is not None
    found = build_schema(known.sdl())
    assert set(found.type_map["State"].values) == {"OPEN", "SENT"}
    assert {one.name for one in found.get_possible_types(found.type_map["Node"])} == {"User", "Order"}
    assert {name: str(one.type) for name, one in found.type_map["Line"].fields.items()} == {"productId": "ID!", "count": "Int!"}  # fmt: skip


def test_what_stands_behind_a_union() -> None:
    known, _ = learnt(Closed(SHOP))
    assert known is not None
    assert {one.name for one in build_schema(known.sdl()).type_map["Hit"].types} == {"Order", "Product"}


def test_without_suggestions_common_names_are_found() -> None:
    known, _ = learnt(Closed(SHOP, java))
    assert known is not None
    assert {"me", "orders", "order"} <= set(build_schema(known.sdl()).query_type.fields)


def test_a_server_that_runs_what_it_should_refuse_is_not_asked_further() -> None:
    server = Closed(SHOP, lax=True)
    assert learnt(server)[0] is None
    assert len(server.ran) == 1
    assert "mutation" not in server.ran[0]


def test_a_server_that_tells_nothing() -> None:
    known, learner = learnt(Closed(SHOP, lambda message: "Bad request"))
    assert known is None
    assert learner.sent == 1

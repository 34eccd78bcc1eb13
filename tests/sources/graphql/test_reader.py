from __future__ import annotations

import json

import pytest
from graphql import GraphQLSchema, introspection_from_schema, print_schema
from hypothesis import given
from hypothesis import strategies as st

from gatewright.model.errors import SourceError
from gatewright.sources.graphql.reader import parse


def test_sdl_and_introspection_say_the_same(schema: GraphQLSchema) -> None:
    sdl = parse(print_schema(schema).encode(), source="x.graphql", path="/gql")
    asked = introspection_from_schema(schema)
    for answer in (asked, {"data": asked}):
        found = parse(json.dumps(answer).encode(), source="x.graphql", path="/gql")
        assert {e.name: e.path for e in found.endpoints} == {e.name: e.path for e in sdl.endpoints}
        assert found.schemas.keys() == sdl.schemas.keys()
    assert {e.name for e in sdl.endpoints} >= {"POST /gql#query.order", "POST /gql#mutation.createOrder"}
    told = next(e for e in sdl.endpoints if e.field is not None and e.field.kind == "subscription")
    assert (told.name, told.stream, told.path) == ("GET /gql#subscription.orderSent", "websocket", "/orderSent")
    assert told.field is not None and told.field.document.startswith("subscription orderSent { orderSent {")
    assert not sdl.problems


@pytest.mark.parametrize(
    ("data", "code", "where"),
    [
        (b"type Query {\n a: }", "GW-S002", "x.graphql:2"),
        (b"type Query { a: Missing }", "GW-S002", "x.graphql"),
        (b'{"data": {"__schema": {"types": 1}}}', "GW-S002", "x.graphql"),
        (b'{"data"', "GW-S002", "x.graphql"),
        (b"type A { a: Int }", "GW-S003", "x.graphql"),
    ],
)
def test_what_is_none(data: bytes, code: str, where: str) -> None:
    with pytest.raises(SourceError) as caught:
        parse(data, source="x.graphql")
    assert (caught.value.code, caught.value.where) == (code, where)


@given(st.text(max_size=80))
def test_any_text_is_read_or_refused(text: str) -> None:
    for data in (text.encode(), b'{"data": {"__schema": ' + json.dumps(text).encode() + b"}}"):
        with pytest.raises(SourceError):
            parse(data, source="x.graphql")

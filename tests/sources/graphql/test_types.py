from __future__ import annotations

import pytest
from graphql import GraphQLScalarType, GraphQLSchema

from gatewright.sources.graphql.types import Types


def test_an_input_object_with_required_defaults_and_a_cycle(schema: GraphQLSchema) -> None:
    types = Types()
    assert types.input(schema.type_map["OrderInput"]).ref == "OrderInput"
    order, address = types.table["OrderInput"], types.table["Address"]
    assert order.required == ("product",)
    assert order.closed
    assert (order.properties["product"].format, order.properties["count"].default) == ("id", 1)
    assert address.properties["next"].ref == "Address"
    assert address.required == ("city",)


def test_an_answer_refers_to_its_objects(schema: GraphQLSchema) -> None:
    types = Types()
    found = types.output(schema.query_type.fields["orders"].type)
    assert found.ref == "OrderConnection"
    order = types.table["Order"]
    assert order.properties["state"].enum == ("OPEN", "SENT")
    assert order.properties["at"].format == "date-time"
    assert order.properties["owner"].ref == "User"
    hit = types.output(schema.type_map["Hit"])
    assert [one.ref for one in hit.any_of] == ["Product", "Review"]
    assert types.table["Product"].properties["price"].types == ("number",)


@pytest.mark.parametrize(
    ("name", "types", "form"),
    [
        ("AWSDateTime", ("string",), "date-time"),
        ("LocalDate", ("string",), "date"),
        ("EmailAddress", ("string",), "email"),
        ("JSONObject", ("object",), ""),
        ("BigDecimal", ("number",), ""),
        ("UUID", ("string",), "uuid"),
        ("Colour", ("string",), ""),
    ],
)
def test_scalars_of_the_schema_itself_go_by_the_words_of_their_name(
    name: str, types: tuple[str, ...], form: str
) -> None:
    found = Types().input(GraphQLScalarType(name))
    assert (found.types, found.format) == (types, form)

from __future__ import annotations

import pytest
from graphql import GraphQLSchema, build_schema

from gatewright.model.endpoint import Endpoint
from gatewright.sources.graphql.fields import Endpoints
from gatewright.sources.graphql.types import Types


@pytest.fixture
def endpoints(schema: GraphQLSchema) -> dict[str, Endpoint]:
    found = Endpoints(schema, Types(), path="/graphql", source="x").read()
    return {endpoint.operation: endpoint for endpoint in found}


@pytest.mark.parametrize(
    ("name", "shape"),
    [
        ("me", "GET /me"),
        ("node", "GET /nodes/{id}"),
        ("search", "GET /hits/search"),
        ("orders", "GET /orders"),
        ("myOrders", "GET /orders/myOrders"),
        ("order", "GET /orders/{id}"),
        ("products", "GET /products"),
        ("product", "GET /products/{productId}"),
        ("productReviews", "GET /products/{productId}/reviews"),
        ("userByName", "GET /userByName/{name}"),
        ("login", "POST /login"),
        ("createOrder", "POST /orders"),
        ("updateOrder", "PATCH /orders/{id}"),
        ("deleteOrder", "DELETE /orders/{id}"),
        ("cancelOrder", "POST /orders/{id}/cancelOrder"),
        ("reviewCreate", "POST /products/{productId}/reviews"),
        ("upload", "POST /upload"),
    ],
)
def test_what_a_field_does(endpoints: dict[str, Endpoint], name: str, shape: str) -> None:
    assert f"{endpoints[name].method} {endpoints[name].path}" == shape


def test_the_one_input_object_is_the_body(endpoints: dict[str, Endpoint]) -> None:
    create, update = endpoints["createOrder"], endpoints["updateOrder"]
    assert create.field is not None
    assert update.field is not None
    assert (create.field.wraps, create.field.shows, create.field.lifted) == ("input", "Order", {})
    assert list(create.bodies[0].schema.properties) == ["product", "count", "address", "note"]
    assert create.bodies[0].schema.required == ("product",)
    assert update.field.lifted == {"id": "input.id"}
    assert list(update.bodies[0].schema.properties) == ["state"]


def test_other_arguments_stand_in_the_query_or_beside_each_other(endpoints: dict[str, Endpoint]) -> None:
    orders, upload, product = endpoints["orders"], endpoints["upload"], endpoints["product"]
    assert [(p.name, p.within, p.required) for p in orders.parameters] == [
        ("first", "query", False),
        ("after", "query", False),
    ]
    assert orders.field is not None
    assert orders.field.listing
    assert list(upload.bodies[0].schema.properties) == ["file", "filter"]
    assert product.field is not None
    assert product.field.numbers == ("productId",)


def test_an_answer_stands_under_data(endpoints: dict[str, Endpoint]) -> None:
    schema = endpoints["order"].answers[0].schema
    assert schema is not None
    assert schema.properties["data"].properties["order"].ref == "Order"


def test_no_two_fields_share_a_shape(endpoints: dict[str, Endpoint]) -> None:
    shapes = [f"{e.method} {e.path}" for e in endpoints.values()]
    assert len(set(shapes)) == len(shapes)


def test_what_names_objects_of_several_types(endpoints: dict[str, Endpoint]) -> None:
    node, order, search = endpoints["node"].field, endpoints["order"].field, endpoints["search"].field
    assert node is not None
    assert order is not None
    assert search is not None
    assert (set(node.kinds), node.key) == ({"User", "Product", "Review", "Order"}, "id")
    assert (order.kinds, order.key, search.kinds) == ((), "", ())


RESULTS = """
union VehicleResult = Vehicle | NotFound | InvalidInput
type Vehicle { vehicle_no: Int! plate: String }
type Account { email: String name: String }
type NotFound { message: String! }
type InvalidInput { message: String! field: String }
type Query { vehicle(vehicle_no: Int!): VehicleResult! vehicles: [Vehicle!]! me: Account }
type Mutation {
  add_vehicle(plate: String!): VehicleResult!
  remove_vehicle(vehicle_no: Int!): VehicleResult!
  change_email(email: String!): Account
  set_name(name: String!, reason: String): Account
}
"""


@pytest.mark.parametrize(
    ("name", "shape"),
    [
        ("vehicle", "GET /vehicles/{vehicle_no}"),
        ("add_vehicle", "POST /vehicles"),
        ("remove_vehicle", "DELETE /vehicles/{vehicle_no}"),
        ("change_email", "PATCH /email"),
        ("set_name", "PATCH /name"),
    ],
)
def test_results_that_may_be_failures_and_values_that_name_nobody(name: str, shape: str) -> None:
    found = {e.operation: e for e in Endpoints(build_schema(RESULTS), Types(), path="/graphql", source="x").read()}
    assert f"{found[name].method} {found[name].path}" == shape

from __future__ import annotations

import pytest
from graphql import print_type

from gatewright.lab.dialects.graphql_types import Shapes, argument_name, field_name, kind_of
from gatewright.lab.routes import endpoints, schemas
from gatewright.lab.scramble import Names

TABLE = {endpoint.id: endpoint for endpoint in endpoints("graphql")}


@pytest.mark.parametrize(
    ("endpoint", "kind", "name"),
    [
        ("GET /appointments", "query", "appointments"),
        ("GET /appointments/{appointment_id}", "query", "appointment"),
        ("POST /appointments", "mutation", "createAppointment"),
        ("PATCH /appointments/{appointment_id}", "mutation", "updateAppointment"),
        ("DELETE /payment-methods/{payment_method_id}", "mutation", "deletePaymentMethod"),
        ("PUT /patients/{patient_id}/records/{record_id}", "mutation", "updatePatientRecord"),
        ("POST /orders/lookup", "mutation", "ordersLookup"),
        ("GET /news/{news_id}", "query", "newsItem"),
        ("GET /customers/{username}", "query", "customer"),
        ("POST /auth/login", "mutation", "login"),
        ("PATCH /me", "mutation", "updateMe"),
    ],
)
def test_names_of_fields(endpoint: str, kind: str, name: str) -> None:
    assert (kind_of(TABLE[endpoint]), field_name(TABLE[endpoint], Names(), TABLE)) == (kind, name)


def test_no_two_fields_have_one_name() -> None:
    named = [(kind_of(e), field_name(e, Names(), TABLE)) for e in TABLE.values() if not e.undocumented]
    assert len(set(named)) == len(named)


def test_a_header_becomes_an_argument() -> None:
    assert argument_name("X-Patient-Id", Names()) == "patient_id"


def test_types_of_schemas() -> None:
    shapes = Shapes(schemas(), Names())
    shapes.nodes = {"Order"}
    order = print_type(shapes.output("Order"))
    for line in (
        "type Order implements Node",
        "id: ID!",
        "items: [OrderItems!]!",
        "created_at: DateTime",
        "nodeId: ID!",
    ):
        assert line in order
    body = print_type(shapes.input("NewOrder", {"total": {"type": "integer"}}))
    assert "items: [NewOrderItemsInput!]!" in body
    assert "total: Int" in body
    assert str(shapes.answer("[Order]")) == "[Order!]"
    assert str(shapes.answer("")) == "Boolean!"
    assert str(shapes.output("Metadata")) == "JSON"

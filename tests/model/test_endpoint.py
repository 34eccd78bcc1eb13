from __future__ import annotations

import pytest

from gatewright.model.endpoint import Endpoint, Parameter, Place, Requirement, Specification
from gatewright.model.graphql import Field
from gatewright.model.schema import Schema

TOKEN, NOBODY = Requirement((("token", ()),)), Requirement()


@pytest.mark.parametrize(
    ("security", "secured"),
    [
        (None, False),
        ((), False),
        ((TOKEN,), True),
        ((TOKEN, NOBODY), False),
        ((TOKEN, TOKEN), True),
        ((NOBODY,), False),
    ],
)
def test_secured_means_no_alternative_without_a_scheme(security: tuple[Requirement, ...] | None, secured: bool) -> None:
    assert Endpoint(method="GET", path="/a", security=security).secured is secured


def test_names() -> None:
    endpoint = Endpoint(method="GET", path="/users/{id}", origin="http://h:1", base="/v1")
    assert endpoint.name == "GET /users/{id}"
    assert endpoint.id == "GET http://h:1/v1/users/{id}"
    assert str(Parameter(name="id", within="path").place) == str(Place("path", "id")) == "path id"


def test_a_cut_cycle_is_looked_up_and_anything_else_stays_what_it_is() -> None:
    order = Schema(types=("object",), ref="Order")
    specification = Specification(source="s", dialect="d", schemas={"Order": order})
    assert specification.resolve(Schema(ref="Order")) == order
    assert specification.resolve(order) is order
    assert specification.resolve(Schema(ref="Gone")) == Schema(ref="Gone")
    assert specification.resolve(Schema()) == Schema()


def test_a_field_of_a_schema_has_the_name_of_what_is_sent() -> None:
    field = Field(kind="mutation", name="pay", document="", wraps="input", path="/gql")
    endpoint = Endpoint(method="PATCH", path="/orders/{id}", origin="http://h:1", field=field)
    assert endpoint.name == "POST /gql#mutation.pay"
    assert endpoint.id == "POST http://h:1/gql#mutation.pay"
    assert endpoint.shown_place(Place("path", "id")) == Place("body", "variables.id")
    assert endpoint.shown_place(Place("body", "card.number")) == Place("body", "variables.input.card.number")
    assert endpoint.shown_place(Place("header", "X-Id")) == Place("header", "X-Id")
    assert endpoint.shown_place(Place("body", "data.pay.secret")) == Place("body", "data.pay.secret")

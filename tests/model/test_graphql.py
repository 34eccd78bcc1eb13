from __future__ import annotations

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gatewright.model.graphql import Field, refusal
from gatewright.model.json import Json

FIELD = Field(
    kind="mutation",
    name="updateOrder",
    document="mutation updateOrder($id: ID!, $input: Change!) { updateOrder(id: $id, input: $input) { id } }",
    wraps="input",
    lifted={"id": "id", "itemId": "input.item.id"},
    numbers=("itemId",),
)


def test_values_become_variables() -> None:
    sent = json.loads(FIELD.payload(path={"id": "7", "itemId": "12"}, query={"dry": True}, body={"title": "x"}))
    assert sent["query"] == FIELD.document
    assert sent["variables"] == {"dry": True, "id": "7", "input": {"title": "x", "item": {"id": 12}}}


def test_without_an_input_object_the_body_is_the_variables() -> None:
    plain = Field(kind="query", name="x", document="query x { x }")
    assert json.loads(plain.payload(path={}, query={}, body={"a": 1}))["variables"] == {"a": 1}
    assert json.loads(plain.payload(path={}, query={}, body=None))["variables"] == {}


@pytest.mark.parametrize(
    ("within", "name", "place"),
    [
        ("path", "id", "variables.id"),
        ("path", "itemId", "variables.input.item.id"),
        ("query", "first", "variables.first"),
        ("body", "title", "variables.input.title"),
    ],
)
def test_where_a_value_stands(within: str, name: str, place: str) -> None:
    assert FIELD.variable(within, name) == place


@pytest.mark.parametrize(
    ("answer", "status"),
    [
        ({"errors": [{"message": "no", "extensions": {"code": "FORBIDDEN"}}], "data": {"order": None}}, 403),
        ({"errors": [{"message": "no", "extensions": {"code": "UNAUTHENTICATED"}}], "data": None}, 401),
        ({"errors": [{"message": "no", "extensions": {"http": {"status": 409}}}]}, 409),
        ({"errors": [{"message": "no", "extensions": {"code": "not-found"}}]}, 404),
        ({"errors": [{"message": "no"}], "data": None, "extensions": {}}, 400),
        ({"errors": [{"message": "part"}], "data": {"order": {"id": 1, "secret": None}}}, 0),
        ({"errors": [], "data": None}, 0),
        ({"errors": {"title": "required"}}, 0),
        ({"errors": ["text"], "data": None}, 0),
        ({"errors": [{"message": "x"}], "status": 422}, 0),
        ({"data": {"order": None}}, 404),
        ({"data": {"order": None, "me": {"id": 1}}}, 0),
        ({"data": None}, 0),
        ([{"errors": []}], 0),
        ({"data": {"order": {"__typename": "NotFoundError", "message": "no such order"}}}, 404),
        ({"data": {"order": {"__typename": "Forbidden", "reason": "not yours"}}}, 403),
        ({"data": {"order": {"__typename": "ValidationError", "message": "bad", "field": "note"}}}, 422),
        ({"data": {"order": {"__typename": "Order", "id": "7", "message": "hello"}}}, 0),
        ({"data": {"make": {"order": None, "userErrors": [{"field": ["note"], "message": "is too long"}]}}}, 400),
        ({"data": {"make": {"order": None, "errors": [{"code": "NOT_FOUND", "message": "gone"}]}}}, 404),
        ({"data": {"make": {"success": False, "message": "not allowed", "order": None}}}, 400),
        ({"data": {"make": {"order": {"id": "7"}, "userErrors": [{"message": "part"}]}}}, 0),
        ({"data": {"make": {"order": {"id": "7"}, "userErrors": []}}}, 0),
        ({"data": {"make": {"success": True, "message": "made", "order": None}}}, 0),
        ({"data": {"a": {"success": False, "message": "no"}, "b": {"id": 1}}}, 0),
        ({"errors": [{"message": "no", "extensions": {"classification": "NOT_FOUND"}}], "data": None}, 404),
        ({"errors": [{"message": "no", "extensions": {"code": "OrderAccessDenied"}}], "data": None}, 403),
    ],
    ids=str,
)
def test_what_errors_mean(answer: Json, status: int) -> None:
    assert refusal(json.dumps(answer).encode()) == status


@given(st.binary(max_size=60))
def test_any_bytes_are_judged(body: bytes) -> None:
    assert refusal(b'{"errors"' + body) in (0, 400)

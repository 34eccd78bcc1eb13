from __future__ import annotations

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from gatewright.access.complaints import complaints, kind_of
from gatewright.model.http import Response
from gatewright.model.json import Json

KNOWN = ("email", "age", "user.name", "items[].sku", "birthDate", "name", "title", "first_name")

STYLES: list[tuple[str, int, Json, list[tuple[str, str]]]] = [
    ("fastapi", 422, {"detail": [{"loc": ["body", "email"], "msg": "Field required", "type": "missing"}]}, [("email", "missing")]),
    ("fastapi 1", 422, {"detail": [{"loc": ["body", "age"], "msg": "ensure this value is greater than or equal to 18", "type": "value_error.number.not_ge", "ctx": {"limit_value": 18}}]}, [("age", "bounds")]),
    ("dotted index", 200, {"errors": [{"message": "check the fields", "extensions": {"code": "BAD_USER_INPUT", "errors": [{"field": "items.0.sku", "message": "must be of type integer"}]}}]}, [("items[].sku", "format")]),
    ("fastapi nested", 422, {"detail": [{"type": "string_too_short", "loc": ["body", "items", 0, "sku"], "msg": "String should have at least 3 characters", "ctx": {"min_length": 3}}]}, [("items[].sku", "bounds")]),
    ("fastapi query", 422, {"detail": [{"loc": ["query", "q"], "msg": "Field required", "type": "missing"}]}, [("q", "missing")]),
    ("problem", 400, {"type": "about:blank", "title": "Bad", "status": 400, "errors": [{"detail": "must not be blank", "pointer": "#/email"}]}, [("email", "missing")]),
    ("problem params", 400, {"title": "Your request is not valid", "invalid-params": [{"name": "age", "reason": "must be a positive integer"}]}, [("age", "bounds")]),
    ("symfony", 422, {"violations": [{"propertyPath": "email", "message": "This value is already used."}]}, [("email", "taken")]),
    ("spring", 400, {"timestamp": "2026-01-01", "status": 400, "error": "Bad Request", "errors": [{"field": "email", "defaultMessage": "must be a well-formed email address", "code": "Email", "rejectedValue": "x"}]}, [("email", "format")]),
    ("drf", 400, {"email": ["This field is required."], "age": ["A valid integer is required."]}, [("email", "missing"), ("age", "format")]),
    ("drf names", 400, {"name": ["This field may not be blank."], "title": ["Ensure this field has no more than 5 characters."]}, [("name", "missing"), ("title", "bounds")]),
    ("drf nested", 400, {"user": {"name": ["user with this name already exists."]}}, [("user.name", "taken")]),
    ("drf pk", 400, {"age": ['Invalid pk "1" - object does not exist.']}, [("age", "reference")]),
    ("aspnet", 400, {"title": "One or more validation errors occurred.", "status": 400, "errors": {"Email": ["The Email field is required."], "BirthDate": ["The field BirthDate must be before today."]}}, [("email", "missing"), ("birthDate", "bounds")]),
    ("laravel", 422, {"message": "The email has already been taken.", "errors": {"email": ["The email has already been taken."]}}, [("email", "taken")]),
    ("jsonapi", 422, {"errors": [{"status": "422", "source": {"pointer": "/data/attributes/email"}, "title": "Invalid", "detail": "is not an email"}]}, [("email", "format")]),
    ("express", 400, {"errors": [{"type": "field", "msg": "Invalid value", "path": "email", "location": "body"}]}, [("email", "format")]),
    ("express old", 400, {"errors": [{"value": "", "msg": "must be at least 5 chars long", "param": "email", "location": "body"}]}, [("email", "bounds")]),
    ("joi", 400, {"message": "validation", "details": [{"message": '"age" must be one of [1, 2]', "path": ["age"], "type": "any.only", "context": {"valids": [1, 2], "key": "age"}}]}, [("age", "choice")]),
    ("joi text", 400, {"statusCode": 400, "message": '"email" is not allowed to be empty'}, [("email", "missing")]),
    ("joi unknown", 400, {"message": '"color" is not allowed'}, [("color", "unknown")]),
    ("ajv", 400, {"errors": [{"instancePath": "", "keyword": "required", "params": {"missingProperty": "email"}, "message": "must have required property 'email'"}]}, [("email", "missing")]),
    ("ajv additional", 400, {"errors": [{"instancePath": "/email", "keyword": "format", "message": 'must match format "email"'}]}, [("email", "format")]),
    ("fastify", 400, {"statusCode": 400, "code": "FST_ERR_VALIDATION", "error": "Bad Request", "message": "body must have required property 'email'"}, [("email", "missing")]),
    ("zod", 400, {"issues": [{"code": "invalid_type", "expected": "string", "received": "undefined", "path": ["email"], "message": "Required"}]}, [("email", "missing")]),
    ("nest", 400, {"statusCode": 400, "message": ["email must be an email", "property color should not exist"], "error": "Bad Request"}, [("email", "format"), ("color", "unknown")]),
    ("mongoose", 400, {"errors": {"email": {"name": "ValidatorError", "message": "Path `email` is required.", "kind": "required", "path": "email"}}}, [("email", "missing")]),
    ("marshmallow", 422, {"errors": {"json": {"email": ["Missing data for required field."], "color": ["Unknown field."]}}}, [("email", "missing")]),
    ("graphql", 200, {"errors": [{"message": 'Variable "$in" got invalid value; Field "email" of required type "String!" was not provided.'}]}, [("email", "missing")]),
    ("flat text", 400, {"error": "email is required"}, [("email", "missing")]),
    ("flat words", 400, {"message": "First name must be at least 3 characters"}, [("first_name", "bounds")]),
    ("envelope", 200, {"success": False, "error": {"code": "E_TAKEN", "message": "Email already registered"}}, [("email", "taken")]),
    ("undeclared", 400, {"error": "Missing field: 'nickname'"}, [("nickname", "missing")]),
    ("choice text", 400, {"error": "age must be one of: 'young', 'old'"}, [("age", "choice")]),
]  # fmt: skip


@pytest.mark.parametrize(("style", "status", "body", "expected"), STYLES, ids=[style[0] for style in STYLES])
def test_each_framework_is_read(style: str, status: int, body: Json, expected: list[tuple[str, str]]) -> None:
    found = complaints(Response(status, body=msgspec.json.encode(body)), KNOWN)
    pairs = [(c.field, c.kind) for c in found]
    for pair in expected:
        assert pair in pairs, found


@pytest.mark.parametrize(
    ("status", "body", "kind"),
    [
        (415, b"", "media"),
        (406, b"", "media"),
        (401, b'{"error": "log in"}', "rank"),
        (403, b"", "rank"),
        (500, b"<h1>Oops</h1>", "server"),
        (409, b"", "taken"),
        (404, b"", "reference"),
        (400, b"", "other"),
        (400, b"\xff\xfe\x00", "other"),
        (409, b'{"message": "conflict"}', "taken"),
    ],
)
def test_answers_without_a_field(status: int, body: bytes, kind: str) -> None:
    assert complaints(Response(status, body=body), KNOWN)[0].kind == kind


def test_plain_and_html_answers_are_read() -> None:
    found = complaints(Response(400, body=b"<html><style>x</style><p>email is required</p></html>"), KNOWN)
    assert (found[0].field, found[0].kind) == ("email", "missing")


@pytest.mark.parametrize(
    ("text", "kind"),
    [
        ("User not found", "reference"),
        ("already exists", "taken"),
        ("does not exist", "reference"),
        ("must be in the future", "bounds"),
        ("must be one of red, blue", "choice"),
        ("Input should be 'a', 'b' or 'c'", "choice"),
        ("value is not a valid integer", "format"),
        ("cannot be blank", "missing"),
        ("hello", "other"),
    ],
)
def test_kinds(text: str, kind: str) -> None:
    assert kind_of(text) == kind


json_values = st.recursive(
    st.none() | st.booleans() | st.integers(-9, 9) | st.text(max_size=12),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.sampled_from(["errors", "loc", "msg", "email", "path", "x"]), inner, max_size=4),
    max_leaves=12,
)  # fmt: skip


@given(json_values, st.sampled_from([200, 400, 404, 409, 422, 500]))
def test_no_answer_breaks_it(body: Json, status: int) -> None:
    assert complaints(Response(status, body=msgspec.json.encode(body)), KNOWN)

from __future__ import annotations

from typing import Any

import pytest

from gatewright.model.endpoint import Endpoint, Parameter
from gatewright.model.schema import Schema


def endpoint(read: Any, operation: dict[str, Any], *, problems: int = 0, **others: Any) -> Endpoint:
    found: Endpoint = read({"paths": {"/a": {"post": operation}}, **others}, problems=problems).endpoints[0]
    return found


def test_parameters_of_version_3(read: Any) -> None:
    made = endpoint(
        read,
        {
            "parameters": [
                {
                    "name": "q",
                    "in": "query",
                    "schema": {"type": "string", "example": "own"},
                    "example": "first",
                    "style": "form",
                    "explode": False,
                    "description": "d",
                    "deprecated": True,
                },
                {"$ref": "#/components/parameters/T"},
                {
                    "name": "f",
                    "in": "query",
                    "content": {"application/json": {"schema": {"type": "object"}, "example": {"a": 1}}},
                },
                {"name": "c", "in": "cookie", "required": True},
            ]
        },
        components={
            "parameters": {
                "T": {"name": "X-T", "in": "header", "examples": {"a": {"$ref": "#/components/examples/E"}}}
            },
            "examples": {"E": {"value": 9}},
        },
    )
    assert made.parameters == (
        Parameter(
            name="q",
            within="query",
            schema=Schema(types=("string",), examples=("first", "own")),
            style="form",
            explode=False,
            description="d",
            deprecated=True,
        ),
        Parameter(name="X-T", within="header", schema=Schema(examples=(9,))),
        Parameter(
            name="f", within="query", schema=Schema(types=("object",), examples=({"a": 1},)), style="application/json"
        ),
        Parameter(name="c", within="cookie", required=True),
    )


def test_those_of_the_path_are_replaced_by_those_of_the_operation(read: Any) -> None:
    spec = read(
        {
            "paths": {
                "/a": {
                    "parameters": [{"name": "x", "in": "query", "description": "path"}, {"name": "y", "in": "query"}],
                    "get": {
                        "parameters": [
                            {"name": "x", "in": "query", "description": "own"},
                            {"name": "x", "in": "header"},
                        ]
                    },
                    "put": {},
                }
            }
        }
    )
    get, put = spec.endpoints
    assert [(p.name, p.within, p.description) for p in get.parameters] == [
        ("x", "query", "own"),
        ("y", "query", ""),
        ("x", "header", ""),
    ]
    assert [p.description for p in put.parameters] == ["path", ""]


@pytest.mark.parametrize(
    "parameter",
    [
        7,
        {},
        {"name": "a"},
        {"name": "a", "in": "nowhere"},
        {"name": "", "in": "query"},
        {"$ref": "#/x"},
        {"name": {}, "in": "query"},
    ],
)
def test_parameters_that_are_none(read: Any, parameter: object) -> None:
    more = 2 if isinstance(parameter, dict) and parameter.get("name") == {} else 1
    assert endpoint(read, {"parameters": [parameter]}, problems=more).parameters == ()


def test_bodies_of_version_3(read: Any) -> None:
    made = endpoint(
        read,
        {"requestBody": {"$ref": "#/components/requestBodies/B"}},
        components={
            "requestBodies": {
                "B": {
                    "required": True,
                    "content": {
                        "application/json": {
                            "schema": {"type": "object", "example": {"a": 1}},
                            "examples": {"x": {"value": {"a": 2}}},
                        },
                        "text/plain": {},
                    },
                }
            }
        },
    )
    assert [(b.content_type, b.required, b.schema.examples) for b in made.bodies] == [
        ("application/json", True, ({"a": 2}, {"a": 1})),
        ("text/plain", True, ()),
    ]
    assert endpoint(read, {"requestBody": []}, problems=1).bodies == ()
    assert endpoint(read, {"requestBody": {"content": {"a/b": 7}}}, problems=1).bodies == ()


def test_parameters_of_version_2(read: Any) -> None:
    made = endpoint(
        read,
        {
            "parameters": [
                {
                    "name": "q",
                    "in": "query",
                    "type": "array",
                    "items": {"type": "integer"},
                    "collectionFormat": "multi",
                    "required": True,
                },
                {"name": "p", "in": "query", "type": "array", "items": {"type": "string"}, "collectionFormat": "pipes"},
                {"name": "d", "in": "header", "type": "string", "enum": ["a"], "default": "a", "x-example": "e"},
                {"name": "s", "in": "query", "schema": {"type": "integer"}},
            ]
        },
        swagger="2.0",
    )
    assert [(p.name, p.required, p.style, p.explode, p.schema.types) for p in made.parameters] == [
        ("q", True, "form", True, ("array",)),
        ("p", False, "pipeDelimited", False, ("array",)),
        ("d", False, "", None, ("string",)),
        ("s", False, "", None, ("integer",)),
    ]
    assert made.parameters[2].schema == Schema(types=("string",), enum=("a",), default="a", examples=("e",))


@pytest.mark.parametrize(
    ("operation", "root", "expected"),
    [
        ({}, {}, ["application/json"]),
        ({}, {"consumes": ["a/b", "c/d"]}, ["a/b", "c/d"]),
        ({"consumes": ["e/f"]}, {"consumes": ["a/b"]}, ["e/f"]),
    ],
)
def test_body_of_version_2(read: Any, operation: dict[str, Any], root: dict[str, Any], expected: list[str]) -> None:
    body = {
        "name": "b",
        "in": "body",
        "required": True,
        "schema": {"type": "object"},
        "x-examples": {"application/json": {"a": 1}},
    }
    made = endpoint(read, {**operation, "parameters": [body]}, swagger="2.0", **root)
    assert [b.content_type for b in made.bodies] == expected and made.parameters == ()
    assert made.bodies[0].required and made.bodies[0].schema.examples == ({"a": 1},)


@pytest.mark.parametrize(
    ("kind", "consumes", "expected"),
    [
        ("string", [], ["application/x-www-form-urlencoded"]),
        ("file", [], ["multipart/form-data"]),
        ("string", ["application/json"], ["application/x-www-form-urlencoded"]),
        (
            "string",
            ["multipart/form-data", "application/x-www-form-urlencoded"],
            ["multipart/form-data", "application/x-www-form-urlencoded"],
        ),
    ],
)
def test_form_of_version_2(read: Any, kind: str, consumes: list[str], expected: list[str]) -> None:
    fields = [
        {"name": "f", "in": "formData", "type": kind, "required": True},
        {"name": "g", "in": "formData", "type": "integer"},
    ]
    made = endpoint(read, {"parameters": fields, "consumes": consumes}, swagger="2.0")
    assert [b.content_type for b in made.bodies] == expected
    schema = made.bodies[0].schema
    assert list(schema.properties) == ["f", "g"] and schema.required == ("f",)
    assert schema.properties["f"].format == ("binary" if kind == "file" else "")

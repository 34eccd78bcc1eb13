from __future__ import annotations

from typing import Any

import pytest

from gatewright.model.endpoint import Specification
from gatewright.model.schema import Schema
from gatewright.sources.openapi.schemas import LARGEST


def schema(read: Any, value: object, *, problems: int = 0, **others: object) -> Schema:
    spec: Specification = read({"components": {"schemas": {"S": value, **others}}}, problems=problems)
    return spec.schemas["S"]


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        (True, Schema()),
        ({}, Schema()),
        ({"anyOf": [{"$ref": "#/components/schemas/S"}]}, Schema()),
        ({"type": ["string", "null"], "maxLength": 5}, Schema(ref="S", types=("string",), nullable=True, max_length=5)),
        ({"type": "string", "nullable": True}, Schema(ref="S", types=("string",), nullable=True)),
        ({"type": "file"}, Schema(ref="S", types=("string",), format="binary")),
        ({"type": "string", "contentEncoding": "base64"}, Schema(ref="S", types=("string",), format="byte")),
        (
            {"type": "string", "contentMediaType": "application/octet-stream"},
            Schema(ref="S", types=("string",), format="binary"),
        ),
        ({"type": "int64"}, Schema(ref="S", types=("integer",))),
        (
            {"minimum": 1, "exclusiveMinimum": True, "maximum": 9, "exclusiveMaximum": False},
            Schema(ref="S", exclusive_minimum=1, maximum=9),
        ),
        (
            {"exclusiveMinimum": 1, "exclusiveMaximum": 9, "multipleOf": 2},
            Schema(ref="S", exclusive_minimum=1, exclusive_maximum=9, multiple_of=2),
        ),
        ({"enum": ["a", None]}, Schema(ref="S", enum=("a",), nullable=True)),
        ({"const": 7}, Schema(ref="S", enum=(7,))),
        ({"example": 1, "examples": [1, 2]}, Schema(ref="S", examples=(1, 2))),
        ({"examples": {"a": {"value": 3}, "b": {"externalValue": "x"}}}, Schema(ref="S", examples=(3,))),
        ({"default": None}, Schema(ref="S", default=None)),
        (
            {"properties": {"a": {"type": "string", "readOnly": True}}, "required": ["a"]},
            Schema(
                ref="S", types=("object",), properties={"a": Schema(types=("string",), read_only=True)}, required=("a",)
            ),
        ),
        (
            {"items": {"type": "integer"}, "minItems": 1, "uniqueItems": True},
            Schema(ref="S", types=("array",), items=Schema(types=("integer",)), min_items=1, unique_items=True),
        ),
        (
            {"prefixItems": [{"type": "string"}, {"type": "integer"}]},
            Schema(
                ref="S", types=("array",), items=Schema(any_of=(Schema(types=("string",)), Schema(types=("integer",))))
            ),
        ),
        ({"additionalProperties": False}, Schema(ref="S", closed=True)),
        ({"unevaluatedProperties": False}, Schema(ref="S", closed=True)),
        ({"additionalProperties": True}, Schema(ref="S", open=True)),
        (
            {"additionalProperties": {"type": "integer"}},
            Schema(ref="S", open=True, additional=Schema(types=("integer",))),
        ),
        (
            {"patternProperties": {"^x": {"type": "integer"}}},
            Schema(ref="S", open=True, additional=Schema(types=("integer",))),
        ),
        (
            {"anyOf": [{"type": "string"}, {"type": "null"}], "title": "T"},
            Schema(ref="S", types=("string",), nullable=True, title="T"),
        ),
        (
            {"oneOf": [{"type": "string"}, {"type": "integer"}]},
            Schema(ref="S", any_of=(Schema(types=("string",)), Schema(types=("integer",)))),
        ),
    ],
)
def test_keywords(read: Any, value: object, expected: Schema) -> None:
    assert schema(read, value) == expected


@pytest.mark.parametrize(
    "value",
    [
        [],
        "x",
        {"type": "strnig"},
        {"type": [7]},
        {"enum": "a"},
        {"minLength": -1},
        {"properties": []},
        {"properties": {"a": 7}},
        {"allOf": {}},
        {"required": [{}]},
        {"$ref": "#/nowhere"},
        {"pattern": {}},
        {"maximum": "9"},
    ],
)
def test_wrong_keywords_are_reported(read: Any, value: object) -> None:
    schema(read, value, problems=1)


def reference(name: str) -> dict[str, str]:
    return {"$ref": f"#/components/schemas/{name}"}


def test_all_of_is_merged(read: Any) -> None:
    made = schema(
        read,
        {
            "allOf": [reference("A"), {"properties": {"b": {"type": "integer"}}, "required": ["b"]}],
            "description": "both",
        },
        A={"type": "object", "properties": {"a": {"type": "string"}}, "required": ["a"], "example": {"a": "x"}},
    )
    assert (made.types, list(made.properties), made.required, made.ref, made.description) == (
        ("object",),
        ["a", "b"],
        ("a", "b"),
        "S",
        "both",
    )
    assert made.examples == ()  # that of a part lacks what the whole requires


def test_siblings_of_a_reference_hold(read: Any) -> None:
    made = schema(
        read, {"properties": {"a": {**reference("A"), "nullable": True, "example": 5}}}, A={"type": "integer"}
    )
    assert made.properties["a"] == Schema(types=("integer",), nullable=True, examples=(5,), ref="A")


def test_cycles_are_cut(read: Any) -> None:
    spec = read(
        {
            "components": {
                "schemas": {
                    "A": {
                        "properties": {
                            "b": reference("B"),
                            "self": reference("A"),
                            "list": {"type": "array", "items": reference("A")},
                        }
                    },
                    "B": {"properties": {"a": reference("A")}},
                    "C": {"allOf": [reference("C"), {"type": "object"}]},
                    "D": {"anyOf": [reference("D"), {"type": "string"}]},
                }
            }
        }
    )
    a = spec.schemas["A"]
    assert a.properties["self"] == Schema(ref="A") and spec.resolve(a.properties["self"]) == a
    assert a.properties["b"].properties["a"] == Schema(ref="A")
    assert a.properties["list"].items == Schema(ref="A")
    assert spec.schemas["C"].types == ("object",)
    assert spec.schemas["D"].any_of[0] == Schema(ref="D")
    read({"components": {"schemas": {"A": reference("B"), "B": reference("A")}}}, problems=2)


PETS = {
    "Pet": {
        "type": "object",
        "required": ["kind"],
        "properties": {"kind": {"type": "string"}, "name": {"type": "string"}},
        "oneOf": [{"$ref": "#/components/schemas/Dog"}, {"$ref": "#/components/schemas/Cat"}],
        "discriminator": {"propertyName": "kind", "mapping": {"dog": "#/components/schemas/Dog"}},
    },
    "Dog": {"allOf": [{"$ref": "#/components/schemas/Pet"}, {"properties": {"barks": {"type": "boolean"}}}]},
    "Cat": {"allOf": [{"$ref": "#/components/schemas/Pet"}, {"properties": {"lives": {"type": "integer"}}}]},
}


@pytest.mark.parametrize("order", [["Pet", "Dog", "Cat"], ["Dog", "Cat", "Pet"], ["Cat", "Pet", "Dog"]])
def test_parents_that_name_their_children(read: Any, order: list[str]) -> None:
    spec = read({"components": {"schemas": {name: PETS[name] for name in order}}})
    dog = spec.schemas["Dog"]
    assert sorted(dog.properties) == ["barks", "kind", "name"] and dog.any_of == () and dog.required == ("kind",)
    kinds = [spec.resolve(one).properties["kind"].enum for one in spec.schemas["Pet"].any_of if one.properties]
    assert kinds in ([("dog",), ("Cat",)], [("dog",)], [("Cat",)], [])
    if order[0] == "Pet":
        assert kinds == [("dog",), ("Cat",)]


def test_what_would_unfold_beyond_bounds_is_cut(read: Any) -> None:
    levels = {f"L{n}": {"properties": {f"p{i}": reference(f"L{n + 1}") for i in range(6)}} for n in range(12)}
    spec = read({"components": {"schemas": {**levels, "L12": {"type": "string"}}}})

    def size(made: Schema) -> int:
        return 1 + sum(size(item) for item in made.properties.values())

    assert max(size(made) for made in spec.schemas.values()) < 7 * LARGEST
    cut = [
        name for name, made in spec.schemas.items() if made.properties.get("p0") == Schema(ref=f"L{int(name[1:]) + 1}")
    ]
    assert cut and all(spec.resolve(spec.schemas[name].properties["p0"]).properties for name in cut)


def test_deep_nesting_ends(read: Any) -> None:
    value: dict[str, Any] = {"type": "string"}
    for _ in range(150):
        value = {"properties": {"a": value}}
    schema(read, value, problems=1)


def test_long_chains_are_cut_and_nothing_of_them_is_lost(read: Any) -> None:
    links = {f"L{n}": {"properties": {"next": reference(f"L{n + 1}"), "n": {"const": n}}} for n in range(400)}
    spec = read({"components": {"schemas": {**links, "L400": {"type": "string"}}}})
    made, count = spec.schemas["L0"], 0
    while made.properties:
        assert made.properties["n"].enum == (count,)
        made, count = spec.resolve(made.properties["next"]), count + 1
    assert count == 400 and made.types == ("string",)
    elsewhere = {f"E{n}": {"properties": {"next": {"$ref": f"#/x/E{n + 1}"}}} for n in range(200)}
    body = {"content": {"application/json": {"schema": {"$ref": "#/x/E0"}}}}
    spec = read({"paths": {"/a": {"post": {"requestBody": body}}}, "x": {**elsewhere, "E200": {"type": "integer"}}})
    assert spec.schemas["E200"].types == ("integer",) and len(spec.schemas) == 201


def test_long_chains_of_parents_end(read: Any) -> None:
    links = {f"L{n}": {"allOf": [reference(f"L{n + 1}")]} for n in range(400)}
    assert read({"components": {"schemas": {**links, "L400": {"type": "string"}}}}, problems=7).schemas[
        "L399"
    ].types == ("string",)


def test_what_is_huge_is_read_in_time(read: Any) -> None:
    many = [{"n": n} for n in range(30_000)]
    made = schema(
        read,
        {"examples": many, "enum": many, "allOf": [{"enum": many}], "prefixItems": [{"const": n} for n in range(5000)]},
    )
    assert len(made.examples) == 20 and len(made.enum) == 30_000


def test_schemas_that_stand_elsewhere_get_a_name(read: Any) -> None:
    spec = read(
        {
            "paths": {
                "/a": {
                    "get": {
                        "responses": {
                            "200": {"content": {"application/json": {"schema": {"$ref": "#/x-parts/S"}}}},
                            "201": {"content": {"application/json": {"schema": {"$ref": "#/components/schemas/S"}}}},
                        }
                    }
                }
            },
            "x-parts": {"S": {"type": "integer", "title": "part"}},
            "components": {"schemas": {"S": {"type": "string"}}},
        }
    )
    assert [(a.schema.ref, a.schema.types) for a in spec.endpoints[0].answers] == [
        ("S-2", ("integer",)),
        ("S", ("string",)),
    ]
    assert spec.schemas["S-2"].title == "part"

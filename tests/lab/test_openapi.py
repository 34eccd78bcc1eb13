"""The specification is sound, complete, and true: what it says of an answer is what comes back."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from jsonschema import Draft202012Validator, FormatChecker

from gatewright.lab.openapi import path_schema
from gatewright.lab.requests import samples
from gatewright.lab.routes import endpoints

METHODS = {"get", "post", "put", "patch", "delete"}


@pytest.fixture(params=[None, 3], ids=["plain", "scrambled"])
def visitor(visit: Callable[..., Any], request: pytest.FixtureRequest) -> Any:
    return visit(scramble=request.param)


@pytest.fixture
def specification(visitor: Any) -> dict[str, Any]:
    loaded: dict[str, Any] = visitor.send("GET", "/openapi.json").json
    return loaded


def operations(specification: dict[str, Any]) -> Iterator[tuple[str, str, dict[str, Any]]]:
    for path, item in specification["paths"].items():
        assert item.keys() <= METHODS
        for method, operation in item.items():
            yield method.upper(), path, operation


def validator(specification: dict[str, Any], schema: dict[str, Any]) -> Draft202012Validator:
    return Draft202012Validator({**schema, "components": specification["components"]}, format_checker=FormatChecker())


def nodes(value: Any) -> Iterator[dict[str, Any]]:
    if isinstance(value, dict):
        yield value
        for inner in value.values():
            yield from nodes(inner)
    elif isinstance(value, list):
        for inner in value:
            yield from nodes(inner)


def test_the_frame_is_openapi_3_1(specification: dict[str, Any]) -> None:
    assert specification["openapi"] == "3.1.0"
    assert specification["info"].keys() >= {"title", "version"}
    names = [operation["operationId"] for _, _, operation in operations(specification)]
    assert len(names) == len(set(names))
    tags = {tag["name"] for tag in specification["tags"]}
    for method, path, operation in operations(specification):
        assert set(operation["tags"]) <= tags
        in_path = {parameter["name"] for parameter in operation.get("parameters", []) if parameter["in"] == "path"}
        assert in_path == set(re.findall(r"{([^}]+)}", path)), path
        assert all("description" in response for response in operation["responses"].values())
        assert any(status.startswith("2") or status == "101" for status in operation["responses"])
        assert "requestBody" not in operation or method != "GET"
        for requirement in operation["security"]:
            assert requirement.keys() <= specification["components"]["securitySchemes"].keys()


def test_schemas_are_json_schema_and_their_examples_fit(specification: dict[str, Any]) -> None:
    examples = 0
    for schema in specification["components"]["schemas"].values():
        Draft202012Validator.check_schema(schema)
        for node in nodes(schema):
            if "example" in node and "type" in node:
                validator(specification, node).validate(node["example"])
                examples += 1
    assert examples > 50


def test_every_reference_leads_somewhere(specification: dict[str, Any]) -> None:
    references = [node["$ref"] for node in nodes(specification) if "$ref" in node]
    assert references
    for reference in references:
        assert reference.removeprefix("#/components/schemas/") in specification["components"]["schemas"]


def test_routes_and_documentation_are_the_same(visitor: Any, specification: dict[str, Any]) -> None:
    documented = {(method, path) for method, path, _ in operations(specification)}
    served = {(one.method, visitor.names.path(one.path)) for one in endpoints() if not (one.undocumented or one.hidden)}
    assert documented == served


def test_answers_are_what_the_specification_says_and_no_more(visitor: Any, specification: dict[str, Any]) -> None:
    for sample in samples(visitor.clinic, visitor.names, 1):
        answer = visitor.send(
            sample.endpoint.method,
            sample.path,
            sample.account,
            query=sample.query,
            headers=sample.headers,
            body=sample.body,
        )
        operation = specification["paths"][visitor.names.path(sample.endpoint.path)][sample.endpoint.method.lower()]
        content = operation["responses"][str(answer.status)].get("content", {})
        assert answer.headers.get("content-type", "").partition(";")[0] in {*content, ""}, sample
        if "application/json" in content:
            schema = content["application/json"]["schema"]
            validator(specification, schema).validate(answer.json)
            assert not undocumented(specification, schema, answer.json), sample


def undocumented(specification: dict[str, Any], schema: dict[str, Any], value: Any) -> set[str]:
    """Property names of the value that its schema does not list."""
    if "$ref" in schema:
        schema = specification["components"]["schemas"][schema["$ref"].rpartition("/")[2]]
    if "oneOf" in schema:
        return set() if value is None else undocumented(specification, schema["oneOf"][0], value)
    if isinstance(value, list):
        return {name for item in value for name in undocumented(specification, schema["items"], item)}
    if not isinstance(value, dict) or schema.get("additionalProperties") is True:
        return set()
    known = schema["properties"]
    inner = {
        name for key, item in value.items() if key in known for name in undocumented(specification, known[key], item)
    }
    return (value.keys() - known.keys()) | inner


def test_nothing_that_is_off_is_documented(specification: dict[str, Any]) -> None:
    assert "put" not in specification["paths"].get("/news/{news_id}", {})
    assert "purchase_cost" not in str(specification)


def test_path_parameters() -> None:
    assert path_schema("order_id") == {"type": "integer", "minimum": 1}
    assert path_schema("document_id")["format"] == "uuid"

"""The published OpenAPI 3.1 document, made from the route table that also answers the requests."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from typing import Any

from gatewright.lab.endpoint import Access, Endpoint, Schema
from gatewright.lab.schemas import USERNAME, ref, shape, text, words
from gatewright.lab.scramble import Names

_PATH_SCHEMAS: dict[str, Schema] = {
    "username": {**USERNAME, "example": "alice"},
    "document_id": words("1d0b9f5e-5c0e-4b6e-9a53-2f0f8a1b7c11", "uuid"),
    "scan_id": words("7c9e6679-7425-40de-944b-e07fc1f90ae7", "uuid"),
    "link_token": text("Zk3mQ0vB1nXr8aLw5tYc2g", least=22, most=22, pattern="^[A-Za-z0-9_-]+$"),
    "receipt_key": text("5f1c0a7be2d94c3f86a0", least=20, most=20, pattern="^[0-9a-f]+$"),
    "slug": text("opening-hours", least=3, most=60, pattern="^[a-z0-9-]+$"),
}

_PROBLEM: Schema = shape(
    "type title status",
    type={"type": "string"},
    title={"type": "string"},
    status={"type": "integer"},
    detail={"type": "string"},
    errors={"type": "array", "items": shape("field message", field={"type": "string"}, message={"type": "string"})},
)


def path_schema(name: str) -> Schema:
    """The schema of a path parameter; most are numbers."""
    return _PATH_SCHEMAS.get(name, {"type": "integer", "minimum": 1})


class Published:
    """What is special in the document of a dialect; this is that of bearer."""

    schemes: Mapping[str, Schema] = {"bearer": {"type": "http", "scheme": "bearer", "bearerFormat": "JWT"}}
    problem: Schema = _PROBLEM
    refusals: str = "application/problem+json"
    """The media type of refusals."""

    def needed(self, endpoint: Endpoint, roles: list[str]) -> dict[str, list[str]]:
        """The security requirement of an endpoint that knows its callers."""
        return {"bearer": roles}

    def answer(self, endpoint: Endpoint) -> str:
        """The name of the answer's schema, as `Endpoint.answer`."""
        return endpoint.answer

    def schema(self, name: str, schema: Schema) -> Schema:
        """The schema of a property or parameter, in real names."""
        return schema

    def wrapped(self, schema: Schema | None) -> Schema | None:
        """The schema of an answer's body; None where there is none."""
        return schema

    def statuses(self, endpoint: Endpoint) -> tuple[str, bool]:
        """The status of success, and whether refusals have statuses of their own."""
        return str(endpoint.status), True


def document(
    table: Sequence[Endpoint], schemas: Mapping[str, Schema], names: Names, published: Published
) -> dict[str, Any]:
    """The whole document; undocumented and hidden endpoints are left out."""
    paths: dict[str, dict[str, Any]] = {}
    shown = [endpoint for endpoint in table if not endpoint.undocumented and not endpoint.hidden]
    for endpoint in shown:
        operation = _operation(endpoint, names, published)
        paths.setdefault(names.path(endpoint.path), {})[endpoint.method.lower()] = operation
    title = "Clinic and shop" if names.plain else names.word("clinic").capitalize()
    return {
        "openapi": "3.1.0",
        "info": {"title": title, "version": "1.4.0"},
        "servers": [{"url": "/"}],
        "tags": [{"name": names.word(tag)} for tag in dict.fromkeys(endpoint.tag for endpoint in shown)],
        "paths": paths,
        "components": {
            "securitySchemes": dict(published.schemes),
            "schemas": {
                **{names.word(name): _renamed(schema, names) for name, schema in schemas.items()},
                "Problem": published.problem,
            },
        },
    }


def _operation(endpoint: Endpoint, names: Names, published: Published) -> dict[str, Any]:
    words_of_path = re.findall(r"[a-z]+", endpoint.path)
    operation: dict[str, Any] = {"tags": [names.word(endpoint.tag)]}
    operation["operationId"] = "_".join([endpoint.method.lower(), *(names.word(word) for word in words_of_path)])
    if names.plain:
        operation["summary"] = endpoint.summary
    if parameters := _parameters(endpoint, names, published):
        operation["parameters"] = parameters
    if endpoint.body:
        schema = ref(names.word(endpoint.body))
        kind = "multipart/form-data" if endpoint.upload else "application/json"
        operation["requestBody"] = {"required": True, "content": {kind: {"schema": schema}}}
    operation["responses"] = _responses(endpoint, names, published)
    if endpoint.access is Access.OPTIONAL:
        operation["security"] = [{}, published.needed(endpoint, [])]
    else:
        roles = [endpoint.access.name.lower()] if endpoint.access > Access.PATIENT else []
        operation["security"] = [published.needed(endpoint, roles)] if endpoint.access > Access.PUBLIC else []
    return operation


def _parameters(endpoint: Endpoint, names: Names, published: Published) -> list[dict[str, Any]]:
    in_path = [
        {
            "name": names.word(name),
            "in": "path",
            "required": True,
            "schema": published.schema(name, path_schema(name)),
        }
        for name in re.findall(r"{(\w+)}", endpoint.path)
    ]
    others = [
        {
            "name": names.word(parameter.name),
            "in": parameter.within,
            "required": parameter.required,
            "schema": published.schema(parameter.name, parameter.schema),
        }
        for parameter in endpoint.parameters
    ]
    return in_path + others


def _responses(endpoint: Endpoint, names: Names, published: Published) -> dict[str, Any]:
    good: dict[str, Any] = {"description": "Done"}
    answer = published.answer(endpoint)
    if answer == "file":
        good["content"] = {kind: {"schema": {"type": "string", "format": "binary"}} for kind in _FILES}
    elif answer == "html":
        good["content"] = {"text/html": {"schema": {"type": "string"}}}
    else:
        named = ref(names.word(answer.strip("[]"))) if answer else None
        schema = published.wrapped({"type": "array", "items": named} if named and answer.startswith("[") else named)
        if schema is not None:
            good["content"] = {"application/json": {"schema": schema}}
    status, honest = published.statuses(endpoint)
    if endpoint.live:
        good["content"] = {"text/event-stream": {"schema": ref(names.word(endpoint.answer))}}
    responses: dict[str, Any] = (
        {"101": {"description": "Messages over WebSocket"}} if endpoint.live == "websocket" else {status: good}
    )
    bad = {
        "401": endpoint.access >= Access.PATIENT or endpoint.path == "/auth/login",
        "403": endpoint.access >= Access.STAFF or endpoint.forbids,
        "404": "{" in endpoint.path,
        "422": bool(endpoint.body or endpoint.parameters),
    }
    reasons = dict(_REASONS)
    if endpoint.access >= Access.STAFF:
        reasons["403"] = f"Needs the role {endpoint.access.name.lower()}"
    for status, documented in bad.items():
        if documented and honest:
            problem = {published.refusals: {"schema": ref("Problem")}}
            responses[status] = {"description": reasons[status], "content": problem}
    return responses


_FILES = ("application/pdf", "image/jpeg", "image/png", "text/plain")
_REASONS = {"401": "Not logged in", "403": "Not allowed", "404": "Not found", "422": "Fields to be mended"}


def _renamed(schema: Schema, names: Names) -> Schema:
    """The schema with its property names and references translated, and the keys of its examples."""
    renamed: Schema = {}
    for key, value in schema.items():
        if key == "properties":
            renamed[key] = {names.word(name): _renamed(inner, names) for name, inner in value.items()}
        elif key == "required":
            renamed[key] = [names.word(name) for name in value]
        elif key == "$ref":
            renamed[key] = ref(names.word(value.rpartition("/")[2]))["$ref"]
        elif key in ("items", "additionalProperties") and isinstance(value, dict):
            renamed[key] = _renamed(value, names)
        elif key == "oneOf":
            renamed[key] = [_renamed(inner, names) for inner in value]
        elif key == "example":
            renamed[key] = names.body(value)
        else:
            renamed[key] = value
    return renamed

"""Schemas as lists of places: which values a body may hold, and where; which values an answer shows."""

from __future__ import annotations

from collections.abc import Iterator

from msgspec import Struct

from gatewright.model.endpoint import Body, Endpoint, Specification
from gatewright.model.schema import Schema

_DEEPEST = 5
_WIDEST = 200


class Field(Struct, frozen=True):
    """One scalar (or free-form value) of a body: its place name, its own key, its schema, and whether it must be there."""

    name: str
    """`order.items[].productId`; empty for a body that is a scalar itself."""
    key: str
    schema: Schema
    required: bool


def fields(schema: Schema, specification: Specification) -> list[Field]:
    """Every scalar of a request body, required ones first at each level; `readOnly` ones left out; at most 200."""
    return [field for field, _ in zip(_walk(schema, specification, "", "", True, 0), range(_WIDEST), strict=False)]


def _walk(
    schema: Schema, specification: Specification, name: str, key: str, required: bool, depth: int
) -> Iterator[Field]:
    schema = resolved(schema, specification)
    if depth > _DEEPEST or schema.read_only:
        return
    if schema.properties:
        wanted = sorted(schema.properties, key=lambda item: item not in schema.required)
        for item in wanted:
            inner = f"{name}.{item}" if name else item
            must = required and item in schema.required
            yield from _walk(schema.properties[item], specification, inner, item, must, depth + 1)
    elif is_list(schema) and schema.items is not None and not schema.examples and not schema.enum:
        yield from _walk(schema.items, specification, f"{name}[]", key, required, depth + 1)
    else:
        yield Field(name, key, schema, required)


def resolved(schema: Schema, specification: Specification) -> Schema:
    """The schema with a cut cycle followed and the first usable alternative taken."""
    for _ in range(4):
        schema = specification.resolve(schema)
        if not schema.any_of or schema.properties or schema.types:
            return schema
        schema = next((one for one in schema.any_of if one.types != ("null",)), schema.any_of[0])
    return schema


def is_list(schema: Schema) -> bool:
    """Whether the schema is that of an array."""
    return "array" in schema.types or (schema.items is not None and not schema.types)


def is_text(schema: Schema) -> bool:
    """Whether a string may stand there."""
    return not schema.types or "string" in schema.types


def body_of(endpoint: Endpoint) -> Body | None:
    """The body form to use: JSON before form fields before multipart before anything else."""
    order = ("json", "x-www-form-urlencoded", "multipart/form-data", "")
    for wanted in order:
        for body in endpoint.bodies:
            if wanted in body.content_type:
                return body
    return None


def answer_component(endpoint: Endpoint, specification: Specification) -> str:
    """Name of the component that a success of the endpoint shows, looked for under wrappers and in list items."""
    if endpoint.field is not None:
        return endpoint.field.shows
    for answer in endpoint.answers:
        if answer.status.startswith("2") and answer.schema is not None:
            found = _component(answer.schema, specification, 0)
            if found:
                return found
    return ""


def answers_list(endpoint: Endpoint, specification: Specification) -> bool:
    """Whether a success of the endpoint is documented to show a list of objects."""
    if endpoint.field is not None:
        return endpoint.field.listing
    return any(
        _holds_list(answer.schema, specification, 0)
        for answer in endpoint.answers
        if answer.status.startswith("2") and answer.schema is not None
    )


def _component(schema: Schema, specification: Specification, depth: int) -> str:
    name = schema.ref
    schema = resolved(schema, specification)
    if is_list(schema) and schema.items is not None:
        return _component(schema.items, specification, depth + 1) if depth < 3 else ""
    inner = [one for one in schema.properties.values() if one.properties or one.items is not None or one.ref]
    if len(inner) == 1 and len(schema.properties) <= 4 and depth < 3:
        return _component(inner[0], specification, depth + 1) or name
    return name


def _holds_list(schema: Schema, specification: Specification, depth: int) -> bool:
    schema = resolved(schema, specification)
    if is_list(schema):
        return True
    if depth >= 2 or len(schema.properties) > 6:
        return False
    return any(_holds_list(one, specification, depth + 1) for one in schema.properties.values())

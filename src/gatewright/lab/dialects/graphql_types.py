"""The clinic's GraphQL schema: fields from the route table, types from its schemas, in the names on the wire."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from typing import Any

from graphql import (
    GraphQLArgument,
    GraphQLBoolean,
    GraphQLEnumType,
    GraphQLField,
    GraphQLFloat,
    GraphQLID,
    GraphQLInputField,
    GraphQLInputObjectType,
    GraphQLInt,
    GraphQLInterfaceType,
    GraphQLList,
    GraphQLNonNull,
    GraphQLObjectType,
    GraphQLScalarType,
    GraphQLString,
)

from gatewright.lab.endpoint import Access, Endpoint, Schema
from gatewright.lab.openapi import path_schema
from gatewright.lab.scramble import KEPT_PATHS, Names

NODE_ID = "nodeId"
"""The field by which every object has a name in the whole schema."""
UNPACKED = {"MessageAnswer": "Message"}
"""What has an envelope of its own is answered without it: null stands for a refusal."""
_HIDDEN = {
    "Colleague": ("password_hash",),
    "Message": ("sender_email", "sender_date_of_birth", "recipient_email", "recipient_date_of_birth"),
}
"""Fields of types that only a weakness fills; null otherwise."""
_NAME = re.compile(r"[_A-Za-z][_0-9A-Za-z]*")
_HOLE = re.compile(r"\{(\w+)\}")
_SCALARS = {
    "DateTime": GraphQLScalarType("DateTime"),
    "Date": GraphQLScalarType("Date"),
    "JSON": GraphQLScalarType("JSON"),
}
_PREFIX = {"PUT": "update", "PATCH": "update", "DELETE": "delete"}
_IN_VAIN = "Read-only: ignored when sent."
FLAT = frozenset({"/auth/login"})
"""Mutations that take the properties of their body as arguments; the others take `input`."""


def kind_of(endpoint: Endpoint) -> str:
    """`subscription` for what goes on, `query` for what reads, `mutation` for the rest."""
    if endpoint.live:
        return "subscription"
    return "query" if endpoint.method == "GET" else "mutation"


def field_name(endpoint: Endpoint, names: Names, table: Mapping[str, Endpoint]) -> str:
    """`appointment`, `appointments`, `createAppointment`, `updatePatientRecord`, `deleteAppointment`, `ordersLookup`."""
    segments = endpoint.path.strip("/").split("/")
    if endpoint.path in KEPT_PATHS:
        return segments[-1]
    parts = []
    for index, segment in enumerate(segments):
        hole = _HOLE.fullmatch(segments[index + 1]) if index + 1 < len(segments) else None
        if not _HOLE.fullmatch(segment):
            parts.append(_one(segment, hole[1], names) if hole else _wire(segment, names))
    if endpoint.method == "POST" and endpoint.status == 201:
        below = (_HOLE.fullmatch(path.rpartition("/")[2]) for path in _paths(table) if _parent(path) == endpoint.path)
        hole = next((found for found in below if found), None)
        parts[-1] = _one(segments[-1], hole[1], names) if hole else parts[-1]
        return _camel(["create", *parts])
    if endpoint.method == "GET" and _HOLE.fullmatch(segments[-1]) and f"GET {_parent(endpoint.path)}" in table:
        last = _wire(segments[-2], names)
        parts += ["item"] if parts[-1] == last else []
    prefix = _PREFIX.get(endpoint.method, "")
    return _camel([prefix, *parts] if prefix else parts)


def argument_name(name: str, names: Names) -> str:
    """A parameter as an argument: `X-Patient-Id` cannot be one."""
    wire = names.word(name)
    return wire.removeprefix("X-").replace("-", "_").lower() if "-" in wire else wire


def _paths(table: Mapping[str, Endpoint]) -> list[str]:
    return [endpoint.path for endpoint in table.values()]


def _parent(path: str) -> str:
    return path.rpartition("/")[0]


def _one(segment: str, hole: str, names: Names) -> str:
    """One of a collection: by what its parameter is called, else by the collection without its last letter s."""
    stem = hole.rpartition("_")[0]
    if stem:
        return _wire(stem, names)
    wire = _wire(segment, names)
    return wire[:-1] if wire.endswith("s") and not wire.endswith("ss") else wire


def _wire(segment: str, names: Names) -> str:
    return names.path("/" + segment).strip("/").replace("-", "_")


def _camel(parts: list[str]) -> str:
    first, *others = [word for part in parts for word in re.split(r"[_\W]+", part) if word]
    return first[:1].lower() + first[1:] + "".join(word[:1].upper() + word[1:] for word in others)


class Shapes:
    """Types of the clinic's schemas, each made once."""

    def __init__(self, schemas: Mapping[str, Schema], names: Names) -> None:
        self._schemas = schemas
        self._names = names
        self._outputs: dict[str, GraphQLObjectType] = {}
        self._inputs: dict[str, GraphQLInputObjectType] = {}
        self._enums: dict[tuple[str, ...], GraphQLEnumType] = {}
        self.nodes: set[str] = set()
        """Real names of the schemas whose objects have a name in the whole schema."""
        self.more: dict[str, dict[str, GraphQLField]] = {}
        """Real name of a schema → further fields of its type."""
        self.node = GraphQLInterfaceType("Node", {names.word(NODE_ID): GraphQLField(GraphQLNonNull(GraphQLID))})

    def answer(self, name: str) -> Any:
        """The type of an endpoint's answer; true where there is nothing to say."""
        if not name:
            return GraphQLNonNull(GraphQLBoolean)
        inner = self.output(UNPACKED.get(name.strip("[]"), name.strip("[]")))
        return GraphQLList(GraphQLNonNull(inner)) if name.startswith("[") else inner

    def output(self, name: str) -> Any:
        """The type of a schema."""
        schema = self._schemas[name]
        if "properties" not in schema:
            return _SCALARS["JSON"]
        if name not in self._outputs:
            node = name in self.nodes
            self._outputs[name] = GraphQLObjectType(
                self._names.word(name),
                lambda: self._fields(name, schema),
                interfaces=[self.node] if node else [],
            )
        return self._outputs[name]

    def _fields(self, name: str, schema: Schema) -> dict[str, GraphQLField]:
        required = schema.get("required", ())
        found = {}
        for key, inner in schema["properties"].items():
            made = self._output(inner, key, name)
            firm = key in required and ("items" in inner or key == "id")
            found[self._names.word(key)] = GraphQLField(GraphQLNonNull(made) if firm else made)
        found |= {self._names.word(key): GraphQLField(GraphQLString) for key in _HIDDEN.get(name, ())}
        if name in self.nodes:
            found[self._names.word(NODE_ID)] = GraphQLField(GraphQLNonNull(GraphQLID))
        return found | self.more.get(name, {})

    def _output(self, schema: Schema, key: str, above: str) -> Any:
        if "$ref" in schema:
            return self.output(schema["$ref"].rpartition("/")[2])
        if schema["type"] == "array":
            return GraphQLList(GraphQLNonNull(self._output(schema["items"], key, above)))
        if schema["type"] == "object" and "properties" in schema:
            inner = self._names.word(above) + _camel([self._names.word(key)]).capitalize()
            if inner not in self._outputs:
                fields = {
                    self._names.word(name): GraphQLField(self._output(one, name, inner))
                    for name, one in schema["properties"].items()
                }
                self._outputs[inner] = GraphQLObjectType(inner, fields)
            return self._outputs[inner]
        return self.scalar(schema, key)

    def input(self, name: str, more: Mapping[str, Schema]) -> Any:
        """The type of a body; `more` are properties that it takes without any effect, weaknesses apart."""
        schema = self._schemas[name]
        if "properties" not in schema:
            return _SCALARS["JSON"]
        key = " ".join([name, *more])
        if key not in self._inputs:
            title = self._names.word(name) + (
                "Input" if not more else "ChangeInput" if "Change" not in name else "Input"
            )
            self._inputs[key] = GraphQLInputObjectType(title, self.inputs(name, more))
        return self._inputs[key]

    def inputs(self, name: str, more: Mapping[str, Schema]) -> dict[str, GraphQLInputField]:
        """The fields of a body."""
        schema = self._schemas[name]
        found = {}
        for key, inner in {**schema["properties"], **more}.items():
            made = self._input(inner, key, name)
            firm = key in schema.get("required", ())
            told = _IN_VAIN if key in more else None
            found[self._names.word(key)] = GraphQLInputField(GraphQLNonNull(made) if firm else made, description=told)
        return found

    def _input(self, schema: Schema, key: str, above: str) -> Any:
        if schema["type"] == "array":
            return GraphQLList(GraphQLNonNull(self._input(schema["items"], key, above)))
        if schema["type"] == "object" and "properties" in schema:
            title = self._names.word(above) + _camel([self._names.word(key)]).capitalize() + "Input"
            if title not in self._inputs:
                fields = {}
                for name, one in schema["properties"].items():
                    made = self._input(one, name, title)
                    firm = name in schema.get("required", ())
                    fields[self._names.word(name)] = GraphQLInputField(GraphQLNonNull(made) if firm else made)
                self._inputs[title] = GraphQLInputObjectType(title, fields)
            return self._inputs[title]
        return self.scalar(schema, key)

    def scalar(self, schema: Schema, key: str) -> Any:
        """The type of a value that is no object."""
        if key in ("id", "revision_id") or key.endswith(("_id", "-Id")) or schema.get("format") == "uuid":
            return GraphQLID
        values = tuple(schema.get("enum", ()))
        if values and all(isinstance(value, str) and _NAME.fullmatch(value) for value in values):
            if values not in self._enums:
                title = "".join(value.capitalize() for value in values[:2]) + "Choice"
                self._enums[values] = GraphQLEnumType(title, {value: value for value in values})
            return self._enums[values]
        by_format = {"date-time": _SCALARS["DateTime"], "date": _SCALARS["Date"]}
        kinds = {"integer": GraphQLInt, "number": GraphQLFloat, "boolean": GraphQLBoolean, "object": _SCALARS["JSON"]}
        kind = schema["type"] if isinstance(schema["type"], str) else schema["type"][0]
        return by_format.get(schema.get("format", "")) or kinds.get(kind, GraphQLString)

    def arguments(self, endpoint: Endpoint) -> dict[str, GraphQLArgument]:
        """The arguments of an endpoint's field: of its path, its parameters, its body."""
        found = {}
        for name in _HOLE.findall(endpoint.path):
            found[argument_name(name, self._names)] = GraphQLArgument(
                GraphQLNonNull(self.scalar(path_schema(name), name))
            )
        for parameter in endpoint.parameters:
            made = self.scalar(parameter.schema, parameter.name)
            firm = GraphQLNonNull(made) if parameter.required else made
            found[argument_name(parameter.name, self._names)] = GraphQLArgument(firm)
        if endpoint.body:
            assigned = endpoint.assigns[0]
            more = {assigned: self._schemas[endpoint.answer]["properties"][assigned]} if assigned else {}
            if endpoint.path in FLAT:
                found |= {key: GraphQLArgument(one.type) for key, one in self.inputs(endpoint.body, more).items()}
            else:
                found["input"] = GraphQLArgument(GraphQLNonNull(self.input(endpoint.body, more)))
        return found


def roots(
    table: Mapping[str, Endpoint],
    shapes: Shapes,
    names: Names,
    resolver: Callable[[Endpoint], Callable[..., Any]],
) -> tuple[dict[str, GraphQLField], dict[str, GraphQLField]]:
    """Fields of the query and of the mutation type."""
    found: dict[str, dict[str, GraphQLField]] = {"query": {}, "mutation": {}}
    for endpoint in table.values():
        if endpoint.undocumented or endpoint.hidden or endpoint.live or endpoint.answer == "html":
            continue
        needs = f" Needs the role {endpoint.access.name.lower()}." if endpoint.access > Access.PATIENT else ""
        found[kind_of(endpoint)][field_name(endpoint, names, table)] = GraphQLField(
            shapes.answer(endpoint.answer),
            args=shapes.arguments(endpoint),
            resolve=resolver(endpoint),
            description=f"{endpoint.summary}.{needs}" if names.plain else needs.strip() or None,
        )
    return found["query"], found["mutation"]


def subscriptions(
    table: Mapping[str, Endpoint], shapes: Shapes, names: Names, subscriber: Callable[[Endpoint], Callable[..., Any]]
) -> dict[str, GraphQLField]:
    """Fields of the subscription type."""
    return {
        field_name(endpoint, names, table): GraphQLField(
            shapes.answer(endpoint.answer),
            args=shapes.arguments(endpoint),
            subscribe=subscriber(endpoint),
            resolve=lambda event, _info, **_: event,
            description=f"{endpoint.summary}." if names.plain else None,
        )
        for endpoint in table.values()
        if endpoint.live
    }

"""Types of a GraphQL schema as the schemas that values are made from and answers are judged by."""

from __future__ import annotations

import re

import msgspec
from graphql import (
    GraphQLEnumType,
    GraphQLInputField,
    GraphQLInputObjectType,
    GraphQLInputType,
    GraphQLInterfaceType,
    GraphQLList,
    GraphQLNonNull,
    GraphQLObjectType,
    GraphQLOutputType,
    GraphQLScalarType,
    GraphQLUnionType,
    is_required_argument,
    is_required_input_field,
    value_from_ast_untyped,
)
from msgspec import UNSET, UnsetType

from gatewright.model.json import Json
from gatewright.model.schema import Schema
from gatewright.sources.graphql.names import words
from gatewright.sources.graphql.wrappers import AnyObject

_SCALARS = {
    "ID": Schema(types=("string",), format="id"),
    "String": Schema(types=("string",)),
    "Int": Schema(types=("integer",)),
    "Float": Schema(types=("number",)),
    "Boolean": Schema(types=("boolean",)),
}
_BY_WORD = {
    "datetime": Schema(types=("string",), format="date-time"),
    "timestamp": Schema(types=("string",), format="date-time"),
    "date": Schema(types=("string",), format="date"),
    "time": Schema(types=("string",), format="time"),
    "email": Schema(types=("string",), format="email"),
    "url": Schema(types=("string",), format="uri"),
    "uri": Schema(types=("string",), format="uri"),
    "uuid": Schema(types=("string",), format="uuid"),
    "guid": Schema(types=("string",), format="uuid"),
    "password": Schema(types=("string",), format="password"),
    "json": Schema(types=("object",), open=True),
    "map": Schema(types=("object",), open=True),
    "upload": Schema(types=("string",), format="binary"),
    "decimal": Schema(types=("number",)),
    "money": Schema(types=("number",)),
    "int": Schema(types=("integer",)),
    "long": Schema(types=("integer",)),
    "float": Schema(types=("number",)),
    "double": Schema(types=("number",)),
    "boolean": Schema(types=("boolean",)),
}
"""Scalars that a schema declares itself, by a word of their name."""

_READ_ONLY = re.compile(
    r"read.?only|not writ(?:e|a)able|(?:is|are|be) ignored|ignored (?:when|on|if)|(?:set|made|computed|assigned) by the (?:server|system)",
    re.IGNORECASE,
)
"""How a description says that sending a value is in vain: a schema has no word of its own for it."""


class Types:
    """Converts types; `table` fills with the objects by name, so that cycles end in a reference."""

    def __init__(self) -> None:
        self.table: dict[str, Schema] = {}

    def input(self, type_: GraphQLInputType) -> Schema:
        """What an argument takes."""
        if isinstance(type_, GraphQLNonNull):
            return self.input(type_.of_type)
        if isinstance(type_, GraphQLList):
            return Schema(types=("array",), items=self.input(type_.of_type))
        if isinstance(type_, GraphQLInputObjectType):
            if type_.name not in self.table:
                self.table[type_.name] = Schema(ref=type_.name)
                self.table[type_.name] = self._input_object(type_)
            return Schema(ref=type_.name)
        return _leaf(type_)

    def _input_object(self, type_: GraphQLInputObjectType) -> Schema:
        properties = {
            name: described(self.input(field.type), field.description or "", default=_default(field))
            for name, field in type_.fields.items()
        }
        required = tuple(name for name, field in type_.fields.items() if is_required_input_field(field))
        return Schema(
            types=("object",),
            ref=type_.name,
            description=type_.description or "",
            properties=properties,
            required=required,
            closed=True,
        )

    def output(self, type_: GraphQLOutputType) -> Schema:
        """What a field answers."""
        if isinstance(type_, GraphQLNonNull):
            return self.output(type_.of_type)
        if isinstance(type_, GraphQLList):
            return Schema(types=("array",), items=self.output(type_.of_type), nullable=True)
        if isinstance(type_, (GraphQLObjectType, GraphQLInterfaceType)):
            if type_.name not in self.table:
                self.table[type_.name] = Schema(ref=type_.name)
                self.table[type_.name] = self._output_object(type_)
            return Schema(ref=type_.name)
        if isinstance(type_, GraphQLUnionType):
            return Schema(types=("object",), open=True, any_of=tuple(self.output(one) for one in type_.types))
        return _leaf(type_)

    def _output_object(self, type_: AnyObject) -> Schema:
        properties = {
            name: self.output(field.type)
            for name, field in type_.fields.items()
            if not any(is_required_argument(one) for one in field.args.values())
        }
        return Schema(
            types=("object",),
            ref=type_.name,
            description=type_.description or "",
            properties=properties,
            open=isinstance(type_, GraphQLInterfaceType),
            nullable=True,
        )


def _default(field: GraphQLInputField) -> Json | UnsetType:
    """The value that stands when none is given; unset for none, and for objects."""
    given = field.default
    if given is None:
        return UNSET
    value: Json = value_from_ast_untyped(given.literal) if given.literal is not None else given.value
    return value if isinstance(value, (str, int, float, list)) else UNSET


def _leaf(type_: object) -> Schema:
    if isinstance(type_, GraphQLEnumType):
        return Schema(types=("string",), enum=tuple(type_.values))
    name = type_.name if isinstance(type_, GraphQLScalarType) else "String"
    if name in _SCALARS:
        return _SCALARS[name]
    parts = ["datetime" if part == "date" and "time" in words(name) else part for part in words(name)]
    joined = name.lower().replace("_", "")
    return next((_BY_WORD[word] for word in (joined, *parts) if word in _BY_WORD), Schema(types=("string",)))


def described(schema: Schema, description: str, *, default: Json | UnsetType = UNSET) -> Schema:
    """The schema of an argument or input field, with what its description says."""
    in_vain = bool(_READ_ONLY.search(description))
    if schema.ref and not in_vain:
        return schema
    return msgspec.structs.replace(schema, description=description, default=default, read_only=in_vain)

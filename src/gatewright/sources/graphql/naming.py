"""The words by which one schema says "id": the usual ones and its own, learnt from types and from what leads to what.

A schema may name its things in any language. `kunde(kundeNummer: ID!)`, `ware(wareNummer: ID!)` show that `nummer`
says id, as `Kunde.nummer: ID!` and `Ware.nummer: ID!` do; so do numbers by which queries read one object each.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from graphql import (
    GraphQLField,
    GraphQLInputObjectType,
    GraphQLInterfaceType,
    GraphQLObjectType,
    GraphQLSchema,
    get_named_type,
    is_leaf_type,
    is_required_argument,
)

from gatewright.model.names import singular
from gatewright.sources.graphql.names import IDENTIFYING, noun, words
from gatewright.sources.graphql.wrappers import holds_list, is_id

_NUMBERS = frozenset({"Int", "Long", "BigInt"})
_SAID = frozenset({"by", "of", "for", "name", "title"})
"""Ends of names that are no word for an id, whatever type they have."""


@dataclass(frozen=True, slots=True)
class Naming:
    """What the values of one schema are called that name objects."""

    identifying: frozenset[str] = IDENTIFYING

    def refers(self, argument: str) -> str:
        """What an argument names: `order_id` and `orderId` → `order`; `id` and other words → empty."""
        parts = words(argument)
        if len(parts) >= 2 and singular(parts[-1]) in self.identifying:
            return "_".join([*parts[:-2], singular(parts[-2])])
        return ""

    def plain_id(self, argument: str) -> bool:
        """Whether an argument only says that it names something: `id`, `uuid`, `slug`."""
        parts = words(argument)
        return len(parts) == 1 and singular(parts[0]) in self.identifying


def naming(schema: GraphQLSchema) -> Naming:
    """The naming of a schema. A word of its own counts once it says id in two places."""
    nouns = {noun(name) for name, type_ in schema.type_map.items() if isinstance(type_, GraphQLObjectType)}
    known: dict[str, set[str]] = {}
    for name, id_typed in _values(schema):
        *above, last = words(name) or [""]
        if id_typed and above and last not in _SAID:
            known.setdefault(singular(last), set()).add("_".join(above))
    for about, type_name, id_typed in _keys(schema):
        *above, last = words(about) or [""]
        if not above and id_typed:
            known.setdefault(singular(last), set()).add(f".{type_name}")
        elif "_".join([*above[:-1], singular(above[-1])] if above else []) == noun(type_name):
            known.setdefault(singular(last), set()).add("_".join(above))
    learnt = {word for word, places in known.items() if word and (len(places) > 1) and word not in nouns}
    return Naming(IDENTIFYING | learnt)


def _values(schema: GraphQLSchema) -> Iterator[tuple[str, bool]]:
    """Name of every argument and input field, and whether its type is that of ids."""
    for root in (schema.query_type, schema.mutation_type):
        for field in root.fields.values() if root is not None else ():
            yield from ((name, is_id(get_named_type(one.type).name)) for name, one in field.args.items())
    for type_ in schema.type_map.values():
        if isinstance(type_, GraphQLInputObjectType):
            yield from ((name, is_id(get_named_type(one.type).name)) for name, one in type_.fields.items())


def _keys(schema: GraphQLSchema) -> Iterator[tuple[str, str, bool]]:
    """Name, type and id-ness of what names one object: leaves of object types, and the one argument that reads one."""
    for type_ in schema.type_map.values():
        if isinstance(type_, (GraphQLObjectType, GraphQLInterfaceType)) and not type_.name.startswith("__"):
            for name, field in type_.fields.items():
                if is_id(get_named_type(field.type).name) and not holds_list(field.type):
                    yield name, type_.name, True
    query = schema.query_type
    for field in query.fields.values() if query is not None else ():
        only = _only(field)
        shown = get_named_type(field.type)
        if only and isinstance(shown, GraphQLObjectType) and not holds_list(field.type):
            yield only, shown.name, False


def _only(field: GraphQLField) -> str:
    """The one argument that must be there, when it is a number or an id."""
    firm = [(name, one) for name, one in field.args.items() if is_required_argument(one)]
    if len(firm) != 1:
        return ""
    named = get_named_type(firm[0][1].type)
    return firm[0][0] if is_leaf_type(named) and (named.name in _NUMBERS or is_id(named.name)) else ""

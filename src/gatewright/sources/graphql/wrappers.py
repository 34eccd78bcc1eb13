"""Types that only stand around others: connections, their edges, pages of lists, payloads and results of mutations."""

from __future__ import annotations

from dataclasses import dataclass

from graphql import (
    GraphQLField,
    GraphQLInputType,
    GraphQLInterfaceType,
    GraphQLList,
    GraphQLNonNull,
    GraphQLObjectType,
    GraphQLOutputType,
    GraphQLSchema,
    GraphQLUnionType,
    get_named_type,
    is_leaf_type,
)

from gatewright.model.graphql import tells_failure
from gatewright.sources.graphql.names import words

_PAGE = frozenset({"cursor", "next", "previous", "token", "offset", "total", "count", "query", "filter"})
_OUTCOME = frozenset({"success", "ok", "message", "code", "status", "mutation", "error", "errors", "token", "expires"})
_IDS = frozenset({"id", "uuid", "guid", "objectid", "globalid", "ulid"})

AnyObject = GraphQLObjectType | GraphQLInterfaceType


@dataclass(frozen=True, slots=True)
class Shown:
    """What a field answers when wrappers are taken off: a type's name (empty: a leaf), and whether it is a list."""

    name: str
    listing: bool


class Wrappers:
    """The wrappers of one schema: by shape, and payloads also by where they stand (only mutations answer them)."""

    def __init__(self, schema: GraphQLSchema) -> None:
        self._payloads = _payloads(schema)

    def is_wrapper(self, type_: GraphQLOutputType) -> bool:
        """Whether an object only stands around others: a connection, its edge, a page of a list, the payload of a mutation."""
        if not isinstance(type_, GraphQLObjectType) or type_.name == "PageInfo":
            return False
        return not _keyed(type_) and self.inner(type_) is not None

    def inner(self, type_: GraphQLObjectType) -> GraphQLField | None:
        """The one field of a wrapper that holds what it is about; None when it is no wrapper."""
        for name in ("edges", "node", "nodes"):
            field: GraphQLField | None = type_.fields.get(name)
            if field is not None and not is_leaf_type(get_named_type(field.type)):
                return field
        inner: list[GraphQLField] = [field for name, field in type_.fields.items() if _is_content(name, field)]
        if len(inner) != 1:
            return None
        if type_.name in self._payloads:
            return inner[0]
        beside = [(n, get_named_type(f.type)) for n, f in type_.fields.items() if is_leaf_type(get_named_type(f.type))]
        allowed = _PAGE if holds_list(inner[0].type) else _OUTCOME
        plain = ("Int", "Boolean") if allowed is _PAGE else ("Boolean",)
        fits = all(named.name in plain or set(words(name)) & allowed for name, named in beside)
        return inner[0] if fits else None

    def shown(self, type_: GraphQLOutputType) -> Shown:
        """The objects that a field is about.

        `{edges {node {…}}}`, `{items […] count}` and `{order {…} errors}` are opened, and of `Order | NotFoundError` the failure left out.
        """
        listing = False
        for _ in range(5):
            listing = listing or holds_list(type_)
            named = get_named_type(type_)
            if is_leaf_type(named):
                return Shown("", listing)
            if isinstance(named, GraphQLUnionType) and (only := success(named)) is not None:
                type_ = only
                continue
            inner = self.inner(named) if isinstance(named, GraphQLObjectType) and not _keyed(named) else None
            if inner is None:
                return Shown(named.name, listing)
            type_ = inner.type
        return Shown(get_named_type(type_).name, listing)


def success(union: GraphQLUnionType) -> GraphQLObjectType | None:
    """Of a union that is the result of something, the one type that is no failure; None for other unions."""
    good = [one for one in union.types if not is_failure(one)]
    return good[0] if len(good) == 1 and len(union.types) > 1 else None


def is_failure(type_: GraphQLObjectType) -> bool:
    """Whether a type tells that something failed: by its name or that of its interface, and it has a text to tell it by."""
    told = any(tells_failure(name) for name in (type_.name, *(one.name for one in type_.interfaces)))
    return (
        told
        and not _keyed(type_)
        and any(get_named_type(field.type).name == "String" for field in type_.fields.values())
    )


def is_id(name: str) -> bool:
    """Whether a scalar is that of ids: `ID`, `UUID`, `ObjectId`."""
    return name.lower().replace("_", "") in _IDS


def holds_list(type_: GraphQLOutputType | GraphQLInputType) -> bool:
    """Whether a type is a list."""
    return isinstance(type_.of_type if isinstance(type_, GraphQLNonNull) else type_, GraphQLList)


def _keyed(type_: GraphQLObjectType) -> bool:
    """Whether an object has an id of its own: `id`, or one word with the type of ids."""
    return "id" in type_.fields or any(
        len(words(name)) == 1 and is_id(get_named_type(field.type).name) and not holds_list(field.type)
        for name, field in type_.fields.items()
        if name not in ("cursor", "clientMutationId")
    )


def _is_content(name: str, field: GraphQLField) -> bool:
    named = get_named_type(field.type)
    if isinstance(named, GraphQLObjectType) and is_failure(named):
        return False
    content = isinstance(named, (GraphQLObjectType, GraphQLInterfaceType))
    return content and named.name not in ("PageInfo", "Query") and "error" not in name.lower()


def _payloads(schema: GraphQLSchema) -> frozenset[str]:
    """Object types without an id that mutations alone answer, directly or in a union: nothing else has such a field."""
    answered: set[str] = set()
    elsewhere: set[str] = set()
    for type_ in schema.type_map.values():
        if not isinstance(type_, (GraphQLObjectType, GraphQLInterfaceType)) or type_.name.startswith("__"):
            continue
        kept = answered if type_ is schema.mutation_type else elsewhere
        for field in type_.fields.values():
            named = get_named_type(field.type)
            kept.add(named.name)
            kept.update(one.name for one in named.types) if isinstance(named, GraphQLUnionType) else None
    found = [schema.type_map[name] for name in answered - elsewhere]
    return frozenset(one.name for one in found if isinstance(one, GraphQLObjectType) and not _keyed(one))

"""The fields of a schema as endpoints: what each one reads, makes, changes or deletes, by types first and names second.

`patient(id: ID!): Patient` reads one of the patients that `patients: [Patient!]!` lists and `createPatient` makes:
`GET /patients/{id}`, `GET /patients`, `POST /patients` (see `model/graphql.py`).
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass

from graphql import (
    GraphQLArgument,
    GraphQLField,
    GraphQLInputField,
    GraphQLInputObjectType,
    GraphQLInputType,
    GraphQLInterfaceType,
    GraphQLNonNull,
    GraphQLObjectType,
    GraphQLOutputType,
    GraphQLSchema,
    GraphQLUnionType,
    get_named_type,
    is_leaf_type,
    is_required_argument,
    is_required_input_field,
)

from gatewright.model.endpoint import Answer, Body, Endpoint, Parameter
from gatewright.model.graphql import Field, Kind
from gatewright.model.schema import Schema
from gatewright.sources.graphql.names import collection, deed, noun, plain_id, refers, thing
from gatewright.sources.graphql.selection import Selector, holds_list, wrapped
from gatewright.sources.graphql.types import Types

_METHODS = {"create": "POST", "update": "PATCH", "delete": "DELETE", "": "POST"}
_HOLE = re.compile(r"\{[^}]*\}")


@dataclass(frozen=True, slots=True, kw_only=True)
class Slot:
    """A value that a field takes: its own name, where it stands in the variables, and whether it must be there."""

    name: str
    place: str
    """`id`, or within the one input object `input.id`."""
    type: GraphQLInputType
    required: bool
    description: str = ""
    deprecated: bool = False

    @property
    def names(self) -> bool:
        """Whether its type may name an object."""
        named = get_named_type(self.type)
        return (
            named is not None
            and is_leaf_type(named)
            and named.name not in ("Boolean", "Float")
            and not holds_list(self.type)
        )


@dataclass(frozen=True, slots=True)
class Shown:
    """What a field answers when wrappers are taken off: a type's name (empty: a leaf), and whether it is a list."""

    name: str
    listing: bool


def shown(type_: GraphQLOutputType) -> Shown:
    """The objects that a field is about: `{edges {node {…}}}`, `{items […] count}` and `{order {…} errors}` are opened."""
    listing = False
    for _ in range(4):
        listing = listing or holds_list(type_)
        named = get_named_type(type_)
        if is_leaf_type(named):
            return Shown("", listing)
        inner = wrapped(named) if isinstance(named, GraphQLObjectType) and "id" not in named.fields else None
        if inner is None:
            return Shown(named.name, listing)
        type_ = inner.type
    return Shown(get_named_type(type_).name, listing)


class Endpoints:
    """Makes the endpoints of a schema that is served at `path`."""

    def __init__(self, schema: GraphQLSchema, types: Types, *, path: str, source: str) -> None:
        self._schema = schema
        self._types = types
        self._selector = Selector(schema)
        self._path = path
        self._source = source
        self._taken: set[tuple[str, str]] = set()
        self._collections = self._find_collections()

    def read(self) -> Iterator[Endpoint]:
        """Every query and mutation; the plainest names first get the plain paths."""
        query, mutation = self._schema.query_type, self._schema.mutation_type
        for kind, type_ in (("query", query), ("mutation", mutation)):
            fields = type_.fields.items() if type_ is not None else ()
            for name, field in sorted(fields, key=lambda pair: self._plainness(*pair)):
                yield self._endpoint("query" if kind == "query" else "mutation", name, field)

    def _find_collections(self) -> dict[str, str]:
        """Noun of a type → its segment of a path, for every type that some field answers."""
        found: dict[str, str] = {}
        for root in (self._schema.query_type, self._schema.mutation_type):
            for name, field in root.fields.items() if root is not None else ():
                one = shown(field.type)
                if one.name and root is self._schema.query_type and one.listing and noun(name) == noun(one.name):
                    found[noun(one.name)] = name
                elif one.name:
                    found.setdefault(noun(one.name), collection(one.name))
        return found

    def _plainness(self, name: str, field: GraphQLField) -> tuple[bool, bool, int]:
        """The field that is called as its type comes first; then the shortest."""
        about = noun(shown(field.type).name)
        return (noun(name) != about and thing(name) != about, not field.args, len(name))

    def _endpoint(self, kind: Kind, name: str, field: GraphQLField) -> Endpoint:
        slots, wraps = _slots(kind, field)
        what = shown(field.type)
        method, path, lifted = self._shape(kind, name, what, slots)
        method, path = self._unique(method, path, name)
        others = [slot for slot in slots if slot.place not in lifted.values()]
        parameters = [self._parameter(slot, "path", key) for key, slot in self._by_key(lifted, slots)]
        if kind == "query":
            parameters += [self._parameter(slot, "query", slot.name) for slot in others]
        return Endpoint(
            method=method,
            path=path,
            parameters=tuple(parameters),
            bodies=(self._body(others),) if kind == "mutation" and others else (),
            answers=(self._answer(name, field),),
            operation=name,
            description=field.description or "",
            deprecated=field.deprecation_reason is not None,
            source=self._source,
            field=Field(
                kind=kind,
                name=name,
                document=self._selector.document(kind, name, field),
                path=self._path,
                wraps=wraps,
                lifted=lifted,
                numbers=tuple(k for k, slot in self._by_key(lifted, slots) if get_named_type(slot.type).name == "Int"),
                listing=what.listing,
                shows=what.name,
            ),
        )

    @staticmethod
    def _by_key(lifted: dict[str, str], slots: list[Slot]) -> list[tuple[str, Slot]]:
        by_place = {slot.place: slot for slot in slots}
        return [(key, by_place[place]) for key, place in lifted.items()]

    def _shape(self, kind: Kind, name: str, what: Shown, slots: list[Slot]) -> tuple[str, str, dict[str, str]]:
        """Method, path, and which values stand in the path."""
        about = self._about(kind, name, what)
        segment = self._collections.get(about, "")
        verb = deed(name) if kind == "mutation" else ""
        own = self._own(slots, about, verb)
        above = self._above(slots, about, own) if segment else []
        prefix = "".join(f"/{self._collections[refers(slot.name)]}/{{{slot.name}}}" for slot in above)
        lifted = {slot.name: slot.place for slot in above}
        if own is not None and (kind == "mutation" or not what.listing):
            lifted[own.name] = own.place
        if kind == "query":
            if what.listing:
                plain = segment and noun(name) in (about, "_".join([*(refers(slot.name) for slot in above), about]))
                return (
                    "GET",
                    f"{prefix}/{segment}" if plain else f"{prefix}/{segment}/{name}".replace("//", "/"),
                    lifted,
                )
            if own is not None:
                plain = (segment and plain_id(own.name)) or refers(own.name) == about
                return "GET", f"{prefix}/{segment if plain and about else name}/{{{own.name}}}", lifted
            return "GET", f"{prefix}/{name}", lifted
        if own is None:
            made = verb == "create" and segment and thing(name) == about
            return "POST", f"{prefix}/{segment}" if made else f"{prefix}/{name}", lifted
        item = f"{prefix}/{segment or name}/{{{own.name}}}"
        if verb in ("update", "delete") and (thing(name) == about or not thing(name)):
            return _METHODS[verb], item, lifted
        return "POST", f"{item}/{name}", lifted

    def _about(self, kind: Kind, name: str, what: Shown) -> str:
        """The noun of what a field is about: of a mutation its name's, where that is a type; else that of its answer."""
        if kind == "mutation" and thing(name) in self._collections:
            return thing(name)
        return noun(what.name)

    @staticmethod
    def _own(slots: list[Slot], about: str, verb: str) -> Slot | None:
        """The value that names the object itself: `id`, or one called as the object is; of a query its only required one."""
        named = [
            slot for slot in slots if slot.names and (plain_id(slot.name) or (about and refers(slot.name) == about))
        ]
        sure = [slot for slot in named if slot.required or verb in ("update", "delete")]
        if sure:
            return min(sure, key=lambda slot: (not plain_id(slot.name), slot.place.count(".")))
        return None

    def _above(self, slots: list[Slot], about: str, own: Slot | None) -> list[Slot]:
        """Required values that name an object of another type: what this one stands below."""
        return [
            slot
            for slot in slots
            if slot is not own
            and slot.names
            and slot.required
            and "." not in slot.place
            and refers(slot.name) in self._collections
            and refers(slot.name) != about
        ][:2]

    def _unique(self, method: str, path: str, name: str) -> tuple[str, str]:
        """A path of its own: two fields of one shape are told apart by their names."""
        bare = _HOLE.sub("{}", path)
        if (method, bare) in self._taken:
            end = path.rpartition("/")[2]
            path = path[: -len(end)] + f"{name}/{end}" if end.startswith("{") else f"{path}/{name}"
            bare = _HOLE.sub("{}", path)
        self._taken.add((method, bare))
        return method, path

    def _parameter(self, slot: Slot, within: str, name: str) -> Parameter:
        return Parameter(
            name=name,
            within="path" if within == "path" else "query",
            required=slot.required or within == "path",
            schema=self._types.input(slot.type),
            description=slot.description,
            deprecated=slot.deprecated,
        )

    def _body(self, slots: list[Slot]) -> Body:
        properties = {slot.name: self._types.input(slot.type) for slot in slots}
        required = tuple(slot.name for slot in slots if slot.required)
        schema = Schema(types=("object",), properties=properties, required=required, closed=True)
        return Body(content_type="application/json", schema=schema, required=bool(required))

    def _answer(self, name: str, field: GraphQLField) -> Answer:
        inner = Schema(types=("object",), properties={name: self._types.output(field.type)})
        outer = Schema(types=("object",), properties={"data": inner}, open=True)
        return Answer(status="200", content_type="application/json", schema=outer)


def _slots(kind: Kind, field: GraphQLField) -> tuple[list[Slot], str]:
    """What a field takes. A mutation's one input object is opened, and its name given: the body stands in it."""
    objects = [
        name
        for name, one in field.args.items()
        if isinstance(one.type.of_type if isinstance(one.type, GraphQLNonNull) else one.type, GraphQLInputObjectType)
    ]
    alone = all(plain_id(name) or refers(name) for name in field.args if name not in objects)
    opened = objects[0] if kind == "mutation" and len(objects) == 1 and alone else ""
    found = []
    for name, one in field.args.items():
        if name == opened:
            inner = get_named_type(one.type)
            fields = inner.fields if isinstance(inner, GraphQLInputObjectType) else {}
            found += [_slot(key, f"{name}.{key}", value) for key, value in fields.items() if key != "clientMutationId"]
        else:
            found.append(_slot(name, name, one))
    return found, opened


def _slot(name: str, place: str, one: GraphQLArgument | GraphQLInputField) -> Slot:
    return Slot(
        name=name,
        place=place,
        type=one.type,
        required=is_required_argument(one) if isinstance(one, GraphQLArgument) else is_required_input_field(one),
        description=one.description or "",
        deprecated=one.deprecation_reason is not None,
    )


def possible(schema: GraphQLSchema, name: str) -> tuple[str, ...]:
    """The object types that an interface or union stands for; of another type itself."""
    named = schema.type_map.get(name)
    if isinstance(named, (GraphQLInterfaceType, GraphQLUnionType)):
        return tuple(one.name for one in schema.get_possible_types(named))
    return (name,) if name else ()

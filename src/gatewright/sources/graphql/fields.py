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
from gatewright.sources.graphql.names import collection, deed, noun, thing, words
from gatewright.sources.graphql.naming import Naming, naming
from gatewright.sources.graphql.selection import Selector, loop
from gatewright.sources.graphql.types import Types, described
from gatewright.sources.graphql.wrappers import Shown, Wrappers, holds_list, is_id

_METHODS = {"create": "POST", "update": "PATCH", "delete": "DELETE", "": "POST"}
_LOOKS = frozenset({"lookup", "find", "get", "show", "fetch", "search", "view"})
"""Words of mutations that change nothing: what they name is a value like any other."""
_HOLE = re.compile(r"\{[^}]*\}")
_PART = re.compile(r"[A-Z]?[a-z0-9]+_?|[A-Z]+_?")


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
        return is_leaf_type(named) and named.name not in ("Boolean", "Float") and not holds_list(self.type)

    @property
    def is_id(self) -> bool:
        """Whether its type is that of ids."""
        return is_id(get_named_type(self.type).name)


class Endpoints:
    """Makes the endpoints of a schema that is served at `path`."""

    def __init__(self, schema: GraphQLSchema, types: Types, *, path: str, source: str) -> None:
        self._schema = schema
        self._types = types
        self._selector = Selector(schema)
        self._naming = naming(schema)
        self._shown = Wrappers(schema).shown
        self._path = path
        self._source = source
        self._taken: set[tuple[str, str]] = set()
        self._collections = self._find_collections()
        self._aliases = self._find_aliases()

    def read(self) -> Iterator[Endpoint]:
        """Every query, mutation and subscription; the plainest names first get the plain paths."""
        query, mutation, subscription = (
            self._schema.query_type, self._schema.mutation_type, self._schema.subscription_type
        )  # fmt: skip
        roots: tuple[tuple[Kind, GraphQLObjectType | None], ...] = (
            ("query", query), ("mutation", mutation), ("subscription", subscription)
        )  # fmt: skip
        for kind, type_ in roots:
            fields = type_.fields.items() if type_ is not None else ()
            for name, field in sorted(fields, key=lambda pair: self._plainness(*pair)):
                yield self._endpoint(kind, name, field)

    def _find_collections(self) -> dict[str, str]:
        """Noun of a type → its segment of a path: its plainest list, else its plural; for every type that a field answers."""
        found: dict[str, str] = {}
        query, mutation = self._schema.query_type, self._schema.mutation_type
        lists = [
            (noun(name) != noun(self._shown(field.type).name), len(name), noun(self._shown(field.type).name), name)
            for name, field in (query.fields.items() if query is not None else ())
            if self._shown(field.type).listing and not any(is_required_argument(one) for one in field.args.values())
        ]
        for _, _, about, name in sorted(lists):
            found.setdefault(about, name)
        for root in (query, mutation):
            for field in root.fields.values() if root is not None else ():
                if one := self._shown(field.type).name:
                    found.setdefault(noun(one), collection(one))
        return found

    def _find_aliases(self) -> dict[str, str]:
        """Noun of a query → that of the type it answers: `adminUsers` shows accounts, so `deleteAdminUser` removes one."""
        query = self._schema.query_type
        fields = query.fields.items() if query is not None else ()
        return {
            noun(name): noun(self._shown(field.type).name) for name, field in fields if self._shown(field.type).name
        }

    def _plainness(self, name: str, field: GraphQLField) -> tuple[bool, bool, int]:
        """The field that is called as its type comes first; then the shortest."""
        about = noun(self._shown(field.type).name)
        return (noun(name) != about and thing(name) != about, not field.args, len(name))

    def _endpoint(self, called: Kind, name: str, field: GraphQLField) -> Endpoint:
        kind: Kind = "query" if called == "subscription" else called  # what it names, it names alike
        slots, wraps = _slots(kind, name, field, self._naming)
        what = self._shown(field.type)
        method, path, lifted = self._shape(kind, name, what, slots)
        if called == "subscription" and not path.endswith(f"/{name}"):
            path += f"/{name}"  # it tells of the object, and does not read it
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
                kind=called,
                name=name,
                document=self._selector.document(called, name, field),
                path=self._path,
                wraps=wraps,
                lifted=lifted,
                numbers=tuple(
                    key
                    for key, slot in (*self._by_key(lifted, slots), *((one.name, one) for one in others))
                    if get_named_type(slot.type).name == "Int"
                ),
                listing=what.listing,
                shows=what.name,
                loop=() if what.listing else loop(field.type),
                kinds=() if what.listing or not lifted else self._kinds(what.name),
                key=self._key(what.name),
            ),
            stream="websocket" if called == "subscription" else "",
        )

    def _kinds(self, name: str) -> tuple[str, ...]:
        """The object types behind an interface or union; none for an object type."""
        named = self._schema.type_map.get(name)
        if not isinstance(named, (GraphQLInterfaceType, GraphQLUnionType)):
            return ()
        return tuple(one.name for one in self._schema.get_possible_types(named))

    def _key(self, name: str) -> str:
        """The id that an interface has: `id`, `nodeId`."""
        named = self._schema.type_map.get(name)
        fields = named.fields if isinstance(named, GraphQLInterfaceType) else {}
        return next((key for key, field in fields.items() if get_named_type(field.type).name == "ID"), "")

    @staticmethod
    def _by_key(lifted: dict[str, str], slots: list[Slot]) -> list[tuple[str, Slot]]:
        by_place = {slot.place: slot for slot in slots}
        return [(key, by_place[place]) for key, place in lifted.items()]

    def _shape(self, kind: Kind, name: str, what: Shown, slots: list[Slot]) -> tuple[str, str, dict[str, str]]:
        """Method, path, and which values stand in the path."""
        about = self._about(kind, name, what)
        segment = self._collections.get(about, "")
        own = self._own(kind, name, what, slots, about)
        looks = kind == "mutation" and _looks(name)
        above = [] if looks else self._above(slots, about, own)
        prefix = "".join(f"/{self._collections[self._naming.refers(slot.name)]}/{{{slot.name}}}" for slot in above)
        lifted = {slot.name: slot.place for slot in above}
        if own is not None:
            lifted[own.name] = own.place
        hole = f"/{{{own.name}}}" if own is not None else ""
        if kind == "mutation":
            method, path = self._deed(name, about, segment, hole)
            return method, prefix + path, lifted
        if what.listing:
            nouns = [about, "_".join([*(self._naming.refers(slot.name) for slot in above), about])]
            plain = name == segment or (above and noun(name) in nouns)
            return "GET", f"{prefix}/{segment}" if plain else f"{prefix}/{segment}/{name}".replace("//", "/"), lifted
        if own is not None:
            plain = bool(segment) and (
                self._naming.plain_id(own.name)
                or _same(self._naming.refers(own.name), about)
                or _same(about, noun(name))
            )
            return "GET", f"{prefix}/{segment if plain else name}{hole}", lifted
        return "GET", f"{prefix}/{name}", lifted

    def _deed(self, name: str, about: str, segment: str, hole: str) -> tuple[str, str]:
        """Method and path of a mutation, below what it stands in. What deletes is a DELETE, whatever else is known of it."""
        verb, said = deed(name), thing(name)
        same = not said or _same(about, said, self._aliases.get(said, "")) or self._aliases.get(said) == about
        bare = _without_verb(name)
        if not hole:
            if verb == "create":
                return "POST", f"/{segment}" if segment and same else f"/{name}"
            return _METHODS[verb], f"/{bare if verb else name}"
        item = f"/{segment or bare}{hole}"
        if verb in ("update", "delete"):
            return _METHODS[verb], item if same or not segment else f"{item}/{bare}"
        return "POST", f"{item}/{name}"

    def _about(self, kind: Kind, name: str, what: Shown) -> str:
        """The noun of what a field is about: of a mutation its name's, where that is known; else that of its answer."""
        said = thing(name) if kind == "mutation" else ""
        return said if said in self._collections else self._aliases.get(said, noun(what.name))

    def _own(self, kind: Kind, name: str, what: Shown, slots: list[Slot], about: str) -> Slot | None:
        """The value that names the object itself: `id`, or one called as the object is; else the only one there is."""
        verb = deed(name) if kind == "mutation" else ""
        said = thing(name) if kind == "mutation" else noun(name)
        if (kind == "query" and what.listing) or (kind == "mutation" and _looks(name)):
            return None
        certain = [slot for slot in slots if slot.names and (slot.required or verb in ("update", "delete"))]
        named = [
            slot
            for slot in certain
            if (self._naming.plain_id(slot.name) and (kind == "query" or verb or slot.is_id))
            or _same(self._naming.refers(slot.name), about, said, self._aliases.get(said, ""))
        ]
        top = [slot for slot in certain if "." not in slot.place and slot.required]
        if verb == "update" and (len(slots) == 1 or (top and _same(noun(top[0].name), said))):
            top = [slot for slot in top if slot.is_id]  # `changeEmail(email)`: what it becomes, not whose it is
        if not named and len(top) == 1 and (verb in ("update", "delete") or (kind == "query" and what.name)):
            named = [slot for slot in top if self._naming.refers(slot.name) not in self._collections or not what.name]
        return min(named, key=lambda slot: (not self._naming.plain_id(slot.name), slot.place.count(".")), default=None)

    def _above(self, slots: list[Slot], about: str, own: Slot | None) -> list[Slot]:
        """Required values that name an object of another type: what this one stands below."""
        return [
            slot
            for slot in slots
            if slot is not own
            and slot.names
            and slot.required
            and "." not in slot.place
            and self._naming.refers(slot.name) in self._collections
            and self._naming.refers(slot.name) != about
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
        properties = {slot.name: described(self._types.input(slot.type), slot.description) for slot in slots}
        required = tuple(slot.name for slot in slots if slot.required)
        schema = Schema(types=("object",), properties=properties, required=required, closed=True)
        return Body(content_type="application/json", schema=schema, required=bool(required))

    def _answer(self, name: str, field: GraphQLField) -> Answer:
        inner = Schema(types=("object",), properties={name: self._types.output(field.type)})
        outer = Schema(types=("object",), properties={"data": inner}, open=True)
        return Answer(status="200", content_type="application/json", schema=outer)


def _same(name: str, *others: str) -> bool:
    """Whether a noun is one of the others, or the last words of one: `link` of `document_link`."""
    return bool(name) and any(name == other or other.endswith(f"_{name}") for other in others)


def _looks(name: str) -> bool:
    """Whether the name of a mutation says that it only looks something up."""
    return not deed(name) and bool(set(words(name)) & _LOOKS)


def _without_verb(name: str) -> str:
    """`updateProfile` and `profileUpdate` → `profile`."""
    parts = _PART.findall(name)
    if len(parts) < 2 or not deed(name):
        return name
    left: list[str] = parts[1:] if deed(parts[0]) else parts[:-1]
    return left[0][:1].lower() + left[0][1:] + "".join(left[1:])


def _slots(kind: Kind, called: str, field: GraphQLField, naming: Naming) -> tuple[list[Slot], str]:
    """What a field takes. A mutation's one input object is opened, and its name given: the body stands in it."""
    objects = [
        name
        for name, one in field.args.items()
        if isinstance(one.type.of_type if isinstance(one.type, GraphQLNonNull) else one.type, GraphQLInputObjectType)
    ]
    others = [name for name in field.args if name not in objects]
    named = all(naming.plain_id(one) or naming.refers(one) for one in others)
    alone = named or (len(others) == 1 and deed(called) in ("update", "delete"))
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

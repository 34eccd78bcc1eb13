"""Composes calls: values for every place of an endpoint, references put in, and a marker planted in free text.

A recipe is the first accepted call; composing from it keeps what the API liked and makes anew what must be new.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import datetime

import msgspec
from msgspec import Struct, field

from gatewright.access.files import content_of, kinds
from gatewright.access.lessons import Lessons
from gatewright.access.values import Values
from gatewright.explore import schemas
from gatewright.model.call import Call, leaves
from gatewright.model.endpoint import Endpoint, Place, Specification
from gatewright.model.json import Json
from gatewright.model.schema import Schema
from gatewright.model.secret import Keyring

_TEXT = Schema(types=("string",))
_MARKER = re.compile(r"gw[a-z2-7]{16}")
"""What `Keyring.marker` gives."""


class Recipe(Struct, frozen=True, kw_only=True):
    """A call that was accepted, with what of it is made anew each time and what refers to other objects."""

    call: Call
    label: str
    """The label that its values were made with."""
    fresh: frozenset[Place]
    """Leaves of the body (`items[0].name`) and headers that differ from label to label."""
    references: tuple[Place, ...]
    lessons: Lessons = field(default_factory=Lessons)
    """What refusals taught of its places."""


class Composed(Struct, frozen=True):
    """A call ready to send, with the maker of its values (for repairs)."""

    call: Call
    values: Values
    references: dict[Place, Json]

    @property
    def markers(self) -> tuple[str, ...]:
        """The markers that stand in the call's body or query."""
        planted = {str(value) for _, value in leaves(self.call.body)} | {str(v) for v in self.call.query.values()}
        return tuple(marker for marker in self.values.markers if any(marker in text for text in planted))


class Composer:
    """Makes calls for one run. The same label gives the same call."""

    def __init__(self, specification: Specification, keyring: Keyring, now: datetime) -> None:
        self._specification = specification
        self._keyring = keyring
        self._now = now

    def compose(
        self,
        endpoint: Endpoint,
        label: str,
        *,
        references: Mapping[Place, Json],
        unknown: frozenset[Place] = frozenset(),
        recipe: Recipe | None = None,
        plant: bool = True,
        twice: bool = False,
    ) -> Composed:
        """A call of the endpoint. `unknown` are optional references without a value: they are left out.

        `twice`: a marker in a second text as well, for objects that may be named by the first one.
        """
        values = self._values(label)
        call = self._again(endpoint, values, recipe) if recipe else self._first(endpoint, values)
        for place in unknown:
            call = call.without(place)
        for place, value in references.items():
            call = call.with_value(place, value)
        if plant and not recipe and (not values.markers or (twice and len(values.markers) == 1)):
            call = self._planted(endpoint, call, values, frozenset(references) | unknown)
        return Composed(call, values, dict(references))

    def recipe(
        self, endpoint: Endpoint, composed: Composed, accepted: Call, *, lessons: Lessons | None = None
    ) -> Recipe:
        """The recipe of an accepted call: its fresh leaves are those that another label would have made differently."""
        lessons = Lessons() if lessons is None else lessons
        label = composed.values.label
        ours, theirs = self._values(label), self._values(label + " again")
        known = self._known(endpoint, lessons)
        referred = {_plain(place.name) for place in composed.references if place.within == "body"}
        fresh = set()
        for place in _remade(accepted):
            value, name = accepted.get(place), place.name.replace("[0]", "[]")
            schema = known.get(Place(place.within, _plain(place.name)), Schema(types=("string",)))
            marked = _marked(value, composed.values.markers)
            if _plain(place.name) not in referred and (marked or _varies(value, schema, name, ours, theirs)):
                fresh.add(place)
        return Recipe(
            call=accepted, label=label, fresh=frozenset(fresh), references=tuple(composed.references), lessons=lessons
        )

    def _known(self, endpoint: Endpoint, lessons: Lessons) -> dict[Place, Schema]:
        """Schemas by place, lists as `x[]`: as declared, under the wrapper that was learnt, and as refusals refined them."""
        body, under = schemas.body_of(endpoint), f"{lessons.wrap}." if lessons.wrap else ""
        found = schemas.fields(body.schema, self._specification) if body else []
        known = {Place("body", under + _plain(one.name)): one.schema for one in found}
        return {**known, **{Place(p.within, _plain(p.name)): schema for p, schema in lessons.schemas.items()}}

    def _values(self, label: str) -> Values:
        return Values(self._keyring, label, now=self._now, resolve=self._specification.resolve)

    def _first(self, endpoint: Endpoint, values: Values) -> Call:
        values.about = f"{endpoint.summary} {endpoint.description}"
        parameters = values.parameters(endpoint)
        call = Call(endpoint=endpoint.id)
        for place, value in parameters.items():
            call = call.with_value(place, value)
        body = schemas.body_of(endpoint)
        if body is None:
            return call
        made, content_type = values.body(body.schema), body.content_type or "application/json"
        if content_type.startswith("application/json-patch"):
            return msgspec.structs.replace(call, body=self._patch(endpoint, values), content_type=content_type)
        if content_type.startswith("multipart/"):
            content_type = "multipart/form-data; boundary=gatewright"
        elif isinstance(made, dict) and "filename" in made and schemas.is_text(body.schema):  # the file is the body
            raw = content_of(kinds("", body.schema.description, media=content_type)[0], values.markers[-1])
            return msgspec.structs.replace(call, raw=raw, content_type=content_type)
        return msgspec.structs.replace(call, body=made, content_type=content_type)

    def _patch(self, endpoint: Endpoint, values: Values) -> Json:
        """A JSON patch (RFC 6902) that replaces the first free text of what is made at the collection above."""
        names = self._patched(endpoint)
        text = values.value(_TEXT, "patch~text")
        return [{"op": "replace", "path": f"/{names[0]}" if names else "/name", "value": text}]

    def lessons(self, endpoint: Endpoint) -> Lessons:
        """What is known before the first refusal: which properties a JSON patch may name."""
        body = schemas.body_of(endpoint)
        if body is None or not body.content_type.startswith("application/json-patch"):
            return Lessons()
        names = tuple(f"/{name}" for name in self._patched(endpoint))
        schema = Schema(types=("string",), enum=names)
        return Lessons(schemas={Place("body", name): schema for name in ("[0].path", "[].path")})

    def _patched(self, endpoint: Endpoint) -> list[str]:
        above = endpoint.path.rpartition("/{")[0].rstrip("/")
        makers = [
            one for one in self._specification.endpoints if one.method == "POST" and one.path.rstrip("/") == above
        ]
        bodies = [body for body in map(schemas.body_of, makers) if body is not None]
        found = [one for body in bodies for one in schemas.fields(body.schema, self._specification)]
        return [
            one.name for one in found if one.name and "." not in one.name and "[" not in one.name and _free(one.schema)
        ]

    def _again(self, endpoint: Endpoint, values: Values, recipe: Recipe) -> Call:
        call = recipe.call
        known = self._known(endpoint, recipe.lessons)
        before = self._values(recipe.label)
        for place in _remade(call):
            if place not in recipe.fresh:
                continue
            value, name = call.get(place), place.name.replace("[0]", "[]")
            schema = known.get(Place(place.within, _plain(place.name)), Schema(types=("string",)))
            if isinstance(value, str) and _MARKER.fullmatch(value):  # planted, perhaps by an earlier part of the run
                text = msgspec.structs.replace(_TEXT, min_length=schema.min_length, max_length=schema.max_length)
                made: Json = values.value(text, f"{name}~text")
            else:
                made = _anew(value, schema, name, before, values)
            if made is not None:
                call = call.with_value(place, made)
        return call

    def _planted(self, endpoint: Endpoint, call: Call, values: Values, taken: frozenset[Place]) -> Call:
        """A marker in the first free-text property, an optional one where no required one can hold it."""
        body = schemas.body_of(endpoint)
        if body is None or not isinstance(call.body, dict):
            return call
        found = schemas.fields(body.schema, self._specification)
        held = {place for place in call.places() if _marked(call.get(place), values.markers)}
        for one in sorted(found, key=lambda one: call.get(Place("body", one.name)) is None):
            place = Place("body", one.name)
            if place not in taken | held and one.name and "[" not in one.name and _free(one.schema):
                made = values.value(Schema(types=("string",), max_length=one.schema.max_length), f"{one.name}~text")
                return call.with_value(place, made)
        return call


def _free(schema: Schema) -> bool:
    """Whether any text of 10 characters may stand there."""
    plain = "string" in schema.types and not (schema.enum or schema.format or schema.pattern)
    return plain and (schema.max_length is None or schema.max_length >= 10)


def _remade(call: Call) -> list[Place]:
    """Places whose values may be made anew for another call: leaves of the body, files whole, and headers."""
    files = {name.rpartition(".")[0] for name, _ in leaves(call.body) if name.endswith(".filename")}
    inside = [name for name, _ in leaves(call.body) if name and name.rpartition(".")[0] not in files]
    return [Place("body", name) for name in (*inside, *sorted(files))] + [
        Place("header", name) for name in call.headers
    ]


def _varies(value: Json, schema: Schema, name: str, ours: Values, theirs: Values) -> bool:
    """Whether the value was made for this label alone, by its first turn or a later one."""
    for turn in range(9):
        made = ours.value(schema, name, turn=turn)
        if made == value:
            return theirs.value(schema, name, turn=turn) != made
    spelled = ours.spellings(schema, name)
    return value in spelled and theirs.spellings(schema, name)[spelled.index(value)] != value


def _marked(value: Json, markers: list[str]) -> bool:
    return isinstance(value, str) and any(marker in value for marker in markers)


def _plain(name: str) -> str:
    return re.sub(r"\[\d*\]", "[]", name)


def _anew(value: Json, schema: Schema, place: str, before: Values, now: Values) -> Json:
    """A new value made as the accepted one was: first choice, a later turn or another spelling; None: it was chosen, keep it."""
    if value in [before.value(schema, place, turn=turn) for turn in range(9)] or _marked(value, before.markers):
        return now.value(schema, place)
    spelled = before.spellings(schema, place)
    return now.spellings(schema, place)[spelled.index(value)] if value in spelled else None

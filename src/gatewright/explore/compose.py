"""Composes calls: values for every place of an endpoint, references put in, and a marker planted in free text.

A recipe is the first accepted call; composing from it keeps what the API liked and makes anew what must be new.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import datetime

import msgspec
from msgspec import Struct

from gatewright.access.values import Values
from gatewright.explore import schemas
from gatewright.model.call import Call, leaves
from gatewright.model.endpoint import Endpoint, Place, Specification
from gatewright.model.json import Json
from gatewright.model.schema import Schema
from gatewright.model.secret import Keyring

_MARKER = re.compile(r"gw[a-z2-7]{16}")
"""What `Keyring.marker` gives."""


class Recipe(Struct, frozen=True, kw_only=True):
    """A call that was accepted, with what of it is made anew each time and what refers to other objects."""

    call: Call
    label: str
    """The label that its values were made with."""
    fresh: frozenset[str]
    """Body leaves (`items[0].name`) that differ from label to label."""
    references: tuple[Place, ...]


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
    ) -> Composed:
        """A call of the endpoint. `unknown` are optional references without a value: they are left out."""
        values = self._values(label)
        call = self._again(endpoint, values, recipe) if recipe else self._first(endpoint, values)
        for place in unknown:
            call = call.without(place)
        for place, value in references.items():
            call = call.with_value(place, value)
        if plant and not recipe and not values.markers:
            call = self._planted(endpoint, call, values, frozenset(references) | unknown)
        return Composed(call, values, dict(references))

    def recipe(self, endpoint: Endpoint, composed: Composed, accepted: Call) -> Recipe:
        """The recipe of an accepted call: its fresh leaves are those that another label would have made differently."""
        other = self._first(endpoint, self._values(composed.values.label + " again"))
        first = self._first(endpoint, self._values(composed.values.label))
        ours, theirs = dict(leaves(first.body)), dict(leaves(other.body))
        fresh = {name for name, value in ours.items() if theirs.get(name) != value}
        fresh |= {name for name, value in leaves(accepted.body) if _marked(value, composed.values.markers)}
        referred = {_plain(place.name) for place in composed.references if place.within == "body"}
        kept = frozenset(name for name in fresh if _plain(name) not in referred)
        return Recipe(call=accepted, label=composed.values.label, fresh=kept, references=tuple(composed.references))

    def _values(self, label: str) -> Values:
        return Values(self._keyring, label, now=self._now, resolve=self._specification.resolve)

    def _first(self, endpoint: Endpoint, values: Values) -> Call:
        parameters = values.parameters(endpoint)
        call = Call(endpoint=endpoint.id)
        for place, value in parameters.items():
            call = call.with_value(place, value)
        body = schemas.body_of(endpoint)
        if body is None:
            return call
        made, content_type = values.body(body.schema), body.content_type or "application/json"
        if content_type.startswith("multipart/"):
            content_type = "multipart/form-data; boundary=gatewright"
            made = self._with_files(made, body.schema, values)
        return msgspec.structs.replace(call, body=made, content_type=content_type)

    def _with_files(self, made: Json, schema: Schema, values: Values) -> Json:
        """A multipart body: every property that is a file becomes a small text file with a marker in it."""
        properties = self._specification.resolve(schema).properties
        if not isinstance(made, dict):
            return made
        files = {name for name, one in properties.items() if self._specification.resolve(one).format == "binary"}
        return {name: self._file(name, values) if name in files else value for name, value in made.items()}

    def _file(self, name: str, values: Values) -> Json:
        content = values.value(Schema(types=("string",)), f"{name}~file")
        return {
            "filename": f"{values.keyring.derive(values.label, 8)}.txt",
            "content_type": "text/plain",
            "content": content,
        }

    def _again(self, endpoint: Endpoint, values: Values, recipe: Recipe) -> Call:
        call = recipe.call
        body = schemas.body_of(endpoint)
        known = (
            {_plain(field.name): field.schema for field in schemas.fields(body.schema, self._specification)}
            if body
            else {}
        )
        before = self._values(recipe.label)
        for name, value in leaves(call.body):
            if name not in recipe.fresh:
                continue
            schema, place = known.get(_plain(name), Schema(types=("string",))), name.replace("[0]", "[]")
            if isinstance(value, str) and _MARKER.fullmatch(value):  # planted, perhaps by an earlier part of the run
                made: Json = values.value(Schema(types=("string",), max_length=schema.max_length), f"{name}~text")
            else:
                made = _anew(value, schema, place, before, values)
            if made is not None:
                call = call.with_value(Place("body", name), made)
        return call

    def _planted(self, endpoint: Endpoint, call: Call, values: Values, taken: frozenset[Place]) -> Call:
        """A marker in the first free-text property, an optional one where no required one can hold it."""
        body = schemas.body_of(endpoint)
        if body is None or not isinstance(call.body, dict):
            return call
        found = schemas.fields(body.schema, self._specification)
        for field in sorted(found, key=lambda field: call.get(Place("body", field.name)) is None):
            place = Place("body", field.name)
            if place not in taken and field.name and "[" not in field.name and _free(field.schema):
                made = values.value(Schema(types=("string",), max_length=field.schema.max_length), f"{field.name}~text")
                return call.with_value(place, made)
        return call


def _free(schema: Schema) -> bool:
    """Whether any text of 10 characters may stand there."""
    plain = "string" in schema.types and not (schema.enum or schema.format or schema.pattern)
    return plain and (schema.max_length is None or schema.max_length >= 10)


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

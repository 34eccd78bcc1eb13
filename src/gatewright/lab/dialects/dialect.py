"""What a dialect is: how a caller is known, how names are spelled, how answers and refusals are dressed, what is published.

The steps of a request are the same in every dialect: `admit` (may this caller call at all), `check` (path and parameters),
`finish` (body, then the handler). `run` is all three. A dialect decodes a request into a `Call` with real names and
numbers, calls these, and encodes the `Reply` or the `Refused` that comes out.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Iterator, Mapping
from dataclasses import replace
from typing import Any, ClassVar

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import BaseRoute

from gatewright.lab.door import Door
from gatewright.lab.endpoint import RANK, Access, Call, Clinic, Endpoint, Refused, Reply, Schema
from gatewright.lab.openapi import path_schema
from gatewright.lab.quota import Quotas
from gatewright.lab.routes import endpoints, schemas
from gatewright.lab.scramble import Names, Scrambled
from gatewright.lab.tables import COLUMNS, Row
from gatewright.lab.validate import complaints
from gatewright.lab.weaknesses import Weakness


class Dialect(ABC):
    """One way to serve the route table."""

    name: ClassVar[str]
    specification: ClassVar[str] = "/openapi.json"
    """The path under which it is published; empty where it is not."""

    def __init__(self, clinic: Clinic, names: Names) -> None:
        self.clinic = clinic
        self.names = names
        self.schemas: dict[str, Schema] = schemas()
        """Of bodies as they are validated: real names, values as they come over the wire."""
        self.table = {endpoint.id: endpoint for endpoint in endpoints(self.name)}
        self.quotas = Quotas(clinic.now, clinic.weak)
        self.introspection = True
        """Whether it tells its own schema; of those that are asked for it."""
        clinic.door = self.door()
        clinic.spelled = names.path

    @abstractmethod
    def door(self) -> Door:
        """How callers are known here."""

    @classmethod
    def spelling(cls, scramble: int | None) -> Names:
        """The names on the wire."""
        return Names() if scramble is None else Scrambled(scramble, list(vocabulary()))

    @classmethod
    def listed(cls, weakness: Weakness, *, scramble: int | None = None) -> Weakness:
        """A row of the table of weaknesses, its endpoint and parameter as this dialect's specification writes them."""
        names = cls.spelling(scramble)
        method, _, path = weakness.endpoint.partition(" ")
        within, _, parameter = (weakness.parameter or "").partition(":")
        spelled = f"{within}:{names.word(parameter)}" if parameter else weakness.parameter
        return replace(weakness, endpoint=f"{method} {names.path(path)}", parameter=spelled)

    @abstractmethod
    def routes(self) -> list[BaseRoute]:
        """Everything but the specification."""

    @abstractmethod
    def document(self) -> dict[str, Any] | None:
        """What is published at `specification`; None where it is asked for in another way than by GET."""

    @abstractmethod
    def lost(self, status: int, request: Request) -> Response:
        """The answer where no route is: 404, or 405 where the path has other methods."""

    def known(self, endpoint: Endpoint, headers: Mapping[str, str], least: Access) -> tuple[Row | None, dict[str, Any]]:
        """Who calls, and what their credential says; nobody is asked where nobody has to be known."""
        unguarded = endpoint.unguarded and endpoint.unguarded in self.clinic.weak
        if least <= Access.PUBLIC or unguarded:
            return None, {}
        user, claims = self.clinic.door.caller(self.clinic, headers)
        return (None, {}) if user is not None and user["suspended"] else (user, claims)

    def run(self, call: Call) -> Reply:
        """All steps of a decoded call. Raises Refused."""
        self.admit(call)
        self.check(call)
        return self.finish(call)

    def admit(self, call: Call, *, least: Access | None = None) -> None:
        """Raise 401 or 403 unless the caller may call this endpoint."""
        endpoint, user, weak = call.endpoint, call.user, self.clinic.weak
        least = endpoint.access if least is None else least
        if endpoint.undocumented and endpoint.undocumented not in weak:
            raise Refused(405, "this method is not allowed here")
        if least < Access.PATIENT or (endpoint.unguarded and endpoint.unguarded in weak):
            return
        if user is None:
            raise Refused(401, "log in first")
        if endpoint.unranked in weak:
            least = min(least, endpoint.unranked_to)
        if RANK[user["role"]] < least:
            raise Refused(403, "this is not for your role")

    def check(self, call: Call) -> None:
        """Make numbers of the texts in path and parameters; 404 or 422 for what is none."""
        for name, value in call.path.items():
            schema = path_schema(name)
            read = self.read(value, schema, name)
            if isinstance(read, int) != (schema["type"] == "integer") or complaints(read, schema, name):
                raise Refused(404, "no such thing")
            call.path[name] = read
        errors: dict[str, str] = {}
        for parameter in call.endpoint.parameters:
            given = call.headers if parameter.within == "header" else call.query
            value = given.get(self.names.word(parameter.name) if parameter.within == "header" else parameter.name)
            if value is None:
                if parameter.required:
                    errors[parameter.name] = "is required"
                continue
            read = self.read(value, parameter.schema, parameter.name)
            errors.update(complaints(read, parameter.schema, parameter.name))
            call.query[parameter.name] = read
        if errors:
            raise Refused(422, "check the parameters", errors=errors)

    def finish(self, call: Call) -> Reply:
        """Validate the body and call the handler."""
        endpoint = call.endpoint
        call.pairs = tuple((name, self.read(value, path_schema(name), name)) for name, value in call.pairs)
        call.keys = tuple((name, self.read(value, path_schema(name), name)) for name, value in call.keys)
        if endpoint.body:
            errors = complaints(call.body, self.schemas[endpoint.body])
            for name in endpoint.writable(self.clinic.weak) - set(endpoint.body_properties):
                if name in call.body:
                    schema = self.schemas[endpoint.answer]["properties"][name]
                    errors.update(complaints(call.body[name], schema, name))
            if errors:
                raise Refused(422, "check the fields", errors=errors)
            call.body = self.taken(call.body, endpoint)
        reply = endpoint.handler(call)
        if not isinstance(reply, Reply):
            reply = Reply(reply, endpoint.status)
        if endpoint.access > Access.PUBLIC:
            reply.headers.setdefault("Cache-Control", "no-store")
        return reply

    def read(self, text: Any, schema: Schema, name: str) -> Any:
        """The value of a path, query or header parameter; text that is not of its type stays text."""
        if schema["type"] == "integer" and isinstance(text, str):
            return int(text) if text.isascii() and text.isdigit() and len(text) < 16 else text
        return text

    def written(self, value: Any, name: str = "") -> Any:
        """A value as it goes over the wire, property names apart."""
        return value

    def taken(self, body: Row, endpoint: Endpoint) -> Row:
        """A validated body as handlers know it."""
        return body


def vocabulary() -> Iterator[str]:
    """Every name that a scrambled clinic swaps."""
    for endpoint in endpoints(None):
        yield endpoint.path
        yield endpoint.tag
        yield from (parameter.name for parameter in endpoint.parameters)
    for columns in COLUMNS.values():
        yield from columns.split()
    for name, schema in schemas().items():
        yield name
        yield from _properties(schema)
    yield from ("clinic", "sender_email", "sender_date_of_birth")


def _properties(schema: dict[str, Any]) -> list[str]:
    inner = [word for value in schema.get("properties", {}).values() for word in _properties(value)]
    inner += _properties(schema["items"]) if "items" in schema else []
    return [*schema.get("properties", {}), *inner]

"""Endpoints and specifications: what an API says, or was seen, to offer."""

from __future__ import annotations

from typing import Literal

from msgspec import Struct, field

from gatewright.model.graphql import Field
from gatewright.model.json import Json
from gatewright.model.schema import Schema

In = Literal["path", "query", "header", "cookie", "body"]
"""Where a value stands in a request."""


class Place(Struct, frozen=True, order=True):
    """Where one value stands in a request.

    `name` is the parameter's name; in a body a path of keys: `userId`, `order.items[].productId`, `ids[]` (every
    element) or `ids[0]` (one).
    """

    within: In
    name: str

    def __str__(self) -> str:
        return f"{self.within} {self.name}"


class Parameter(Struct, frozen=True, kw_only=True):
    """One parameter of path, query, header or cookie."""

    name: str
    within: In
    required: bool = False
    schema: Schema = Schema()
    style: str = ""
    """OpenAPI style; empty is the default of its place (simple for path and header, form for query and cookie)."""
    explode: bool | None = None
    description: str = ""
    deprecated: bool = False

    @property
    def place(self) -> Place:
        """Its place."""
        return Place(self.within, self.name)


class Body(Struct, frozen=True, kw_only=True):
    """One form in which an endpoint takes a body. Examples of the media type come first in `schema.examples`."""

    content_type: str
    schema: Schema = Schema()
    required: bool = False


class Link(Struct, frozen=True, kw_only=True):
    """An OpenAPI link: a value of this answer feeds a parameter of another endpoint."""

    operation: str
    """operationId, or `METHOD /path`."""
    parameters: dict[str, str] = field(default_factory=dict)
    """Parameter (`path.id` or `id`) → runtime expression (`$response.body#/id`)."""


class Answer(Struct, frozen=True, kw_only=True):
    """One documented answer."""

    status: str
    """`200`, `2XX` or `default`."""
    description: str = ""
    content_type: str = ""
    schema: Schema | None = None
    headers: tuple[str, ...] = ()
    links: tuple[Link, ...] = ()


class Scheme(Struct, frozen=True, kw_only=True):
    """A security scheme of the specification, kinds of OpenAPI 3: `http`, `apiKey`, `oauth2`, `openIdConnect`, `mutualTLS`."""

    name: str
    kind: str
    scheme: str = ""
    """`http` only: bearer, basic, …"""
    within: str = ""
    """`apiKey` only: header, query or cookie."""
    parameter: str = ""
    """`apiKey` only: name of the header, query parameter or cookie."""
    bearer_format: str = ""
    flows: dict[str, dict[str, str]] = field(default_factory=dict)
    """`oauth2` only: flow (`password`, `clientCredentials`, …) → tokenUrl, authorizationUrl, refreshUrl, scopes (joined by blanks)."""
    url: str = ""
    """`openIdConnect` only: address of its discovery document."""
    description: str = ""


class Requirement(Struct, frozen=True):
    """One alternative of a security requirement: all its schemes together. Without schemes: anonymous is allowed."""

    schemes: tuple[tuple[str, tuple[str, ...]], ...] = ()
    """Pairs of scheme name and scopes."""


class Endpoint(Struct, frozen=True, kw_only=True):
    """One method on one path template of one origin."""

    method: str
    path: str
    """Path template as the specification writes it, `/users/{id}`."""
    origin: str = ""
    """`http://127.0.0.1:5000`; empty until the target is known."""
    base: str = ""
    """Path that the server adds before `path`: `/api/v1`."""
    parameters: tuple[Parameter, ...] = ()
    bodies: tuple[Body, ...] = ()
    answers: tuple[Answer, ...] = ()
    security: tuple[Requirement, ...] | None = None
    """Alternatives; an empty tuple: the specification says none is needed; None: it says nothing."""
    tags: tuple[str, ...] = ()
    operation: str = ""
    """operationId."""
    summary: str = ""
    description: str = ""
    deprecated: bool = False
    extensions: dict[str, Json] = field(default_factory=dict)
    """Keys that begin with `x-`."""
    source: str = ""
    """Where it was learnt: `openapi.json:118`, `traffic.har`."""
    field: Field | None = None
    """A field of a GraphQL schema: `method` and `path` then say what it does, and the request is another."""
    stream: Literal["", "events", "websocket"] = ""
    """Its answer does not end by itself: server-sent events, or messages over WebSocket (`model.stream`)."""

    @property
    def shown_method(self) -> str:
        """The method that is sent."""
        return "POST" if self.field and not self.stream else self.method

    @property
    def shown_path(self) -> str:
        """`/users/{id}`, or of a GraphQL field `/graphql#query.user`: how people and reports write it."""
        return f"{self.field.path}#{self.field.fragment}" if self.field else self.path

    def shown_place(self, place: Place) -> Place:
        """Where a value stands in the request that is sent: of a GraphQL field in the variables of its body."""
        if self.field is None or place.within in ("header", "cookie") or place.name.startswith("data."):
            return place  # what begins so stands in an answer
        return Place("body", self.field.variable(place.within, place.name))

    @property
    def name(self) -> str:
        """`GET /users/{id}`: how people and reports write it."""
        return f"{self.shown_method} {self.shown_path}"

    @property
    def id(self) -> str:
        """`GET http://127.0.0.1:5000/api/v1/users/{id}`: unique in an inventory."""
        return f"{self.shown_method} {self.origin}{self.base}{self.shown_path}"

    @property
    def secured(self) -> bool:
        """The specification asks for a credential, without an anonymous alternative."""
        return bool(self.security) and all(requirement.schemes for requirement in self.security or ())


class Problem(Struct, frozen=True, kw_only=True):
    """Something in an input that could not be used; what was around it was."""

    code: str
    """Stable: `GW-S001`."""
    message: str
    where: str = ""
    """File or URL, with line (and column) where known: `openapi.yaml:17:7`."""


class Specification(Struct, frozen=True, kw_only=True):
    """Everything usable of one specification document."""

    source: str
    """File or URL."""
    dialect: str
    """`openapi 3.1`, `openapi 2.0`, `har`."""
    title: str = ""
    version: str = ""
    servers: tuple[str, ...] = ()
    """Server URLs with variables filled by their defaults; relative ones are kept relative."""
    endpoints: tuple[Endpoint, ...] = ()
    """Callbacks and webhooks are not among them: the API sends those."""
    callbacks: tuple[Endpoint, ...] = ()
    schemes: dict[str, Scheme] = field(default_factory=dict)
    schemas: dict[str, Schema] = field(default_factory=dict)
    problems: tuple[Problem, ...] = ()

    def resolve(self, schema: Schema) -> Schema:
        """The schema itself, or the component that a cut cycle points to."""
        if schema.ref and schema == Schema(ref=schema.ref):
            return self.schemas.get(schema.ref, schema)
        return schema

"""A field of a GraphQL schema as an endpoint: how what is known of it travels, and what its answers say.

All that looks for objects, their owners and what may be done to them reads an endpoint as a method on a path. A field
of a GraphQL schema therefore has both: `patient(id: ID!)` is `GET /patients/{id}`, `cancelOrder(id: ID!)` is
`POST /orders/{id}/cancelOrder`. What is sent is a POST with a document, and people read `POST /graphql#query.patient`.
"""

from __future__ import annotations

import json
import re
from typing import Literal

from msgspec import Struct, field

from gatewright.model.json import Json

Kind = Literal["query", "mutation", "subscription"]

_NUMBER = re.compile(r"-?[0-9]{1,15}")
_STATUS = {
    "UNAUTHENTICATED": 401,
    "UNAUTHORIZED": 401,
    "FORBIDDEN": 403,
    "ACCESS_DENIED": 403,
    "NOT_FOUND": 404,
    "CONFLICT": 409,
    "TOO_MANY_REQUESTS": 429,
    "RATE_LIMITED": 429,
    "INTERNAL_SERVER_ERROR": 500,
    "INTERNAL_ERROR": 500,
}
"""Codes that servers in wide use put into `extensions.code`, with the status that says the same."""


class Field(Struct, frozen=True, kw_only=True):
    """One field of the query, mutation or subscription type."""

    kind: Kind
    name: str
    document: str
    """With every argument as a variable of the same name, and the leaves that are asked for."""
    path: str = "/graphql"
    """Where the schema is served."""
    wraps: str = ""
    """The one input object that the properties of the body stand in: `input`; empty: they are arguments themselves."""
    lifted: dict[str, str] = field(default_factory=dict)
    """Parameter of the path → where its value stands in the variables: `id`, `input.patientId`."""
    numbers: tuple[str, ...] = ()
    """Parameters of path and query that are numbers."""
    listing: bool = False
    """It answers a list of objects."""
    shows: str = ""
    """The type of the objects that it answers, wrappers taken off."""
    loop: tuple[str, ...] = ()
    """Fields that lead from the type that it shows back to it: `reviews`, `product`; empty: none do, or it is a list."""
    kinds: tuple[str, ...] = ()
    """The types of the objects that it can name, when it shows an interface: `node(id: ID!)`."""
    key: str = ""
    """The field of those objects whose value names one here."""

    @property
    def fragment(self) -> str:
        """`query.patient`."""
        return f"{self.kind}.{self.name}"

    def variable(self, within: str, name: str) -> str:
        """Where a value of the endpoint stands in the body that is sent: `variables.input.title`."""
        if within == "path":
            return f"variables.{self.lifted.get(name, name)}"
        return f"variables.{self.wraps}.{name}" if within == "body" and self.wraps else f"variables.{name}"

    def payload(self, *, path: dict[str, Json], query: dict[str, Json], body: Json) -> bytes:
        """The JSON body of a request with these values."""
        variables: dict[str, Json] = {name: self._typed(name, value) for name, value in query.items()}
        if self.wraps:
            variables[self.wraps] = dict(body) if isinstance(body, dict) else {}
        elif isinstance(body, dict):
            variables |= body
        for name, value in path.items():
            _put(variables, self.lifted.get(name, name), self._typed(name, value))
        return json.dumps({"query": self.document, "variables": variables}, ensure_ascii=False).encode()

    def _typed(self, name: str, value: Json) -> Json:
        if name in self.numbers and isinstance(value, str) and _NUMBER.fullmatch(value):
            return int(value)
        return value


def _put(variables: dict[str, Json], place: str, value: Json) -> None:
    *above, last = place.split(".")
    for key in above:
        inner = variables.get(key)
        variables[key] = inner = dict(inner) if isinstance(inner, dict) else {}
        variables = inner
    variables[last] = value


def refusal(body: bytes) -> int:
    """The status that a GraphQL answer without data means: that of its error's code, else 400; 0 for any other body.

    Without data: `data` is absent or null, or each of its fields is (GraphQL, October 2021, section 7.1).
    """
    if b'"errors"' not in body:
        return 0
    try:
        answer = json.loads(body)
    except (ValueError, RecursionError):
        return 0
    errors = answer.get("errors") if isinstance(answer, dict) else None
    if not isinstance(errors, list) or not errors or set(answer) - {"data", "errors", "extensions"}:
        return 0
    if not all(isinstance(error, dict) and isinstance(error.get("message"), str) for error in errors):
        return 0
    data = answer.get("data")
    if data is not None and not (isinstance(data, dict) and all(value is None for value in data.values())):
        return 0
    return next((status for status in map(_status, errors) if status), 400)


def _status(error: dict[str, Json]) -> int:
    """The status of an error: one that it names itself, or that of its code; 0 when it says neither."""
    extensions = error.get("extensions")
    if not isinstance(extensions, dict):
        return 0
    http = extensions.get("http")
    for said in (
        extensions.get("status"),
        extensions.get("statusCode"),
        http.get("status") if isinstance(http, dict) else 0,
    ):
        if isinstance(said, int) and 400 <= said < 600:
            return said
    code = extensions.get("code") or extensions.get("type")
    return _STATUS.get(str(code).upper().replace("-", "_").replace(" ", "_"), 0)

"""A field of a GraphQL schema as an endpoint: how what is known of it travels, and what its answers say.

All that looks for objects, their owners and what may be done to them reads an endpoint as a method on a path. A field
of a GraphQL schema therefore has both: `patient(id: ID!)` is `GET /patients/{id}`, `cancelOrder(id: ID!)` is
`POST /orders/{id}/cancelOrder`. What is sent is a POST with a document, and people read `POST /graphql#query.patient`.
"""

from __future__ import annotations

import json
import re
from functools import lru_cache
from typing import Literal

from msgspec import Struct, field

from gatewright.model.envelope import judged, meant
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
_LONGEST = 8192
"""Bytes of a body in which a failure in place of an object is looked for."""
_MARK = re.compile(
    rb'^\s*\{\s*"(?:data|extensions)".*"(?:\w*[eE]rrors?|\w*[pP]roblems?|message|__typename)"\s*:', re.DOTALL
)
_NULL = re.compile(rb'^\s*\{\s*"data"\s*:\s*\{\s*"[^"]*"\s*:\s*null')
_HEAD = 200
_FAILURE = re.compile(
    r"(?:Errors?|Failure|Failed|Exception|Problem|Fault|NotFound|Forbidden|Denied|Unauthori[sz]ed|Unauthenticated|NotAllowed|Invalid|Conflict|Rejected)$"
    r"|^(?:Invalid|Missing|Unknown|Not|No|Cannot|Already|TooMany|Unauthori[sz]ed|Forbidden)(?=[A-Z])"
)
_ERRORS = re.compile(r"(?:^e|E)rrors?$|(?:^p|P)roblems?$")
_TOLD = ("message", "msg", "reason", "detail", "description", "title", "code", "errors", "path")


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


def tells_failure(name: str) -> bool:
    """Whether the name of a type says that it tells of a failure: `NotFoundError`, `ValidationProblem`, `Forbidden`."""
    return bool(_FAILURE.search(name))


def refusal(body: bytes) -> int:
    """The status that a GraphQL answer without data means: that of its error's code, else 400; 0 for any other body.

    Without data: `data` is absent or null, or each of its fields is (GraphQL, October 2021, section 7.1). So is one field
    that answers a failure in place of its object: a type of that name, or a payload with errors and nothing else.
    """
    if (
        b'"errors"' not in body
        and not (len(body) <= _LONGEST and _MARK.search(body))
        and not _NULL.search(body[:_HEAD])
    ):
        return 0
    return _refusal(body)


@lru_cache(maxsize=512)
def _refusal(body: bytes) -> int:
    try:
        answer = json.loads(body)
    except (ValueError, RecursionError):
        return 0
    if not isinstance(answer, dict) or set(answer) - {"data", "errors", "extensions"}:
        return 0
    errors, data = answer.get("errors"), answer.get("data")
    if not errors:
        only = list(data.values()) if isinstance(data, dict) else []
        if only and all(value is None for value in only):
            return 404  # a field answers null for what is not there, or not the caller's
        return _failure(only[0]) if len(only) == 1 else 0
    if not isinstance(errors, list):
        return 0
    if not all(isinstance(error, dict) and isinstance(error.get("message"), str) for error in errors):
        return 0
    if data is not None and not (isinstance(data, dict) and all(value is None for value in data.values())):
        return 0
    return next((status for status in map(_status, errors) if status), 400)


def _failure(value: Json) -> int:
    """The status of a failure that stands where a field's object would: `{__typename: "NotFoundError", message}`, `{order: null, userErrors}`."""
    if not isinstance(value, dict):
        return 0
    kind = value.get("__typename")
    if isinstance(kind, str) and tells_failure(kind) and any(value.get(name) for name in _TOLD):
        code = value.get("code")
        return (meant(code) if isinstance(code, str) else 0) or meant(kind) or 400
    said: dict[str, Json] = {}
    for name, inner in value.items():
        if _ERRORS.search(name):
            first = inner[0] if isinstance(inner, list) and inner else inner
            said["errors"] = said.get("errors") or first
        elif name not in ("__typename", "clientMutationId") and inner not in (None, [], {}):
            said[name] = inner
    return judged(said) if "errors" in said or "message" in said else 0


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
    told = [extensions.get(name) for name in ("code", "type", "classification", "errorType", "error_code", "category")]
    codes = [code for code in told if isinstance(code, str)]
    known = [_STATUS.get(code.upper().replace("-", "_").replace(" ", "_"), 0) or meant(code) for code in codes]
    return next((status for status in known if status), 0)

"""The route table: what an endpoint is, what its handler gets and what it gives back."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from enum import IntEnum
from typing import Any, Literal

import orjson

from gatewright.lab.door import Door
from gatewright.lab.live import Hub
from gatewright.lab.mailbox import Mailbox
from gatewright.lab.tables import Row, Tables

Schema = dict[str, Any]


class Access(IntEnum):
    """Who may call: the least rank."""

    PUBLIC = 0
    OPTIONAL = 1
    """Anybody; who logs in gets more."""
    PATIENT = 2
    STAFF = 3
    ADMIN = 4


RANK = {"patient": Access.PATIENT, "staff": Access.STAFF, "admin": Access.ADMIN}
"""Role → rank."""


class Refused(Exception):  # noqa: N818 - reads as `raise Refused(404, …)`
    """An answer that ends the request: status, sentence, and per field what is wrong with it."""

    def __init__(
        self,
        status: int,
        detail: str,
        *,
        errors: Mapping[str, str] | None = None,
        headers: Mapping[str, str] | None = None,
    ) -> None:
        super().__init__(detail)
        self.headers = dict(headers or {})
        self.status = status
        self.detail = detail
        self.errors = dict(errors or {})


@dataclass(frozen=True, slots=True)
class Reply:
    """What a handler answers. `body` None: no content. A str body is HTML."""

    body: Any = None
    status: int = 200
    headers: dict[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Upload:
    """One file of a body."""

    filename: str
    kind: str
    """The content type that its sender gave it."""
    content: bytes


@dataclass(frozen=True, slots=True, kw_only=True)
class Parameter:
    """A query or header parameter."""

    name: str
    within: str = "query"
    schema: Schema
    required: bool = False


@dataclass(slots=True, kw_only=True)
class Clinic:
    """The state that all requests share: the rows, which weaknesses are on, the key of the tokens."""

    tables: Tables
    weak: frozenset[str]
    secret: bytes
    token_ttl: int
    now: Callable[[], float]
    door: Door = field(default_factory=Door)
    """How callers are known; the dialect hangs it."""
    mailbox: Mailbox = field(default_factory=Mailbox)
    spelled: Callable[[str], str] = str
    """A path of the route table as it is on the wire; the dialect says how."""
    hub: Hub = field(default_factory=Hub)
    """Hears of every row that is written."""
    wrong_tries: dict[str, list[float]] = field(default_factory=dict)
    """Name or challenge → when its wrong secrets came."""

    def __post_init__(self) -> None:
        self.tables.told = self.hub.tell

    def at(self, *, days: int = 0, minutes: int = 0) -> str:
        """The present time, RFC 3339 in UTC, some days and minutes on."""
        moment = datetime.fromtimestamp(self.now(), UTC) + timedelta(days=days, minutes=minutes)
        return moment.isoformat(timespec="seconds").replace("+00:00", "Z")


@dataclass(slots=True, kw_only=True)
class Call:
    """One request, decoded: real names, checked types."""

    clinic: Clinic
    endpoint: Endpoint
    user: Row | None
    claims: dict[str, Any]
    path: dict[str, Any]
    query: dict[str, Any]
    headers: Mapping[str, str]
    body: Row
    """As it was sent; `fields` has what the specification lets one write."""
    pairs: tuple[tuple[str, Any], ...] = ()
    """Every pair of the query in the order of sending, where one name may come twice."""
    keys: tuple[tuple[str, Any], ...] = ()
    """Every key of the body in the order of sending, where one may come twice."""
    files: dict[str, Upload] = field(default_factory=dict)
    """The files of the body, by real names."""

    @property
    def tables(self) -> Tables:
        """The rows."""
        return self.clinic.tables

    def first(self, name: str) -> Any:
        """The first value that the query, or else the body, gives for a name; None when there is none."""
        return next((value for key, value in (*self.pairs, *self.keys) if key == name), None)

    @property
    def me(self) -> Row:
        """The caller; 401 when there is none."""
        if self.user is None:
            raise Refused(401, "log in first")
        return self.user

    def weak(self, weakness: str) -> bool:
        """Whether this weakness is on."""
        return weakness in self.clinic.weak

    def may(self, least: Access) -> bool:
        """Whether the caller has this rank."""
        return self.user is not None and RANK[self.user["role"]] >= least

    def fields(self) -> Row:
        """Of the body what one may write here."""
        allowed = self.endpoint.writable(self.clinic.weak)
        return {name: value for name, value in self.body.items() if name in allowed}

    def owned(
        self, table: str, key: int | str, *, seen_by: Access | None = None, unless: str = "", deny: int = 403
    ) -> Row:
        """The row, if the caller owns it or has rank `seen_by`. Weakness `unless` leaves that condition out."""
        row = self.tables.get(table, key)
        if row is None:
            raise Refused(404, "no such thing")
        mine = self.user is not None and row["patient_id"] == self.user["id"]
        ranked = seen_by is not None and self.may(seen_by)
        if not mine and not ranked and not self.weak(unless):
            raise Refused(deny, "this is not yours" if deny == 403 else "no such thing")
        return row


Handler = Callable[[Call], Any]


@dataclass(frozen=True, slots=True, kw_only=True)
class Endpoint:
    """One row of the route table. `body` and `answer` are names of schemas, `[Name]` for a list of them."""

    method: str
    path: str
    tag: str
    summary: str
    access: Access
    handler: Handler
    body: str = ""
    body_properties: tuple[str, ...] = ()
    answer: str = ""
    status: int = 200
    parameters: tuple[Parameter, ...] = ()
    forbids: bool = False
    """Whether it answers 403 to those whose role is good enough but whose object it is not."""
    unguarded: str = ""
    """The weakness that leaves authentication out here."""
    unranked: str = ""
    """The weakness that leaves the role check out here, down to `unranked_to`."""
    unranked_to: Access = Access.PATIENT
    overridable: str = ""
    """The weakness that lets a method override header choose another method of this path, past its role check."""
    slashed: str = ""
    """The weakness that lets the path with a slash at its end pass the role check. It is served there in any case."""
    assigns: tuple[str, str] = ("", "")
    """A property of the answer, and the weakness that lets one write it here."""
    limit: int = 0
    """Requests in a row that one caller may send; 0: as many as the announced quota leaves."""
    upload: str = ""
    """The property of the body that is a file: it then comes as multipart/form-data."""
    unbounded: str = ""
    """The weakness that lets a body be as long as the server can bear here."""
    unpacked: str = ""
    """The weakness that lets a packed body be as long as that, once it is unpacked."""
    unmetered: str = ""
    """The weakness that leaves quota and limit out here."""
    hidden: bool = False
    """It is there, and only links lead to it: the specification does not name it."""
    undocumented: str = ""
    """The weakness without which this method does not exist. Not in the specification."""
    dialects: tuple[str, ...] = ()
    """Where it is served; empty: everywhere."""
    live: Literal["", "events", "websocket"] = ""
    """Its answer goes on, as server-sent events or over WebSocket; its handler answers `Live`."""

    @property
    def id(self) -> str:
        """`GET /me`."""
        return f"{self.method} {self.path}"

    def writable(self, weak: frozenset[str]) -> frozenset[str]:
        """The properties of a body that are stored: those of its schema."""
        name, weakness = self.assigns
        return frozenset(self.body_properties) | ({name} if weakness in weak else frozenset())


class Area:
    """Collects the endpoints of one part of the clinic, in the order of the file."""

    def __init__(self, tag: str, schemas: dict[str, Schema]) -> None:
        self.tag = tag
        self.schemas = schemas
        self.endpoints: list[Endpoint] = []

    def on(
        self, method: str, path: str, access: Access, *, body: str = "", answer: str = "", **details: Any
    ) -> Callable[[Handler], Handler]:
        """Register a handler; its docstring is the summary."""

        def register(handler: Handler) -> Handler:
            schema = self.schemas[body] if body else {}
            self.endpoints.append(
                Endpoint(
                    method=method,
                    path=path,
                    tag=self.tag,
                    summary=(handler.__doc__ or "").strip().rstrip("."),
                    access=access,
                    handler=handler,
                    body=body,
                    body_properties=tuple(schema.get("properties", ())),
                    answer=answer,
                    **details,
                )
            )
            return handler

        return register


def doubled(content: bytes) -> tuple[tuple[str, Any], ...]:
    """The keys of a JSON object with their values, as they stand there: one may come twice. Empty for what is none."""
    pairs: list[tuple[str, Any]] = []

    def keep(found: list[tuple[str, Any]]) -> Row:
        pairs[:] = found  # the outermost object is closed last
        return dict(found)

    try:
        json.loads(content, object_pairs_hook=keep)
    except (ValueError, RecursionError):
        return ()
    return tuple(pairs)


MOST_BYTES = 256 * 1024
"""Of a body."""
MOST_PARTS = 400
"""Objects and arrays in a body: also bounds how deep it can go."""


def parsed(content: bytes) -> Row:
    """The JSON object of a body; 400 when it is none."""
    if content.count(b"{") + content.count(b"[") > MOST_PARTS:
        raise Refused(400, "the body has too many parts")
    try:
        value = orjson.loads(content)
    except ValueError:
        raise Refused(400, "the body is not JSON") from None
    if not isinstance(value, dict):
        raise Refused(400, "the body is not a JSON object")
    return value

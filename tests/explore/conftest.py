"""Small real APIs on port 0, described by an OpenAPI document, and plain sessions that reach them over real sockets."""

from __future__ import annotations

import asyncio
import copy
import json
import re
import socket
import threading
import uuid
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

import httpx
import msgspec
import pytest
import uvicorn
from starlette.applications import Starlette
from starlette.requests import Request as Incoming
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from gatewright.explore.explorer import Explorer
from gatewright.explore.ledger import Entry, Ledger
from gatewright.model.account import ANON, Account
from gatewright.model.call import Call
from gatewright.model.endpoint import Specification
from gatewright.model.http import Exchange, Request
from gatewright.model.http import Response as Answer
from gatewright.model.knowledge import Knowledge
from gatewright.model.secret import Keyring
from gatewright.model.settings import Limits, Settings
from gatewright.sources.openapi import parse

NOW = datetime(2026, 1, 15, tzinfo=UTC)
TEXT = {"type": "string"}
WHOLE = {"type": "integer"}


@dataclass
class Table:
    """One collection of the API under test."""

    path: str
    body: dict[str, Any]
    required: list[str] = field(default_factory=list)
    id: str = "int"
    """int, uuid, or the property that is the key."""
    answer: str = "body"
    """Where a creation shows the id: body, wrapped, location, link or nowhere."""
    wrap: tuple[str, ...] = ()
    """Keys around a list: data, items."""
    role: str = ""
    """Who may create; empty: everybody logged in."""
    soft: bool = False
    status: int = 201
    parameter: str = "id"
    methods: str = "POST GET LIST PUT PATCH DELETE"
    public: bool = False
    """Everybody logged in sees everything."""
    check: Callable[[Api, str, dict[str, Any]], tuple[int, Any] | None] = lambda api, who, body: None
    rows: dict[str, dict[str, Any]] = field(default_factory=dict)


class Api:
    """Accounts `alice`, `bob` (users), `root` (admin), `vera` (to be thrown away), `zoe` (to be signed up), and tables."""

    def __init__(self) -> None:
        self.people = {
            name: {"id": number, "username": name, "email": f"{name}@example.com", "role": role, "city": f"Oslo-{name}"}
            for number, (name, role) in enumerate(
                [("alice", "user"), ("bob", "user"), ("root", "admin"), ("vera", "user"), ("zoe", "user")], 101
            )
        }
        self.tables: dict[str, Table] = {}
        self.routes: list[Route] = []
        self.paths: dict[str, dict[str, Any]] = {}
        self.log: list[tuple[str, str, str]] = []
        self.last = 1000
        self.add("/me", {"get": {}}, self.me)

    async def me(self, request: Incoming) -> Response:
        return JSONResponse(self.people[request.state.who])

    def add(self, path: str, operations: dict[str, Any], handler: Any, *, anon: bool = False) -> None:
        """One path with its operations, as the specification has them; the handler sees `request.state.who`."""
        entry = self.paths.setdefault(path, {})
        for method, operation in operations.items():
            entry[method] = {
                "parameters": [
                    {"name": name, "in": "path", "required": True, "schema": operation.get("ids", TEXT)}
                    for name in re.findall(r"\{(\w+)\}", path)
                ]
                + operation.get("parameters", []),
                "responses": {"200": {"description": "ok"}},
                **({"security": []} if anon else {}),
                **({"requestBody": operation["requestBody"]} if "requestBody" in operation else {}),
            }

        async def guarded(request: Incoming) -> Response:
            token = request.headers.get("authorization", "").removeprefix("Bearer tok-")
            self.log.append((request.method, request.url.path, token or ANON))
            if token not in self.people and not anon:
                return JSONResponse({"error": "log in first"}, 401)
            request.state.who = token or ANON
            return await handler(request)

        self.routes.append(Route(path, guarded, methods=[method.upper() for method in operations]))

    def table(self, table: Table) -> Table:
        """A collection with its item endpoints."""
        self.tables[table.path] = table
        wanted = table.methods.split()
        schema = {"type": "object", "properties": table.body, "required": table.required}
        body = {"requestBody": {"required": True, "content": {"application/json": {"schema": schema}}}}
        kind = WHOLE if table.id == "int" else TEXT
        outer = {"ids": WHOLE} if "{" in table.path else {}
        above = {m.lower(): ({**body, **outer} if m == "POST" else outer) for m in ("POST",) if m in wanted}
        above |= {"get": outer} if "LIST" in wanted else {}
        if above:
            self.add(table.path, above, lambda request: self._collection(table, request))
        item = {
            m.lower(): ({**body, "ids": kind} if m in ("PUT", "PATCH") else {"ids": kind})
            for m in wanted
            if m not in ("POST", "LIST")
        }
        if item:
            self.add(f"{table.path}/{{{table.parameter}}}", item, lambda request: self._item(table, request))
        return table

    def _above(self, table: Table, request: Incoming) -> dict[str, Any] | None:
        """The parents named in the path must be there and the caller's."""
        above = {k: v for k, v in request.path_params.items() if k != table.parameter}
        for path, parent in self.tables.items():
            name = parent.parameter
            if name in above and table.path.startswith(path + "/{"):
                row = parent.rows.get(above[name])
                if row is None or (row["_owner"] != request.state.who and not parent.public):
                    return None
        return above

    async def _collection(self, table: Table, request: Incoming) -> Response:
        who, above = request.state.who, self._above(table, request)
        if above is None:
            return JSONResponse({"error": "parent not found"}, 404)
        if request.method == "GET":
            rows = [self._shown(r) for r in table.rows.values() if self._sees(table, who, r) and r["_above"] == above]
            listed: Any = rows
            for key in reversed(table.wrap):
                listed = {key: listed}
            return JSONResponse(listed)
        if table.role and self.people[who]["role"] != table.role:
            return JSONResponse({"error": "forbidden"}, 403)
        body = await request.json()
        refusal = self._refusal(table, who, body)
        if refusal:
            return JSONResponse(refusal[1], refusal[0])
        self.last += 1
        key = str(self.last) if table.id == "int" else str(uuid.uuid4()) if table.id == "uuid" else body[table.id]
        if key in table.rows:
            return JSONResponse({"error": f"{table.id} already exists"}, 409)
        row = {**body, "_owner": who, "_above": above}
        if table.id in ("int", "uuid"):
            row[table.parameter] = int(key) if table.id == "int" else key
        table.rows[key] = row
        return self._created(table, request, key, row)

    def _created(self, table: Table, request: Incoming, key: str, row: dict[str, Any]) -> Response:
        where = f"{request.url.path}/{key}"
        shapes: dict[str, Any] = {
            "body": self._shown(row),
            "wrapped": {"success": True, "data": self._shown(row)},
            "location": None,
            "link": {"_links": {"self": {"href": where}}},
            "nowhere": {"message": "created"},
        }
        headers = {"location": where} if table.answer == "location" else {}
        content = shapes[table.answer]
        if content is None:
            return Response(status_code=table.status, headers=headers)
        return JSONResponse(content, table.status, headers)

    async def _item(self, table: Table, request: Incoming) -> Response:
        who, key, above = request.state.who, request.path_params[table.parameter], self._above(table, request)
        row = table.rows.get(key)
        if request.method == "PUT" and row is None and "PUTCREATE" in table.methods:
            table.rows[key] = {**await request.json(), table.parameter: key, "_owner": who, "_above": above or {}}
            return JSONResponse(self._shown(table.rows[key]), 201)
        if (
            row is None
            or above is None
            or row["_above"] != above
            or (row["_owner"] != who and not table.public)
            or row.get("deleted")
        ):
            return JSONResponse({"error": "not found"}, 404)
        if request.method == "DELETE":
            if table.soft:
                row["deleted"] = True
            else:
                del table.rows[key]
            return Response(status_code=204)
        if request.method in ("PUT", "PATCH"):
            row.update(await request.json())
        return JSONResponse(self._shown(row))

    def _refusal(self, table: Table, who: str, body: dict[str, Any]) -> tuple[int, Any] | None:
        missing = [name for name in table.required if name not in body]
        if missing:
            return 400, {"errors": [{"field": name, "message": "is required"} for name in missing]}
        return table.check(self, who, body)

    @staticmethod
    def _sees(table: Table, who: str, row: dict[str, Any]) -> bool:
        return (row["_owner"] == who or table.public) and not row.get("deleted")

    @staticmethod
    def _shown(row: dict[str, Any]) -> dict[str, Any]:
        return {key: value for key, value in row.items() if not key.startswith("_")}

    def state(self) -> dict[str, Any]:
        """Everything that a clean-up must leave as it was."""
        return copy.deepcopy({"people": self.people, **{path: table.rows for path, table in self.tables.items()}})

    def document(self) -> bytes:
        """The published specification."""
        schemes = {"bearer": {"type": "http", "scheme": "bearer"}}
        return json.dumps(
            {
                "openapi": "3.0.3",
                "info": {"title": "t", "version": "1"},
                "paths": self.paths,
                "components": {"securitySchemes": schemes},
                "security": [{"bearer": []}],
            }
        ).encode()


class PlainSessions:
    """Accounts with fixed tokens; requests go out over a real client. Stands in for the sessions of access."""

    def __init__(self, origin: str, names: dict[str, str], throwaway: frozenset[str] = frozenset()) -> None:
        self.origin = origin
        self.accounts = {
            name: Account(name=name, role=role, origin="throw-away" if name in throwaway else "configured")
            for name, role in names.items()
        }
        self.sent: list[tuple[str, Request, int]] = []
        self._client = httpx.AsyncClient()

    async def send(
        self, request: Request, *, as_: str, purpose: str = "", cell: object = None, credentials: object = None
    ) -> Exchange:
        headers = [(name, value) for name, value in request.headers]
        if as_ != ANON:
            headers.append(("Authorization", f"Bearer tok-{as_}"))
        answer = await self._client.request(request.method, request.url, headers=headers, content=request.body)
        self.sent.append((as_, request, answer.status_code))
        shown = Answer(answer.status_code, tuple(answer.headers.items()), answer.content)
        return Exchange(len(self.sent), request, shown, account=as_, purpose=purpose)

    def whoami(self, name: str) -> Call | None:
        return Call(endpoint=f"GET {self.origin}/me")

    def identity(self, name: str) -> frozenset[str]:
        number = {"alice": 101, "bob": 102, "root": 103, "vera": 104, "zoe": 105}[name]
        return frozenset({name, f"{name}@example.com", str(number)})

    def rank(self, name: str) -> int:
        return {"user": 0, "admin": 1}[self.accounts[name].role]

    async def close(self) -> None:
        await self._client.aclose()


@dataclass
class Outcome:
    """What an exploration left."""

    knowledge: Knowledge
    explorer: Explorer
    sessions: PlainSessions
    ledger: Ledger
    saved: list[Entry]
    events: list[Any]
    specification: Specification

    def named(self, name: str) -> str:
        """Endpoint id of `GET /me`."""
        return next(e.id for e in self.knowledge.endpoints.values() if e.name == name)

    def made(self, owner: str, resource: str) -> list[Any]:
        return [
            o for o in self.knowledge.objects if o.owner == owner and o.resource == resource and o.origin == "created"
        ]


class Range:
    """Serves one API, explores it, and keeps everything for the test."""

    def __init__(self, api: Api) -> None:
        self.api = api
        self.saved: list[Entry] = []
        self.socket = socket.create_server(("127.0.0.1", 0))
        self.origin = f"http://127.0.0.1:{self.socket.getsockname()[1]}"
        app = Starlette(routes=sorted(api.routes, key=lambda route: route.path.count("{")))
        config = uvicorn.Config(app, log_level="critical", access_log=False, lifespan="off")
        self.server = uvicorn.Server(config)
        self.thread = threading.Thread(target=self.server.run, kwargs={"sockets": [self.socket]}, daemon=True)
        self.thread.start()

    def specification(self) -> Specification:
        found = parse(self.api.document(), source="openapi.json")
        endpoints = tuple(msgspec.structs.replace(e, origin=self.origin, base="") for e in found.endpoints)
        return msgspec.structs.replace(found, endpoints=endpoints)

    def run(self, work: Callable[[Outcome], Any] | None = None, **options: Any) -> Outcome:
        """Explore, then `work` in the same loop."""
        return asyncio.run(self._run(work, **options))

    async def _run(
        self,
        work: Callable[[Outcome], Any] | None,
        *,
        names: dict[str, str] | None = None,
        throwaway: frozenset[str] = frozenset(),
        limits: Limits | None = None,
        ways_in: frozenset[str] = frozenset(),
        spare: str = "",
    ) -> Outcome:
        async def sign_up() -> str:
            return spare

        sessions = PlainSessions(self.origin, names or {"alice": "user", "bob": "user"}, throwaway)
        saved = self.saved
        events: list[Any] = []
        ledger = Ledger(saved.append)
        specification = self.specification()
        explorer = Explorer(
            sessions,
            specification,
            Settings(limits=limits or Limits()),
            keyring=Keyring(b"k" * 32, "run-1"),
            emit=events.append,
            ledger=ledger,
            ways_in=ways_in,
            now=NOW,
            sign_up=sign_up,
        )
        try:
            knowledge = await explorer.explore()
            outcome = Outcome(knowledge, explorer, sessions, ledger, saved, events, specification)
            if work is not None:
                await work(outcome)
        finally:
            await sessions.close()
        return outcome

    def stop(self) -> None:
        self.server.should_exit = True
        self.thread.join(5)
        self.socket.close()


@pytest.fixture
def specify() -> Callable[..., Specification]:
    """A specification from `paths`, its endpoints on http://h."""

    def make(paths: dict[str, Any], schemas: dict[str, Any] | None = None) -> Specification:
        document = {
            "openapi": "3.1.0",
            "info": {"title": "t", "version": "1"},
            "paths": {
                path: {method: {"responses": {"200": {"description": "ok"}}, **one} for method, one in item.items()}
                for path, item in paths.items()
            },
            "components": {"schemas": schemas or {}},
        }
        found = parse(json.dumps(document).encode(), source="t.json")
        endpoints = tuple(msgspec.structs.replace(e, origin="http://h", base="") for e in found.endpoints)
        return msgspec.structs.replace(found, endpoints=endpoints)

    return make


@pytest.fixture
def api() -> Api:
    return Api()


@pytest.fixture
def serve() -> Iterator[Callable[[Api], Range]]:
    """Starts APIs; all are stopped at the end of the test."""
    running: list[Range] = []

    def start(api: Api) -> Range:
        running.append(Range(api))
        return running[-1]

    yield start
    for one in running:
        one.stop()


@pytest.fixture
def table() -> type[Table]:
    return Table

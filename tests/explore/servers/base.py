"""A small strict API in some framework's manner, served on port 0, and its exploration over real sockets."""

from __future__ import annotations

import asyncio
import json
import re
import socket
import threading
from collections import Counter
from collections.abc import Awaitable, Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, date, datetime
from email.parser import BytesParser
from email.policy import HTTP
from typing import Any
from urllib.parse import parse_qsl

import httpx
import msgspec
import uvicorn
from starlette.applications import Starlette
from starlette.requests import Request as Incoming
from starlette.responses import Response
from starlette.routing import Route

from gatewright.explore.cleanup import clean_up
from gatewright.explore.explorer import Explorer
from gatewright.explore.ledger import Ledger
from gatewright.model.account import ANON, Account
from gatewright.model.call import Call
from gatewright.model.events import AnyEvent, Warned
from gatewright.model.finding import Leftover
from gatewright.model.http import Exchange, Request
from gatewright.model.http import Response as Answer
from gatewright.model.knowledge import Knowledge
from gatewright.model.secret import Keyring
from gatewright.model.settings import Settings
from gatewright.sources.openapi import parse

TODAY = date(2026, 1, 15)
RANKS = {"user": 0, "manager": 1}


class Refused(Exception):  # noqa: N818
    """An answer that refuses: status, content and headers."""

    def __init__(self, status: int, content: Any = None, **headers: str) -> None:
        super().__init__(status)
        self.status, self.content, self.headers = status, content, headers


@dataclass
class Upload:
    """A file part."""

    filename: str
    content_type: str
    content: bytes


@dataclass
class Visit:
    """One request as a handler sees it."""

    who: str
    path: dict[str, str]
    query: dict[str, str]
    headers: dict[str, str]
    media: str
    raw: bytes

    def json(self) -> Any:
        """The decoded body; ValueError when it is no JSON."""
        return json.loads(self.raw.decode())

    def form(self) -> dict[str, str]:
        """The fields of a form."""
        return dict(parse_qsl(self.raw.decode(), keep_blank_values=True))

    def parts(self, content_type: str) -> dict[str, Any]:
        """The parts of a multipart body."""
        head = f"Content-Type: {content_type}\r\n\r\n".encode()
        found: dict[str, Any] = {}
        for part in BytesParser(policy=HTTP).parsebytes(head + self.raw).iter_parts():
            name = str(part.get_param("name", header="content-disposition"))
            content = part.get_payload(decode=True)
            filename = part.get_filename()
            body = content if isinstance(content, bytes) else b""
            found[name] = Upload(filename, part.get_content_type(), body) if filename else body.decode().strip()
        return found


Handler = Callable[[Visit], tuple[int, Any] | tuple[int, Any, dict[str, str]]]


@dataclass
class Server:
    """Routes with their operations. `people` maps accounts to roles; a token is `tok-NAME`."""

    whoami: str = "/me"
    people: dict[str, dict[str, Any]] = field(default_factory=dict)
    routes: dict[tuple[str, str], tuple[Handler, str]] = field(default_factory=dict)
    paths: dict[str, dict[str, Any]] = field(default_factory=dict)
    schemas: dict[str, Any] = field(default_factory=dict)
    rows: dict[str, dict[str, dict[str, Any]]] = field(default_factory=dict)
    unknown: Callable[[], Refused] = lambda: Refused(401, {"message": "Unauthenticated."})
    forbidden: Callable[[], Refused] = lambda: Refused(403, {"message": "Forbidden"})

    def on(
        self,
        name: str,
        handler: Handler,
        *,
        role: str = "",
        body: Any = None,
        media: str = "application/json",
        **more: Any,
    ) -> None:
        """`POST /things/{id}`: its handler, the schema of its body, and what else its operation says."""
        method, _, path = name.partition(" ")
        self.routes[method, path] = handler, role
        declared = more.pop("path", {})
        operation: dict[str, Any] = {
            "parameters": [
                {"name": one, "in": "path", "required": True, "schema": declared.get(one, {"type": "string"})}
                for one in re.findall(r"\{(\w+)\}", path)
            ]
            + more.pop("parameters", []),
            "responses": more.pop("responses", {"200": {"description": "ok"}}),
            **more,
        }
        if body is not None:
            operation["requestBody"] = {"content": {media: {"schema": body}}}
        self.paths.setdefault(path, {})[method.lower()] = operation

    def table(self, name: str) -> dict[str, dict[str, Any]]:
        """The rows of one kind by id."""
        return self.rows.setdefault(name, {})

    def document(self) -> bytes:
        """The published specification."""
        document = {
            "openapi": "3.0.3",
            "info": {"title": "t", "version": "1"},
            "paths": self.paths,
            "components": {
                "securitySchemes": {"bearer": {"type": "http", "scheme": "bearer"}},
                "schemas": self.schemas,
            },
            "security": [{"bearer": []}],
        }
        return json.dumps(document).encode()

    def application(self) -> Starlette:
        """All routes, fixed paths before those with parameters."""
        paths = sorted({path for _, path in self.routes}, key=lambda path: (path.count("{"), path))
        return Starlette(routes=[Route(path, self._endpoint(path), methods=self._methods(path)) for path in paths])

    def _methods(self, path: str) -> list[str]:
        return [method for method, known in self.routes if known == path]

    def _endpoint(self, path: str) -> Callable[[Incoming], Awaitable[Response]]:
        async def answer(request: Incoming) -> Response:
            raw = await request.body()
            try:
                made = self._answer(path, request, raw)
            except Refused as refused:
                made = (refused.status, refused.content, refused.headers)
            status, content, headers = made if len(made) == 3 else (*made, {})
            if content is None:
                return Response(status_code=status, headers=headers)
            shown = {"content-type": "application/json", **headers}
            text = content if isinstance(content, (str, bytes)) else json.dumps(content)
            return Response(text, status_code=status, headers=shown)

        return answer

    def _answer(self, path: str, request: Incoming, raw: bytes) -> Any:
        handler, role = self.routes[request.method, path]
        who = request.headers.get("authorization", "").removeprefix("Bearer tok-")
        if role != "anybody" and who not in self.people:
            raise self.unknown()
        if role in RANKS and RANKS[self.people[who]["role"]] < RANKS[role]:
            raise self.forbidden()
        headers = {name.lower(): value for name, value in request.headers.items()}
        media = headers.get("content-type", "").partition(";")[0]
        return handler(Visit(who, dict(request.path_params), dict(request.query_params), headers, media, raw))


class Sessions:
    """Accounts with fixed tokens over a real client."""

    def __init__(self, origin: str, server: Server) -> None:
        self.origin, self.server = origin, server
        self.accounts = {name: Account(name=name, role=one["role"]) for name, one in server.people.items()}
        self.sent: list[tuple[str, Request, int, str]] = []
        self._client = httpx.AsyncClient()

    async def send(
        self, request: Request, *, as_: str, purpose: str = "", cell: object = None, credentials: object = None
    ) -> Exchange:
        headers = [*request.headers, *([("Authorization", f"Bearer tok-{as_}")] if as_ != ANON else [])]
        answer = await self._client.request(request.method, request.url, headers=headers, content=request.body)
        self.sent.append((as_, request, answer.status_code, purpose))
        shown = Answer(answer.status_code, tuple(answer.headers.items()), answer.content)
        return Exchange(len(self.sent), request, shown, account=as_, purpose=purpose)

    def whoami(self, name: str) -> Call | None:
        return Call(endpoint=f"GET {self.origin}{self.server.whoami}")

    def identity(self, name: str) -> frozenset[str]:
        return frozenset(str(value) for key, value in self.server.people[name].items() if key not in ("role",))

    def rank(self, name: str) -> int:
        return RANKS[self.accounts[name].role] if name in self.accounts else -1

    async def close(self) -> None:
        await self._client.aclose()


@dataclass
class Explored:
    """What one exploration came to."""

    knowledge: Knowledge
    sent: list[tuple[str, Request, int, str]]
    left: list[Leftover]
    warned: list[str]

    def unreached(self) -> dict[str, str]:
        """Endpoint name → why it has no accepted sample."""
        return {self.knowledge.endpoints[id_].name: why for id_, why in self.knowledge.unreached.items()}

    def by_path(self) -> Counter[str]:
        """Requests by method and path, ids as `*`."""
        hexed = re.compile(r"/[0-9a-f-]{8,}|/\d+|/gw\w+")
        return Counter(f"{r.method} {hexed.sub('/*', r.target.partition('?')[0])}" for _, r, _, _ in self.sent)


@contextmanager
def _served(server: Server) -> Iterator[str]:
    listener = socket.create_server(("127.0.0.1", 0))
    running = uvicorn.Server(
        uvicorn.Config(server.application(), log_level="critical", access_log=False, lifespan="off")
    )
    thread = threading.Thread(target=running.run, kwargs={"sockets": [listener]}, daemon=True)
    thread.start()
    try:
        yield f"http://127.0.0.1:{listener.getsockname()[1]}"
    finally:
        running.should_exit = True
        thread.join(5)
        listener.close()


def explore(server: Server) -> Explored:
    """Explore a server with its people, then clean up."""
    with _served(server) as origin:
        return asyncio.run(_explore(server, origin))


async def _explore(server: Server, origin: str) -> Explored:
    bare = parse(server.document(), source="openapi.json")
    endpoints = tuple(msgspec.structs.replace(e, origin=origin, base="") for e in bare.endpoints)
    specification = msgspec.structs.replace(bare, endpoints=endpoints)
    sessions, ledger = Sessions(origin, server), Ledger()
    events: list[AnyEvent] = []
    explorer = Explorer(
        sessions,
        specification,
        Settings(),
        keyring=Keyring(b"k" * 32, "run-1"),
        emit=events.append,
        ledger=ledger,
        ways_in=frozenset(),
        now=datetime(2026, 1, 15, tzinfo=UTC),
    )
    try:
        knowledge = await explorer.explore()
        sent = list(sessions.sent)
        warned = [event.message for event in events if isinstance(event, Warned)]
        return Explored(knowledge, sent, await clean_up(sessions, knowledge.endpoints, ledger), warned)
    finally:
        await sessions.close()

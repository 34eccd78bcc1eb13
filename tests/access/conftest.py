"""Real little APIs on port 0, described by an OpenAPI document, reached through the gate."""

from __future__ import annotations

import asyncio
import json
import socket
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass, field
from typing import Any, TypeAlias

import pytest
import uvicorn
from starlette.applications import Starlette
from starlette.requests import Request as Incoming
from starlette.responses import JSONResponse, Response
from starlette.routing import Route
from starlette.types import Receive, Scope, Send
from uvicorn.protocols.http.h11_impl import H11Protocol
from uvicorn.server import ServerState

from gatewright.access.sessions import Sessions
from gatewright.model.account import Account
from gatewright.model.endpoint import Specification
from gatewright.model.secret import Keyring, Secret
from gatewright.model.settings import Limits, Settings
from gatewright.sources.openapi import parse
from gatewright.wire.gate import Gate

PEOPLE = {"alice": "alice-pw-11", "bob": "bob-pw-2222"}
Handler: TypeAlias = Callable[[Incoming], Awaitable[Response]]


@dataclass
class Api:
    """One API under test: its routes, its document, and what it was asked."""

    routes: list[Route] = field(default_factory=list)
    paths: dict[str, Any] = field(default_factory=dict)
    schemes: dict[str, Any] = field(default_factory=dict)
    asked: list[tuple[str, str]] = field(default_factory=list)
    """Method and path of each request."""
    state: dict[str, Any] = field(default_factory=dict)

    def on(
        self,
        name: str,
        handler: Handler,
        *,
        body: Sequence[str] | dict[str, Any] = (),
        media: str = "application/json",
        secured: bool = False,
        documented: bool = True,
        parameters: Sequence[dict[str, Any]] = (),
        answer: dict[str, Any] | None = None,
    ) -> None:
        """An endpoint: `POST /login`, its handler and its description."""
        method, _, path = name.partition(" ")
        self.routes.append(Route(path, handler, methods=[method]))
        if not documented:
            return
        about: dict[str, Any] = {"responses": {"200": {"description": "fine"}}, "parameters": list(parameters)}
        if answer is not None:
            about["responses"]["200"]["content"] = {"application/json": {"schema": answer}}
        if body:
            schema = body if isinstance(body, dict) else fields(*body)
            about["requestBody"] = {"content": {media: {"schema": schema}}}
        if secured:
            about["security"] = [{name: []} for name in self.schemes]
        self.paths.setdefault(path, {})[method.lower()] = about

    def count(self, name: str) -> int:
        """How often an endpoint was asked."""
        method, _, path = name.partition(" ")
        return self.asked.count((method, path))

    def document(self, url: str) -> bytes:
        """The OpenAPI document."""
        document = {
            "openapi": "3.1.0",
            "info": {"title": "t", "version": "1"},
            "servers": [{"url": url}],
            "paths": self.paths,
            "components": {"securitySchemes": self.schemes},
        }
        return json.dumps(document).encode()

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """The ASGI application, counting."""
        self.asked.append((scope["method"], scope["path"]))
        await Starlette(routes=self.routes)(scope, receive, send)


def fields(*names: str) -> dict[str, Any]:
    """The schema of an object whose properties are all required strings."""
    return {"type": "object", "required": list(names), "properties": {name: {"type": "string"} for name in names}}


@dataclass
class World:
    """A running API with a gate to it."""

    api: Api
    url: str
    gate: Gate
    specification: Specification
    warnings: list[str] = field(default_factory=list)
    now: float = 1_800_000_000.0
    """Seconds of both injected clocks; the wall clock of the API as well."""

    def sessions(self, *accounts: Account, made: Sequence[Account] = (), run: str = "r1", **settings: Any) -> Sessions:
        """Sessions of these accounts, with the injected clocks. No throw-away accounts unless asked for."""
        settings.setdefault("sign_up", 0)
        return Sessions(
            self.gate,
            self.specification,
            Settings(target=(self.url,), accounts=accounts, **settings),
            keyring=Keyring(b"k" * 32, run),
            made=made,
            clock=lambda: self.now,
            wall=lambda: self.now,
            warn=lambda code, message: self.warnings.append(f"{code} {message}"),
        )


Play: TypeAlias = Callable[[Api, Callable[[World], Awaitable[None]]], None]


@pytest.fixture
def api() -> Api:
    """A fresh API without endpoints."""
    return Api()


@pytest.fixture
def play() -> Play:
    """`play(api, scenario)`: serves the API on a free port while the scenario runs."""

    async def run(api: Api, scenario: Callable[[World], Awaitable[None]]) -> None:
        listening = socket.socket(
            socket.AF_INET, socket.SOCK_STREAM, socket.IPPROTO_TCP
        )  # named, or asyncio leaves Nagle on
        listening.bind(("127.0.0.1", 0))
        url = f"http://127.0.0.1:{listening.getsockname()[1]}"
        config = uvicorn.Config(api, log_level="critical", lifespan="off", ws="none")
        config.load()
        state = ServerState()  # uvicorn's protocol without its server, whose loop ticks ten times a second

        def protocol() -> asyncio.Protocol:
            return H11Protocol(config=config, server_state=state, app_state={})

        server = await asyncio.get_running_loop().create_server(protocol, sock=listening)
        try:
            settings = Settings(limits=Limits(connect=5, first_byte=10, total=20))
            async with Gate(settings, run="r1", targets=(url,)) as gate:
                await scenario(World(api, url, gate, parse(api.document(url), source="openapi.json")))
        finally:
            server.close()
            await asyncio.gather(*state.tasks, return_exceptions=True)

    return lambda api, scenario: asyncio.run(run(api, scenario))


@pytest.fixture
def alice() -> Account:
    return Account(name="alice", role="user", username="alice", password=Secret(PEOPLE["alice"]))


@pytest.fixture
def bob() -> Account:
    return Account(name="bob", role="user", username="bob", password=Secret(PEOPLE["bob"]))


@pytest.fixture
def profile() -> Callable[[Callable[[Incoming], str | None]], Handler]:
    """`profile(who)`: the handler of GET /me; `who` says whose the credentials of a request are."""

    def make(who: Callable[[Incoming], str | None]) -> Handler:
        async def me(request: Incoming) -> Response:
            name = who(request)
            if name is None:
                return JSONResponse({"error": "who are you?"}, 401)
            return JSONResponse(
                {"id": sorted(PEOPLE).index(name) + 7 if name in PEOPLE else 99, "username": name, "plan": "free"}
            )

        return me

    return make

"""Cross-origin answers and the log."""

from __future__ import annotations

import asyncio
import io
from collections.abc import Callable
from typing import Any

import pytest

from gatewright.lab.edge import OWN_ORIGIN, Edge

Visit = Callable[..., Any]


@pytest.mark.parametrize(
    ("weak", "origin", "trusted"),
    [
        ((), OWN_ORIGIN, True),
        ((), "https://evil.example", False),
        ((), "null", False),
        ((), OWN_ORIGIN + ".evil.example", False),
        (("cors-any-origin",), "https://evil.example", True),
        (("cors-any-origin",), "null", True),
    ],
)
@pytest.mark.parametrize("method", ["GET", "OPTIONS"])
def test_who_may_read_across_origins(
    visit: Visit, weak: tuple[str, ...], origin: str, trusted: bool, method: str
) -> None:
    headers = {"Origin": origin, "Access-Control-Request-Method": "PUT"}
    answer = visit(*weak).send(method, "/me", "alice", headers=headers)
    assert answer.status == (204 if method == "OPTIONS" else 200)
    assert answer.headers.get("access-control-allow-origin") == (origin if trusted else None)
    assert answer.headers.get("access-control-allow-credentials") == ("true" if trusted else None)
    assert ("PUT" in answer.headers.get("access-control-allow-methods", "")) == (trusted and method == "OPTIONS")
    assert "Origin" in answer.headers["vary"]


def test_without_an_origin_nothing_is_said(visit: Visit) -> None:
    answer = visit("cors-any-origin").send("GET", "/me", "alice")
    assert not [name for name in answer.headers if name.startswith("access-control")]


def test_the_log_has_a_line_per_request(visit: Visit) -> None:
    visitor = visit()
    visitor.send("GET", "/me", "alice")
    visitor.send("GET", "/me")
    visitor.send("GET", "/nowhere", "alice")
    visitor.send("GET", "/openapi.json")
    assert visitor.log.getvalue().splitlines() == [
        "POST /auth/login 200 anon",
        "GET /me 200 alice",
        "GET /me 401 anon",
        "GET /nowhere 404 anon",
        "GET /openapi.json 200 anon",
    ]


@pytest.mark.parametrize(
    ("said", "line"),
    [
        (({"type": "websocket.accept"}, {"type": "websocket.close"}), "GET /live 101 anon\n"),
        (({"type": "websocket.close"},), "GET /live 403 anon\n"),
        (({"type": "websocket.http.response.start", "status": 401},), "GET /live 401 anon\n"),
    ],
)
def test_a_handshake_is_a_line_of_the_log(said: tuple[dict[str, Any], ...], line: str) -> None:
    log = io.StringIO()

    async def app(scope: Any, receive: Any, send: Any) -> None:
        for message in said:
            await send(message)

    async def nowhere(message: Any) -> None: ...

    edge = Edge(app, weak=frozenset(), log=log)
    asyncio.run(edge({"type": "websocket", "raw_path": b"/live"}, nowhere, nowhere))  # type: ignore[arg-type]
    assert log.getvalue() == line

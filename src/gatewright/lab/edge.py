"""What stands before the application: cross-origin headers, and the log that tests of harmlessness count."""

from __future__ import annotations

from typing import TextIO

from starlette.datastructures import Headers, MutableHeaders
from starlette.types import ASGIApp, Message, Receive, Scope, Send

OWN_ORIGIN = "https://portal.clinic.example"
"""The one web page that may read answers across origins."""


class Edge:
    """Wraps the application. With `cors-any-origin` on, every origin is as good as our own."""

    def __init__(self, app: ASGIApp, *, weak: frozenset[str], log: TextIO | None = None) -> None:
        self._app = app
        self._any_origin = "cors-any-origin" in weak
        self._log = log

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one request."""
        if scope["type"] != "http":
            await self._app(scope, receive, self._listened(scope, send))
            return
        scope.setdefault("state", {})
        asked = Headers(scope=scope)
        origin = asked.get("origin", "")
        trusted = bool(origin) and (origin == OWN_ORIGIN or self._any_origin)

        async def answer(message: Message) -> None:
            if message["type"] == "http.response.start":
                headers = MutableHeaders(scope=message)
                headers.append("Vary", "Origin")
                if trusted:
                    headers["Access-Control-Allow-Origin"] = origin
                    headers["Access-Control-Allow-Credentials"] = "true"
                self._note(scope, message["status"])
            await send(message)

        if scope["method"] == "OPTIONS" and "access-control-request-method" in asked:
            await _preflight(answer, trusted)
            return
        await self._app(scope, receive, answer)

    def _listened(self, scope: Scope, send: Send) -> Send:
        """A handshake of WebSocket is a request as well: 101 where it is accepted, else how it was refused."""
        scope.setdefault("state", {})
        noted = False

        async def answer(message: Message) -> None:
            nonlocal noted
            status = {"websocket.accept": 101, "websocket.close": 403}.get(message["type"], message.get("status"))
            if not noted and status is not None:
                noted = True
                self._note(scope, status)
            await send(message)

        return answer

    def _note(self, scope: Scope, status: int) -> None:
        if self._log is not None:
            path = scope["raw_path"].decode("ascii", "replace")
            account = scope["state"].get("account", "anon")
            self._log.write(f"{scope.get('method', 'GET')} {path} {status} {account}\n")


async def _preflight(send: Send, trusted: bool) -> None:
    headers = [(b"content-length", b"0")]
    if trusted:
        headers += [
            (b"access-control-allow-methods", b"GET, POST, PUT, PATCH, DELETE"),
            (b"access-control-allow-headers", b"Authorization, Content-Type, X-CSRF-Token"),
        ]
    await send({"type": "http.response.start", "status": 204, "headers": headers})
    await send({"type": "http.response.body", "body": b""})

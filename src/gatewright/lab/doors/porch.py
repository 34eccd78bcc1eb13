"""A door of the range: what stands before the clinic and turns its own way in into the token that the clinic knows.

The route table, the weaknesses and the traps behind it stay the same; only how a caller is known changes. A door that
takes a password asks the clinic's own log-in inside, so that what the clinic refuses, every door refuses.
"""

from __future__ import annotations

import hashlib
import hmac
from abc import ABC
from collections.abc import Awaitable, Callable, Mapping
from typing import Any, ClassVar
from urllib.parse import parse_qsl

import orjson
from starlette.datastructures import MutableHeaders
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from gatewright.lab.endpoint import Clinic
from gatewright.lab.keys import AUDIENCE, ISSUER, Keys
from gatewright.lab.mailbox import Mailbox
from gatewright.lab.tables import Row

MOST = 512 * 1024
"""Bytes of a body that a door reads."""
LOGIN, SIGN_UP, LOGOUT, REFRESH = "/auth/login", "/auth/register", "/auth/logout", "/auth/refresh"
SPECIFICATION = "/openapi.json"
FORM = "application/x-www-form-urlencoded"
Handler = Callable[[Request, bytes], Awaitable[Response]]
Document = dict[str, Any]


class Porch(ABC):
    """Lets everybody through as they come. A door changes `caller`, `routes`, `published` and `accounts`."""

    name: ClassVar[str]
    about: ClassVar[str]
    """One line for people."""
    renews: ClassVar[bool] = False
    """The clinic's own refresh endpoint stays: the log-in answers the clinic's own tokens."""

    def __init__(self, app: ASGIApp, clinic: Clinic) -> None:
        self.app = app
        self.clinic = clinic
        self.routes: dict[tuple[str, str], Handler] = {}
        """Method and path → who answers instead of the clinic."""
        self._minted: dict[tuple[int, str], tuple[int, str]] = {}
        """User and label → until when a token is given out again, and the token."""

    @property
    def mailbox(self) -> Mailbox:
        """Where it posts its mails."""
        return self.clinic.mailbox

    def accounts(self, given: dict[str, dict[str, Any]]) -> dict[str, dict[str, Any]]:
        """The printed accounts as `gatewright.yaml` wants them for this door."""
        return given

    def published(self, document: Document) -> Document:
        """The clinic's specification with this way in."""
        return document

    async def caller(self, request: Request, body: bytes) -> str | None:
        """The clinic's token for whoever sent a request; None for nobody."""
        scheme, _, token = request.headers.get("authorization", "").partition(" ")
        return token if scheme.lower() == "bearer" else None

    def inward(self, request: Request, body: bytes) -> tuple[bytes, bytes]:
        """Query string and body as the clinic gets them: without what is the door's own."""
        return request.scope["query_string"], body

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one request."""
        if scope["type"] == "websocket":
            asked = Request({**scope, "type": "http", "method": "GET"})
            await self._through(scope, await self.caller(asked, b""), self.inward(asked, b""), receive, send)
            return
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return
        request = Request(scope, receive)
        body = b""
        async for chunk in request.stream():
            body += chunk
            if len(body) > MOST:
                await JSONResponse({"detail": "the body is too long"}, 413)(scope, receive, send)
                return
        if scope["path"] == REFRESH and not self.renews:
            await problem(404, "no such page")(scope, receive, send)
            return
        handler = self.routes.get((scope["method"], scope["path"]))
        if handler is not None:
            request.state.account = "anon"
            await (await handler(request, body))(scope, receive, send)
            return
        if scope["path"] == SPECIFICATION:
            answer, content = await self.inside("GET", SPECIFICATION)
            document = self.published(orjson.loads(content)) if answer == 200 else {}
            if not self.renews:
                document["paths"].pop(REFRESH, None)
            await Response(orjson.dumps(document), answer, media_type="application/json")(scope, receive, send)
            return
        await self._through(scope, await self.caller(request, body), self.inward(request, body), receive, send)

    async def _through(
        self, scope: Scope, token: str | None, inward: tuple[bytes, bytes], outer: Receive, send: Send
    ) -> None:
        inner: Scope = {**scope, "headers": list(scope["headers"]), "query_string": inward[0]}
        headers = MutableHeaders(scope=inner)
        for name in ("authorization", "content-length"):
            if name in headers:
                del headers[name]
        if token is not None:
            headers["authorization"] = f"Bearer {token}"
        if inward[1]:
            headers["content-length"] = str(len(inward[1]))

        given = scope["type"] == "websocket"

        async def receive() -> Message:
            nonlocal given
            if given:
                return await outer()
            given = True
            return {"type": "http.request", "body": inward[1], "more_body": False}

        await self.app(inner, receive, send)

    async def inside(
        self, method: str, path: str, body: Any = None, *, headers: Mapping[str, str] | None = None
    ) -> tuple[int, bytes]:
        """A request of the door's own to the clinic: status and body."""
        content = orjson.dumps(body) if body is not None else b""
        lines = {"content-type": "application/json", "content-length": str(len(content)), **(headers or {})}
        scope: Scope = {
            "type": "http", "http_version": "1.1", "method": method, "scheme": "http", "path": path, "root_path": "",
            "raw_path": path.encode(), "query_string": b"", "server": ("127.0.0.1", 0), "client": ("127.0.0.1", 0),
            "headers": [(name.encode(), value.encode()) for name, value in lines.items()], "state": {},
        }  # fmt: skip
        got: list[Message] = []

        async def receive() -> Message:
            return {"type": "http.request", "body": content, "more_body": False}

        async def send(message: Message) -> None:
            got.append(message)

        await self.app(scope, receive, send)
        return got[0]["status"], b"".join(message.get("body", b"") for message in got[1:])

    async def token_for(self, username: str, password: str) -> str | None:
        """The clinic's token for a name and a password; None when they are wrong."""
        status, content = await self.inside("POST", LOGIN, {"username": username, "password": password})
        return str(orjson.loads(content)["access_token"]) if status == 200 else None

    def minted(self, user: Row, label: str = "") -> str:
        """A token for somebody whom the door knows without a password; the same one for half its life."""
        now, ttl = int(self.clinic.now()), self.clinic.token_ttl
        until, token = self._minted.get((user["id"], label), (0, ""))
        if now < until:
            return token
        session = self.derived(f"{user['id']} {label}", 16)
        claims = {
            "sub": str(user["id"]), "sid": session, "role": user["role"], "iss": ISSUER, "aud": AUDIENCE, "iat": now,
            "exp": now + ttl, "token_use": "access", "jti": session, "seq": 10**9,
        }  # fmt: skip
        token = Keys(self.clinic.secret).sign(claims, user["role"])
        self._minted[user["id"], label] = (now + ttl // 2, token)
        return token

    def user(self, username: str) -> Row | None:
        """An account by its name."""
        return self.clinic.tables.first("users", username=username)

    def derived(self, label: str, length: int) -> str:
        """A value of the door's own for a label: keys and secrets that nobody has to store."""
        return hmac.new(self.clinic.secret, f"{self.name} {label}".encode(), hashlib.sha256).hexdigest()[:length]


def form(body: bytes) -> dict[str, str]:
    """The fields of a form."""
    return dict(parse_qsl(body.decode("utf-8", "replace"), keep_blank_values=True))


def fields(body: bytes) -> dict[str, Any]:
    """The members of a JSON object; empty for anything else."""
    try:
        value = orjson.loads(body)
    except orjson.JSONDecodeError:
        return {}
    return value if isinstance(value, dict) else {}


def problem(status: int, detail: str, headers: Mapping[str, str] | None = None) -> Response:
    """A refusal as the clinic words it (RFC 9457)."""
    body = {"type": "about:blank", "title": "Refused", "status": status, "detail": detail}
    return Response(orjson.dumps(body), status, dict(headers or {}), "application/problem+json")


def with_scheme(document: Document, scheme: dict[str, Any], name: str = "door") -> Document:
    """The document with this security scheme instead of the clinic's own, the same endpoints under it."""
    document["components"]["securitySchemes"] = {name: scheme}
    for operation in operations(document):
        operation["security"] = [{name: []} if needed else {} for needed in operation.get("security", ())]
    return document


def operations(document: Document) -> list[dict[str, Any]]:
    """Every operation of a document."""
    return [operation for path in document["paths"].values() for operation in path.values()]


def without(document: Document, *paths: str) -> Document:
    """The document without some paths."""
    for path in paths:
        document["paths"].pop(path, None)
    return document


def endpoint(summary: str, media: str, properties: dict[str, Any], answer: dict[str, Any]) -> dict[str, Any]:
    """An operation without security: a body of these required properties, and an answer of those."""
    return {
        "summary": summary, "security": [], "tags": ["account"],
        "requestBody": {"required": True, "content": {media: {"schema": _object(properties)}}},
        "responses": {
            "200": {"description": "Done", "content": {"application/json": {"schema": _object(answer)}}},
            "401": {"description": "Refused"},
        },
    }  # fmt: skip


def _object(properties: dict[str, Any]) -> dict[str, Any]:
    return {"type": "object", "required": list(properties), "properties": properties}


TEXT: dict[str, Any] = {"type": "string"}
PASSWORD: dict[str, Any] = {"type": "string", "format": "password"}

"""Doors that differ in where things go: a form's body, a cookie, the query, the body, a header that the token is bound to."""

from __future__ import annotations

import secrets
from typing import Any
from urllib.parse import parse_qsl, urlencode

import orjson
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.types import ASGIApp

from gatewright.lab.doors.porch import (
    FORM,
    LOGIN,
    LOGOUT,
    PASSWORD,
    SIGN_UP,
    TEXT,
    Document,
    Porch,
    endpoint,
    fields,
    form,
    operations,
    problem,
    with_scheme,
)
from gatewright.lab.endpoint import Clinic

_SAFE = ("GET", "HEAD", "OPTIONS")


class Form(Porch):
    """`form`: POST /auth/login takes application/x-www-form-urlencoded."""

    name = "form"
    about = "the log-in takes a form's body"

    def __init__(self, app: ASGIApp, clinic: Clinic) -> None:
        super().__init__(app, clinic)
        self.routes = {("POST", LOGIN): self._login}

    async def _login(self, request: Request, body: bytes) -> Response:
        if not request.headers.get("content-type", "").startswith(FORM):
            return problem(415, f"send {FORM}")
        given = form(body)
        token = await self.token_for(given.get("username", ""), given.get("password", ""))
        if token is None:
            return problem(401, "wrong username or password")
        return JSONResponse({"access_token": token, "token_type": "Bearer"})

    def published(self, document: Document) -> Document:
        """The log-in with its form."""
        answer = {"access_token": TEXT, "token_type": TEXT}
        document["paths"][LOGIN]["post"] = endpoint("Log in", FORM, {"username": TEXT, "password": PASSWORD}, answer)
        return document


class CookieSession(Porch):
    """`cookie`: a session cookie, and a CSRF token that changes must repeat in a header."""

    name = "cookie"
    about = "a session cookie, and a CSRF token in a header on every change"

    def __init__(self, app: ASGIApp, clinic: Clinic) -> None:
        super().__init__(app, clinic)
        self._sessions: dict[str, tuple[str, str]] = {}
        """Cookie → the clinic's token, and the CSRF token."""
        self.routes = {("POST", LOGIN): self._login, ("POST", LOGOUT): self._logout}

    async def caller(self, request: Request, body: bytes) -> str | None:
        """Whose session it is; none for a change without the CSRF token."""
        token, csrf = self._sessions.get(request.cookies.get("clinic_session", ""), (None, ""))
        right = request.method in _SAFE or secrets.compare_digest(request.headers.get("x-csrf-token", ""), csrf)
        return token if right else None

    async def _login(self, request: Request, body: bytes) -> Response:
        given = fields(body)
        token = await self.token_for(str(given.get("username")), str(given.get("password")))
        if token is None:
            return problem(401, "wrong username or password")
        session, csrf = secrets.token_urlsafe(24), secrets.token_urlsafe(24)
        self._sessions[session] = (token, csrf)
        answer = JSONResponse({"logged_in": True})
        answer.set_cookie("clinic_session", session, httponly=True, samesite="lax", path="/")
        answer.set_cookie("csrf_token", csrf, samesite="lax", path="/")
        return answer

    async def _logout(self, request: Request, body: bytes) -> Response:
        if await self.caller(request, body) is None:
            return problem(401, "log in first")
        del self._sessions[request.cookies["clinic_session"]]
        return Response(None, 204)

    def published(self, document: Document) -> Document:
        """A cookie scheme; the log-in answers no token."""
        given = {"username": TEXT, "password": PASSWORD}
        document["paths"][LOGIN]["post"] = endpoint(
            "Log in", "application/json", given, {"logged_in": {"type": "boolean"}}
        )
        return with_scheme(document, {"type": "apiKey", "in": "cookie", "name": "clinic_session"})


class TokenInQuery(Porch):
    """`token-in-query`: the token goes with each request as `access_token` in the query."""

    name = "token-in-query"
    about = "the token goes into the query"
    renews = True
    parameter = "access_token"

    async def caller(self, request: Request, body: bytes) -> str | None:
        """The token in the query."""
        return request.query_params.get(self.parameter)

    def inward(self, request: Request, body: bytes) -> tuple[bytes, bytes]:
        """The query without it."""
        pairs = parse_qsl(request.scope["query_string"].decode("latin-1"), keep_blank_values=True)
        return urlencode([pair for pair in pairs if pair[0] != self.parameter]).encode(), body

    def published(self, document: Document) -> Document:
        """An API key in the query, as OpenAPI calls it."""
        return with_scheme(document, {"type": "apiKey", "in": "query", "name": self.parameter})


class TokenInBody(TokenInQuery):
    """`token-in-body`: the token is a property of each JSON body, and a query parameter where there is none."""

    name = "token-in-body"
    about = "the token is a property of each body, in the query where there is none"
    renews = False
    parameter = "session_token"

    def __init__(self, app: ASGIApp, clinic: Clinic) -> None:
        super().__init__(app, clinic)
        self.routes = {("POST", LOGIN): self._login}

    async def _login(self, request: Request, body: bytes) -> Response:
        given = fields(body)
        token = await self.token_for(str(given.get("username")), str(given.get("password")))
        if token is None:
            return problem(401, "wrong username or password")
        return JSONResponse({self.parameter: token, "valid_for": self.clinic.token_ttl})

    async def caller(self, request: Request, body: bytes) -> str | None:
        """The token in the body, else in the query."""
        value = fields(body).get(self.parameter) if body else request.query_params.get(self.parameter)
        return value if isinstance(value, str) else None

    def inward(self, request: Request, body: bytes) -> tuple[bytes, bytes]:
        """Query and body without it."""
        query, body = super().inward(request, body)
        given = fields(body)
        if self.parameter in given:
            del given[self.parameter]
            return query, orjson.dumps(given)
        return query, body

    def published(self, document: Document) -> Document:
        """No scheme has a word for it: each endpoint names the parameter or property."""
        given = {"username": TEXT, "password": PASSWORD}
        answer = {self.parameter: TEXT, "valid_for": {"type": "integer"}}
        document["paths"][LOGIN]["post"] = endpoint("Log in", "application/json", given, answer)
        document["components"]["securitySchemes"] = {}
        for operation in operations(document):
            needed = any(operation.pop("security", ()))
            if needed and "requestBody" in operation:
                content = operation["requestBody"]["content"]
                for media in content.values():
                    own = {"type": "object", "required": [self.parameter], "properties": {self.parameter: TEXT}}
                    media["schema"] = {"allOf": [media["schema"], own]}
            elif needed:
                parameter = {"name": self.parameter, "in": "query", "required": True, "schema": TEXT}
                operation.setdefault("parameters", []).append(parameter)
        return document


class BoundHeader(Porch):
    """`bound-header`: a token is worth something only beside the device header that it was fetched with."""

    name = "bound-header"
    about = "the token is bound to a device header of the log-in"
    header = "X-Device-Id"

    def __init__(self, app: ASGIApp, clinic: Clinic) -> None:
        super().__init__(app, clinic)
        self._devices: dict[str, str] = {}
        """The clinic's token → its device."""
        self.routes = {("POST", LOGIN): self._login}

    async def _login(self, request: Request, body: bytes) -> Response:
        device = request.headers.get(self.header, "")
        if len(device) < 8:
            return problem(422, f"{self.header} is required")
        status, content = await self.inside("POST", LOGIN, fields(body))
        if status == 200:
            self._devices[orjson.loads(content)["access_token"]] = device
        return Response(content, status, media_type="application/json")

    async def caller(self, request: Request, body: bytes) -> str | None:
        """Whose token it is, on its own device."""
        token = await super().caller(request, body)
        bound = self._devices.get(token or "")
        return token if bound and secrets.compare_digest(request.headers.get(self.header, ""), bound) else None

    def published(self, document: Document) -> Document:
        """Every endpoint but the sign-up wants the header."""
        device: dict[str, Any] = {
            "name": self.header, "in": "header", "required": True,
            "schema": {"type": "string", "minLength": 8, "maxLength": 64, "example": "b1946ac9-device"},
        }  # fmt: skip
        for path, methods in document["paths"].items():
            for operation in methods.values():
                if path != SIGN_UP and (operation.get("security") or path == LOGIN):
                    operation.setdefault("parameters", []).append(device)
        return document

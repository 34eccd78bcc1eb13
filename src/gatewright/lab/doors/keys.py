"""Doors without a log-in: an API key or HTTP Basic with each request."""

from __future__ import annotations

import base64
import binascii
from typing import Any

import orjson
from starlette.requests import Request
from starlette.responses import Response
from starlette.types import ASGIApp

from gatewright.lab.doors.porch import (
    LOGIN,
    LOGOUT,
    SIGN_UP,
    TEXT,
    Document,
    Porch,
    fields,
    problem,
    with_scheme,
    without,
)
from gatewright.lab.endpoint import Clinic


class ApiKey(Porch):
    """`api-key`: X-API-Key with each request; the sign-up answers the new account's key."""

    name = "api-key"
    about = "an API key in a header with each request"
    header = "X-API-Key"

    def __init__(self, app: ASGIApp, clinic: Clinic) -> None:
        super().__init__(app, clinic)
        self.routes = {("POST", SIGN_UP): self._sign_up, ("POST", LOGIN): _gone, ("POST", LOGOUT): _gone}

    def key(self, username: str) -> str:
        """The key of an account."""
        return f"ck_{self.derived(username, 40)}"

    async def caller(self, request: Request, body: bytes) -> str | None:
        """Whose key it is."""
        given = request.headers.get(self.header, "")
        users = self.clinic.tables.find("users") if given else []
        user = next((user for user in users if self.key(user["username"]) == given), None)
        return self.minted(user) if user is not None else None

    async def _sign_up(self, request: Request, body: bytes) -> Response:
        status, content = await self.inside("POST", SIGN_UP, fields(body))
        if status != 201:
            return Response(content, status, media_type="application/problem+json")
        card = orjson.loads(content)
        return Response(
            orjson.dumps({**card, "api_key": self.key(card["username"])}), 201, media_type="application/json"
        )

    def accounts(self, given: dict[str, dict[str, Any]]) -> dict[str, dict[str, Any]]:
        """Each with its key."""
        return {
            name: {"role": row["role"], "api_key": {"in": "header", "name": self.header, "value": self.key(name)}}
            for name, row in given.items()
        }

    def published(self, document: Document) -> Document:
        """No log-in."""
        answer = document["paths"][SIGN_UP]["post"]["responses"]["201"]["content"]["application/json"]
        key = {"type": "object", "properties": {"api_key": TEXT}}
        answer["schema"] = {"allOf": [answer["schema"], key]}
        scheme = {"type": "apiKey", "in": "header", "name": self.header}
        return with_scheme(without(document, LOGIN, LOGOUT), scheme)


class Basic(Porch):
    """`basic`: name and password with each request (RFC 7617)."""

    name = "basic"
    about = "HTTP Basic with each request"

    def __init__(self, app: ASGIApp, clinic: Clinic) -> None:
        super().__init__(app, clinic)
        self._known: dict[str, str] = {}
        """Credentials that were right, and the token for them."""
        self.routes = {("POST", LOGIN): _gone, ("POST", LOGOUT): _gone}

    async def caller(self, request: Request, body: bytes) -> str | None:
        """Whose name and password they are."""
        scheme, _, coded = request.headers.get("authorization", "").partition(" ")
        if scheme.lower() != "basic":
            return None
        try:
            username, _, password = base64.b64decode(coded, validate=True).decode().partition(":")
        except (binascii.Error, UnicodeDecodeError):
            return None
        user = self.user(username)
        if user is None:
            return None
        kept = f"{coded} {user['password_hash']}"
        if kept not in self._known:
            if await self.token_for(username, password) is None:
                return None
            self._known[kept] = self.minted(user, coded)
        return self._known[kept]

    def published(self, document: Document) -> Document:
        """No log-in."""
        return with_scheme(without(document, LOGIN, LOGOUT), {"type": "http", "scheme": "basic"})


async def _gone(request: Request, body: bytes) -> Response:
    return problem(404, "no such page")

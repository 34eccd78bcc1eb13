"""single-session: who logs in again ends the session before."""

from __future__ import annotations

import orjson
from starlette.requests import Request
from starlette.responses import Response
from starlette.types import ASGIApp

from gatewright.lab.doors.porch import LOGIN, Porch, fields
from gatewright.lab.endpoint import Clinic


class SingleSession(Porch):
    """`single-session`: one token per account; the newest is the only good one."""

    name = "single-session"
    about = "a second log-in ends the first session"

    def __init__(self, app: ASGIApp, clinic: Clinic) -> None:
        super().__init__(app, clinic)
        self._newest: dict[str, str] = {}
        self._issued: dict[str, str] = {}
        """Token → name."""
        self.routes = {("POST", LOGIN): self._login}

    async def _login(self, request: Request, body: bytes) -> Response:
        given = fields(body)
        status, content = await self.inside("POST", LOGIN, given)
        if status == 200:
            token = orjson.loads(content)["access_token"]
            self._newest[str(given["username"])] = token
            self._issued[token] = str(given["username"])
        return Response(content, status, media_type="application/json")

    async def caller(self, request: Request, body: bytes) -> str | None:
        """Whose token it is, as long as it is the newest; what was never issued here is left to the clinic."""
        token = await super().caller(request, body)
        name = self._issued.get(token or "")
        return token if name is None or self._newest[name] == token else None

"""Bearer: a JWT in the Authorization header, numbers as ids, snake_case, honest status codes, RFC 9457 problems."""

from __future__ import annotations

from typing import Any

import orjson
from starlette.responses import Response

from gatewright.lab.dialects.web import Web
from gatewright.lab.door import BearerDoor, Door
from gatewright.lab.endpoint import Call, Refused, Reply
from gatewright.lab.openapi import Published


class Bearer(Web):
    """The clinic's everyday clothes."""

    name = "bearer"
    published = Published()

    def door(self) -> Door:
        """Tokens."""
        return BearerDoor()

    def refusal(self, refused: Refused, methods: list[str]) -> Response:
        """RFC 9457 problem details, with the complaint of each field."""
        problem: dict[str, Any] = {
            "type": "about:blank",
            "title": _TITLES.get(refused.status, "Refused"),
            "status": refused.status,
            "detail": refused.detail,
        }
        headers: dict[str, str] = {"WWW-Authenticate": "Bearer"} if refused.status == 401 else {}
        if refused.status == 405:
            headers["Allow"] = ", ".join(methods)
        if refused.errors:
            problem["errors"] = [
                {"field": self.names.word(name), "message": message} for name, message in refused.errors.items()
            ]
        return Response(orjson.dumps(problem), refused.status, headers, "application/problem+json")

    def dressed(self, reply: Reply, call: Call) -> Response:
        """The body as it is."""
        if reply.body is None:
            return Response(None, reply.status, reply.headers)
        if isinstance(reply.body, str):
            return Response(reply.body, reply.status, reply.headers, "text/html")
        return Response(orjson.dumps(self.names.body(reply.body)), reply.status, reply.headers, "application/json")


_TITLES = {
    400: "Bad request",
    401: "Not logged in",
    403: "Not allowed",
    404: "Not found",
    405: "Method not allowed",
    409: "Conflict",
    413: "Content too large",
    415: "Unsupported media type",
    422: "Unprocessable content",
    429: "Too many requests",
}

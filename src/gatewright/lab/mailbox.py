"""The mailbox of the range: what the clinic mails to people, on a port of its own that no specification names."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

import orjson
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route
from starlette.types import ASGIApp, Receive, Scope, Send

MOST = 50
"""Mails kept for one address."""


@dataclass(slots=True)
class Mailbox:
    """Address → mails, newest first."""

    mails: dict[str, list[dict[str, str]]] = field(default_factory=dict)

    def deliver(self, address: str, subject: str, text: str) -> None:
        """One mail. The hook finds what follows the word `code` or `link` in its text."""
        box = self.mails.setdefault(address.lower(), [])
        box.insert(0, {"to": address, "subject": subject, "text": text})
        del box[MOST:]

    def application(self) -> ASGIApp:
        """`GET /mail/{address}`: the mails of an address."""

        async def mails(request: Request) -> Response:
            found: list[Any] = self.mails.get(request.path_params["address"].lower(), [])
            return Response(orjson.dumps({"mails": found}), media_type="application/json")

        return Starlette(routes=[Route("/mail/{address}", mails)])


def hook(port: int, *, secure: bool = False) -> dict[str, dict[str, str]]:
    """The `hooks` of `gatewright.yaml` that read this mailbox."""
    request = f"GET http{'s' if secure else ''}://127.0.0.1:{port}/mail/{{address}}"
    return {"mail": {"request": request, "extract": r"regex:(?:code|link) ([\w:/.?=&%+-]*\w)"}}


def beside(app: ASGIApp, mailbox: ASGIApp, port: int) -> ASGIApp:
    """Both applications in one server: what comes in at the port is for the mailbox."""

    async def either(scope: Scope, receive: Receive, send: Send) -> None:
        server = scope.get("server")
        await (mailbox if server and server[1] == port else app)(scope, receive, send)

    return either

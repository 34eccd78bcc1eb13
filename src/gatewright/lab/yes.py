"""The yes-server: our honeypot. Whatever is asked, the answer is 200 and an echo; a test that claims anything here is wrong."""

from __future__ import annotations

import json
from typing import Any

import orjson
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import Response
from starlette.types import Receive, Scope, Send

from gatewright.lab.dialects import Dialect


class _Echo:
    """Answers every method with what was sent; the properties of a JSON body come back as if stored."""

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        request = Request(scope, receive)
        content = await request.body()
        try:
            body: Any = json.loads(content) if content else None
        except ValueError:
            body = content.decode("utf-8", "replace")
        answer = {
            **(body if isinstance(body, dict) else {}),
            "method": request.method,
            "path": request.url.path,
            "query": dict(request.query_params),
            "headers": dict(request.headers),
            "body": body,
        }
        await Response(orjson.dumps(answer), 200, media_type="application/json")(scope, receive, send)


def yes_server(dialect: Dialect) -> Starlette:
    """The application, with the specification of the dialect."""
    app = Starlette()
    if dialect.specification:
        published = orjson.dumps(dialect.document())

        async def specification(request: Request) -> Response:
            return Response(published, media_type="application/json")

        app.add_route(dialect.specification, specification, methods=["GET"])
    app.router.default = _Echo()
    return app

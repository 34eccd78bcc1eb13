"""The clinic as an ASGI application: the routes of its dialect, and the specification beside them."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import Any

import orjson
from starlette.applications import Starlette
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from gatewright.lab.dialects import Dialect


def application(dialect: Dialect) -> Starlette:
    """The clinic's API with its specification."""
    routes = dialect.routes()
    document = dialect.document()
    if document is not None:
        published = orjson.dumps(document)

        async def specification(request: Request) -> Response:
            request.state.account = "anon"
            return Response(published, media_type="application/json")

        routes = [Route(dialect.specification, specification), *routes]

    keys = dialect.clinic.door.published(dialect.clinic)
    if keys is not None:

        async def published_keys(request: Request) -> Response:
            request.state.account = "anon"
            return Response(orjson.dumps(keys), media_type="application/jwk-set+json")

        routes = [Route("/.well-known/jwks.json", published_keys), *routes]

    async def unrouted(request: Request, error: Exception) -> Response:
        status = error.status_code if isinstance(error, HTTPException) else 500
        return dialect.lost(status, request)

    handlers: dict[Any, Callable[[Request, Exception], Awaitable[Response]]] = {HTTPException: unrouted}
    app = Starlette(routes=routes, exception_handlers=handlers)
    app.router.redirect_slashes = False  # its redirect would repeat whatever Host the caller names
    return app

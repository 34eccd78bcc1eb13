"""Serves a throw-away GraphQL API on loopback, in a thread, for as long as a block lasts."""

from __future__ import annotations

import json
import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any, Protocol
from urllib.parse import parse_qsl

import uvicorn
from graphql import GraphQLSchema, execute_sync, parse, validate
from graphql.error import GraphQLError
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse
from starlette.routing import Route


class Api(Protocol):
    """A state with resolvers."""

    path: str
    weak: frozenset[str]

    def schema(self) -> GraphQLSchema: ...


@contextmanager
def served(api: Api, *, forms: bool = False, bad_request: bool = False) -> Iterator[str]:
    """The address of the API. `forms`: bodies may be forms; `bad_request`: what has errors and no data answers 400."""
    schema = api.schema()

    async def answer(request: Request) -> JSONResponse:
        asked = await _asked(request, forms=forms)
        if asked is None:
            return JSONResponse({"errors": [{"message": "POST JSON with a query"}]}, 400)
        context: dict[str, Any] = {"headers": request.headers}
        result = _run(schema, asked, context)
        status = 400 if bad_request and result.get("errors") and not any((result.get("data") or {}).values()) else 200
        headers = {"set-cookie": context["set-cookie"]} if "set-cookie" in context else {}
        return JSONResponse(result, status, headers)

    with socket.socket() as listening:
        listening.bind(("127.0.0.1", 0))
        port = listening.getsockname()[1]
        app = Starlette(routes=[Route(api.path, answer, methods=["POST"])])
        server = uvicorn.Server(uvicorn.Config(app, log_level="error", lifespan="off"))
        thread = threading.Thread(target=server.run, kwargs={"sockets": [listening]}, daemon=True)
        thread.start()
        try:
            yield f"http://127.0.0.1:{port}{api.path}"
        finally:
            server.should_exit = True
            thread.join(10)


async def _asked(request: Request, *, forms: bool) -> dict[str, Any] | None:
    kind = request.headers.get("content-type", "").partition(";")[0]
    body = await request.body()
    try:
        if kind == "application/json":
            asked = json.loads(body)
        elif forms and kind == "application/x-www-form-urlencoded":
            asked = dict(parse_qsl(body.decode()))
            asked["variables"] = json.loads(asked.get("variables") or "{}")
        else:
            return None
    except ValueError:
        return None
    return asked if isinstance(asked, dict) and isinstance(asked.get("query"), str) else None


def _run(schema: GraphQLSchema, asked: dict[str, Any], context: dict[str, Any]) -> dict[str, Any]:
    try:
        document = parse(asked["query"], max_tokens=5000)
    except GraphQLError as error:
        return {"errors": [error.formatted]}
    errors = validate(schema, document)
    if errors:
        return {"errors": [error.formatted for error in errors]}
    variables = asked.get("variables")
    result = execute_sync(
        schema, document, context_value=context, variable_values=variables if isinstance(variables, dict) else None
    )
    return dict(result.formatted)

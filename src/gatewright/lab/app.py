"""The clinic as an ASGI application: every request goes through the same steps, in the same order."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import Any

import orjson
from starlette.applications import Starlette
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Match, Route

from gatewright.lab import tokens
from gatewright.lab.endpoint import MOST_BYTES, RANK, Access, Call, Clinic, Endpoint, Refused, Reply, parsed
from gatewright.lab.openapi import document, path_schema
from gatewright.lab.quota import Quotas
from gatewright.lab.routes import endpoints, schemas
from gatewright.lab.scramble import Names
from gatewright.lab.validate import complaints

_OVERRIDE = "x-http-method-override"


class Front:
    """Decodes a request, decides who may do what, calls the handler, encodes its answer."""

    def __init__(self, clinic: Clinic, names: Names) -> None:
        self.clinic = clinic
        self.names = names
        self.quotas = Quotas(clinic.now, clinic.weak)
        self.schemas = schemas()
        self.table = {endpoint.id: endpoint for endpoint in endpoints()}
        self.routes = [(endpoint, self.route(endpoint)) for endpoint in self.table.values()]

    def user(self, header: str) -> tuple[dict[str, Any] | None, dict[str, Any]]:
        """The user behind an Authorization header, and the claims of the token."""
        scheme, _, token = header.partition(" ")
        if scheme.lower() != "bearer":
            return None, {}
        claims = tokens.verify(
            token.strip(),
            self.clinic.secret,
            now=self.clinic.now(),
            trust_none="token-alg-none" in self.clinic.weak,
            trust_unsigned="token-signature-stripped" in self.clinic.weak,
        )
        if claims is None or self.clinic.tables.get("revoked", str(claims.get("jti"))):
            return None, {}
        subject = str(claims.get("sub", ""))
        user = self.clinic.tables.get("users", int(subject)) if subject.isascii() and subject.isdigit() else None
        return user, claims

    def admit(self, endpoint: Endpoint, user: dict[str, Any] | None, *, least: Access) -> None:
        """Raise 401 or 403 unless the caller may call this endpoint."""
        weak = self.clinic.weak
        if endpoint.undocumented and endpoint.undocumented not in weak:
            raise Refused(405, "this method is not allowed here")
        if least < Access.PATIENT or (endpoint.unguarded and endpoint.unguarded in weak):
            return
        if user is None:
            raise Refused(401, "log in first")
        if endpoint.unranked in weak:
            least = min(least, endpoint.unranked_to)
        if RANK[user["role"]] < least:
            raise Refused(403, "this is not for your role")

    async def answer(self, endpoint: Endpoint, request: Request) -> Reply:
        """Run one request to its answer."""
        least = endpoint.access
        override = request.headers.get(_OVERRIDE, "").upper()
        if override and endpoint.overridable in self.clinic.weak:
            endpoint = self.table.get(f"{override} {endpoint.path}", endpoint)
            least = Access.PATIENT
        user: dict[str, Any] | None = None
        claims: dict[str, Any] = {}
        unguarded = endpoint.unguarded and endpoint.unguarded in self.clinic.weak
        if least > Access.PUBLIC and not unguarded:
            user, claims = self.user(request.headers.get("authorization", ""))
        request.state.account = user["username"] if user else "anon"
        request.state.quota = self.quotas.take(endpoint, request.state.account)
        self.admit(endpoint, user, least=least)
        call = Call(
            clinic=self.clinic,
            endpoint=endpoint,
            user=user,
            claims=claims,
            path={self.names.word(name): value for name, value in request.path_params.items()},
            query={self.names.word(name): value for name, value in request.query_params.items()},
            headers=request.headers,
            body={},
        )
        _check_path(call)
        self._check_parameters(call)
        if endpoint.body:
            call.body = await self._body(endpoint, request)
        reply = endpoint.handler(call)
        if not isinstance(reply, Reply):
            reply = Reply(reply, endpoint.status)
        if endpoint.access > Access.PUBLIC:
            reply.headers.setdefault("Cache-Control", "no-store")
        return reply

    async def _body(self, endpoint: Endpoint, request: Request) -> dict[str, Any]:
        kind = request.headers.get("content-type", "").partition(";")[0].strip().lower()
        if kind != "application/json" and not kind.endswith("+json"):
            raise Refused(415, "send application/json")
        content = b""
        async for chunk in request.stream():
            content += chunk
            if len(content) > MOST_BYTES:
                raise Refused(413, "the body is too long")
        body: dict[str, Any] = self.names.body(parsed(content))
        errors = complaints(body, self.schemas[endpoint.body])
        for name in endpoint.writable(self.clinic.weak) - set(endpoint.body_properties):
            if name in body:
                errors.update(complaints(body[name], self.schemas[endpoint.answer]["properties"][name], name))
        if errors:
            raise Refused(422, "check the fields", errors=errors)
        return body

    def _check_parameters(self, call: Call) -> None:
        errors: dict[str, str] = {}
        for parameter in call.endpoint.parameters:
            if parameter.within == "header":
                value: Any = call.headers.get(self.names.word(parameter.name))
            else:
                value = call.query.get(parameter.name)
            if value is None:
                if parameter.required:
                    errors[parameter.name] = "is required"
                continue
            if parameter.schema["type"] == "integer":
                value = int(value) if value.isascii() and value.isdigit() and len(value) < 16 else value
            errors.update(complaints(value, parameter.schema, parameter.name))
            call.query[parameter.name] = value
        if errors:
            raise Refused(422, "check the parameters", errors=errors)

    def methods(self, request: Request) -> list[str]:
        """The methods that the path of this request has."""
        there = [endpoint for endpoint, route in self.routes if route.matches(request.scope)[0] is not Match.NONE]
        weak = self.clinic.weak
        return sorted({one.method for one in there if not one.undocumented or one.undocumented in weak})

    def refusal(self, refused: Refused, request: Request) -> Response:
        """RFC 9457 problem details, with the complaint of each field."""
        problem: dict[str, Any] = {
            "type": "about:blank",
            "title": _TITLES.get(refused.status, "Refused"),
            "status": refused.status,
            "detail": refused.detail,
        }
        headers: dict[str, str] = {"WWW-Authenticate": "Bearer"} if refused.status == 401 else {}
        headers |= {"Retry-After": "1"} if refused.status == 429 else {}
        if refused.status == 405:
            headers["Allow"] = ", ".join(self.methods(request))
        if refused.errors:
            problem["errors"] = [
                {"field": self.names.word(name), "message": message} for name, message in refused.errors.items()
            ]
        return Response(orjson.dumps(problem), refused.status, headers, "application/problem+json")

    def encoded(self, reply: Reply) -> Response:
        """The bytes of a reply."""
        if reply.body is None:
            return Response(None, reply.status, reply.headers)
        if isinstance(reply.body, str):
            return Response(reply.body, reply.status, reply.headers, "text/html")
        return Response(orjson.dumps(self.names.body(reply.body)), reply.status, reply.headers, "application/json")

    def route(self, endpoint: Endpoint) -> Route:
        """The Starlette route of one endpoint."""

        async def run(request: Request) -> Response:
            try:
                response = self.encoded(await self.answer(endpoint, request))
            except Refused as refused:
                response = self.refusal(refused, request)
            response.headers.update(getattr(request.state, "quota", {}))
            return response

        return Route(self.names.path(endpoint.path), run, methods=[endpoint.method])


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


def _check_path(call: Call) -> None:
    for name, value in call.path.items():
        schema = path_schema(name)
        if schema["type"] == "integer":
            if not (value.isascii() and value.isdigit() and len(value) < 16):
                raise Refused(404, "no such thing")
            call.path[name] = int(value)
        elif complaints(value, schema, name):
            raise Refused(404, "no such thing")


def application(clinic: Clinic, names: Names) -> Starlette:
    """The clinic's API with its specification at /openapi.json."""
    front = Front(clinic, names)
    published = orjson.dumps(document(list(front.table.values()), front.schemas, names))

    async def specification(request: Request) -> Response:
        request.state.account = "anon"
        return Response(published, media_type="application/json")

    async def unrouted(request: Request, error: Exception) -> Response:
        status = error.status_code if isinstance(error, HTTPException) else 500
        detail = "no such page" if status == 404 else "this method is not allowed here"
        return front.refusal(Refused(status, detail), request)

    routes = [Route("/openapi.json", specification), *(route for _, route in front.routes)]
    handlers: dict[Any, Callable[[Request, Exception], Awaitable[Response]]] = {HTTPException: unrouted}
    app = Starlette(routes=routes, exception_handlers=handlers)
    app.router.redirect_slashes = False  # its redirect would repeat whatever Host the caller names
    return app

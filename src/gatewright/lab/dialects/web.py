"""What the dialects share that serve a path per endpoint: decoding a request, the routes, an OpenAPI document."""

from __future__ import annotations

import zlib
from abc import abstractmethod
from collections.abc import Mapping
from typing import Any, cast

import orjson
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import BaseRoute, Match, Route, WebSocketRoute
from starlette.websockets import WebSocket

from gatewright.lab import multipart
from gatewright.lab.dialects.dialect import Dialect
from gatewright.lab.endpoint import MOST_BYTES, Access, Call, Clinic, Endpoint, Refused, Reply, doubled, parsed
from gatewright.lab.live import Events, Live
from gatewright.lab.openapi import Published, document
from gatewright.lab.scramble import Names

BEARABLE = 48 * 1024 * 1024
"""Bytes of a body where nothing else bounds it."""
_OVERRIDE = "x-http-method-override"


class Web(Dialect):
    """A route per endpoint. `dressed` and `refusal` are left to the dialect."""

    published: Published
    """What is special in its document."""

    def __init__(self, clinic: Clinic, names: Names) -> None:
        super().__init__(clinic, names)
        self._routes = [(endpoint, self._route(endpoint)) for endpoint in self.table.values()]
        self._routes += [(endpoint, self._route(endpoint, "/")) for endpoint in self.table.values() if endpoint.slashed]

    def routes(self) -> list[BaseRoute]:
        """One per endpoint, two where a slash at the end of its path makes no difference."""
        return [route for _, route in self._routes]

    def document(self) -> dict[str, Any]:
        """OpenAPI 3.1."""
        return document(list(self.table.values()), self.schemas, self.names, self.published)

    @abstractmethod
    def dressed(self, reply: Reply, call: Call) -> Response:
        """The bytes of a reply."""

    @abstractmethod
    def refusal(self, refused: Refused, methods: list[str]) -> Response:
        """The bytes of a refusal; `methods` are those that the path has, for a 405."""

    async def content(self, request: Request, call: Call) -> dict[str, Any]:
        """The body of a request in real names; 400, 413 or 415 when it is none."""
        if call.endpoint.upload:
            return await self._form(request, call)
        kind = request.headers.get("content-type", "").partition(";")[0].strip().lower()
        if kind != "application/json" and not kind.endswith("+json"):
            raise Refused(415, "send application/json")
        content = await received(request, packed=self._longest(call.endpoint.unpacked))
        call.keys = tuple((self.names.word(key), value) for key, value in doubled(content))
        body: dict[str, Any] = self.names.body(parsed(content))
        return body

    async def _form(self, request: Request, call: Call) -> dict[str, Any]:
        """The texts of a multipart body; its files stand in the call, and an empty text for each in the body."""
        content = await received(request, most=self._longest(call.endpoint.unbounded))
        form = multipart.read(content, request.headers.get("content-type", ""))
        call.files = {self.names.word(name): file for name, file in form.files.items()}
        texts = {self.names.word(name): value for name, value in form.texts.items()}
        texts.pop(call.endpoint.upload, None)
        return texts | dict.fromkeys(call.files, "")

    def _longest(self, weakness: str) -> int:
        """The most bytes of a body, and how many there may be where a weakness leaves that out."""
        return BEARABLE if weakness and weakness in self.clinic.weak else MOST_BYTES

    def _told(self, event: Any) -> bytes:
        """What happened, as it goes over the wire."""
        return orjson.dumps(self.names.body(self.written(event)))

    async def _answer(self, endpoint: Endpoint, request: Request | WebSocket) -> Response:
        """Run one request to its answer."""
        least = endpoint.access
        override = request.headers.get(_OVERRIDE, "").upper()
        if override and endpoint.overridable in self.clinic.weak:
            endpoint = self.table.get(f"{override} {endpoint.path}", endpoint)
            least = Access.PATIENT
            request.state.overridden = override
        if endpoint.slashed in self.clinic.weak and request.url.path.endswith("/"):
            least = Access.PATIENT
        user, claims = self.known(endpoint, self._carried(request), least)
        request.state.account = user["username"] if user else "anon"
        request.state.quota = self.quotas.take(endpoint, request.state.account)
        call = Call(
            clinic=self.clinic,
            endpoint=endpoint,
            user=user,
            claims=claims,
            path={self.names.word(name): value for name, value in request.path_params.items()},
            query={self.names.word(name): value for name, value in request.query_params.items()},
            headers=request.headers,
            body={},
            pairs=tuple((self.names.word(name), value) for name, value in request.query_params.multi_items()),
        )
        self.admit(call, least=least)
        self.check(call)
        if endpoint.body:
            call.body = await self.content(cast(Request, request), call)
        reply = self.finish(call)
        if isinstance(reply.body, Live):
            return Events(reply.body, self.clinic.hub, self._told)
        if isinstance(reply.body, bytes):
            return Response(reply.body, reply.status, reply.headers)
        return self.dressed(reply, call)

    def _carried(self, request: Request | WebSocket) -> Mapping[str, str]:
        """The headers that a caller may be known by."""
        token = request.query_params.get("access_token")
        if token is None or "token-in-query" not in self.clinic.weak:
            return request.headers
        return {**request.headers, "authorization": f"Bearer {token}"}

    def lost(self, status: int, request: Request) -> Response:
        """404 and 405 in the clothes of a refusal."""
        detail = "no such page" if status == 404 else "this method is not allowed here"
        return self.refusal(Refused(status, detail), self.methods(request))

    def methods(self, request: Request) -> list[str]:
        """The methods that the path of this request has."""
        there = [endpoint for endpoint, route in self._routes if route.matches(request.scope)[0] is not Match.NONE]
        weak = self.clinic.weak
        return sorted({one.method for one in there if not one.undocumented or one.undocumented in weak})

    def further_methods(self, endpoint: Endpoint) -> list[str]:
        """Methods beside its own by which an endpoint can be reached."""
        return []

    def _socket(self, endpoint: Endpoint) -> WebSocketRoute:
        """A WebSocket: refused by an answer like any other, or spoken on."""

        async def run(socket: WebSocket) -> None:
            try:
                response = await self._answer(endpoint, socket)
            except Refused as refused:
                response = self.refusal(refused, [])
            if isinstance(response, Events):
                await response.over(socket)
            else:
                await socket.send_denial_response(response)

        return WebSocketRoute(self.names.path(endpoint.path), run)

    def _route(self, endpoint: Endpoint, ending: str = "") -> Route | WebSocketRoute:
        if endpoint.live == "websocket":
            return self._socket(endpoint)

        async def run(request: Request) -> Response:
            request.state.quota = {}
            try:
                response = await self._answer(endpoint, request)
            except Refused as refused:
                response = self.refusal(refused, self.methods(request) if refused.status == 405 else [])
                if refused.status == 429:
                    response.headers["Retry-After"] = "1"
                response.headers.update(refused.headers)
            response.headers.update(request.state.quota)
            return response

        methods = [endpoint.method, *self.further_methods(endpoint)]
        return Route(self.names.path(endpoint.path) + ending, run, methods=methods)


async def received(request: Request, *, most: int = MOST_BYTES, packed: int = MOST_BYTES) -> bytes:
    """The bytes of a body, unpacked; 413 when there are more than `most`, or than `packed` once they are unpacked."""
    announced = request.headers.get("content-length", "")
    if announced.isascii() and announced.isdigit() and len(announced) < 20 and int(announced) > most:
        raise Refused(413, "the body is too long")
    content = bytearray()
    async for chunk in request.stream():
        content += chunk
        if len(content) > most:
            raise Refused(413, "the body is too long")
    coding = request.headers.get("content-encoding", "identity").strip().lower()
    if coding == "identity":
        return bytes(content)
    if coding != "gzip":
        raise Refused(415, "send no coding but gzip")
    try:
        unpacked = zlib.decompressobj(16 + zlib.MAX_WBITS).decompress(bytes(content), packed + 1)
    except zlib.error:
        raise Refused(400, "the body is not packed as it says") from None
    if len(unpacked) > packed:
        raise Refused(413, "the body is too long")
    return unpacked

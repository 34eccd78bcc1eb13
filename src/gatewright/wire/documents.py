"""Specifications and what they refer to, fetched from the host that the user named, and from no other."""

from __future__ import annotations

from types import TracebackType
from typing import Self

import msgspec

from gatewright.model.errors import ScopeError, SourceError
from gatewright.model.http import Request
from gatewright.model.settings import Scope, Settings
from gatewright.wire.address import read_origin
from gatewright.wire.failures import unreached
from gatewright.wire.gate import Gate
from gatewright.wire.guard import path_of
from gatewright.wire.redirects import follow, location


class Documents:
    """Gets documents of the host of `url`: callable with a URL, gives the body. An async context manager.

    In scope are the origin of `url` and, for plain HTTP, the same host with HTTPS, to which many servers redirect. Time-outs,
    proxy, TLS and headers are those of the settings; the budget of the run is not touched.
    """

    def __init__(self, settings: Settings, *, run: str, url: str) -> None:
        origin = read_origin(url)
        targets = [str(origin), *([f"https://{origin.host}"] if origin.scheme == "http" and origin.port == 80 else [])]
        self._gate = Gate(msgspec.structs.replace(settings, scope=Scope()), run=run, targets=targets)

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self._gate.close()

    async def post(self, url: str, body: bytes) -> bytes:
        """The body that answers a JSON body posted to a URL, whatever its status; empty when it is cut off.

        Raises ScopeError for another host, TargetError when there is no answer.
        """
        headers = (("Content-Type", "application/json"), ("Accept", "application/json"))
        request = Request("POST", str(read_origin(url)), path_of(url), headers, body)
        exchange = await self._gate.send(request, purpose="specification")
        if exchange.response is None:
            raise unreached(exchange.error, where=url)
        return b"" if exchange.response.truncated else exchange.response.body

    async def __call__(self, url: str) -> bytes:
        """The body at a URL, redirects followed within the host.

        Raises ScopeError for another host, TargetError when there is no answer, SourceError when it is no success.
        """
        origin = read_origin(url)
        exchange = await self._gate.send(Request("GET", str(origin), path_of(url)), purpose="specification")
        exchange = await follow(self._gate, exchange)
        response = exchange.response
        if response is None:
            raise unreached(exchange.error, where=url)
        refused = self._gate.allows(location(exchange)) if location(exchange) else ""
        if refused:
            raise ScopeError(
                f"the document is redirected elsewhere: {refused}",
                code="GW-W004",
                where=url,
                help=f"give that address itself if you trust it: {location(exchange)[:200]}",
            )
        if not response.ok:
            raise SourceError(
                f"the server answered {response.status} {response.reason}".rstrip(),
                code="GW-W008",
                where=url,
                help="check the address; --header adds what the server may ask for",
            )
        if response.truncated:
            raise SourceError(
                f"the document is longer than {len(response.body)} bytes",
                code="GW-W009",
                where=url,
                help="raise limits.body in gatewright.yaml",
            )
        return response.body

"""Redirects, followed on purpose and through the gate only: each step is checked, counted and recorded like any request."""

from __future__ import annotations

from urllib.parse import urljoin

from gatewright.model.errors import ScopeError
from gatewright.model.http import Exchange, Request
from gatewright.model.test import Sender
from gatewright.wire.address import Origin, read_origin
from gatewright.wire.guard import path_of

LIMIT = 5
"""Redirects that are followed at most."""

_STATUSES = (301, 302, 303, 307, 308)
_SECRET = frozenset({"authorization", "cookie", "proxy-authorization"})
_OF_THE_BODY = frozenset({"content-type", "content-length", "content-encoding", "transfer-encoding"})


def location(exchange: Exchange) -> str:
    """The URL that an answer redirects to, absolute and without fragment; empty when it does not."""
    response = exchange.response
    if response is None or response.status not in _STATUSES:
        return ""
    value = response.header("location")
    return urljoin(exchange.request.url, value).partition("#")[0] if value else ""


def redirected(request: Request, status: int, url: str) -> Request:
    """The request that a redirect asks for (RFC 9110 15.4). Raises ScopeError for a URL that cannot be read.

    303, and 301 or 302 after POST, make a GET without body; 307 and 308 repeat the request. Another origin gets no
    credentials, and no Host of the old one.
    """
    origin = read_origin(url)
    headers, method, body = request.headers, request.method, request.body
    if (status == 303 and method != "HEAD") or (status in (301, 302) and method == "POST"):
        method, body = "GET", b""
        headers = tuple(line for line in headers if line[0].lower() not in _OF_THE_BODY)
    if origin != _origin(request):
        headers = tuple(line for line in headers if line[0].lower() not in _SECRET and line[0].lower() != "host")
    return Request(method, str(origin), path_of(url), headers, body, request.framing)


async def follow(sender: Sender, exchange: Exchange, *, limit: int = LIMIT) -> Exchange:
    """The exchange at the end of the redirects of an answer; the answer that leads out of scope, where one does."""
    for _ in range(limit):
        url = location(exchange)
        if not url or exchange.response is None:
            break
        try:
            request = redirected(exchange.request, exchange.response.status, url)
            exchange = await sender.send(request, account=exchange.account, purpose=exchange.purpose)
        except ScopeError:
            break
    return exchange


def _origin(request: Request) -> Origin:
    return read_origin(request.origin)

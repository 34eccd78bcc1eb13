"""Ways to ask for a method: directly, or by an override on another (checks-1-5.md 6.2). Pure."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import msgspec
from msgspec import Struct

from gatewright.model.http import Request

HEADERS = ("X-HTTP-Method-Override", "X-HTTP-Method", "X-Method-Override")
NOTHING = "GWNOOP"
"""A method that nobody knows: what it does too was not done by the method."""


class Way(Struct, frozen=True, kw_only=True):
    """One way to ask for a method: directly, or by an override on another."""

    method: str
    """What is asked for."""
    carrier: str
    """What stands in the request line."""
    header: str = ""
    query: bool = False
    body: bool = False
    """`_method` as a property of the body."""

    def told(self) -> str:
        """In words."""
        if self.header:
            return f"{self.carrier} with {self.header}: {self.method}"
        if self.body:
            return f"{self.carrier} with _method={self.method} in its body"
        return f"{self.carrier} with _method={self.method}" if self.query else self.method

    def instead(self, method: str) -> Way:
        """The same way, asking for another method."""
        carrier = self.carrier if self.header or self.query or self.body else method
        return msgspec.structs.replace(self, method=method, carrier=carrier)

    def edit(self, request: Request) -> Request:
        """The finished request, asked for in this way."""
        request = msgspec.structs.replace(request, method=self.carrier)
        if self.header:
            request = request.with_headers((self.header, self.method))
        if self.query:
            mark = "&" if "?" in request.target else "?"
            request = msgspec.structs.replace(request, target=f"{request.target}{mark}_method={self.method}")
        return self._in_body(request) if self.body else request

    def _in_body(self, request: Request) -> Request:
        """With `_method` among the properties of a JSON object or the fields of a form, or as a form of its own."""
        if not request.body:
            form = ("Content-Type", "application/x-www-form-urlencoded")
            return msgspec.structs.replace(request.with_headers(form), body=f"_method={self.method}".encode())
        kind = (request.header("content-type") or "").partition(";")[0].strip().lower()
        body = request.body
        if kind == "application/x-www-form-urlencoded":
            body = body + (b"&" if body else b"") + f"_method={self.method}".encode()
        elif body.lstrip().startswith(b"{"):
            value = msgspec.json.decode(body)
            body = msgspec.json.encode({**value, "_method": self.method})
        return msgspec.structs.replace(request, body=body)


def overrides(method: str, carrier: str) -> list[Way]:
    """Every override of a method on one carrier."""
    ways = [Way(method=method, carrier=carrier, header=header) for header in HEADERS]
    ways.append(Way(method=method, carrier=carrier, query=True))
    return [*ways, Way(method=method, carrier=carrier, body=True)] if carrier == "POST" else ways


def all_of(ways: Sequence[Way]) -> Callable[[Request], Request]:
    """Asks in all of these ways at once; they have one carrier."""

    def edit(request: Request) -> Request:
        for way in ways:
            request = way.edit(request)
        return request

    return edit

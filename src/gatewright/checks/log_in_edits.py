"""Changes to a finished log-in request: another name or password in it, another address around it."""

from __future__ import annotations

import random
import string
from collections.abc import Callable, Mapping
from urllib.parse import parse_qsl, quote, urlencode

import msgspec
from msgspec.structs import replace

from gatewright.model.http import Request
from gatewright.model.json import Json

Edit = Callable[[Request], Request]
_GROUPS = (string.digits, string.ascii_lowercase, string.ascii_uppercase)
ADDRESSES = ("X-Forwarded-For", "X-Real-IP", "X-Client-IP", "True-Client-IP", "CF-Connecting-IP", "Forwarded")
"""Headers by which something in front of a server says whom it speaks for."""


def with_values(changes: Mapping[str, Json]) -> Edit:
    """Every value of body and query that is one of these texts becomes what it is mapped to."""

    def edit(request: Request) -> Request:
        path, mark, query = request.target.partition("?")
        if mark:
            pairs = [(name, changes.get(value, value)) for name, value in parse_qsl(query, keep_blank_values=True)]
            request = replace(request, target=f"{path}?{urlencode(pairs, quote_via=quote)}")
        if not request.body:
            return request
        try:
            body: Json = msgspec.json.decode(request.body)
        except (msgspec.DecodeError, UnicodeDecodeError):
            form = parse_qsl(request.body.decode("utf-8", "replace"), keep_blank_values=True)
            changed = [(name, changes.get(value, value)) for name, value in form]
            return replace(request, body=urlencode(changed, doseq=True).encode()) if form else request
        return replace(request, body=msgspec.json.encode(_changed(body, changes)))

    return edit


def from_address(source: random.Random) -> Edit:
    """The request as if it came from another address, of the range kept for documentation (RFC 5737)."""
    address = f"198.51.100.{source.randrange(1, 255)}"

    def edit(request: Request) -> Request:
        lines = [(name, f"for={address}" if name == "Forwarded" else address) for name in ADDRESSES]
        return request.with_headers(*lines)

    return edit


def twin(name: str, source: random.Random) -> str:
    """A name of the same shape and length that nobody has: the letters and digits of its local part are others."""
    local, at, domain = name.partition("@")
    return local[:2] + "".join(_other(c, source) for c in local[2:]) + at + domain


def _other(character: str, source: random.Random) -> str:
    for group in _GROUPS:
        if character in group:
            return source.choice(group)
    return character


def _changed(value: Json, changes: Mapping[str, Json]) -> Json:
    if isinstance(value, dict):
        return {key: _changed(item, changes) for key, item in value.items()}
    if isinstance(value, list):
        return [_changed(item, changes) for item in value]
    return changes.get(value, value) if isinstance(value, str) else value

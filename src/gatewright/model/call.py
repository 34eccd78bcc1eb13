"""A call: an endpoint with a value for each of its places, before it becomes bytes.

Exploration finds calls that work; checks change one value of such a call and send it again.
"""

from __future__ import annotations

import base64
import hashlib
import re
from html import escape
from typing import Literal
from urllib.parse import quote, urlencode

import msgspec
from msgspec import Struct, field

from gatewright.model.endpoint import Endpoint, Place
from gatewright.model.graphql import Field
from gatewright.model.http import Request
from gatewright.model.json import Json
from gatewright.model.stream import EVENTS, GRAPHQL, Listen

_KEY = re.compile(r"([^.\[\]]+)|\[(\d*)\]")
_BOUNDARY = re.compile(r'boundary="?([^";]+)', re.IGNORECASE)


class Call(Struct, frozen=True, kw_only=True):
    """Values for one endpoint. `endpoint` is `Endpoint.id`. Multipart and raw bodies are bytes in `raw`."""

    endpoint: str
    path: dict[str, Json] = field(default_factory=dict)
    query: dict[str, Json] = field(default_factory=dict)
    headers: dict[str, Json] = field(default_factory=dict)
    cookies: dict[str, Json] = field(default_factory=dict)
    body: Json = None
    raw: bytes | None = None
    content_type: str = ""
    """Empty: no body is sent."""

    def get(self, place: Place) -> Json:
        """The value at a place; None when absent. `x[]` gives that of the first element."""
        if place.within != "body":
            return self._values(place.within).get(place.name)
        value: Json = self.body
        for key in _keys(place.name):
            if isinstance(key, str) and isinstance(value, dict):
                value = value.get(key)
            elif isinstance(key, int) and isinstance(value, list):
                value = value[max(key, 0)] if len(value) > max(key, 0) else None
            else:
                return None
        return value

    def with_value(self, place: Place, value: Json) -> Call:
        """The same call with another value at one place (`x[]`: in every element); keys on the way are made."""
        if place.within != "body":
            values = {**self._values(place.within), place.name: value}
            return msgspec.structs.replace(self, **{_FIELDS[place.within]: values})
        body = _put(self.body, list(_keys(place.name)), value)
        return msgspec.structs.replace(self, body=body, content_type=self.content_type or "application/json")

    def without(self, place: Place) -> Call:
        """The same call with nothing at that place (top-level names of a body only, and the other places)."""
        if place.within != "body":
            values = {name: value for name, value in self._values(place.within).items() if name != place.name}
            return msgspec.structs.replace(self, **{_FIELDS[place.within]: values})
        if isinstance(self.body, dict):
            return msgspec.structs.replace(self, body={k: v for k, v in self.body.items() if k != place.name})
        return self

    def places(self) -> list[Place]:
        """Every place that holds a scalar, in the order of sending."""
        found = [
            Place(within, name) for within in ("path", "query", "header", "cookie") for name in self._values(within)
        ]
        return found + [Place("body", name) for name, _ in leaves(self.body) if name]

    def _values(self, within: str) -> dict[str, Json]:
        return {"path": self.path, "query": self.query, "header": self.headers, "cookie": self.cookies}[within]


_FIELDS = {"path": "path", "query": "query", "header": "headers", "cookie": "cookies"}


def leaves(body: Json, prefix: str = "") -> list[tuple[str, Json]]:
    """Scalars of a body with the name of their place: `("order.items[0].id", 7)`."""
    if isinstance(body, dict):
        return [
            leaf for key, value in body.items() for leaf in leaves(value, f"{prefix}.{key}" if prefix else str(key))
        ]
    if isinstance(body, list):
        return [leaf for index, value in enumerate(body) for leaf in leaves(value, f"{prefix}[{index}]")]
    return [(prefix, body)]


def render(endpoint: Endpoint, call: Call) -> Request:
    """The request that a call stands for. Values in the path are percent-encoded (RFC 3986 unreserved kept)."""
    if endpoint.field is not None:
        return _operation(endpoint, endpoint.field, call)
    request = _plain(endpoint, call)
    return opened(request, endpoint.stream) if endpoint.stream else request


def opened(request: Request, kind: Literal["events", "websocket"], how: Listen | None = None) -> Request:
    """The request as one that opens a stream; what it carries already stays.

    A WebSocket's handshake (RFC 6455, 4.1) names our own origin, as a page of the API would: some servers want one.
    """
    how = how or Listen(kind=kind)
    if kind == "events":
        lines = [("Accept", EVENTS), ("Accept-Encoding", "identity"), ("Cache-Control", "no-cache")]
    else:
        key = base64.b64encode(hashlib.sha256(request.target.encode()).digest()[:16]).decode()
        lines = [
            ("Connection", "Upgrade"),
            ("Upgrade", "websocket"),
            ("Sec-WebSocket-Version", "13"),
            ("Sec-WebSocket-Key", key),
            ("Origin", request.origin),
        ]
        if how.protocols:
            lines.append(("Sec-WebSocket-Protocol", ", ".join(how.protocols)))
    kept = request.headers
    given = {name.lower() for name, _ in kept} - {"connection", "upgrade", "sec-websocket-key", "sec-websocket-version"}
    fresh = request.with_headers(*(line for line in lines if line[0].lower() not in given))
    return msgspec.structs.replace(fresh, listen=how)


def _plain(endpoint: Endpoint, call: Call) -> Request:
    path = endpoint.base + endpoint.path
    for name, value in call.path.items():
        path = path.replace("{" + name + "}", quote(_text(value), safe="~"))
    target = path + _query(call.query)
    lines = _lines(call)
    body = b""
    if call.content_type:
        lines.append(("Content-Type", call.content_type))
        body = call.raw if call.raw is not None else encode(call.body, call.content_type)
    return Request(endpoint.method, endpoint.origin, target, tuple(lines), body)


def sends(endpoint: Endpoint, request: Request) -> bool:
    """Whether a request is one to the endpoint: its method and path, or its document."""
    path = request.target.partition("?")[0]
    if endpoint.field is not None:
        document = msgspec.json.encode(endpoint.field.document)
        if endpoint.stream == "websocket":
            said = request.listen.say if request.listen else ()
            return any(document.decode() in one for one in said)
        return request.method == "POST" and path == endpoint.base + endpoint.field.path and document in request.body
    pattern = re.sub(r"\\\{[^}]+\\\}", "[^/]+", re.escape(endpoint.base + endpoint.path))
    return request.method == endpoint.method and re.fullmatch(pattern, path) is not None


def _operation(endpoint: Endpoint, field: Field, call: Call) -> Request:
    """The request for a field of a GraphQL schema: all values but headers and cookies are variables.

    A subscription is opened over WebSocket and asked for by a message, once the server has taken our greeting.
    """
    if endpoint.stream == "websocket":
        asked = field.payload(path=call.path, query=call.query, body=call.body).decode()
        say = ('{"type":"connection_init","payload":{}}', f'{{"type":"subscribe","id":"1","payload":{asked}}}')
        plain = Request("GET", endpoint.origin, endpoint.base + field.path, tuple(_lines(call)))
        return opened(plain, "websocket", Listen(kind="websocket", say=say, protocols=GRAPHQL))
    lines = [*_lines(call), ("Content-Type", "application/json")]
    body = field.payload(path=call.path, query=call.query, body=call.body)
    request = Request("POST", endpoint.origin, endpoint.base + field.path, tuple(lines), body)
    return opened(request, "events") if endpoint.stream else request


def _lines(call: Call) -> list[tuple[str, str]]:
    lines = [(name, _text(value)) for name, value in call.headers.items()]
    if call.cookies:
        lines.append(("Cookie", "; ".join(f"{name}={_text(value)}" for name, value in call.cookies.items())))
    return lines


def encode(body: Json, content_type: str) -> bytes:
    """A body as its content type wants it: form-encoded, multipart (RFC 7578), XML, else JSON.

    In a multipart body an object with `filename` and `content` (or `content_base64`) is a file part. The boundary stands in the content type.
    """
    media = content_type.partition(";")[0].strip().lower()
    if media == "application/x-www-form-urlencoded":
        pairs = [(key, _text(item)) for key, value in _items(body) for item in _many(value)]
        return urlencode(pairs).encode()
    if media.endswith(("/xml", "+xml")):
        only = next(iter(_items(body)), None) if len(_items(body)) == 1 else None
        root, inner = only if only is not None and isinstance(only[1], dict) else ("request", body)
        return b'<?xml version="1.0" encoding="UTF-8"?>' + _element(root, inner).encode()
    boundary = _BOUNDARY.search(content_type)
    if media == "multipart/form-data" and boundary:
        parts = [_part(key, item) for key, value in _items(body) for item in _many(value)]
        line = f"--{boundary[1]}\r\n".encode()
        return b"".join(line + part for part in parts) + f"--{boundary[1]}--\r\n".encode()
    return msgspec.json.encode(body)


def _element(name: str, value: Json) -> str:
    """One XML element; lists are repeated, keys that no element may have become `item`."""
    tag = name if re.fullmatch(r"[A-Za-z_][\w.-]*", name) else "item"
    if isinstance(value, dict):
        inner = "".join(_element(key, item) for key, one in value.items() for item in _many(one))
    else:
        inner = escape(_text(value))
    return f"<{tag}>{inner}</{tag}>"


def _part(name: str, value: Json) -> bytes:
    head = f'Content-Disposition: form-data; name="{name}"'
    if isinstance(value, dict) and "filename" in value and ("content" in value or "content_base64" in value):
        kind = _text(value.get("content_type") or "text/plain")
        coded = value.get("content_base64")
        content = _text(value.get("content")).encode() if coded is None else _decoded(_text(coded))
        head = f'{head}; filename="{_text(value["filename"])}"\r\nContent-Type: {kind}\r\n\r\n'
        return head.encode() + content + b"\r\n"
    return f"{head}\r\n\r\n{_text(value)}\r\n".encode()


def _decoded(text: str) -> bytes:
    """Base64 as bytes; text that a test wrote there, and that is none, as it is."""
    try:
        return base64.b64decode(text, validate=True)
    except ValueError:
        return text.encode()


def _query(values: dict[str, Json]) -> str:
    pairs = [(name, _text(item)) for name, value in values.items() for item in _many(value)]
    return "?" + urlencode(pairs, quote_via=quote) if pairs else ""


def _items(body: Json) -> list[tuple[str, Json]]:
    return list(body.items()) if isinstance(body, dict) else []


def _many(value: Json) -> list[Json]:
    return value if isinstance(value, list) else [value]


def _text(value: Json) -> str:
    if isinstance(value, bool):
        return "true" if value else "false"
    if value is None:
        return ""
    if isinstance(value, (dict, list)):
        return msgspec.json.encode(value).decode()
    return str(value)


def _keys(name: str) -> list[str | int]:
    """Keys of a body place: a name, an index, or -1 for every element."""
    return [key or (int(index) if index else -1) for key, index in _KEY.findall(name)]


def _put(body: Json, keys: list[str | int], value: Json) -> Json:
    if not keys:
        return value
    key, rest = keys[0], keys[1:]
    if isinstance(key, str):
        old = body if isinstance(body, dict) else {}
        return {**old, key: _put(old.get(key), rest, value)}
    items = list(body) if isinstance(body, list) else []
    if key == -1:
        return [_put(item, rest, value) for item in items] or [_put(None, rest, value)]
    while len(items) <= key:
        items.append(None)
    items[key] = _put(items[key], rest, value)
    return items

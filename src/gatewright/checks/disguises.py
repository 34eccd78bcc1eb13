"""A change in the clothes that a page of another site can give it: another method, another content type."""

from __future__ import annotations

import json
from urllib.parse import urlencode

import msgspec

from gatewright.checks.forgery import Edit
from gatewright.model.endpoint import Endpoint
from gatewright.model.http import Request


def methods(endpoint: Endpoint) -> list[tuple[str, Edit]]:
    """The change as a GET, and as a form that names its method, where that is not what a form does anyway."""
    method = "POST" if endpoint.field is not None else endpoint.method
    named = [] if method == "POST" else [("POST with _method", lambda request: _as_form(request, method))]
    return [("GET", _as_get), *named]


def types(endpoint: Endpoint) -> list[tuple[str, Edit]]:
    """What a JSON body is dressed up as: the words for it, and the edit of the finished request.

    Servers of GraphQL read its members, `query` and `variables`, from the fields of a form as well.
    """
    members = [("as the fields of a form", _as_fields)] if endpoint.field is not None else []
    return [*members, *_TYPES]


def _as_get(request: Request) -> Request:
    query = urlencode(_pairs(request))
    target = request.target + ("&" if "?" in request.target else "?") + query if query else request.target
    return msgspec.structs.replace(request, method="GET", target=target, headers=_untyped(request), body=b"")


def _as_form(request: Request, method: str) -> Request:
    body = urlencode([("_method", method), *_pairs(request)]).encode()
    headers = (*_untyped(request), ("Content-Type", "application/x-www-form-urlencoded"))
    target = request.target + ("&" if "?" in request.target else "?") + urlencode({"_method": method})
    return msgspec.structs.replace(request, method="POST", target=target, headers=headers, body=body)


def _pairs(request: Request) -> list[tuple[str, str]]:
    """The top-level properties of a JSON body as form fields."""
    try:
        body = json.loads(request.body or b"{}")
    except ValueError:
        return []
    if not isinstance(body, dict):
        return []
    return [(key, value if isinstance(value, str) else json.dumps(value)) for key, value in body.items()]


def _untyped(request: Request) -> tuple[tuple[str, str], ...]:
    return tuple(line for line in request.headers if line[0].lower() != "content-type")


def _typed(kind: str) -> Edit:
    def edit(request: Request) -> Request:
        line = (("Content-Type", kind),) if kind else ()
        return msgspec.structs.replace(request, headers=(*_untyped(request), *line))

    return edit


def _as_pair(request: Request) -> Request:
    """A form of one field, whose name and value with the `=` between them are JSON again."""
    body = request.body.rstrip()
    body = body[:-1] + (b"," if len(body) > 2 else b"") + b'"x":"=y"}' if body.endswith(b"}") else body
    return _typed("application/x-www-form-urlencoded")(msgspec.structs.replace(request, body=body))


def _as_part(request: Request) -> Request:
    """A multipart form with the JSON as its only part (RFC 7578)."""
    head = b'--gw\r\nContent-Disposition: form-data; name="data"\r\n\r\n'
    body = head + request.body + b"\r\n--gw--\r\n"
    return _typed("multipart/form-data; boundary=gw")(msgspec.structs.replace(request, body=body))


def _as_fields(request: Request) -> Request:
    body = urlencode(_pairs(request)).encode()
    return _typed("application/x-www-form-urlencoded")(msgspec.structs.replace(request, body=body))


_TYPES: tuple[tuple[str, Edit], ...] = (
    ("as text/plain", _typed("text/plain")),
    ("as a form", _as_pair),
    ("as multipart", _as_part),
    ("without a content type", _typed("")),
)

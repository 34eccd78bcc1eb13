"""Values out of answers by `json:`, `header:`, `cookie:` and `regex:`, and `{name}` in texts. Pure."""

from __future__ import annotations

import re
from collections.abc import Mapping

import msgspec

from gatewright.access.tokens import set_cookies
from gatewright.model.http import Response
from gatewright.model.json import Json

VARIABLE = re.compile(r"\{([A-Za-z_]\w*)\}")


def extract(response: Response, source: str) -> str | None:
    """A value of an answer by `json:/pointer`, `header:NAME`, `cookie:NAME` or `regex:EXPRESSION` (its first group that matched)."""
    kind, _, rest = source.partition(":")
    if kind == "header":
        return response.header(rest.strip())
    if kind == "cookie":
        value = set_cookies(response).get(rest.strip(), ("", None))[0]
        return value or None
    if kind == "regex":
        try:
            found = re.search(rest, response.body[:1_000_000].decode("utf-8", "replace"))
        except re.error:
            return None
        if found is None:
            return None
        return next(filter(None, found.groups()), found.group(0) if not found.re.groups else None)
    try:
        node: Json = msgspec.json.decode(response.body)
    except (msgspec.DecodeError, UnicodeDecodeError):
        return None
    return _pointed(node, rest)


def _pointed(node: Json, pointer: str) -> str | None:
    """The scalar at a JSON pointer (RFC 6901); dots instead of slashes are understood as well."""
    keys = pointer.strip("/").split("/") if "/" in pointer else pointer.split(".")
    for key in (key.replace("~1", "/").replace("~0", "~") for key in keys if key):
        if isinstance(node, dict) and key in node:
            node = node[key]
        elif isinstance(node, list) and key.isdigit() and int(key) < len(node):
            node = node[int(key)]
        else:
            return None
    return None if node is None or isinstance(node, (dict, list)) else str(node)


def fill(text: str, variables: Mapping[str, str]) -> str:
    """Text with `{name}` replaced where a variable of that name exists; other braces stay."""
    return VARIABLE.sub(lambda match: variables.get(match.group(1), match.group(0)), text)

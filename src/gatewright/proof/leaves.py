"""Answers as leaves: one walk over a body, shared by every comparison.

A leaf is a scalar of the decoded answer with its path. Paths have no array index (`items[].id`), so that order and
length of lists do not matter; `item` keeps which element of the outermost list a leaf stands in, so that two values
found in two different items are not taken for one object (checks-1-5.md 1.7).
"""

from __future__ import annotations

import csv
import hashlib
import io
import re
from collections.abc import Callable
from functools import lru_cache
from urllib.parse import parse_qsl
from xml.etree.ElementTree import ParseError  # the exception only; parsing is defused below

import orjson
from msgspec import Struct

from gatewright.model.http import Response
from gatewright.model.json import Json
from gatewright.model.stream import EVENTS, LINES, events, messages

_TOKEN = re.compile(r"[\w@.+-]+")
_MOST = 50_000
"""Leaves kept of one body: memory must not grow with what a target sends."""
_SMALL = 65_536
"""Bytes of a body up to which many are remembered; larger ones are, a few at a time."""
_TABLES = ("csv", "x-csv", "comma-separated-values", "tab-separated-values")
_MESSAGES = "messages"
"""What a WebSocket's messages are read as."""


class Leaf(Struct, frozen=True, gc=False):
    """One scalar: path without indices, value as text, and the element of the outermost list (`[3]`, empty: none)."""

    path: str
    value: str
    item: str = ""


class Answer(Struct, frozen=True):
    """A decoded answer. `kind` is json, form, xml, stream, text (tables as well), binary or empty; `text` the body as text for substring search."""

    status: int
    kind: str
    leaves: tuple[Leaf, ...]
    text: str
    headers: tuple[tuple[str, str], ...]

    def paths(self) -> frozenset[str]:
        """The names of all leaves: the skeleton of the answer."""
        return frozenset(leaf.path for leaf in self.leaves)

    def values(self) -> dict[str, frozenset[str]]:
        """Path → the values found there."""
        found: dict[str, set[str]] = {}
        for leaf in self.leaves:
            found.setdefault(leaf.path, set()).add(leaf.value)
        return {path: frozenset(values) for path, values in found.items()}


def read(response: Response | None) -> Answer:
    """Decode an answer; no response at all reads as status 0 and nothing else."""
    if response is None:
        return Answer(0, "empty", (), "", ())
    media = _MESSAGES if response.status == 101 else (response.header("content-type") or "").lower()
    kind, leaves, text = _decode(response.body, media)
    return Answer(response.meaning, kind, leaves, text, response.headers)


def as_text(value: Json) -> str:
    """A scalar as the text that leaves are compared by; `true`, `false` and `null` as JSON spells them."""
    if isinstance(value, str):
        return value
    if value is None:
        return "null"
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, float) and value.is_integer() and abs(value) < 1e15:
        return str(int(value))
    return str(value)


def json_leaves(body: Json) -> tuple[Leaf, ...]:
    """All scalars of a JSON value, in order; at most 50,000."""
    found: list[Leaf] = []
    stack: list[tuple[Json, str, str]] = [(body, "", "")]
    while stack and len(found) < _MOST:
        value, path, item = stack.pop()
        if isinstance(value, dict):
            before = f"{path}." if path else ""
            stack += [(inner, f"{before}{key}", item) for key, inner in reversed(value.items())]
        elif isinstance(value, list):
            inside = f"{path}[]"
            stack += [(value[index], inside, item or f"[{index}]") for index in range(len(value) - 1, -1, -1)]
        elif isinstance(value, str):
            found.append(Leaf(path, value, item))
        else:
            found.append(Leaf(path, as_text(value), item))
    return tuple(found)


def _decode(body: bytes, content_type: str) -> tuple[str, tuple[Leaf, ...], str]:
    return (_small if len(body) <= _SMALL else _large)(body, content_type)


def _decoded(body: bytes, content_type: str) -> tuple[str, tuple[Leaf, ...], str]:
    if not body.strip():
        return "empty", (), ""
    media = content_type.partition(";")[0].strip()
    if media in (EVENTS, _MESSAGES) or media in LINES:
        return _stream(body.decode("utf-8", "replace"), events if media == EVENTS else messages)
    if "json" in media or body.lstrip()[:1] in (b"{", b"["):
        try:
            return "json", json_leaves(orjson.loads(body)), body.decode("utf-8", "replace")
        except orjson.JSONDecodeError:
            pass
    try:
        text = body.decode("utf-8")
    except UnicodeDecodeError:
        return "binary", (Leaf("sha256", hashlib.sha256(body).hexdigest()),), ""
    if "xml" in media or text.lstrip().startswith("<?xml"):
        return _xml(text)
    if media == "application/x-www-form-urlencoded":
        return "form", tuple(Leaf(key, value) for key, value in parse_qsl(text, keep_blank_values=True)), text
    if media.rpartition("/")[2] in _TABLES:
        return "text", _table(text, "\t" if "tab" in media else ",") or _tokens(text), text
    return "text", _tokens(text), text


_small, _large = lru_cache(maxsize=256)(_decoded), lru_cache(maxsize=4)(_decoded)


def _stream(text: str, split: Callable[[str], list[str]]) -> tuple[str, tuple[Leaf, ...], str]:
    """Events or messages, each an item of a list: its leaves where it is JSON, else its words."""
    found: list[Leaf] = []
    for index, one in enumerate(split(text)):
        item = f"[{index}]"
        try:
            leaves = json_leaves(orjson.loads(one))
        except orjson.JSONDecodeError:
            leaves = _tokens(one)
        found += [Leaf(f"[].{leaf.path}".rstrip("."), leaf.value, item) for leaf in leaves[: _MOST - len(found)]]
    return ("stream" if found else "empty"), tuple(found), text


def _tokens(text: str) -> tuple[Leaf, ...]:
    return tuple(Leaf("text", token) for token in _TOKEN.findall(text)[:_MOST])


def _table(text: str, mark: str) -> tuple[Leaf, ...]:
    """The cells of a table with a row of names at its top, each row an item of a list; nothing where it is none."""
    mark = ";" if mark == "," and text.partition("\n")[0].count(";") > text.partition("\n")[0].count(",") else mark
    try:
        rows = [row for row in csv.reader(io.StringIO(text, newline=""), delimiter=mark) if row]
    except csv.Error:
        return ()
    names = [name.strip().lstrip("\ufeff") for name in rows[0]] if rows else []
    if len(names) < 2 or not all(names) or len(set(names)) < len(names):
        return ()
    found = [
        Leaf(f"[].{name}", cell, f"[{index}]")
        for index, row in enumerate(rows[1:])
        for name, cell in zip(names, row, strict=False)
    ]
    return tuple(found[:_MOST])


def _xml(text: str) -> tuple[str, tuple[Leaf, ...], str]:
    if "<!DOCTYPE" in text or "<!ENTITY" in text:  # entities are never expanded
        return "text", _tokens(text), text
    from xml.etree.ElementTree import fromstring

    try:
        root = fromstring(text)  # noqa: S314
    except ParseError:
        return "text", _tokens(text), text
    found: list[Leaf] = []
    stack = [(root, root.tag)]
    while stack and len(found) < _MOST:
        element, path = stack.pop()
        found.extend(Leaf(f"{path}@{name}", value) for name, value in element.attrib.items())
        if element.text and element.text.strip():
            found.append(Leaf(path, element.text.strip()))
        stack.extend((child, f"{path}.{child.tag}") for child in reversed(element))
    return "xml", tuple(found), text

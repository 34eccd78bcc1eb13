"""The shape of values seen in traffic: a mergeable value that grows with variety, not with traffic.

`merge` is associative and commutative: counts add up, kinds and properties unite, and of names and sample values the
smallest few are kept, whatever the order in which they came.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import TypeVar

import msgspec
from msgspec import Struct, field

from gatewright.inventory.templating import identifier
from gatewright.model.json import Json
from gatewright.model.schema import Schema

MOST_NAMES = 300
MOST_VALUES = 5
MOST_ITEMS = 50
LONGEST = 200
DEEPEST = 12
ANY = "*"
"""Name under which properties are united whose names are identifiers: the object is a map."""

_FORMATS = (
    ("uuid", re.compile(r"[0-9a-fA-F]{8}-(?:[0-9a-fA-F]{4}-){3}[0-9a-fA-F]{12}")),
    ("date-time", re.compile(r"\d{4}-\d{2}-\d{2}[T ]\d{2}:\d{2}(?::\d{2}(?:\.\d+)?)?(?:Z|[-+]\d{2}:?\d{2})?")),
    ("date", re.compile(r"\d{4}-\d{2}-\d{2}")),
    ("email", re.compile(r"[^@\s]+@[^@\s]+\.[A-Za-z]{2,}")),
    ("uri", re.compile(r"https?://\S+")),
    ("ipv4", re.compile(r"(?:\d{1,3}\.){3}\d{1,3}")),
)
_SENSITIVE = re.compile(
    r"pass|pwd|secret|token|authori[sz]|api_?key|cookie|session|otp|\bpin\b|cvv|cvc|card|ssn|jwt|credential|captcha|csrf",
    re.IGNORECASE,
)
_NUMBER = re.compile(r"-?(?:0|[1-9]\d{0,17})")
_DECIMAL = re.compile(r"-?(?:0|[1-9]\d{0,17})\.\d{1,17}")

T = TypeVar("T")


class Shape(Struct, frozen=True, kw_only=True):
    """What values at one place were like."""

    count: int = 0
    kinds: dict[str, int] = field(default_factory=dict)
    """JSON type (null too) → how often."""
    formats: dict[str, int] = field(default_factory=dict)
    """Format of strings → how often; without one under the empty name."""
    properties: dict[str, Shape] = field(default_factory=dict)
    items: Shape | None = None
    values: tuple[str, ...] = ()
    """The smallest few scalars, as JSON text; none where the name or the value looks like a secret."""


def shape(value: Json, *, name: str = "", depth: int = 0) -> Shape:
    """The shape of one decoded value; `name` is that of its place."""
    if depth > DEEPEST:
        return Shape(count=1)
    if isinstance(value, dict):
        found: dict[str, Shape] = {}
        for key, item in sorted(value.items())[:MOST_NAMES]:
            place = ANY if identifier(key) else key
            made = shape(item, name=key, depth=depth + 1)
            found[place] = merge(found[place], made) if place in found else made
        return Shape(count=1, kinds={"object": 1}, properties=found)
    if isinstance(value, list):
        items: Shape | None = None
        for item in value[:MOST_ITEMS]:
            made = shape(item, name=name, depth=depth + 1)
            items = made if items is None else merge(items, made)
        return Shape(count=1, kinds={"array": 1}, items=items)
    kind = kind_of(value)
    formats = {_format(value): 1} if isinstance(value, str) else {}
    return Shape(count=1, kinds={kind: 1}, formats=formats, values=_sample(value, name))


def text_shape(text: str, *, name: str = "") -> Shape:
    """The shape of a value that travelled as text: a query parameter, a part of a path, a form field."""
    value: Json = text
    if text in ("true", "false"):
        value = text == "true"
    elif _NUMBER.fullmatch(text):
        value = int(text)
    elif _DECIMAL.fullmatch(text):
        value = float(text)
    return shape(value, name=name)


def merge(one: Shape, other: Shape) -> Shape:
    """Both together."""
    return Shape(
        count=one.count + other.count,
        kinds=add(one.kinds, other.kinds),
        formats=add(one.formats, other.formats),
        properties=unite(one.properties, other.properties),
        items=merge(one.items, other.items) if one.items and other.items else one.items or other.items,
        values=smallest(one.values, other.values, MOST_VALUES),
    )


def unite(one: Mapping[str, Shape], other: Mapping[str, Shape]) -> dict[str, Shape]:
    """Shapes by name; the first `MOST_NAMES` names in alphabetical order."""
    found = dict(one)
    for name, made in other.items():
        found[name] = merge(found[name], made) if name in found else made
    if len(found) > MOST_NAMES:
        return {name: found[name] for name in sorted(found)[:MOST_NAMES]}
    return found


def add(one: Mapping[str, int], other: Mapping[str, int]) -> dict[str, int]:
    """Counts by name, added up."""
    found = dict(one)
    for name, count in other.items():
        found[name] = found.get(name, 0) + count
    return found


def smallest(one: tuple[str, ...], other: tuple[str, ...], most: int) -> tuple[str, ...]:
    """The `most` smallest of both, each once: the shortest first, then by their characters."""
    return tuple(sorted({*one, *other}, key=lambda text: (len(text), text))[:most])


def schema(found: Shape) -> Schema:
    """The schema that every value seen satisfies. What was always there is required; samples become examples."""
    kinds = [kind for kind in ("string", "integer", "number", "boolean", "array", "object") if kind in found.kinds]
    if "number" in kinds and "integer" in kinds:
        kinds.remove("integer")
    format_ = next(iter(found.formats)) if len(found.formats) == 1 else ""
    objects = found.kinds.get("object", 0)
    properties = {name: schema(item) for name, item in sorted(found.properties.items()) if name != ANY}
    additional = found.properties.get(ANY)
    return Schema(
        types=tuple(kinds),
        format=format_,
        properties=properties,
        required=tuple(name for name in properties if found.properties[name].count == objects),
        items=schema(found.items) if found.items is not None else None,
        additional=schema(additional) if additional is not None else None,
        open=additional is not None,
        nullable="null" in found.kinds,
        examples=tuple(msgspec.json.decode(text) for text in found.values),
    )


def kind_of(value: Json) -> str:
    """The JSON type of a scalar."""
    if value is None:
        return "null"
    if isinstance(value, bool):
        return "boolean"
    if isinstance(value, int):
        return "integer"
    return "number" if isinstance(value, float) else "string"


def sensitive(name: str) -> bool:
    """Whether values under a name are not to be kept."""
    return _SENSITIVE.search(name) is not None


def secret(value: Json, name: str = "", depth: int = 0) -> bool:
    """Whether a value holds, at any depth, what is not to be kept."""
    if isinstance(value, dict):
        return depth > DEEPEST or any(secret(item, key, depth + 1) for key, item in value.items())
    if isinstance(value, list):
        return depth > DEEPEST or any(secret(item, name, depth + 1) for item in value)
    return value is not None and (sensitive(name) or (isinstance(value, str) and value.startswith(("eyJ", "Bearer "))))


def _sample(value: Json, name: str) -> tuple[str, ...]:
    if value is None or secret(value, name):
        return ()
    try:
        text = msgspec.json.encode(value).decode()
    except (ValueError, OverflowError):  # a lone surrogate, an integer over 64 bits
        return ()
    return (text,) if len(text) <= LONGEST else ()


def _format(text: str) -> str:
    return next((name for name, pattern in _FORMATS if len(text) <= 2000 and pattern.fullmatch(text)), "")

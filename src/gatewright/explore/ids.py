"""What kind of id a value is: it decides how bad a finding is, never whether there is one (checks-1-5.md 1.6). Pure."""

from __future__ import annotations

import base64
import binascii
import re
import uuid
from typing import Literal

from gatewright.model.json import Json
from gatewright.proof.witness import looks_random

IdKind = Literal["sequential", "time", "random", "human"]
"""sequential: a counter, also inside a code; time: made from a clock (UUIDv1, ObjectId, ULID, snowflake); human: a name."""

_SINCE, _UNTIL = 1_262_304_000, 2_208_988_800
"""Seconds of 2010 and 2040: an id made from a clock lies between them."""
_CROCKFORD = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"


def id_kind(value: Json, *, depth: int = 0) -> IdKind:
    """The kind of one id."""
    text = str(value)
    if text.isdecimal() and len(text) <= 40:
        return "time" if _is_clock(int(text)) else "sequential"
    try:
        return "time" if uuid.UUID(text).version in (1, 6, 7) else "random"
    except ValueError:
        pass
    if re.fullmatch(r"[0-9a-f]{24}", text) and _SINCE <= int(text[:8], 16) <= _UNTIL:
        return "time"  # ObjectId: the first four bytes are seconds
    if re.fullmatch(rf"[{_CROCKFORD}]{{26}}", text) and _ulid(text):
        return "time"
    inner = _decoded(text) if depth == 0 else ""
    if inner:
        return id_kind(inner, depth=1)
    parts = re.findall(r"[A-Za-z]+|\d+", text)
    if depth == 1 and parts and parts[-1].isdecimal():
        return "sequential"
    if "@" in text or re.fullmatch(r"[a-z]+(?:[-_. ][a-z]+)+", text.lower()):
        return "human"
    if looks_random(text):
        return "random"
    counted = bool(re.search(r"\d{3,}$", text)) and len(re.findall(r"[A-Za-z]", text)) <= 6
    return "sequential" if counted else "human"


def _is_clock(number: int) -> bool:
    """Seconds, milliseconds or microseconds since 1970, or a snowflake of 17 to 19 digits."""
    if 17 <= len(str(number)) <= 19:
        return True
    return any(_SINCE * unit <= number <= _UNTIL * unit for unit in (1, 1_000, 1_000_000))


def _ulid(text: str) -> bool:
    """Whether the first ten characters are milliseconds of our time."""
    number = 0
    for character in text[:10]:
        number = number * 32 + _CROCKFORD.index(character)
    return _SINCE * 1000 <= number <= _UNTIL * 1000


def _decoded(text: str) -> str:
    """What stands in base64, when that is readable text that ends in a number: `T3JkZXI6NDI=` holds `Order:42`."""
    try:
        inner = base64.b64decode(text.replace("-", "+").replace("_", "/") + "=" * (-len(text) % 4), validate=True)
    except (binascii.Error, ValueError):
        return ""
    readable = all(32 <= byte < 127 for byte in inner)
    return inner.decode() if len(inner) >= 4 and readable and re.search(rb"\d$", inner) else ""

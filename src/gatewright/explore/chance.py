"""Values of the same kind that name nothing: the control of every edge."""

from __future__ import annotations

import random
import uuid

from gatewright.model.json import Json

_ALPHABETS = ("abcdefghijklmnopqrstuvwxyz", "ABCDEFGHIJKLMNOPQRSTUVWXYZ", "0123456789")


def random_like(value: Json, source: random.Random, *, highest: int = 0) -> Json:
    """A value of the same kind: integers far above any seen, UUIDs, else the same alphabet and length."""
    if isinstance(value, list):
        return [random_like(one, source, highest=highest) for one in value]
    if isinstance(value, bool) or value is None:
        return value
    if isinstance(value, (int, float)):
        return _number(int(value), source, highest)
    text = str(value)
    if text.isdigit():
        return str(_number(int(text), source, highest))
    try:
        uuid.UUID(text)
    except ValueError:
        return "".join(_letter(c, source) for c in text)
    made = uuid.UUID(int=source.getrandbits(128), version=4)
    return str(made) if "-" in text else made.hex


def _number(value: int, source: random.Random, highest: int) -> int:
    far = max(abs(value), highest) * 10 + source.randrange(100_000, 999_999)
    return far if far < 2**31 else source.randrange(10**9, 2**31)


def _letter(c: str, source: random.Random) -> str:
    return next((source.choice(alphabet) for alphabet in _ALPHABETS if c in alphabet), c)

"""Tokens and our listener as a scripted server sees them: what a forged token would be verified with.

A rule's `jwt` names members of header or claims, and besides:

- `signature`: valid (by the server's own key), empty, missing, zero (what a broken ECDSA takes for good) or bad
- `hmac`: the text whose bytes are the key that signed it, or a list of them; `<base64:…>` for bytes
- `own_key`: `jwk` or `x5c` when the key in its header verifies it, `jku` or `x5u` when what stands at that address does
- `fetched`: `jku` or `x5u` when the server looks there, whatever it thinks of it
"""

from __future__ import annotations

import base64
from collections.abc import Mapping
from urllib.parse import urlsplit

import msgspec

from gatewright.model.json import Json
from gatewright.model.test import Visit
from gatewright.proof import jwt
from gatewright.proof.der import certified

KEY = b"the key of the scripted server"
_WORDS = ("signature", "hmac", "own_key", "fetched")
_ZERO = bytes.fromhex("3006020100020100")


class ScriptedListener:
    """Addresses that a scripted server may visit. Implements `model.test.Listener` without a socket."""

    def __init__(self) -> None:
        self._offers: list[bytes] = []
        self._visits: dict[int, list[Visit]] = {}

    def offer(self, content: bytes, content_type: str = "application/json") -> str:
        """A new address."""
        self._offers.append(content)
        return f"http://callback.test/c/{len(self._offers)}"

    def visits(self, url: str) -> tuple[Visit, ...]:
        """Who looked there."""
        return tuple(self._visits.get(_number(url), ()))

    def look(self, url: str) -> bytes:
        """A visit; nothing where nothing is offered."""
        number = _number(url)
        if not 0 < number <= len(self._offers):
            return b""
        self._visits.setdefault(number, []).append(Visit("GET", urlsplit(url).path, (), "server", 0.0))
        return self._offers[number - 1]


def _number(url: str) -> int:
    last = urlsplit(url).path.rpartition("/")[2]
    return int(last) if last.isdigit() else 0


def matches(wanted: Mapping[str, Json], text: str, listener: ScriptedListener) -> bool:
    """Whether a token is as a rule wants it."""
    token = jwt.parse(text if text.count(".") == 2 else text + ".")
    if token is None:
        return False
    known: dict[str, Json] = {**token.claims, **token.header}
    named = all(
        known.get(name) in (value if isinstance(value, list) else [value])
        for name, value in wanted.items()
        if name not in _WORDS
    )
    return named and all(_word(name, wanted[name], token, text, listener) for name in _WORDS if name in wanted)


def _word(name: str, wanted: Json, token: jwt.Token, text: str, listener: ScriptedListener) -> bool:
    several = wanted if isinstance(wanted, list) else [wanted]
    if name == "signature":
        return _state(token, text) in several
    if name == "hmac":
        return any(jwt.fits(token, _bytes(str(key))) for key in several)
    place = str(wanted)
    told = token.header.get(place)
    if place in ("jku", "x5u"):
        content = listener.look(told) if isinstance(told, str) else b""
        return bool(content) if name == "fetched" else any(jwt.verified(token, key) for key in _published(content))
    key = certified(str(told[0])) if isinstance(told, list) and told else told
    return isinstance(key, dict) and jwt.verified(token, key)


def _state(token: jwt.Token, text: str) -> str:
    if text.count(".") < 2:
        return "missing"
    if not token.signature:
        return "empty"
    if jwt.verifies(token, KEY):
        return "valid"
    return "zero" if not any(token.signature) or token.signature == _ZERO else "bad"


def _published(content: bytes) -> list[dict[str, Json]]:
    """The keys of a set, or of a certificate in PEM."""
    if content.startswith(b"-----BEGIN"):
        key = certified("".join(content.decode().splitlines()[1:-1]))
        return [key] if key else []
    try:
        told = msgspec.json.decode(content)
    except msgspec.DecodeError:
        return []
    keys = told.get("keys") if isinstance(told, dict) else None
    return [key for key in keys if isinstance(key, dict)] if isinstance(keys, list) else []


def _bytes(text: str) -> bytes:
    if text.startswith("<base64:"):
        return base64.b64decode(text[8:-1])
    return text.encode()

"""Opaque texts that only wrap an id: base64 and hex of `User:12`, taken apart and put together again. Pure."""

from __future__ import annotations

import base64
import binascii
import re

from msgspec import Struct

_HEX = re.compile(r"(?:[0-9a-f]{2}){4,}|(?:[0-9A-F]{2}){4,}")
_BASE64 = re.compile(r"[A-Za-z0-9+/]{6,}={0,2}|[A-Za-z0-9_-]{6,}={0,2}")
_PLAIN = re.compile(r"[\x20-\x7e]{4,}")


class Opaque(Struct, frozen=True):
    """A text that was wrapped, and how: `hex`, `HEX`, `base64`, `base64url`, the last two with or without padding."""

    text: str
    way: str
    padded: bool = True

    def wrapped(self, text: str) -> str:
        """Another text, wrapped in the same way."""
        data = text.encode()
        if self.way in ("hex", "HEX"):
            return data.hex().upper() if self.way == "HEX" else data.hex()
        made = base64.b64encode(data) if self.way == "base64" else base64.urlsafe_b64encode(data)
        return made.decode() if self.padded else made.decode().rstrip("=")


def unwrap(text: str) -> Opaque | None:
    """What a text wraps; None unless that is plain text with a digit or a separator in it, which chance hardly makes."""
    if _HEX.fullmatch(text):
        inner = _plain(bytes.fromhex(text))
        if inner:
            return Opaque(inner, "HEX" if text.upper() == text and text.lower() != text else "hex")
    if not _BASE64.fullmatch(text):
        return None
    body = text.rstrip("=")
    url = "-" in body or "_" in body
    try:
        data = base64.b64decode(body + "=" * (-len(body) % 4), altchars=b"-_" if url else None, validate=True)
    except (ValueError, binascii.Error):
        return None
    inner = _plain(data)
    if not inner:
        return None
    found = Opaque(inner, "base64url" if url else "base64", padded="=" in text or len(body) % 4 == 0)
    return found if found.wrapped(inner) == text else None


def _plain(data: bytes) -> str:
    try:
        text = data.decode("ascii")
    except UnicodeDecodeError:
        return ""
    telling = _PLAIN.fullmatch(text) and re.search(r"\d", text) and re.search(r"[A-Za-z]", text)
    return text if telling and re.search(r"[:/=|,;&.\-_]", text) else ""


def replaced(text: str, old: str, new: str) -> str | None:
    """The text with a value that stands alone in it exchanged; None when it does not stand there."""
    pattern = rf"(?<![A-Za-z0-9]){re.escape(old)}(?![A-Za-z0-9])"
    return re.sub(pattern, lambda _: new, text, count=1) if re.search(pattern, text) else None

"""Credentials in answers: found by name, shape and entropy; garbage of the same shape; what a JWT says. Pure."""

from __future__ import annotations

import base64
import math
import random
import re
import string
from collections.abc import Collection, Sequence

import msgspec
from msgspec import Struct

from gatewright.access.words import words
from gatewright.model.http import Headers, Response
from gatewright.model.json import Json
from gatewright.model.secret import Secret
from gatewright.proof.leaves import read

_JWT = re.compile(r"[A-Za-z0-9_-]{4,}\.[A-Za-z0-9_-]{4,}\.[A-Za-z0-9_-]*")
_SCHEME = re.compile(r"(Bearer|Token|JWT|Basic|ApiKey)\s+(\S+)$", re.IGNORECASE)
_NAMED = (
    ("access", "token"), ("auth", "token"), ("id", "token"), ("session", "token"), ("token",), ("jwt",), ("bearer",),
    ("session", "id"), ("session",), ("sid",), ("api", "key"), ("key",), ("ticket",), ("authorization",),
)  # fmt: skip
"""Last words of names that hold a credential, likeliest first."""
_LEAST_LENGTH, _LEAST_BITS = 16, 64
_EXPIRY = frozenset({"expires_in", "expiresin", "expires_after", "expire_in", "ttl", "max_age", "maxage"})


class Found(Struct, frozen=True, kw_only=True):
    """One value of an answer that may be a credential."""

    source: str
    """`json:/data/token`, `header:X-Auth-Token` or `cookie:sid`: where to look again in the next answer."""
    name: str
    value: Secret
    prefix: str = ""
    """Scheme that stood before it (`Bearer `)."""
    order: int = 0
    """Lower is likelier."""


def credentials_in(response: Response, sent: Collection[str] = ()) -> list[Found]:
    """Values that may be a credential, likeliest first. What was `sent` is an echo, never a credential."""
    found = [*_in_headers(response.headers), *_in_body(response), *_in_cookies(response)]
    fresh = [item for item in found if item.value.reveal() not in sent and item.value.reveal()]
    return sorted(fresh, key=lambda item: item.order)


def refresh_token(response: Response) -> Secret | None:
    """The refresh token of a log-in answer; None without one."""
    for leaf in read(response).leaves:
        if "refresh" in words(leaf.path.rpartition(".")[2]) and len(leaf.value) >= 8:
            return Secret(leaf.value)
    return None


def expires_in(response: Response) -> float | None:
    """Seconds that the answer says its credential lives (`expires_in`, RFC 6749 5.1); None when it says nothing."""
    for leaf in read(response).leaves:
        name = leaf.path.rpartition(".")[2].lower()
        if name in _EXPIRY and re.fullmatch(r"\d{1,9}(\.\d+)?", leaf.value) and float(leaf.value) > 0:
            return float(leaf.value)
    return None


def claims(token: str) -> dict[str, Json]:
    """The claims of a JSON Web Token (RFC 7519), unverified; empty for anything else."""
    if not _JWT.fullmatch(token):
        return {}
    try:
        header: Json = msgspec.json.decode(_unpacked(token.split(".")[0]))
        payload: Json = msgspec.json.decode(_unpacked(token.split(".")[1]))
    except (ValueError, msgspec.DecodeError):
        return {}
    return payload if isinstance(payload, dict) and isinstance(header, dict) else {}


def lifetime(token: str) -> tuple[float, float | None] | None:
    """`exp` and (when stated) `iat` of a JWT, in epoch seconds of the server; None when it does not expire."""
    said = claims(token)
    end, start = said.get("exp"), said.get("iat", said.get("nbf"))
    if isinstance(end, bool) or not isinstance(end, (int, float)):
        return None
    begun = float(start) if isinstance(start, (int, float)) and not isinstance(start, bool) and start < end else None
    return float(end), begun


def garbage(value: str, source: random.Random) -> str:
    """Random text of the same shape: each character replaced by one of its class, separators kept.

    The parts of a JWT no longer decode to JSON, so that even a server that checks no signature refuses it.
    """

    def other(character: str) -> str:
        for group in (string.digits, string.ascii_lowercase, string.ascii_uppercase):
            if character in group:
                return source.choice(group.replace(character, ""))
        return character

    return "".join(map(other, value))


def basic(user: str, password: str) -> str:
    """The value of HTTP Basic (RFC 7617)."""
    return base64.b64encode(f"{user}:{password}".encode()).decode()


def set_cookies(response: Response) -> dict[str, tuple[str, float | None]]:
    """Cookies that an answer sets: name → value and Max-Age; deleted ones have an empty value."""
    found: dict[str, tuple[str, float | None]] = {}
    for line in response.header_values("set-cookie"):
        name, _, rest = line.partition("=")
        value, _, attributes = rest.partition(";")
        age = re.search(r"max-age=\s*(-?\d+)", attributes, re.IGNORECASE)
        gone = (age is not None and int(age.group(1)) <= 0) or re.search(
            r"expires=[^;]*\b1970\b", attributes, re.IGNORECASE
        )
        plain = value.strip()
        found[name.strip()] = ("" if gone else plain, float(age.group(1)) if age else None)
    return found


def is_csrf(name: str) -> bool:
    """Whether a name is that of a CSRF token."""
    lowered = name.lower()
    return any(word in lowered for word in ("csrf", "xsrf", "authenticity", "requestverification", "antiforgery"))


def bits(value: str) -> float:
    """A rough upper bound of a value's randomness: its length times the bits of the character classes it uses."""
    classes = [string.digits, string.ascii_lowercase, string.ascii_uppercase]
    size = sum(len(group) for group in classes if any(c in group for c in value))
    if re.fullmatch(r"[0-9a-f]+|[0-9A-F]+", value):
        size = 16
    return len(value) * math.log2(size) if size > 1 else 0.0


def _in_body(response: Response) -> list[Found]:
    found: list[Found] = []
    for path, value in _json_strings(response):
        last = path.rpartition("/")[2]
        parts = words(last)
        if "refresh" in parts or is_csrf(last):
            continue
        order = _named(parts)
        if order is None and _JWT.fullmatch(value) and claims(value):
            order = 20
        if (
            order is None
            and len(value) >= _LEAST_LENGTH
            and bits(value) >= _LEAST_BITS
            and re.fullmatch(r"[\w.~+/=:-]+", value)
        ):
            order = 40
        scheme = _SCHEME.match(value)
        if scheme is not None:
            order = 10 if order is None else order
            value = scheme.group(2)
        if order is not None and value and len(value) <= 16_384 and " " not in value:
            prefix = f"{scheme.group(1)} " if scheme else ""
            found.append(Found(source=f"json:{path}", name=last, value=Secret(value), prefix=prefix, order=order))
    return found


def _json_strings(response: Response) -> list[tuple[str, str]]:
    """Strings of a JSON body by JSON pointer; a body that is one string has the pointer ''."""
    try:
        body: Json = msgspec.json.decode(response.body)
    except (msgspec.DecodeError, UnicodeDecodeError):
        text = response.body.decode("latin-1").strip()
        return [("", text)] if re.fullmatch(r"[\w.~+/=-]{16,4096}", text) else []
    return _strings(body, "", 0)


def _strings(node: Json, path: str, depth: int) -> list[tuple[str, str]]:
    if isinstance(node, str):
        return [(path, node)]
    if depth > 8:
        return []
    if isinstance(node, dict):
        return [leaf for key, value in node.items() for leaf in _strings(value, f"{path}/{key}", depth + 1)]
    if isinstance(node, list):
        return [leaf for index, value in enumerate(node[:20]) for leaf in _strings(value, f"{path}/{index}", depth + 1)]
    return []


def _in_headers(headers: Headers) -> list[Found]:
    found = []
    for name, value in headers:
        parts = words(name)
        lowered = name.lower()
        wanted = lowered == "authorization" or (
            lowered.startswith("x-") and parts[-1:] in (("token",), ("jwt",), ("key",), ("session",))
        )
        wanted = wanted or lowered in ("token", "auth-token", "access-token", "jwt", "x-auth", "x-session-id")
        if not wanted or is_csrf(name) or "refresh" in parts or "request" in parts or not value.strip():
            continue
        scheme = _SCHEME.match(value.strip())
        plain = scheme.group(2) if scheme else value.strip()
        prefix = f"{scheme.group(1)} " if scheme else ""
        found.append(Found(source=f"header:{name}", name=name, value=Secret(plain), prefix=prefix, order=1))
    return found


def _in_cookies(response: Response) -> list[Found]:
    return [
        Found(source=f"cookie:{name}", name=name, value=Secret(value), order=30)
        for name, (value, _) in set_cookies(response).items()
        if value and not is_csrf(name)
    ]


def _named(parts: Sequence[str]) -> int | None:
    """How likely a name holds a credential: its place in the table; None when it is not in it."""
    return next((index for index, ending in enumerate(_NAMED) if tuple(parts[-len(ending) :]) == ending), None)


def _unpacked(part: str) -> bytes:
    return base64.urlsafe_b64decode(part + "=" * (-len(part) % 4))

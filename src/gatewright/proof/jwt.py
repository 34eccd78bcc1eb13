"""JSON Web Tokens, taken apart and put together by hand: checks need spellings that no library gives (RFC 7515, 7519).

Nothing here verifies for anybody's safety; `signed` and `verifies` serve scripted servers and tests.
"""

from __future__ import annotations

import base64
import binascii
import hashlib
import hmac
import re
from collections.abc import Mapping

import orjson
from msgspec import Struct

from gatewright.model.json import Json

_SHAPE = re.compile(r"^[A-Za-z0-9_-]+\.[A-Za-z0-9_-]+\.[A-Za-z0-9_-]*$")


class Token(Struct, frozen=True):
    """A compact JWS: header and claims decoded, the signature as bytes."""

    header: dict[str, Json]
    claims: dict[str, Json]
    signature: bytes
    text: str

    @property
    def algorithm(self) -> str:
        """`alg` of the header; empty when absent."""
        value = self.header.get("alg")
        return value if isinstance(value, str) else ""


def parse(text: str) -> Token | None:
    """The token that a text is; None for anything else (opaque tokens, encrypted ones with five parts)."""
    if not _SHAPE.match(text):
        return None
    first, second, third = text.split(".")
    try:
        header, claims = orjson.loads(unb64(first)), orjson.loads(unb64(second))
        signature = unb64(third)
    except (ValueError, binascii.Error):
        return None
    if not isinstance(header, dict) or not isinstance(claims, dict) or "alg" not in header:
        return None
    return Token(header, claims, signature, text)


def mapping(content: bytes) -> dict[str, Json]:
    """The JSON object of a text, such as a key set; empty for anything else."""
    try:
        value = orjson.loads(content)
    except orjson.JSONDecodeError:
        return {}
    return value if isinstance(value, dict) else {}


def compact(header: Mapping[str, Json], claims: Mapping[str, Json], signature: bytes = b"", *, dot: bool = True) -> str:
    """The compact form; without `dot` the signature and the dot before it are left out."""
    head = f"{b64(orjson.dumps(header))}.{b64(orjson.dumps(claims))}"
    return f"{head}.{b64(signature)}" if dot else head


def restated(
    token: Token, *, header: Mapping[str, Json] | None = None, claims: Mapping[str, Json] | None = None
) -> str:
    """The token's first two parts with some members of header or claims replaced, without a signature.

    Parts that do not change keep their spelling: only what is meant to differ differs. None removes a member.
    """
    first, second, _ = token.text.split(".")
    if header is not None:
        first = b64(orjson.dumps(_merged(token.header, header)))
    if claims is not None:
        second = b64(orjson.dumps(_merged(token.claims, claims)))
    return f"{first}.{second}"


def _merged(old: Mapping[str, Json], new: Mapping[str, Json]) -> dict[str, Json]:
    return {key: value for key, value in {**old, **new}.items() if value is not None}


def flipped(token: Token) -> str:
    """The same token with one bit of a middle byte of its signature turned over: the decoded bytes differ for sure.

    Never the last character: of 32 bytes it carries four bits, and four spellings of it decode alike.
    """
    if not token.signature:
        return token.text + b64(b"\xa5" * 32)
    middle = len(token.signature) // 2
    changed = bytearray(token.signature)
    changed[middle] ^= 0x10
    return f"{token.text.rpartition('.')[0]}.{b64(bytes(changed))}"


HMACS = {"HS256": "sha256", "HS384": "sha384", "HS512": "sha512"}
"""HMAC algorithm → its hash (RFC 7518 section 3.2)."""


def resigned(
    token: Token,
    key: bytes,
    *,
    algorithm: str = "HS256",
    header: Mapping[str, Json] | None = None,
    claims: Mapping[str, Json] | None = None,
) -> str:
    """The token with some members of header or claims replaced, signed by HMAC with a key. None removes a member."""
    said = {**(header or {}), **({"alg": algorithm} if token.algorithm != algorithm else {})}
    head = restated(token, header=said or None, claims=claims)
    return f"{head}.{b64(hmac.digest(key, head.encode(), HMACS[algorithm]))}"


def fits(token: Token, key: bytes) -> bool:
    """Whether a token's signature is an HMAC by its own algorithm with the key."""
    digest = HMACS.get(token.algorithm)
    head = token.text.rpartition(".")[0].encode()
    return digest is not None and hmac.compare_digest(hmac.digest(key, head, digest), token.signature)


_SHA256 = bytes.fromhex("3031300d060960864801650304020105000420")
"""DigestInfo of SHA-256 before the hash (RFC 8017 section 9.2)."""


def verified(token: Token, jwk: Mapping[str, Json]) -> bool:
    """Whether an RS256 token was signed with the private half of an RSA key (RFC 8017 section 8.2.2)."""
    n, e = jwk.get("n"), jwk.get("e")
    if token.algorithm != "RS256" or not isinstance(n, str) or not isinstance(e, str):
        return False
    try:
        modulus, exponent = int.from_bytes(unb64(n), "big"), int.from_bytes(unb64(e), "big")
    except ValueError:
        return False
    length = (modulus.bit_length() + 7) // 8
    if not token.signature or length < 62 or len(token.signature) != length:
        return False
    shown = pow(int.from_bytes(token.signature, "big"), exponent, modulus).to_bytes(length, "big")
    info = _SHA256 + hashlib.sha256(token.text.rpartition(".")[0].encode()).digest()
    return shown == b"\0\1" + b"\xff" * (length - 3 - len(info)) + b"\0" + info


def signed(claims: Mapping[str, Json], key: bytes, *, header: Mapping[str, Json] | None = None) -> str:
    """A token signed with HMAC-SHA-256 (RFC 7518 section 3.2)."""
    head = compact({"alg": "HS256", "typ": "JWT", **(header or {})}, claims, dot=False)
    return f"{head}.{b64(hmac.new(key, head.encode(), hashlib.sha256).digest())}"


def verifies(token: Token, key: bytes) -> bool:
    """Whether a token is an HS256 one whose signature was made with the key."""
    head = token.text.rpartition(".")[0]
    return token.algorithm == "HS256" and hmac.compare_digest(
        hmac.new(key, head.encode(), hashlib.sha256).digest(), token.signature
    )


def b64(data: bytes) -> str:
    """Base64url without padding (RFC 7515 section 2)."""
    return base64.urlsafe_b64encode(data).rstrip(b"=").decode()


def unb64(text: str) -> bytes:
    """The bytes of base64url without padding. Raises ValueError for what is none."""
    return base64.urlsafe_b64decode(text + "=" * (-len(text) % 4))

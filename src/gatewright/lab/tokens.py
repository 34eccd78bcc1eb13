"""Bearer tokens (JWT, RFC 7519, HS256) and password hashes, by hand: the lab must be able to do them wrong."""

from __future__ import annotations

import base64
import binascii
import hashlib
import hmac
import json
import secrets
from typing import Any

Claims = dict[str, Any]


def encoded(data: bytes) -> str:
    """Base64url without padding (RFC 7515 section 2)."""
    return base64.urlsafe_b64encode(data).rstrip(b"=").decode()


def _decoded(text: str) -> bytes:
    return base64.b64decode(text + "=" * (-len(text) % 4), altchars=b"-_", validate=True)


def _object(text: str) -> Claims | None:
    try:
        value = json.loads(_decoded(text))
    except (binascii.Error, ValueError):
        return None
    return value if isinstance(value, dict) else None


def sign(claims: Claims, secret: bytes) -> str:
    """A JWT over the claims, HS256."""
    head = encoded(b'{"alg":"HS256","typ":"JWT"}')
    payload = encoded(json.dumps(claims, separators=(",", ":")).encode())
    signature = hmac.digest(secret, f"{head}.{payload}".encode(), "sha256")
    return f"{head}.{payload}.{encoded(signature)}"


def verify(
    token: str, secret: bytes, *, now: float, trust_none: bool = False, trust_unsigned: bool = False
) -> Claims | None:
    """The claims of a good token, else None. Sound: the algorithm is ours, whatever the token says.

    `trust_none` believes a header that says `none`; `trust_unsigned` passes a token whose signature is left out.
    """
    head, _, rest = token.partition(".")
    payload, _, signature = rest.partition(".")
    header, claims = _object(head), _object(payload)
    if header is None or claims is None:
        return None
    algorithm = str(header.get("alg", ""))
    if (trust_none and algorithm.lower() == "none") or (trust_unsigned and algorithm == "HS256" and not signature):
        pass
    else:
        expected = encoded(hmac.digest(secret, f"{head}.{payload}".encode(), "sha256"))
        if algorithm != "HS256" or not hmac.compare_digest(signature.encode(), expected.encode()):
            return None
    expires = claims.get("exp")
    if not isinstance(expires, int | float) or expires <= now:
        return None
    return claims


def password_hash(password: str, salt: bytes | None = None) -> str:
    """In PHC form, `$scrypt$ln=8,r=8,p=1$SALT$HASH`; cheap on purpose: the range hashes for every log-in of a scan."""
    salt = salt or secrets.token_bytes(12)
    digest = hashlib.scrypt(password.encode(), salt=salt, n=256, r=8, p=1, dklen=24)
    return f"$scrypt$ln=8,r=8,p=1${encoded(salt)}${encoded(digest)}"


def password_fits(password: str, stored: str) -> bool:
    """Whether the password has this hash; takes the same time for every answer."""
    salt = _decoded(stored.split("$")[3])
    return hmac.compare_digest(password_hash(password, salt), stored)

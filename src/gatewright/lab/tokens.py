"""Parts of bearer tokens (JWT, RFC 7519) and password hashes, by hand: the lab must be able to do them wrong."""

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


def decoded(text: str) -> bytes:
    """Bytes of base64url without padding. Raises ValueError."""
    return base64.b64decode(text + "=" * (-len(text) % 4), altchars=b"-_", validate=True)


def _object(text: str) -> Claims | None:
    try:
        value = json.loads(decoded(text))
    except (binascii.Error, ValueError):
        return None
    return value if isinstance(value, dict) else None


def split(token: str) -> tuple[Claims | None, Claims | None, bytes]:
    """Header, claims and signature of a JWT, unverified; None for what cannot be read, no bytes for no signature."""
    parts = [*token.split("."), "", ""]
    try:
        signature = decoded(parts[2])
    except ValueError:
        return None, None, b""
    return _object(parts[0]), _object(parts[1]), signature


def password_hash(password: str, salt: bytes | None = None) -> str:
    """In PHC form, `$scrypt$ln=8,r=8,p=1$SALT$HASH`; cheap on purpose: the range hashes for every log-in of a scan."""
    salt = salt or secrets.token_bytes(12)
    digest = hashlib.scrypt(password.encode(), salt=salt, n=256, r=8, p=1, dklen=24)
    return f"$scrypt$ln=8,r=8,p=1${encoded(salt)}${encoded(digest)}"


def password_fits(password: str, stored: str) -> bool:
    """Whether the password has this hash; takes the same time for every answer."""
    salt = decoded(stored.split("$")[3])
    return hmac.compare_digest(password_hash(password, salt), stored)

"""One-time codes of an authenticator: TOTP (RFC 6238) over HOTP (RFC 4226). Pure."""

from __future__ import annotations

import base64
import hmac
from dataclasses import dataclass
from typing import Literal, cast
from urllib.parse import parse_qs, urlsplit

Digest = Literal["sha1", "sha256", "sha512"]


@dataclass(frozen=True)
class Totp:
    """A shared secret with its rules; the defaults are those of RFC 6238 and of every authenticator."""

    key: bytes
    digits: int = 6
    period: int = 30
    """Seconds that a code lives."""
    digest: Digest = "sha1"

    def step(self, now: float) -> int:
        """The number of the present period, `now` in seconds since the epoch."""
        return int(now) // self.period

    def code(self, step: int) -> str:
        """The code of a period."""
        mac = hmac.digest(self.key, step.to_bytes(8, "big"), self.digest)
        start = mac[-1] & 15
        number = int.from_bytes(mac[start : start + 4], "big") & 0x7FFFFFFF
        return str(number % 10**self.digits).zfill(self.digits)


def read(secret: str) -> Totp:
    """The rules of a base32 secret, blanks allowed, or of an `otpauth://totp/…` address. Raises ValueError."""
    if not secret.startswith("otpauth://"):
        return Totp(_key(secret))
    parts = urlsplit(secret)
    told = {name.lower(): values[0] for name, values in parse_qs(parts.query).items()}
    digest = told.get("algorithm", "SHA1").lower()
    if parts.netloc.lower() != "totp" or digest not in ("sha1", "sha256", "sha512"):
        raise ValueError("only otpauth://totp/ with SHA1, SHA256 or SHA512 is known")
    digits, period = int(told.get("digits", "6")), int(told.get("period", "30"))
    if not 4 <= digits <= 10 or not 1 <= period <= 3600:
        raise ValueError("digits and period are out of their range")
    return Totp(_key(told.get("secret", "")), digits, period, cast(Digest, digest))


def _key(text: str) -> bytes:
    plain = text.replace(" ", "").replace("-", "").rstrip("=").upper()
    if not plain:
        raise ValueError("the secret is empty")
    return base64.b32decode(plain + "=" * (-len(plain) % 8))

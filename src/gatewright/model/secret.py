"""Secrets that mask themselves, and everything derived from the key file.

What must outlive the process (passwords of accounts that we made, markers) is derived by HMAC-SHA-256 from the key
file beside the store and the id of the run, so that no secret is ever stored.
"""

from __future__ import annotations

import base64
import hashlib
import hmac
from dataclasses import dataclass


class Secret:
    """A string that never shows itself: `repr` and `str` give a mask with a short hash. `reveal()` gives the value."""

    __slots__ = ("_value",)

    def __init__(self, value: str) -> None:
        self._value = value

    def reveal(self) -> str:
        """The value itself, for the wire only."""
        return self._value

    def __repr__(self) -> str:
        return f"<secret #{hashlib.sha256(self._value.encode()).hexdigest()[:4]}>"

    __str__ = __repr__

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Secret) and hmac.compare_digest(self._value.encode(), other._value.encode())

    def __hash__(self) -> int:
        return hash(self._value)

    def __bool__(self) -> bool:
        return bool(self._value)


@dataclass(frozen=True)
class Keyring:
    """Derives passwords, names and markers from the key file (32 bytes) and the run's id.

    The same key, run and label give the same value, so a resumed run or a clean-up can log in again.
    """

    key: bytes
    run: str

    def derive(self, label: str, length: int) -> str:
        """`length` lower-case base32 characters (5 bits each), at most 51, of HMAC(key, run and label)."""
        digest = hmac.new(self.key, f"{self.run}\0{label}".encode(), hashlib.sha256).digest()
        return base64.b32encode(digest).decode().rstrip("=").lower()[:length]

    def marker(self, label: str) -> str:
        """A marker: `gw` and 16 base32 characters; unguessable, survives case folding, found again by clean-up."""
        return "gw" + self.derive(f"marker {label}", 16)

    def digits(self, label: str, length: int) -> str:
        """`length` decimal digits (at most 70), the first not zero."""
        digest = hmac.new(self.key, f"{self.run}\0digits {label}".encode(), hashlib.sha256).digest()
        number = str(int.from_bytes(digest, "big"))
        return number[:length]

    def password(self, label: str) -> Secret:
        """A password that common rules accept: upper, lower, digit, sign; 22 characters."""
        return Secret(f"Gw!{self.derive(f'password {label}', 16)}9aZ")

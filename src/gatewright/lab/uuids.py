"""Random-looking ids: a number ↔ a UUID of version 4, one to one for a key. No two tables share numbers, so one mapping does."""

from __future__ import annotations

import hmac
from uuid import UUID

_HALF = 61
"""Bits: 122 of a UUID are free."""
_MASK = (1 << _HALF) - 1
_MOST = 1 << 53
_ROUNDS = 4


class Uuids:
    """A Feistel network over 122 bits; a UUID that does not come from here has no number."""

    def __init__(self, key: bytes) -> None:
        self._key = key
        self._texts: dict[int, str] = {}

    def _mixed(self, turn: int, half: int) -> int:
        digest = hmac.digest(self._key, bytes([turn]) + half.to_bytes(8, "big"), "sha256")
        return int.from_bytes(digest[:8], "big") & _MASK

    def text(self, number: int) -> str:
        """The UUID of a number from 0 to 2^53 - 1."""
        known = self._texts.get(number)
        if known is None:
            left, right = 0, number
            for turn in range(_ROUNDS):
                left, right = right, left ^ self._mixed(turn, right)
            bits = left << _HALF | right
            whole = (bits >> 74) << 80 | 0x4 << 76 | ((bits >> 62) & 0xFFF) << 64 | 0b10 << 62 | (bits & (1 << 62) - 1)
            known = self._texts[number] = str(UUID(int=whole))
        return known

    def number(self, text: str) -> int | None:
        """The number of a UUID, None for one that is nobody's. ValueError for what is no UUID."""
        whole = UUID(text).int
        if len(text) != 36 or (whole >> 76) & 0xF != 0x4 or (whole >> 62) & 0b11 != 0b10:
            return None
        bits = (whole >> 80) << 74 | ((whole >> 64) & 0xFFF) << 62 | whole & (1 << 62) - 1
        left, right = bits >> _HALF, bits & _MASK
        for turn in reversed(range(_ROUNDS)):
            left, right = right ^ self._mixed(turn, left), left
        return right if left == 0 and right < _MOST else None

"""How long an answer of a case's server takes, by what it was sent."""

from __future__ import annotations

import re

from msgspec import Struct


class Slow(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """How long an answer takes: `seconds` for a text of `at` characters, `base` times as much for each further one.

    With `power` instead, it grows with that power of the length.
    """

    of: str
    """The text whose length counts, a placeholder: `<query.q>`."""
    like: str = ""
    """Expression (searched) that the text must match, else the answer takes no time."""
    seconds: float = 0.3
    at: int = 22
    base: float = 2.0
    power: float = 0.0

    def takes(self, text: str) -> float:
        """Seconds of the answer to this text."""
        if not re.search(self.like, text):
            return 0.002
        length = len(text)
        return self.seconds * ((length / self.at) ** self.power if self.power else self.base ** (length - self.at))

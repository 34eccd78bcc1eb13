"""Made-up names: the same API in words that nobody has ever seen. Done at the edge; the routes keep the real ones."""

from __future__ import annotations

import random
import re
from collections.abc import Iterable
from typing import Any

KEPT_NAMES = frozenset(
    [
        "username",
        "email",
        "password",
        "full_name",
        "phone",
        "date_of_birth",
        "access_token",
        "id_token",
        "token_type",
        "expires_in",
        "refresh_token",
        "current_password",
        "new_password",
        "code",
        "challenge",
        "second_factor",
        "csrf_token",
        "_method",
    ]
)
"""The vocabulary of sign-up and log-in stays: a person who tests an API knows how to get in.

So does the field by which a form names another method: frameworks read it, whatever an API calls its own things."""

KEPT_PATHS = frozenset(
    {
        "/auth/register",
        "/auth/login",
        "/auth/logout",
        "/auth/csrf",
        "/auth/refresh",
        "/auth/credentials",
        "/auth/password/forgot",
        "/auth/password/reset",
        "/auth/otp",
        "/auth/otp/verify",
    }
)

_ONSETS = [
    "b",
    "bl",
    "br",
    "d",
    "dr",
    "f",
    "fl",
    "g",
    "gl",
    "gr",
    "k",
    "kl",
    "kr",
    "l",
    "m",
    "n",
    "p",
    "pl",
    "pr",
    "r",
    "s",
    "sk",
    "sl",
    "sn",
    "st",
    "t",
    "tr",
    "v",
    "vr",
    "w",
    "z",
]
_VOWELS = ["a", "e", "i", "o", "u", "au", "ei"]
_CODAS = ["b", "d", "f", "g", "k", "l", "m", "n", "nd", "p", "r", "rk", "s", "st", "t", "x"]


class Names:
    """Real name ↔ name on the wire. This one changes nothing."""

    def word(self, name: str) -> str:
        """A property, parameter, header, tag or schema name, either way."""
        return name

    def path(self, template: str) -> str:
        """A path template."""
        return template

    def body(self, value: Any) -> Any:
        """A JSON value with its property names translated, either way; values stay."""
        return value

    @property
    def plain(self) -> bool:
        """Whether descriptions may be published."""
        return True


class Scrambled(Names):
    """Swaps each word of each name for a made-up one, and back: an involution, so that unknown names pass unharmed."""

    def __init__(self, seed: int, names: Iterable[str]) -> None:
        vocabulary = sorted({word for name in names if name not in KEPT_NAMES for word in _words(name)})
        known = set(vocabulary) | {word for name in KEPT_NAMES for word in _words(name)}
        rng = random.Random(seed)
        self._swap: dict[str, str] = {}
        self._cache: dict[str, str] = {}
        for word in vocabulary:
            base = next(
                (word[: -len(end)] for end in ("es", "s") if word.endswith(end) and word[: -len(end)] in self._swap), ""
            )
            invented = self._swap[base] + "s" if base else _invented(rng)
            while invented in known:
                invented = _invented(rng)
            known.add(invented)
            self._swap[word] = invented
            self._swap[invented] = word

    def word(self, name: str) -> str:
        """Swap the words of a name, keeping their case and what joins them."""
        if name in KEPT_NAMES:
            return name
        known = self._cache.get(name)
        if known is None:
            known = re.sub(r"[A-Z]?[a-z]+|[A-Z]+", lambda match: self._one(match[0]), name)
            if len(self._cache) < 10_000:
                self._cache[name] = known
        return known

    def _one(self, word: str) -> str:
        swapped = self._swap.get(word.lower())
        if swapped is None:
            return word
        if word.isupper() and len(word) > 1:
            return swapped.upper()
        return swapped.capitalize() if word[0].isupper() else swapped

    def path(self, template: str) -> str:
        """Swap the literal segments and the names in braces."""
        if template in KEPT_PATHS:
            return template
        return re.sub(r"[\w-]+", lambda match: self.word(match[0]), template)

    def body(self, value: Any) -> Any:
        """Swap the property names at every depth."""
        if isinstance(value, dict):
            return {self.word(name): self.body(inner) for name, inner in value.items()}
        if isinstance(value, list):
            return [self.body(inner) for inner in value]
        return value

    @property
    def plain(self) -> bool:
        """Descriptions would give the words away."""
        return False


def _words(name: str) -> list[str]:
    return [word.lower() for word in re.findall(r"[A-Z]?[a-z]+|[A-Z]+", name)]


def _invented(rng: random.Random) -> str:
    return "".join(rng.choice(_ONSETS) + rng.choice(_VOWELS) for _ in range(2)) + rng.choice(_CODAS)

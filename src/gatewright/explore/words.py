"""Names of an API taken apart: words, singular, and whether a name looks like one that identifies something.

Only weak evidence comes from here: an API may name its things in any language, so structure is asked first.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass
from functools import lru_cache

from gatewright.model.names import singular

_WORD = re.compile(r"[A-Z]+(?=[A-Z][a-z])|[A-Z]?[a-z]+|[A-Z]+|\d+|[^\W\d_a-zA-Z]+")
_VERSION = re.compile(r"v\d+(\.\d+)*|api|rest|latest", re.IGNORECASE)

IDENTIFYING = frozenset({"id", "ids", "uuid", "guid", "uid", "key", "slug", "number", "no", "ref", "pk", "code"})
"""Last words of names whose value names an object."""

_WEAK = frozenset({"key", "slug", "number", "no", "ref", "code"})


def words(name: str) -> list[str]:
    """`orderId`, `order_id`, `Order-ID` → `["order", "id"]`."""
    return list(_split(name))


@lru_cache(maxsize=8192)
def _split(name: str) -> tuple[str, ...]:
    return tuple(word.lower() for word in _WORD.findall(name))


@lru_cache(maxsize=8192)
def noun(name: str) -> str:
    """The name in the one spelling that resources are compared by: `LineItems` → `line_item`."""
    parts = words(name)
    return "_".join([*parts[:-1], singular(parts[-1])]) if parts else name.lower()


def is_version(segment: str) -> bool:
    """Whether a path segment says nothing of what stands below it: `v1`, `api`."""
    return bool(_VERSION.fullmatch(segment))


@dataclass(frozen=True)
class Vocabulary:
    """The words by which one API says "id": the usual ones, and its own, learnt from its paths (`/xs/{x_beilur}`)."""

    identifying: frozenset[str] = IDENTIFYING

    def prefix(self, name: str) -> str:
        """What a name refers to: `order_id` → `order`, `productIds` → `product`; empty for `id` and other words."""
        parts = words(name)
        if len(parts) >= 2 and self._names(parts[-1]):
            return "_".join([*parts[:-2], singular(parts[-2])])
        return ""

    def generic(self, name: str) -> bool:
        """Whether a name only says that it names something, not what: `id`, `uuid`, `_id`, `key`."""
        parts = words(name)
        return len(parts) == 1 and self._names(parts[0])

    def plain_id(self, name: str) -> bool:
        """Whether a name is the usual one of an object's own id, and nothing weaker such as `code` or `number`."""
        return self.generic(name) and words(name)[0] not in _WEAK

    def _names(self, word: str) -> bool:
        return word in self.identifying or singular(word) in self.identifying


def vocabulary(parameters: Iterable[tuple[str, str]]) -> Vocabulary:
    """The vocabulary of an API, from pairs of a path parameter and the segment before it.

    `{order_beilur}` under `orders` shows that `beilur` means id; so does a `{beilur}` that stands under several words.
    """
    found: set[str] = set()
    alone: dict[str, set[str]] = {}
    for name, segment in parameters:
        parts, stem = words(name), words(noun(segment))
        if len(parts) == len(stem) + 1 and [singular(part) for part in parts[:-1]] == stem:
            found.add(parts[-1])
        elif len(parts) == 1:
            alone.setdefault(parts[0], set()).add(noun(segment))
    found |= {word for word, segments in alone.items() if len(segments) > 1}
    return Vocabulary(IDENTIFYING | found)


def same(a: str, b: str) -> bool:
    """Whether two names are one name in different spelling: `userId`, `user_id`."""
    return _split(a) == _split(b)

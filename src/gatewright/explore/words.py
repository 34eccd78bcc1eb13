"""Names of an API taken apart: words, singular, and whether a name looks like one that identifies something.

Only weak evidence comes from here: an API may name its things in any language, so structure is asked first.
"""

from __future__ import annotations

import re

_WORD = re.compile(r"[A-Z]+(?=[A-Z][a-z])|[A-Z]?[a-z]+|[A-Z]+|\d+|[^\W\d_a-zA-Z]+")
_VERSION = re.compile(r"v\d+(\.\d+)*|api|rest|latest", re.IGNORECASE)

IDENTIFYING = frozenset({"id", "ids", "uuid", "guid", "uid", "key", "slug", "number", "no", "ref", "pk", "code"})
"""Last words of names whose value names an object."""


def words(name: str) -> list[str]:
    """`orderId`, `order_id`, `Order-ID` → `["order", "id"]`."""
    return [word.lower() for word in _WORD.findall(name)]


def singular(word: str) -> str:
    """`orders` → `order`, `categories` → `category`, `boxes` → `box`; made-up words by the same rules."""
    if len(word) > 4 and word.endswith("ies"):
        return word[:-3] + "y"
    if len(word) > 4 and word.endswith(("sses", "xes", "ches", "shes", "zes")):
        return word[:-2]
    if len(word) > 3 and word.endswith("s") and not word.endswith(("ss", "us", "is")):
        return word[:-1]
    return word


def noun(name: str) -> str:
    """The name in the one spelling that resources are compared by: `LineItems` → `line_item`."""
    parts = words(name)
    return "_".join([*parts[:-1], singular(parts[-1])]) if parts else name.lower()


def is_version(segment: str) -> bool:
    """Whether a path segment says nothing of what stands below it: `v1`, `api`."""
    return bool(_VERSION.fullmatch(segment))


def prefix(name: str) -> str:
    """What a name refers to: `order_id` → `order`, `productIds` → `product`; empty for `id` and other words."""
    parts = words(name)
    if len(parts) >= 2 and parts[-1] in IDENTIFYING:
        return "_".join([*parts[:-2], singular(parts[-2])])
    return ""


def generic(name: str) -> bool:
    """Whether a name only says that it names something, not what: `id`, `uuid`, `_id`, `key`."""
    parts = words(name)
    return len(parts) == 1 and parts[0] in IDENTIFYING


def same(a: str, b: str) -> bool:
    """Whether two names are one name in different spelling: `userId`, `user_id`."""
    return words(a) == words(b)

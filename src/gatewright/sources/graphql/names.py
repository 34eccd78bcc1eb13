"""Names of a schema: words, plurals, and what a name says that a field does."""

from __future__ import annotations

import re
from typing import Literal

from gatewright.model.names import singular

Deed = Literal["create", "update", "delete", ""]

_WORD = re.compile(r"[A-Z]+(?=[A-Z][a-z])|[A-Z]?[a-z]+|[A-Z]+|\d+|[^\W\d_a-zA-Z]+")
IDENTIFYING = frozenset({"id", "ids", "uuid", "guid", "uid", "key", "slug", "number", "no", "ref", "pk", "code"})
"""Last words of arguments whose value names an object."""
_DEEDS: dict[str, Deed] = {
    **dict.fromkeys(("create", "add", "new", "make", "insert", "book", "place", "post", "open", "start"), "create"),
    **dict.fromkeys(("update", "edit", "change", "modify", "patch", "set", "rename"), "update"),
    **dict.fromkeys(("delete", "remove", "destroy", "erase"), "delete"),
}


def words(name: str) -> list[str]:
    """`createOrder` → `["create", "order"]`."""
    return [word.lower() for word in _WORD.findall(name)]


def noun(name: str) -> str:
    """The one spelling that nouns are compared by: `OrderItems` → `order_item`."""
    parts = words(name)
    return "_".join([*parts[:-1], singular(parts[-1])]) if parts else name.lower()


def deed(name: str) -> Deed:
    """What a mutation does by its first or last word: `orderCreate` makes one; empty: nothing says so."""
    parts = words(name)
    return next((_DEEDS[part] for part in (*parts[:1], *parts[-1:]) if part in _DEEDS), "")


def thing(name: str) -> str:
    """What a mutation is about: its name without the word for what it does."""
    parts = words(name)
    left = parts[1:] if parts[:1] and parts[0] in _DEEDS else parts[:-1] if parts and parts[-1] in _DEEDS else parts
    return noun("_".join(left)) if left else ""


def collection(name: str) -> str:
    """The plural of a type's name, as a segment of a path: `OrderItem` → `orderItems`, `Category` → `categories`."""
    start = name[:1].lower() + name[1:]
    if singular(start.lower()) != start.lower():
        return start
    if start.endswith("y") and start[-2:-1] not in "aeiou":
        return start[:-1] + "ies"
    return start + ("es" if start.endswith(("s", "x", "z", "ch", "sh")) else "s")

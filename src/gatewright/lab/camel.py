"""camelCase on the wire, snake_case behind it; over made-up words as well."""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import Any

from gatewright.lab.scramble import Names


class Camel(Names):
    """Spells the known names of `inner` in camelCase, and back: an involution as its parent is."""

    def __init__(self, inner: Names, known: Iterable[str]) -> None:
        self._inner = inner
        self._swap: dict[str, str] = {}
        for text in known:
            for name in re.findall(r"[a-z]+(?:_[a-z]+)+", text):
                wire = _camel(inner.word(name))
                self._swap[name], self._swap[wire] = wire, name

    def word(self, name: str) -> str:
        """`order_id` ↔ `orderId`; of a dotted name each part."""
        if "." in name:
            return ".".join(self.word(part) for part in name.split("."))
        return self._swap.get(name) or self._inner.word(name)

    def path(self, template: str) -> str:
        """The names in braces; literal segments are as `inner` has them."""
        segments = zip(template.split("/"), self._inner.path(template).split("/"), strict=True)
        return "/".join(
            "{" + self.word(real[1:-1]) + "}" if real.startswith("{") else literal for real, literal in segments
        )

    def body(self, value: Any) -> Any:
        """The property names at every depth."""
        if isinstance(value, dict):
            return {self.word(name): self.body(inner) for name, inner in value.items()}
        if isinstance(value, list):
            return [self.body(inner) for inner in value]
        return value

    @property
    def plain(self) -> bool:
        """As `inner` is."""
        return self._inner.plain


def _camel(name: str) -> str:
    first, *others = name.split("_")
    return first + "".join(word.capitalize() for word in others)

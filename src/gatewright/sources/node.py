"""A value of a document that knows where it stands, and reports what is not as it should be."""

from __future__ import annotations

from collections.abc import Iterator

from gatewright.model.json import Json
from gatewright.sources.document import Document
from gatewright.sources.problems import Problems
from gatewright.sources.syntax_json import Path

_NAMES = {str: "a string", bool: "a boolean", int: "a number", float: "a number", list: "a list", dict: "an object"}


class Node:
    """One value with its place. Asking for a type that it has not reports a problem and gives the empty value."""

    __slots__ = ("document", "key", "parent", "problems", "value")

    def __init__(
        self,
        value: Json,
        document: Document,
        *,
        problems: Problems,
        parent: Node | None = None,
        key: str | int = "",
    ) -> None:
        self.value = value
        self.document = document
        self.problems = problems
        self.parent = parent
        self.key = key

    @property
    def path(self) -> Path:
        """Keys from the root of its document."""
        path: list[str | int] = []
        node: Node = self
        while node.parent is not None:
            path.append(node.key)
            node = node.parent
        return tuple(reversed(path))

    @property
    def identity(self) -> tuple[str, Path]:
        """Document and path: the same for the same place, however it was reached."""
        return self.document.uri, self.path

    @property
    def where(self) -> str:
        """`openapi.yaml:17:7`."""
        return self.document.where(self.path)

    @property
    def line(self) -> str:
        """`openapi.yaml:17`."""
        return self.document.line(self.path)

    def report(self, code: str, message: str) -> None:
        """Adds a problem at this place."""
        if not self.problems.full:
            self.problems.add(code, message, where=self.where)
        else:
            self.problems.add(code, message, where="/".join(map(str, self.path)))

    def child(self, key: str | int) -> Node | None:
        """The member or item; None when there is none (also for null)."""
        value: Json = None
        if isinstance(self.value, dict) and isinstance(key, str):
            value = self.value.get(key)
        elif isinstance(self.value, list) and isinstance(key, int) and 0 <= key < len(self.value):
            value = self.value[key]
        if value is None:
            return None
        return Node(value, self.document, problems=self.problems, parent=self, key=key)

    def has(self, key: str) -> bool:
        """Whether a member stands there, null included."""
        return isinstance(self.value, dict) and key in self.value

    def mapping(self, key: str) -> Node | None:
        """The member, when it is an object."""
        return self._typed(key, dict)

    def members(self, key: str | None = None) -> Iterator[tuple[str, Node]]:
        """Members that are not null, of the value or of its member `key`."""
        node = self if key is None else self.mapping(key)
        if node is None or not node.is_object():
            return
        for name in node.value if isinstance(node.value, dict) else ():
            child = node.child(name)
            if child is not None:
                yield name, child

    def items(self, key: str) -> Iterator[Node]:
        """Items that are not null, of the list at `key`."""
        node = self._typed(key, list)
        if node is None:
            return
        for index in range(len(node.value) if isinstance(node.value, list) else 0):
            child = node.child(index)
            if child is not None:
                yield child

    def is_object(self) -> bool:
        """Whether it is an object; reports when not."""
        if isinstance(self.value, dict):
            return True
        self.report("GW-S040", f"expected an object, found {_kind(self.value)}; left out")
        return False

    def text(self, key: str) -> str:
        """The string at a key; numbers as their text (a version `1.0` without quotes); empty when absent."""
        value = self.value.get(key) if isinstance(self.value, dict) else None
        if isinstance(value, str):
            return value
        if value is None or isinstance(value, (bool, list, dict)):
            if value is not None:
                self._wrong(key, "a string")
            return ""
        return str(value)

    def texts(self, key: str) -> tuple[str, ...]:
        """The strings of the list at a key; others are reported."""
        found = []
        for item in self.items(key):
            if isinstance(item.value, str):
                found.append(item.value)
            elif isinstance(item.value, (int, float)) and not isinstance(item.value, bool):
                found.append(str(item.value))
            else:
                item.report("GW-S040", f"expected a string, found {_kind(item.value)}; left out")
        return tuple(found)

    def flag(self, key: str) -> bool:
        """The boolean at a key; False when absent. `"true"` in quotes counts, and is reported."""
        value = self.value.get(key) if isinstance(self.value, dict) else None
        if isinstance(value, bool):
            return value
        if value in ("true", "false"):
            (self.child(key) or self).report("GW-S040", f"`{key}`: a boolean in quotes; read without them")
        elif value is not None:
            self._wrong(key, "a boolean")
        return value == "true"

    def number(self, key: str) -> float | None:
        """The number at a key; None when absent or too large for a double."""
        value = self.value.get(key) if isinstance(self.value, dict) else None
        if isinstance(value, (int, float)) and not isinstance(value, bool):
            try:
                return float(value)
            except OverflowError:
                self._wrong(key, "a number that a double holds")
                return None
        if value is not None:
            self._wrong(key, "a number")
        return None

    def count(self, key: str) -> int | None:
        """The length limit at a key, from 0 up."""
        number = self.number(key)
        if number is None:
            return None
        if number < 0 or number != int(number):
            self._wrong(key, "a whole number from 0 up")
            return None
        return int(number)

    def _typed(self, key: str, kind: type) -> Node | None:
        child = self.child(key)
        if child is None or isinstance(child.value, kind):
            return child
        child.report("GW-S040", f"`{key}`: expected {_NAMES[kind]}, found {_kind(child.value)}; left out")
        return None

    def _wrong(self, key: str, expected: str) -> None:
        child = self.child(key) or self
        child.report("GW-S040", f"`{key}`: expected {expected}, found {_kind(child.value)}; left out")


def _kind(value: Json) -> str:
    return "null" if value is None else _NAMES.get(type(value), "something else")

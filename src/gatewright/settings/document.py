"""Reading `gatewright.yaml` with the position of every key and value, so that each error says where.

Values stay text until a reader asks for a type: `username: 0123` keeps its zero, and `${ENV}` is filled in last.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import NoReturn

import yaml

from gatewright.model.errors import UsageError
from gatewright.model.json import Json
from gatewright.settings.units import seconds, size, suggestion

MAX_NODES = 100_000
"""An alias that doubles itself must not fill the memory."""
MAX_DEPTH = 64
_ENV = re.compile(r"\$\{([^}]*)\}")
_TRUE, _FALSE = ("true", "yes", "on"), ("false", "no", "off")
_NULL = "tag:yaml.org,2002:null"


@dataclass(frozen=True)
class Node:
    """One value of the document: a scalar (`raw`), a list (`items`) or a mapping (`keys`)."""

    file: str
    line: int
    column: int
    environ: Mapping[str, str]
    tag: str
    raw: str = ""
    items: tuple[Node, ...] = ()
    keys: dict[str, tuple[Node, Node]] = field(default_factory=dict)
    """Key → (the key itself, its value)."""
    kind: str = "scalar"

    @property
    def where(self) -> str:
        """`gatewright.yaml:4:9`."""
        return f"{self.file}:{self.line}:{self.column}"

    @property
    def empty(self) -> bool:
        """Null, or nothing at all."""
        return self.kind == "scalar" and self.tag == _NULL

    def fail(self, what: str, *, code: str = "GW-C004", help: str = "") -> NoReturn:  # noqa: A002
        """Raises the error that points here."""
        raise UsageError(what, code=code, where=self.where, help=help)

    def text(self) -> str:
        """A scalar as it is written, with `${ENV}` filled in."""
        if self.kind != "scalar" or self.empty:
            self.fail(f"expected a text, found {self._found()}")
        return _ENV.sub(self._variable, self.raw)

    def texts(self) -> tuple[str, ...]:
        """One text or a list of them; null is none."""
        if self.empty:
            return ()
        return tuple(item.text() for item in self.items) if self.kind == "list" else (self.text(),)

    def word(self, *known: str) -> str:
        """One of these words."""
        value = self.text()
        if value not in known:
            self.fail(f"`{self.raw}` is not possible here", help=suggestion(value, known))
        return value

    def boolean(self) -> bool:
        """True or false."""
        value = self.text().lower()
        if value not in _TRUE + _FALSE:
            self.fail(f"expected true or false, found `{self.raw}`")
        return value in _TRUE

    def integer(self, *, least: int = 0) -> int:
        """A whole number, not below `least`."""
        value = self.text().replace("_", "")
        if not re.fullmatch(r"-?\d{1,18}", value, re.ASCII) or int(value) < least:
            self.fail(f"expected a whole number from {least} up, found `{self.raw}`")
        return int(value)

    def number(self) -> float:
        """A number above 0."""
        value = self.text()
        if not re.fullmatch(r"\d+(\.\d+)?", value, re.ASCII) or not float(value) > 0:
            self.fail(f"expected a number above 0, found `{self.raw}`")
        return float(value)

    def seconds(self) -> float:
        """A time above 0: `90`, `10m`, `1h30m`."""
        value = seconds(self.text())
        if not value:
            self.fail(f"expected a time, found `{self.raw}`", help="write it like 90s, 10m or 1h30m")
        return value

    def size(self) -> int:
        """A size above 0: `5MiB`."""
        value = size(self.text())
        if not value:
            self.fail(f"expected a size, found `{self.raw}`", help="write it like 500KiB, 5MiB or 1GB")
        return value

    def mapping(self, known: tuple[str, ...] = ()) -> dict[str, Node]:
        """Key → value; null is empty. With `known`, any other key is an error that names the nearest."""
        if self.empty:
            return {}
        if self.kind != "mapping":
            self.fail(f"expected keys with values, found {self._found()}")
        for name, (key, _) in self.keys.items():
            if known and name not in known:
                key.fail(f"unknown key `{name}`", code="GW-C003", help=suggestion(name, known))
        return {name: value for name, (_, value) in self.keys.items()}

    def table(self) -> dict[str, str]:
        """Name → text."""
        return {name: value.text() for name, value in self.mapping().items()}

    def sequence(self) -> tuple[Node, ...]:
        """The items of a list; null is none."""
        if self.empty:
            return ()
        if self.kind != "list":
            self.fail(f"expected a list, found {self._found()}")
        return self.items

    def json(self) -> Json:
        """The value with its YAML types."""
        if self.kind == "mapping":
            return {name: value.json() for name, value in self.mapping().items()}
        if self.kind == "list":
            return [item.json() for item in self.items]
        if self.empty:
            return None
        kind = self.tag.rpartition(":")[2]
        if kind == "bool":
            return self.boolean()
        try:
            if kind == "int":
                return int(self.raw.replace("_", ""), 10)
            if kind == "float":
                return float(self.raw.replace("_", ""))
        except ValueError:
            return self.text()  # YAML 1.1 also reads 1:30 and 0x1f as numbers; nobody means that here
        return self.text()

    def _found(self) -> str:
        if self.empty:
            return "nothing"
        return {"list": "a list", "mapping": "keys with values"}.get(self.kind, f"`{self.raw}`")

    def _variable(self, match: re.Match[str]) -> str:
        name = match[1]
        if name not in self.environ:
            self.fail(
                f"the environment variable {name} is not set",
                code="GW-C005",
                help=f"export {name}=…, or write the value itself",
            )
        return self.environ[name]


def parse(text: str, *, file: str, environ: Mapping[str, str]) -> Node:
    """The document as nodes. Raises UsageError with the position for broken YAML, duplicate keys and endless aliases."""
    try:
        root = yaml.compose(text, Loader=yaml.SafeLoader)
    except yaml.MarkedYAMLError as error:
        mark = error.problem_mark or error.context_mark
        where = f"{file}:{mark.line + 1}:{mark.column + 1}" if mark else file
        raise UsageError(f"not YAML: {error.problem or error.context}", code="GW-C002", where=where) from None
    except (yaml.YAMLError, RecursionError, ValueError) as error:
        what = str(error).splitlines()[0]
        raise UsageError(f"not YAML: {what}", code="GW-C002", where=file) from None
    if root is None:
        return Node(file, 1, 1, environ, _NULL)
    return _Walk(file, environ).node(root, 0)


class _Walk:
    """Turns PyYAML's nodes into ours."""

    def __init__(self, file: str, environ: Mapping[str, str]) -> None:
        self.file, self.environ, self.count = file, environ, 0

    def node(self, found: yaml.Node, depth: int) -> Node:
        self.count += 1
        line, column = found.start_mark.line + 1, found.start_mark.column + 1
        if self.count > MAX_NODES or depth > MAX_DEPTH:
            raise UsageError("too deep or too large", code="GW-C002", where=f"{self.file}:{line}:{column}")
        here = Node(self.file, line, column, self.environ, found.tag)
        if isinstance(found, yaml.SequenceNode):
            items = tuple(self.node(item, depth + 1) for item in found.value)
            return Node(self.file, line, column, self.environ, found.tag, items=items, kind="list")
        if isinstance(found, yaml.MappingNode):
            keys: dict[str, tuple[Node, Node]] = {}
            for key, value in found.value:
                name = self.node(key, depth + 1)
                if name.kind != "scalar":
                    name.fail("a key must be a word", code="GW-C002")
                if name.raw in keys:
                    name.fail(f"`{name.raw}` stands twice", code="GW-C002", help=f"first at {keys[name.raw][0].where}")
                keys[name.raw] = (name, self.node(value, depth + 1))
            return Node(self.file, line, column, self.environ, found.tag, keys=keys, kind="mapping")
        if not isinstance(found, yaml.ScalarNode):
            here.fail("this kind of value cannot be read", code="GW-C002")
        return Node(self.file, line, column, self.environ, found.tag, raw=str(found.value))

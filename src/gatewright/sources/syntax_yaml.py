"""YAML text to plain values with the place of every node (YAML 1.2 core schema, so that JSON and YAML agree).

Dates, `yes`, `on` and `=` stay strings, as in YAML 1.2; keys are always the text that stands there (`200` → "200").
Anchors, aliases and merge keys are followed; an alias inside its own anchor is cut.
"""

from __future__ import annotations

import math
import re
from typing import Any

import yaml
from yaml import events
from yaml.nodes import MappingNode, Node, ScalarNode, SequenceNode

from gatewright.model.json import Json
from gatewright.sources.syntax_json import DEEPEST, Path, Report, UnreadableError

_TAG = "tag:yaml.org,2002:"
_INTEGER = re.compile(r"[-+]?[0-9]+|0o[0-7]+|0x[0-9a-fA-F]+")
_FLOAT = re.compile(r"[-+]?(?:\.[0-9]+|[0-9]+(?:\.[0-9]*)?)(?:[eE][-+]?[0-9]+)?")
_ODD_FLOAT = re.compile(r"[-+]?\.(?:inf|Inf|INF)|\.(?:nan|NaN|NAN)")
_NULL = re.compile(r"~|null|Null|NULL|")
_BOOLEAN = re.compile(r"true|True|TRUE|false|False|FALSE")
_LEADING_TAB = re.compile(r"^ *\t", re.MULTILINE)
_PLAIN = "plain"
"""Tag of an unquoted scalar without a tag of its own: what it is follows from its text."""
_UNQUOTED = frozenset((_PLAIN, _TAG + "int", _TAG + "float", _TAG + "bool", _TAG + "null"))
MOST_NODES = 3_000_000
"""Values made of one text: aliases of aliases of aliases must not fill the memory of whoever walks them."""


def compose(text: str, report: Report) -> Node | None:
    """The tree of the first document of a YAML text; None for an empty one. Raises UnreadableError.

    Tabs that indent are against YAML, and common: they are read as 2, 4 or 8 blanks, whichever gives a tree.
    """
    try:
        return _compose(text)
    except UnreadableError:
        if not _LEADING_TAB.search(text):
            raise
        for width in (2, 4, 8):
            spaced = "\n".join(_indent(line, width) for line in text.split("\n"))
            try:
                node = _compose(spaced)
            except UnreadableError:
                continue
            report(
                "GW-S049",
                f"tabs indent lines, which YAML forbids; read as {width} blanks",
                text.count("\n", 0, text.find("\t")) + 1,
                0,
            )
            return node
        raise


def _indent(line: str, width: int) -> str:
    rest = line.lstrip(" \t")
    return line[: len(line) - len(rest)].replace("\t", " " * width) + rest


def _compose(text: str) -> Node | None:
    try:
        return _tree(getattr(yaml, "CSafeLoader", yaml.SafeLoader)(text))
    except yaml.MarkedYAMLError as error:
        mark = error.problem_mark or error.context_mark
        message = error.problem or error.context or "not YAML"
        raise UnreadableError(message, mark.line + 1 if mark else 0, mark.column + 1 if mark else 0) from error
    except (yaml.YAMLError, ValueError) as error:
        raise UnreadableError(str(error).split("\n", 1)[0]) from error


def _tree(parser: Any) -> Node | None:
    """Nodes from the parser's events. libyaml's own composer calls itself per level: deep nesting ends the process."""
    anchors: dict[str, Node] = {}
    root = SequenceNode(_TAG + "seq", [])
    stack: list[Node] = [root]
    while parser.check_event():
        event = parser.get_event()
        if isinstance(event, (events.SequenceEndEvent, events.MappingEndEvent)):
            _pair(stack.pop())
            continue
        if isinstance(event, events.DocumentEndEvent):
            break
        if isinstance(event, events.AliasEvent):
            if event.anchor not in anchors:
                raise UnreadableError(f"no anchor is named {event.anchor!r}", *_start(event))
            stack[-1].value.append(anchors[event.anchor])
        elif isinstance(event, events.NodeEvent):
            node = _node(event)
            stack[-1].value.append(node)
            if event.anchor:
                anchors[event.anchor] = node
            if not isinstance(node, ScalarNode):
                stack.append(node)
        if len(stack) > DEEPEST:
            raise UnreadableError("nested too deeply", *_start(event))
    return root.value[0] if root.value else None


def _node(event: Any) -> Node:
    marks = event.start_mark, event.end_mark
    if type(event) is events.ScalarEvent:
        plain = event.tag is None and event.implicit[0]
        return ScalarNode(_PLAIN if plain else event.tag or _TAG + "str", event.value, *marks)
    kind = MappingNode if type(event) is events.MappingStartEvent else SequenceNode
    return kind(event.tag or _TAG, [], *marks)


def _pair(node: Node) -> None:
    """A finished mapping holds pairs; while it was open it held keys and values in turn."""
    if isinstance(node, MappingNode):
        node.value = list(zip(node.value[::2], node.value[1::2], strict=True))


def _start(event: Any) -> tuple[int, int]:
    return event.start_mark.line + 1, event.start_mark.column + 1


class Builder:
    """Plain values from nodes."""

    def __init__(self, report: Report) -> None:
        self._report = report
        self._made: dict[int, tuple[Json, int]] = {}
        self._open: set[int] = set()

    def build(self, node: Node | None, depth: int = 0) -> Json:
        """The value of a node. Raises UnreadableError when it is nested too deeply or unfolds beyond all bounds."""
        return None if node is None else self._value(node, depth)[0]

    def _value(self, node: Node, depth: int) -> tuple[Json, int]:
        """The value, and how many values it holds with every alias unfolded."""
        if id(node) in self._made:
            return self._made[id(node)]
        if isinstance(node, ScalarNode):
            return self._scalar(node), 1
        if depth > DEEPEST:
            raise UnreadableError("nested too deeply", *place(node))
        if id(node) in self._open:
            self._report("GW-S041", "an alias stands inside its own anchor; left out", *place(node))
            return None, 1
        self._open.add(id(node))
        value, size = self._sequence(node, depth) if isinstance(node, SequenceNode) else self._mapping(node, depth)
        self._open.discard(id(node))
        if size > MOST_NODES:
            raise UnreadableError("aliases unfold to millions of values", *place(node))
        self._made[id(node)] = value, size
        return value, size

    def _sequence(self, node: SequenceNode, depth: int) -> tuple[Json, int]:
        parts = [self._value(item, depth + 1) for item in node.value]
        return [value for value, _ in parts], 1 + sum(size for _, size in parts)

    def _mapping(self, node: Node, depth: int) -> tuple[Json, int]:
        value: dict[str, Json] = {}
        total = 1
        merged: list[dict[str, Json]] = []
        for key, item in node.value if isinstance(node, MappingNode) else ():
            made, size = self._value(item, depth + 1)
            total += size
            if _is_merge(key):
                merged += [part for part in (made if isinstance(made, list) else [made]) if isinstance(part, dict)]
                continue
            name = self._key(key, depth)
            if name in value:
                self._report("GW-S043", f"the key {name!r} is given twice; the last one counts", *place(key))
            value[name] = made
        for part in merged:
            for name, made in part.items():
                value.setdefault(name, made)
        return value, total

    def _key(self, node: Node, depth: int) -> str:
        if isinstance(node, ScalarNode):
            return str(node.value)
        self._report("GW-S040", "a key that is not a string; read as its text", *place(node))
        return str(self._value(node, depth + 1)[0])[:200]

    def _scalar(self, node: ScalarNode) -> Json:
        text: str = node.value
        if node.tag not in _UNQUOTED:
            return text
        if _NULL.fullmatch(text):
            return None
        if _BOOLEAN.fullmatch(text):
            return text[0] in "tT"
        if _INTEGER.fullmatch(text):
            return self._integer(text, node)
        if _FLOAT.fullmatch(text):
            number = float(text)
            if not math.isinf(number):
                return number
        elif not _ODD_FLOAT.fullmatch(text):
            return text
        self._report("GW-S048", f"{text[:40]} is not a number that JSON can hold; read as null", *place(node))
        return None

    def _integer(self, text: str, node: ScalarNode) -> Json:
        if len(text) > 400:
            self._report("GW-S048", f"a number of {len(text)} digits is too large; read as null", *place(node))
            return None
        if text.startswith(("0o", "0x")):
            return int(text, 0)
        return int(text)


def _is_merge(key: Node) -> bool:
    return isinstance(key, ScalarNode) and key.value == "<<" and key.tag == _PLAIN


Index = dict[int, dict[str | None, tuple[Node, Node]]]
"""Mapping nodes by their identity → their pairs by key."""


def find(node: Node | None, path: Path, index: Index) -> Node | None:
    """The node at a path: for a member of a mapping its key, for an item of a sequence the item.

    `index` remembers the keys of mappings from one call to the next; give an empty one per tree.
    """
    for position, step in enumerate(path):
        last = position == len(path) - 1
        if isinstance(node, MappingNode):
            if id(node) not in index:
                index[id(node)] = {_text(pair[0]): pair for pair in node.value}
            pair = index[id(node)].get(step if isinstance(step, str) else None)
            if pair is None:
                return node
            node = pair[0] if last else pair[1]
        elif isinstance(node, SequenceNode) and isinstance(step, int) and step < len(node.value):
            node = node.value[step]
        else:
            return node
    return node


def place(node: Node | None) -> tuple[int, int]:
    """Line and column of a node, both counted from 1; zeros for none."""
    if node is None:
        return 0, 0
    return node.start_mark.line + 1, node.start_mark.column + 1


def _text(node: Node) -> str | None:
    return str(node.value) if isinstance(node, ScalarNode) else None

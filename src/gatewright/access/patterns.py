"""Strings that match a regular expression of a schema (ECMA 262 as JSON Schema uses it; the usual subset).

Understood: literals, escapes, classes, groups, alternatives, quantifiers, anchors. Look-around and back-references are
passed over while generating; what comes out is then tried against the expression itself, so that a wrong guess is
never given out.
"""

from __future__ import annotations

import random
import re
import string
import warnings
from dataclasses import dataclass

_CLASSES = {
    "d": string.digits,
    "w": string.ascii_letters + string.digits + "_",
    "s": " ",
    "D": string.ascii_letters,
    "W": "-",
    "S": string.ascii_letters + string.digits,
}
_PRINTABLE = string.ascii_letters + string.digits + " -_.,:;!?@#%&*+=/()[]{}<>|~^$'\"\\`"
_ANY = string.ascii_lowercase + string.digits
_CONTROL = {"n": "\n", "t": "\t", "r": "\r", "f": "\f", "v": "\v", "0": "\0"}
_TRIES = 24
_LONGEST = 512


class _UnreadableError(Exception):
    """The expression uses something that is not understood."""


@dataclass
class _Set:
    characters: str


@dataclass
class _Repeat:
    item: _Node
    low: int
    high: int | None


@dataclass
class _Sequence:
    items: list[_Node]


@dataclass
class _Choice:
    options: list[_Node]


_Node = _Set | _Repeat | _Sequence | _Choice


def matching(pattern: str, source: random.Random, *, low: int = 0, high: int | None = None) -> str | None:
    """A string of `low` to `high` characters that matches; None when none was found or the expression is not understood.

    The same state of `source` gives the same string.
    """
    try:
        tree = _Reader(pattern).read()
    except (_UnreadableError, IndexError, ValueError):
        tree = None
    checker = _compile(pattern, tree)
    candidates = [] if tree is None else [_write(tree, source, extra) for extra in range(_TRIES)]
    for candidate in [*candidates, *_guesses(source, low, high)]:
        if low <= len(candidate) <= (high if high is not None else _LONGEST) and (
            checker is None or checker.search(candidate)
        ):
            return candidate
        if checker is None and tree is None:
            return None
    return None


def fits(pattern: str, value: str) -> bool:
    """Whether a value matches; True when the expression cannot be tried (not understood, or dangerously slow)."""
    try:
        tree = _Reader(pattern).read()
    except (_UnreadableError, IndexError, ValueError):
        tree = None
    checker = _compile(pattern, tree)
    return checker is None or checker.search(value[:_LONGEST]) is not None


def _compile(pattern: str, tree: _Node | None) -> re.Pattern[str] | None:
    """The expression for trying; None when Python refuses it or when nested repeats could take for ever."""
    if tree is None and re.search(r"[+*}]\)?[+*{]", pattern):
        return None
    if tree is not None and _nested(tree, False):
        return None
    ours = re.sub(r"\(\?<(?=[A-Za-z_])", "(?P<", re.sub(r"\\p\{[^}]*\}", r"\\w", pattern))
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # `[[` means the same here and there, but Python warns
        try:
            return re.compile(ours)
        except (re.error, OverflowError):
            return None


def _nested(node: _Node, inside: bool) -> bool:
    if isinstance(node, _Repeat):
        unbounded = node.high is None or node.high > 8
        return (inside and unbounded) or _nested(node.item, inside or unbounded)
    if isinstance(node, _Sequence):
        return any(_nested(item, inside) for item in node.items)
    if isinstance(node, _Choice):
        return any(_nested(item, inside) for item in node.options)
    return False


def _write(node: _Node, source: random.Random, extra: int) -> str:
    if isinstance(node, _Set):
        return source.choice(node.characters)
    if isinstance(node, _Sequence):
        return "".join(_write(item, source, extra) for item in node.items)
    if isinstance(node, _Choice):
        return _write(source.choice(node.options) if extra else node.options[0], source, extra)
    most = node.low + extra if node.high is None else min(node.high, node.low + extra)
    return "".join(_write(node.item, source, extra) for _ in range(min(most, 64)))


def _guesses(source: random.Random, low: int, high: int | None) -> list[str]:
    """Strings for what only look-ahead describes, mostly rules for passwords."""
    letters = "".join(source.choice(string.ascii_lowercase) for _ in range(64))
    length = max(low, 12) if high is None else max(low, min(high, 12))
    return [("Gw7!" + letters)[:length], ("Gw7" + letters)[:length], ("gw" + letters)[:length], "7" * length]


class _Reader:
    """Reads an expression by recursive descent."""

    def __init__(self, pattern: str) -> None:
        self.text = pattern
        self.at = 0

    def read(self) -> _Node:
        tree = self.choice(0)
        if self.at < len(self.text):
            raise _UnreadableError
        return tree

    def choice(self, depth: int) -> _Node:
        if depth > 20:
            raise _UnreadableError
        options = [self.sequence(depth)]
        while self.peek() == "|":
            self.at += 1
            options.append(self.sequence(depth))
        return options[0] if len(options) == 1 else _Choice(options)

    def sequence(self, depth: int) -> _Node:
        items: list[_Node] = []
        while self.at < len(self.text) and self.text[self.at] not in "|)":
            item = self.item(depth)
            if item is not None:
                items.append(self.repeated(item))
        return _Sequence(items)

    def item(self, depth: int) -> _Node | None:
        character = self.take()
        if character in "^$":
            return None
        if character == ".":
            return _Set(_ANY)
        if character == "[":
            return self.set()
        if character == "(":
            return self.group(depth)
        if character == "\\":
            return self.escape()
        if character in "*+?":
            raise _UnreadableError
        return _Set(character)

    def group(self, depth: int) -> _Node | None:
        dropped = False
        if self.peek() == "?":
            head = re.compile(r"\?(?:(:)|(=|!|<=|<!)|P?<[A-Za-z_]\w*>)").match(self.text, self.at)
            if head is None:
                raise _UnreadableError
            dropped = head.group(2) is not None
            self.at = head.end()
        inner = self.choice(depth + 1)
        if self.take() != ")":
            raise _UnreadableError
        return None if dropped else inner

    def escape(self) -> _Node | None:
        character = self.take()
        if character in "bBAzZ":
            return None
        if character in "pP":
            end = self.text.index("}", self.at)
            name, self.at = self.text[self.at + 1 : end], end + 1
            return _Set(string.digits if name.startswith("N") else string.ascii_letters)
        if character.isdigit() and character != "0":
            raise _UnreadableError
        return _Set(self.escaped(character))

    def escaped(self, character: str) -> str:
        if character in _CLASSES:
            return _CLASSES[character]
        if character == "x":
            self.at += 2
            return chr(int(self.text[self.at - 2 : self.at], 16))
        if character == "u":
            self.at += 4
            return chr(int(self.text[self.at - 4 : self.at], 16))
        return _CONTROL.get(character, character)

    def set(self) -> _Node:
        negated = self.peek() == "^"
        self.at += negated
        characters: list[str] = []
        while self.peek() != "]":
            first = self.take()
            group = self.escaped(self.take()) if first == "\\" else first
            if len(group) == 1 and self.peek() == "-" and self.text[self.at + 1 : self.at + 2] not in ("]", ""):
                self.at += 1
                last = self.take()
                end = self.escaped(self.take()) if last == "\\" else last
                if ord(end[0]) < ord(group):
                    raise _UnreadableError
                group = "".join(chr(code) for code in range(ord(group), min(ord(end[0]), ord(group) + 255) + 1))
            characters.append(group)
        self.at += 1
        chosen = "".join(characters)
        if negated:
            chosen = "".join(c for c in _PRINTABLE if c not in chosen)
        plain = "".join(c for c in chosen if c.isalnum() and c.isascii())
        if not chosen:
            raise _UnreadableError
        return _Set(plain or chosen)

    def repeated(self, item: _Node) -> _Node:
        character = self.peek()
        bounds: tuple[int, int | None] | None = {"*": (0, None), "+": (1, None), "?": (0, 1)}.get(character)
        if bounds is not None:
            self.at += 1
        elif character == "{":
            counted = re.compile(r"\{(\d+)(,?)(\d*)\}").match(self.text, self.at)
            if counted is None:
                return item
            low, comma, high = counted.groups()
            self.at = counted.end()
            bounds = int(low), (int(high) if high else None) if comma else int(low)
        if bounds is None:
            return item
        if self.peek() in ("?", "+"):
            self.at += 1
        return _Repeat(item, *bounds)

    def peek(self) -> str:
        return self.text[self.at : self.at + 1]

    def take(self) -> str:
        self.at += 1
        return self.text[self.at - 1]

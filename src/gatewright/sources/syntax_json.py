"""JSON text to plain values, tolerant of what real files hold, and the place of every value (RFC 8259).

Values and places are found apart: the standard decoder is fast, and places are needed only when something is reported.
"""

from __future__ import annotations

import bisect
import json
import math
import re
from collections.abc import Callable

from gatewright.model.json import Json

Path = tuple[str | int, ...]
Report = Callable[[str, str, int, int], None]
"""Code, message, line and column, counted from 1 (0: unknown)."""

DEEPEST = 200
"""Levels of nesting that are read; real documents stay below 60."""

TOKEN = re.compile(r'[ \t\r\n]*(?:("(?:[^"\\]|\\.)*")|([{}\[\],:])|([^\s{}\[\],:"]+))', re.DOTALL)


class UnreadableError(Exception):
    """Text that cannot be read. `line` and `column` count from 1; 0: unknown."""

    def __init__(self, message: str, line: int = 0, column: int = 0) -> None:
        super().__init__(message)
        self.message = message
        self.line = line
        self.column = column


def decode(text: str, report: Report) -> Json:
    """The value of a JSON text. Later duplicates of a key win and are reported; NaN and Infinity become null.

    Raises UnreadableError.
    """
    doubled = False

    def pairs(items: list[tuple[str, Json]]) -> Json:
        nonlocal doubled
        value = dict(items)
        doubled = doubled or len(value) != len(items)
        return value

    def constant(word: str) -> Json:
        report("GW-S048", f"{word} is not JSON; read as null", 0, 0)
        return None

    def floating(digits: str) -> Json:
        value = float(digits)
        if math.isinf(value):
            report("GW-S048", f"the number {digits[:40]} is too large; read as null", 0, 0)
            return None
        return value

    def integer(digits: str) -> Json:
        if len(digits) > 400:
            report("GW-S048", f"a number of {len(digits)} digits is too large; read as null", 0, 0)
            return None
        return int(digits)

    decoder = json.JSONDecoder(
        object_pairs_hook=pairs, parse_constant=constant, parse_int=integer, parse_float=floating, strict=False
    )
    try:
        value: Json = decoder.decode(text)
    except json.JSONDecodeError as error:
        raise UnreadableError(error.msg, error.lineno, error.colno) from error
    except RecursionError as error:
        raise UnreadableError("nested too deeply") from error
    if doubled:
        line_column = lines(text)
        for name, offset in places(text)[1]:
            report("GW-S043", f"the key {name!r} is given twice; the last one counts", *line_column(offset))
    return value


def lines(text: str) -> Callable[[int], tuple[int, int]]:
    """A function from offsets in a text to line and column, both counted from 1."""
    starts = [0, *(found.end() for found in re.finditer("\n", text))]

    def line_column(offset: int) -> tuple[int, int]:
        line = bisect.bisect_right(starts, offset)
        return line, offset - starts[line - 1] + 1

    return line_column


def places(text: str) -> tuple[dict[Path, int], list[tuple[str, int]]]:
    """Offset of every value (of a member: of its key) in a text that `decode` has read, and keys given again."""
    found: dict[Path, int] = {}
    again: list[tuple[str, int]] = []
    stack: list[str | int] = []  # the key or index of each open container's present member
    kinds: list[str] = []
    awaiting_key = False
    for match in TOKEN.finditer(text):
        string, mark, _ = match.groups()
        start = match.start(match.lastindex or 0)
        if mark == ",":
            if kinds and kinds[-1] == "[":
                last = stack[-1]
                stack[-1] = last + 1 if isinstance(last, int) else 0
            awaiting_key = bool(kinds) and kinds[-1] == "{"
        elif mark in ("}", "]"):
            if kinds:
                kinds.pop()
                stack.pop()
            awaiting_key = False
        elif mark == ":":
            awaiting_key = False
        elif awaiting_key and string:
            stack[-1] = name = json.loads(string, strict=False)
            if tuple(stack) in found:
                again.append((name, start))
            found[tuple(stack)] = start
        else:
            found.setdefault(tuple(stack), start)
            if mark:
                kinds.append(mark)
                stack.append(0 if mark == "[" else "")
                awaiting_key = mark == "{"
    return found, again

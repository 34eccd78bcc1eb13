"""A JSON or YAML text that ends too early → the longest sound part of it, from its beginning."""

from __future__ import annotations

from collections.abc import Iterator

from gatewright.sources.syntax_json import TOKEN

_CLOSING = {"{": "}", "[": "]"}
_MOST_LINES = 512


def sound_parts(text: str, *, fault_line: int) -> Iterator[str]:
    """Texts to try, the longest first: prefixes of the text, brackets closed. None when the fault is not at its end."""
    if text.lstrip()[:1] in ("{", "["):
        head = _json(text)
        if head:
            yield head
        return
    lines = text.rstrip().split("\n")
    if fault_line < len(lines):
        return
    dropped = 1
    while dropped < len(lines) and dropped <= _MOST_LINES:
        yield "\n".join(lines[:-dropped]) + "\n"
        dropped *= 2


def _json(text: str) -> str:
    """The text up to its last whole value, every bracket closed; empty when it ends soundly or breaks before its end."""
    open_: list[str] = []
    sound, closing = 0, ""
    after_colon = False
    position = 0
    while (match := TOKEN.match(text, position)) is not None:
        string, mark, _ = match.groups()
        position = match.end()
        if mark and mark in "{[":
            open_.append(mark)
        elif mark and mark in "}]":
            if not open_ or _CLOSING[open_.pop()] != mark:
                return ""
        elif mark:
            after_colon = mark == ":"
            continue
        elif not open_ or (position == len(text) and not string):  # a number or word that may go on
            break
        elif open_[-1] == "{" and not after_colon:
            continue  # a key
        after_colon = False
        sound, closing = position, "".join(_CLOSING[kind] for kind in reversed(open_))
    rest = text[position:].lstrip()
    if not closing or (rest and not rest.startswith('"')):
        return ""
    return text[:sound] + closing

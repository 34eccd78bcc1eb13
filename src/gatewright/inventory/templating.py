"""Paths seen in traffic → path templates: identifiers become parameters, words stay.

Only the path itself decides, so that any two halves of the traffic give templates that merge.
"""

from __future__ import annotations

import re
from urllib.parse import unquote

_UUID = re.compile(r"[0-9a-fA-F]{8}-(?:[0-9a-fA-F]{4}-){3}[0-9a-fA-F]{12}")
_INTEGER = re.compile(r"[-+]?\d{1,40}")
_DATE = re.compile(r"\d{4}-\d{2}-\d{2}(?:T[\d:.]+(?:Z|[-+]\d{2}:?\d{2})?)?")
_EMAIL = re.compile(r"[^@/\s]+@[^@/\s]+\.[A-Za-z]{2,}")
_HEX = re.compile(r"[0-9a-fA-F]{8,}")
_NUMBERED = re.compile(r"[A-Za-z]{1,12}[-_]\d{3,}")
_WORDLIKE = re.compile(r"[A-Za-z0-9_~=-]+")
_TOKEN = re.compile(r"eyJ[A-Za-z0-9_-]+\.[A-Za-z0-9_-]+(?:\.[A-Za-z0-9_-]*)?")
_SESSION = re.compile(r";jsessionid=[^/;]*", re.IGNORECASE)
_CHANGES = re.compile(r"(?<=[A-Za-z])(?=\d)|(?<=\d)(?=[A-Za-z])|(?<=[a-z])(?=[A-Z])")
_VERSION = re.compile(r"v\d+(?:\.\d+)*|api|rest", re.IGNORECASE)


def template(path: str) -> tuple[str, dict[str, str]]:
    """A path without query → its template and the values of its parameters, decoded.

    `/users/7/orders/9` → `/users/{userId}/orders/{orderId}`, {"userId": "7", "orderId": "9"}.
    """
    values: dict[str, str] = {}
    parts: list[str] = []
    before = ""
    for segment in _SESSION.sub("", path).split("/"):
        text = unquote(segment)
        kind = identifier(text)
        if kind:
            name = _unused(kind if kind in ("date", "email") else _name(before), values)
            values[name] = text
            parts.append("{" + name + "}")
            before = ""
        else:
            parts.append(segment.replace("{", "%7B").replace("}", "%7D"))
            before = text
    return "/".join(parts), values


def identifier(text: str) -> str:
    """What kind of identifier a path segment is; empty for a word, a version or a file name."""
    if _INTEGER.fullmatch(text):
        return "integer"
    if _UUID.fullmatch(text):
        return "uuid"
    if _DATE.fullmatch(text):
        return "date"
    if _EMAIL.fullmatch(text):
        return "email"
    if _HEX.fullmatch(text) and any(c.isdigit() for c in text) and not text.isdigit():
        return "hex"
    if _NUMBERED.fullmatch(text) or _TOKEN.fullmatch(text) or _random(text):
        return "random"
    return ""


def _random(text: str) -> bool:
    """Whether one part of a segment, of ten characters or more, changes between digits and cases as no word does."""
    if len(text) < 10 or not _WORDLIKE.fullmatch(text):
        return False
    for part in re.split(r"[-_~=]", text):
        digits = sum(c.isdigit() for c in part)
        if len(part) >= 10 and digits >= 2 and len(_CHANGES.findall(part)) >= 4:
            return True
    letters = sum(c.isalpha() for c in text)
    return len(text) >= 20 and len(_CHANGES.findall(text)) >= 5 and letters < len(text)


def _name(before: str) -> str:
    """`orders` → `orderId`; after nothing that names a thing: `id`."""
    words = re.findall(r"[A-Za-z0-9]+", before)
    if not words or _VERSION.fullmatch(before) or not words[0][0].isalpha():
        return "id"
    words[-1] = _singular(words[-1])
    first: str = words[0][0].lower() + words[0][1:]
    return first + "".join(word[0].upper() + word[1:] for word in words[1:]) + "Id"


def _singular(word: str) -> str:
    lowered = word.lower()
    if lowered.endswith("ies") and len(word) > 4:
        return word[:-3] + "y"
    if lowered.endswith(("sses", "xes", "ches", "shes")):
        return word[:-2]
    if lowered.endswith("s") and not lowered.endswith(("ss", "us", "is")) and len(word) > 2:
        return word[:-1]
    return word


def _unused(name: str, taken: dict[str, str]) -> str:
    number, free = 1, name
    while free in taken:
        number += 1
        free = f"{name}{number}"
    return free

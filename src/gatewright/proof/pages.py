"""How many items an answer holds, and whether there are more: what a page is judged by (checks-1-5.md 5.2)."""

from __future__ import annotations

import re

import orjson
from msgspec import Struct

from gatewright.model.http import Response
from gatewright.model.json import Json

_DEEPEST = 3
"""Objects and arrays around the list, at most."""
_TOTALS = {"total", "totalcount", "totalitems", "totalelements", "totalresults", "totalrecords", "count", "recordcount"}
_NEXT = {"next", "nextpage", "nextcursor", "nexttoken", "nextlink", "nexturl"}
_MORE = {"hasmore", "hasnext", "hasnextpage", "more"}
_STRUCTURE = re.compile(rb'"(?:[^"\\]|\\.)*+"?|[\[\]{},]', re.DOTALL)
_RANGE = re.compile(r"/(\d+)$")


class Page(Struct, frozen=True, gc=False):
    """One page: how many items it holds (at least that many, when `cut`), and what it says of the whole list."""

    items: int
    total: int | None = None
    """Items of the whole list, where the answer says so otherwise than by what it holds."""
    more: bool = False
    """It names a next page, or says that there is one."""
    cut: bool = False


def page_of(response: Response | None, at: str | None = None) -> Page | None:
    """The page that an answer is; None when it holds no list. Of an answer that was cut what is there is counted.

    `at` says which of its lists is meant (`lists_of`): the longest one where that is not known.
    """
    if response is None or not response.ok:
        return None
    headers = _from_headers(response)
    try:
        body: Json = orjson.loads(response.body)
    except orjson.JSONDecodeError:
        items = count_cut(response.body) if response.truncated else 0
        return Page(items, headers, cut=True) if items else None
    items_of = longest(body) if at is None else lists_of(body).get(at)
    if items_of is None:
        return None
    total, more = _around(body)
    return Page(items_of, headers if headers is not None else total, more or _linked(response), response.truncated)


def counts_of(response: Response | None) -> dict[str, int]:
    """Where the lists near the top of an answer stand, and how long each is; nothing for what is no JSON."""
    if response is None or not response.ok:
        return {}
    try:
        return lists_of(orjson.loads(response.body))
    except orjson.JSONDecodeError:
        return {}


def lists_of(body: Json, path: str = "", depth: int = _DEEPEST) -> dict[str, int]:
    """Path → length of the lists near the top of a body, not of those within their items."""
    if isinstance(body, list):
        return {path: len(body)}
    if not isinstance(body, dict) or not depth:
        return {}
    found: dict[str, int] = {}
    for name, value in body.items():
        found |= lists_of(value, f"{path}.{name}" if path else name, depth - 1)
    return found


def longest(body: Json, depth: int = _DEEPEST) -> int | None:
    """Length of the longest list near the top of a body; None when there is none."""
    if isinstance(body, list):
        return len(body)
    if not isinstance(body, dict) or not depth:
        return None
    inside = [longest(value, depth - 1) for value in body.values() if isinstance(value, (dict, list))]
    return max((count for count in inside if count is not None), default=None)


def count_cut(text: bytes) -> int:
    """Whole items of the longest list near the top of a JSON text that ends anywhere. Reads each byte once."""
    counts: list[int] = []
    """For each open object (-1) or array (its commas so far)."""
    most = 0
    for token in _STRUCTURE.finditer(text):
        mark = token[0]
        if mark in b"{[":
            counts.append(0 if mark == b"[" else -1)
        elif mark in b"}]":
            if counts:
                counts.pop()
        elif mark == b"," and counts and counts[-1] >= 0:
            counts[-1] += 1
            if len(counts) <= _DEEPEST + 1 and max(counts[:-1], default=-1) < 0:  # not what stands within its items
                most = max(most, counts[-1])
    return most


def _around(body: Json, depth: int = 2) -> tuple[int | None, bool]:
    """The total, and whether there is more, as the members around the list say."""
    total: int | None = None
    more = False
    if not isinstance(body, dict):
        return total, more
    for name, value in body.items():
        word = re.sub(r"[^a-z]", "", name.lower())
        if word in _TOTALS and isinstance(value, int) and not isinstance(value, bool):
            total = value if total is None else max(total, value)
        if (word in _NEXT and value) or (word in _MORE and value is True):
            more = True
        if isinstance(value, dict) and depth:
            inner, also = _around(value, depth - 1)
            total, more = total if inner is None else max(total or 0, inner), more or also
    return total, more


def _from_headers(response: Response) -> int | None:
    for name in ("x-total-count", "x-total", "total-count", "x-wp-total"):
        value = (response.header(name) or "").strip()
        if value.isascii() and value.isdigit() and len(value) < 16:
            return int(value)
    found = _RANGE.search(response.header("content-range") or "")
    return int(found[1]) if found else None


def _linked(response: Response) -> bool:
    return 'rel="next"' in (response.header("link") or "").replace("'", '"')

"""The next page of a list: by a link in the answer, by a cursor, by a page number, or by how many were skipped. Pure."""

from __future__ import annotations

import re
from urllib.parse import parse_qsl, urlsplit

from gatewright.explore import answers
from gatewright.explore.answers import Reply
from gatewright.explore.words import words
from gatewright.model.call import Call
from gatewright.model.endpoint import Endpoint, Place
from gatewright.model.json import Json

PAGES = 3
"""Pages of one list that are read at most."""
_CURSORS = ("cursor", "after", "page_token", "pagetoken", "next_token", "nexttoken", "continuation", "starting_after")
_NUMBERS = ("page", "page_number", "pagenumber", "pageno", "p", "pageindex", "page_index", "currentpage")
_OFFSETS = ("offset", "skip", "start", "from_index", "startindex")


def following(endpoint: Endpoint, call: Call, reply: Reply) -> Call | None:
    """The call of the next page; None when nothing tells how to ask for it."""
    link = _link(reply)
    if link:
        query: dict[str, Json] = dict(parse_qsl(urlsplit(link).query, keep_blank_values=True))
        known = {**call.query, **query}
        return None if not query or known == call.query else _with(call, known)
    names = [parameter.name for parameter in endpoint.parameters if parameter.within == "query"]
    cursor = _cursor(reply)
    place = _named(names, _CURSORS)
    if cursor and place:
        return call.with_value(place, cursor)
    count = len(answers.items(reply.body))
    place = _named(names, _NUMBERS)
    if place:
        now = _whole(call.get(place), _whole(_leaf(reply, _NUMBERS), 1))
        return call.with_value(place, now + 1)
    place = _named(names, _OFFSETS)
    if place and count:
        return call.with_value(place, _whole(call.get(place), 0) + count)
    return None


def _with(call: Call, query: dict[str, Json]) -> Call:
    for name, value in query.items():
        call = call.with_value(Place("query", name), value)
    return call


def _link(reply: Reply) -> str:
    """The link of the Link header (RFC 8288) or of the body whose relation is `next`."""
    response = reply.exchange.response
    header = (response.header("link") or "") if response else ""
    found = re.search(r"<([^>]+)>\s*;[^,]*rel=\"?next\"?", header)
    if found:
        return found.group(1)
    for name, _, _, value in answers.scalars(reply.body):
        parts = re.split(r"[.\[]", name.lower())
        if isinstance(value, str) and "next" in "".join(parts[-2:]) and ("/" in value or value.startswith("?")):
            return value
    return ""


def _cursor(reply: Reply) -> Json:
    for _, key, _, value in answers.scalars(reply.body):
        said = words(key)
        if value and isinstance(value, (str, int)) and "next" in said and not isinstance(value, bool):
            return value
    return None


def _leaf(reply: Reply, names: tuple[str, ...]) -> Json:
    return next((value for _, key, _, value in answers.scalars(reply.body) if key.lower() in names), None)


def _named(names: list[str], wanted: tuple[str, ...]) -> Place | None:
    return next((Place("query", name) for name in names if name.lower() in wanted), None)


def _whole(value: Json, otherwise: int) -> int:
    return int(str(value)) if str(value).isdecimal() and len(str(value)) < 10 else otherwise

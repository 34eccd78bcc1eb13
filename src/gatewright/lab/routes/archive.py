"""The old news, page by page: a list long enough that the size of a page matters."""

from __future__ import annotations

import re

from gatewright.lab.endpoint import Access, Area, Call, Parameter
from gatewright.lab.schemas import number, shape, text
from gatewright.lab.tables import Row

_SCHEMAS = {
    "OldNews": shape(
        "issue headline",
        issue=number(118, least=1),
        headline=text("The garden is open again", most=120),
    ),
    "OldNewsPage": shape(
        "items total limit offset",
        items={"type": "array", "items": {"$ref": "#/components/schemas/OldNews"}},
        total=number(240),
        limit=number(20),
        offset=number(0),
    ),
}
AREA = Area("archive", _SCHEMAS)

_USUAL, _MOST = 20, 100
_SEASONS = ("Spring", "Summer", "Autumn", "Winter")
_HEADLINES = ("the garden is open", "new opening hours", "flu shots without booking", "the shop has moved")
_ISSUES: list[Row] = [
    {"issue": number, "headline": f"{_SEASONS[number % 4]} {1960 + number // 4}: {_HEADLINES[number // 4 % 4]}"}
    for number in range(1, 241)
]


@AREA.on(
    "GET",
    "/news/archive",
    Access.PUBLIC,
    answer="OldNewsPage",
    parameters=(
        Parameter(name="limit", schema=number(20, least=1)),
        Parameter(name="offset", schema=number(0)),
        Parameter(name="q", schema=text("garden", most=120)),
    ),
)
def archive(call: Call) -> Row:
    """List the old news; a page has a hundred items at most, and repeats the size that was asked for."""
    found = _found(call) if "q" in call.query else _ISSUES
    asked, offset = call.query.get("limit", _USUAL), call.query.get("offset", 0)
    size = asked if call.weak("old-news-without-limit") else min(asked, _MOST)
    return {"items": found[offset : offset + size], "total": len(found), "limit": asked, "offset": offset}


def _found(call: Call) -> list[Row]:
    """The issues whose headline holds the words that were asked for."""
    words = call.query["q"]
    try:
        wanted = re.compile(words if call.weak("old-news-by-expression") else re.escape(words), re.IGNORECASE)
    except re.error:
        return []
    return [issue for issue in _ISSUES if wanted.search(issue["headline"])]

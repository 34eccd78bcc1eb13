"""The house's wiki: whoever is logged in reads, writes and removes every page."""

from __future__ import annotations

import re

from gatewright.lab.endpoint import Access, Area, Call
from gatewright.lab.schemas import listing, made, number, page, shape, text
from gatewright.lab.tables import Row

_SCHEMAS = {
    "NewPage": shape(
        "title text", title=text("Parking", least=3, most=80), text=text("Behind the house, two hours", most=5000)
    ),
    "Page": shape(
        "slug title text",
        slug=made(text("parking")),
        title=text("Parking", most=80),
        text=text("Behind the house, two hours", most=5000),
        revision=made(number(1)),
        can_edit=made({"type": "boolean", "example": True}),
    ),
    "Pages": listing("Page"),
}
AREA = Area("wiki", _SCHEMAS)


def _shown(row: Row) -> Row:
    return {**row, "can_edit": True}


def _nowhere(slug: str) -> Row:
    """Stand in for a 404: these pages are for people."""
    return {
        "slug": slug,
        "title": "Page not found",
        "text": f"Nobody has written {slug} yet. Do you want to begin?",
        "revision": 0,
        "can_edit": True,
    }


@AREA.on("GET", "/wiki", Access.PATIENT, answer="Pages")
def pages(call: Call) -> Row:
    """List all pages with their text."""
    return page([_shown(row) for row in call.tables.find("wiki")])


@AREA.on("POST", "/wiki", Access.PATIENT, body="NewPage", answer="Page", status=201)
def write_page(call: Call) -> Row:
    """Write a new page; its address comes from the title."""
    slug = re.sub(r"[^a-z0-9]+", "-", call.body["title"].lower()).strip("-")[:50].ljust(3, "x")
    others = sum(1 for row in call.tables.find("wiki") if row["slug"].startswith(slug))
    while call.tables.get("wiki", slug if not others else f"{slug}-{others + 1}"):
        others += 1
    return _shown(call.tables.add("wiki", slug=f"{slug}-{others + 1}" if others else slug, revision=1, **call.fields()))


@AREA.on("GET", "/wiki/{slug}", Access.PATIENT, answer="Page")
def read_page(call: Call) -> Row:
    """Show a page, or with status 200 that there is none."""
    row = call.tables.get("wiki", call.path["slug"])
    return _shown(row) if row else _nowhere(call.path["slug"])


@AREA.on("PUT", "/wiki/{slug}", Access.PATIENT, body="NewPage", answer="Page")
def edit_page(call: Call) -> Row:
    """Edit a page; everybody may."""
    row = call.tables.get("wiki", call.path["slug"])
    if row is None:
        return _nowhere(call.path["slug"])
    return _shown(call.tables.change("wiki", row["slug"], revision=row["revision"] + 1, **call.fields()))


@AREA.on("DELETE", "/wiki/{slug}", Access.PATIENT, status=204)
def remove_page(call: Call) -> None:
    """Remove a page; everybody may."""
    call.tables.remove("wiki", slug=call.path["slug"])

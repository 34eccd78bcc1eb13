"""Documents under random ids: private unless their owner publishes them, with metadata of any shape."""

from __future__ import annotations

import secrets
from typing import Any
from uuid import uuid4

from gatewright.lab.endpoint import Access, Area, Call, Parameter, Refused
from gatewright.lab.schemas import WHEN, choice, listing, made, page, shape, text, words
from gatewright.lab.tables import Row

_UUID = made(words("1d0b9f5e-5c0e-4b6e-9a53-2f0f8a1b7c11", "uuid"))
_SCHEMAS = {
    "NewDocument": shape(
        "title content",
        title=text("Insurance letter", least=3, most=120),
        content=text("Dear Sir or Madam", least=1, most=5000),
        visibility=choice("private", "public"),
    ),
    "Document": shape(
        "id title content visibility",
        id=_UUID,
        title=text("Insurance letter", most=120),
        content=text("Dear Sir or Madam", most=5000),
        visibility=choice("private", "public"),
        created_at=WHEN,
    ),
    "Documents": listing("Document"),
    "Link": shape(
        "link_token url expires_at",
        link_token=made(text("Zk3mQ0vB1nXr8aLw5tYc2g")),
        url=made(text("/shared/Zk3mQ0vB1nXr8aLw5tYc2g")),
        expires_at=made(words("2026-03-02T09:45:00Z", "date-time")),
    ),
    "Metadata": {"type": "object", "additionalProperties": True, "example": {"folder": "2026", "pages": 2}},
}
AREA = Area("documents", _SCHEMAS)
_ONE = "/documents/{document_id}"


def _shown(row: Row) -> Row:
    return {name: row[name] for name in _SCHEMAS["Document"]["properties"]}


@AREA.on("GET", "/documents", Access.PATIENT, answer="Documents")
def documents(call: Call) -> Row:
    """List the own documents."""
    return page([_shown(row) for row in call.tables.find("documents", patient_id=call.me["id"])])


@AREA.on("POST", "/documents", Access.PATIENT, body="NewDocument", answer="Document", status=201)
def add_document(call: Call) -> Row:
    """Store a document."""
    fields = {"visibility": "private", **call.fields()}
    row = call.tables.add(
        "documents", id=str(uuid4()), patient_id=call.me["id"], metadata={}, created_at=call.clinic.at(), **fields
    )
    return _shown(row)


@AREA.on(
    "GET",
    "/documents/search",
    Access.PATIENT,
    answer="Documents",
    parameters=(Parameter(name="q", schema=text("letter", most=80), required=True),),
    limit=45,
)
def search(call: Call) -> Row:
    """Search the own documents."""
    mine = call.tables.find("documents", patient_id=call.me["id"])
    wanted = call.query["q"].casefold()
    return page([_shown(row) for row in mine if wanted in f"{row['title']} {row['content']}".casefold()])


@AREA.on("GET", _ONE, Access.PATIENT, answer="Document")
def document(call: Call) -> Row:
    """Show an own document, or a public one."""
    row = call.tables.get("documents", call.path["document_id"])
    if row is not None and row["visibility"] == "public":
        return _shown(row)
    seen = Access.ADMIN
    return _shown(
        call.owned("documents", call.path["document_id"], seen_by=seen, unless="document-read-by-uuid", deny=404)
    )


@AREA.on("DELETE", _ONE, Access.PATIENT, status=204)
def remove_document(call: Call) -> None:
    """Remove an own document."""
    row = call.owned("documents", call.path["document_id"], unless="document-delete-by-uuid", deny=404)
    call.tables.remove("documents", id=row["id"])


@AREA.on("POST", _ONE + "/link", Access.PATIENT, answer="Link", status=201)
def share(call: Call) -> Row:
    """Make a link that shows an own document to whoever has it, for a quarter of an hour."""
    row = call.owned("documents", call.path["document_id"], deny=404)
    link = call.tables.add(
        "links", id=secrets.token_urlsafe(16), document_id=row["id"], expires_at=call.clinic.at(minutes=15)
    )
    return {"link_token": link["id"], "url": f"/shared/{link['id']}", "expires_at": link["expires_at"]}


@AREA.on("GET", "/shared/{link_token}", Access.PUBLIC, answer="Document")
def shared(call: Call) -> Row:
    """Show the document of a link that has not expired."""
    link = call.tables.get("links", call.path["link_token"])
    row = call.tables.get("documents", link["document_id"]) if link and link["expires_at"] > call.clinic.at() else None
    if row is None:
        raise Refused(404, "this link has expired, or never was")
    return _shown(row)


@AREA.on("DELETE", "/shared/{link_token}", Access.PATIENT, status=204)
def unshare(call: Call) -> None:
    """Withdraw a link to an own document."""
    link = call.tables.get("links", call.path["link_token"])
    if link is None:
        raise Refused(404, "this link has expired, or never was")
    call.owned("documents", link["document_id"], deny=404)
    call.tables.remove("links", id=link["id"])


@AREA.on("GET", _ONE + "/metadata", Access.PATIENT, answer="Metadata")
def metadata(call: Call) -> Row:
    """Show what the owner noted about a document."""
    stored: Row = call.owned("documents", call.path["document_id"], deny=404)["metadata"]
    return stored


_DEEPEST, _MOST_PARTS = 12, 500


def _parts(value: Any, depth: int = 0, *, again: bool) -> int:
    """Everything in some notes; beyond twelve levels that counts as too much. `again`: each level is walked three times."""
    if depth > _DEEPEST and not again:
        return _MOST_PARTS + 1
    inside = list(value.values()) if isinstance(value, dict) else value if isinstance(value, list) else []
    if again:
        sum(_parts(item, depth + 1, again=True) for _ in range(2) for item in inside)
    return 1 + sum(_parts(item, depth + 1, again=again) for item in inside)


@AREA.on("PUT", _ONE + "/metadata", Access.PATIENT, body="Metadata", answer="Metadata")
def change_metadata(call: Call) -> Row:
    """Replace the notes about a document; any property is kept."""
    if len(call.body) > 50:
        raise Refused(422, "too many properties")
    if _parts(call.body, again=call.weak("metadata-depth")) > _MOST_PARTS and not call.weak("metadata-depth"):
        raise Refused(422, "too many parts, or too deep")
    row = call.owned("documents", call.path["document_id"], deny=404)
    stored: Row = call.tables.change("documents", row["id"], metadata=call.body)["metadata"]
    return stored

"""Scanned papers: files of a few harmless kinds, of which the bytes themselves must say so, given back as downloads."""

from __future__ import annotations

from uuid import uuid4

from gatewright.lab.endpoint import Access, Area, Call, Refused, Reply, Upload
from gatewright.lab.schemas import listing, made, number, page, shape, text, words
from gatewright.lab.tables import Row

MOST = 200 * 1024
"""Bytes of a file, as the specification says."""
_SCHEMAS = {
    "NewScan": shape(
        "label file",
        label=text("Letter of referral", least=3, most=80),
        file={"type": "string", "format": "binary", "maxLength": MOST, "example": "Dear colleague"},
    ),
    "Scan": shape(
        "id label name kind size",
        id=made(words("7c9e6679-7425-40de-944b-e07fc1f90ae7", "uuid")),
        label=text("Letter of referral", most=80),
        name=text("letter.txt", most=120),
        kind=text("text/plain", most=80),
        size=number(14),
    ),
    "Scans": listing("Scan"),
}
AREA = Area("scans", _SCHEMAS)
_ONE = "/scans/{scan_id}"
_HERE = ("bearer",)
"""Files are not for every dialect."""
_BEGINNINGS = {b"\x89PNG\r\n\x1a\n": "image/png", b"\xff\xd8\xff": "image/jpeg", b"%PDF-": "application/pdf"}
_ENDINGS = {"image/png": ("png",), "image/jpeg": ("jpg", "jpeg"), "application/pdf": ("pdf",), "text/plain": ("txt",)}


def _kind(file: Upload) -> str:
    """What a file is by its bytes; 415 for anything else, and where its name or its sender says otherwise."""
    kind = next((kind for begin, kind in _BEGINNINGS.items() if file.content.startswith(begin)), "")
    if not kind and b"<" not in file.content and b"\0" not in file.content:
        kind = "text/plain"
    ending = file.filename.lower().rpartition(".")[2]
    whole = file.filename.count(".") == 1 and "/" not in file.filename and "\\" not in file.filename
    if not kind or ending not in _ENDINGS[kind] or not whole or file.kind.partition(";")[0] != kind:
        raise Refused(415, "send a PNG, JPEG or PDF file, or plain text")
    return kind


def _shown(row: Row) -> Row:
    return {name: row[name] for name in _SCHEMAS["Scan"]["properties"]}


@AREA.on("GET", "/scans", Access.PATIENT, answer="Scans", dialects=_HERE)
def scans(call: Call) -> Row:
    """List the own scans."""
    return page([_shown(row) for row in call.tables.find("scans", patient_id=call.me["id"])])


@AREA.on(
    "POST",
    "/scans",
    Access.PATIENT,
    body="NewScan",
    answer="Scan",
    status=201,
    upload="file",
    limit=45,
    unbounded="scan-of-any-size",
    unmetered="scan-without-limit",
    dialects=_HERE,
)
def add_scan(call: Call) -> Row:
    """Store a scanned paper: PNG, JPEG, PDF or plain text of at most 200 KiB."""
    file = call.files["file"]
    if len(file.content) > MOST and not call.weak("scan-of-any-size"):
        raise Refused(413, "the file is too long")
    kind = (file.kind or "application/octet-stream") if call.weak("scan-of-any-type") else _kind(file)
    row = call.tables.add(
        "scans",
        id=str(uuid4()),
        patient_id=call.me["id"],
        label=call.body["label"],
        name=file.filename,
        kind=kind,
        size=len(file.content),
        content=file.content,
    )
    return _shown(row)


@AREA.on("GET", _ONE, Access.PATIENT, answer="Scan", dialects=_HERE)
def scan(call: Call) -> Row:
    """Show what is known of an own scan."""
    return _shown(call.owned("scans", call.path["scan_id"], deny=404))


@AREA.on("GET", _ONE + "/content", Access.PATIENT, answer="file", dialects=_HERE)
def content(call: Call) -> Reply:
    """Download an own scan."""
    row = call.owned("scans", call.path["scan_id"], deny=404)
    headers = {"Content-Type": row["kind"]}
    if not call.weak("scan-of-any-type"):
        headers |= {"Content-Disposition": "attachment", "X-Content-Type-Options": "nosniff"}
    return Reply(row["content"], headers=headers)


@AREA.on("DELETE", _ONE, Access.PATIENT, status=204, dialects=_HERE)
def remove_scan(call: Call) -> None:
    """Remove an own scan."""
    call.tables.remove("scans", id=call.owned("scans", call.path["scan_id"], deny=404)["id"])

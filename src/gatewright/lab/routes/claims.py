"""Claims on the insurance; which claim a request means is said in path, query or body."""

from __future__ import annotations

import hmac

from gatewright.lab.endpoint import Access, Area, Call, Parameter, Refused
from gatewright.lab.schemas import ID, WHEN, choice, listing, made, number, page, shape, text
from gatewright.lab.tables import Row

_STATUS = choice("open", "approved", "paid", "withdrawn")
_SCHEMAS = {
    "NewClaim": shape(
        "title amount",
        title=text("New glasses", least=3, most=80),
        amount=number(24_900, least=100, most=9_000_000),
        note=text("The bill is from May", least=0, most=500),
    ),
    "ClaimLookup": shape("claim_id", claim_id=number(22301, least=1)),
    "Claim": shape(
        "id patient_id title amount status",
        id=ID,
        patient_id=made({"type": "integer", "example": 1042}),
        title=text("New glasses"),
        amount=number(24_900),
        note=text("The bill is from May", least=0),
        status=made(_STATUS),
        receipt_url=made(text("/media/receipts/5f1c0a7be2d94c3f86a0")),
        created_at=WHEN,
    ),
    "Claims": listing("Claim"),
    "Receipt": shape(
        "claim_id title amount",
        claim_id=ID,
        title=text("New glasses"),
        amount=number(24_900),
        note=text("The bill is from May", least=0),
    ),
}
AREA = Area("claims", _SCHEMAS)
_ONE = "/claims/{claim_id}"
_RECEIPT = "/media/receipts/{receipt_key}"


def _card(call: Call, row: Row) -> Row:
    """A claim with the address of its receipt."""
    path = call.clinic.spelled("/media/receipts")
    return {**row, "receipt_url": f"{path}/{_key(call, row)}"}


def _key(call: Call, row: Row) -> str:
    return hmac.new(call.clinic.secret, f"receipt {row['id']}".encode(), "sha256").hexdigest()[:20]


@AREA.on("GET", "/claims", Access.PATIENT, answer="Claims")
def claims(call: Call) -> Row:
    """List one's claims."""
    return page([_card(call, row) for row in call.tables.find("claims", patient_id=call.me["id"])])


@AREA.on("POST", "/claims", Access.PATIENT, body="NewClaim", answer="Claim", status=201)
def claim_costs(call: Call) -> Row:
    """Claim costs from the insurance."""
    fields = {"note": "", **call.fields()}
    row = call.tables.add("claims", patient_id=call.me["id"], status="open", created_at=call.clinic.at(), **fields)
    return _card(call, row)


@AREA.on(
    "GET",
    "/claims/receipt",
    Access.PATIENT,
    answer="Claim",
    forbids=True,
    parameters=(Parameter(name="claim_id", schema=number(22301, least=1), required=True),),
)
def receipt(call: Call) -> Row:
    """Show the receipt of an own claim."""
    return _checked_first(call, call.query["claim_id"], "claim-receipt-by-last-value")


@AREA.on("POST", "/claims/status", Access.PATIENT, body="ClaimLookup", answer="Claim", forbids=True)
def status(call: Call) -> Row:
    """Ask how far an own claim has come."""
    return _checked_first(call, call.body["claim_id"], "claim-status-by-doubled-key")


def _checked_first(call: Call, last: int, weakness: str) -> Row:
    """The claim that was named last, which is the one that is checked, unless the first one is."""
    checked = call.first("claim_id") if call.weak(weakness) else last
    call.owned("claims", checked)
    return _card(call, call.tables.get("claims", last) or call.owned("claims", last))


@AREA.on("GET", _ONE, Access.PATIENT, answer="Claim", forbids=True)
def claim(call: Call) -> Row:
    """Show an own claim."""
    row = call.owned("claims", call.path["claim_id"])
    if call.weak("claim-read-beside-path"):
        row = call.tables.get("claims", call.first("claim_id")) or row
    return _card(call, row)


@AREA.on("PUT", _ONE, Access.PATIENT, body="NewClaim", answer="Claim", forbids=True)
def change_claim(call: Call) -> Row:
    """Replace what an own claim says."""
    row = call.owned("claims", call.path["claim_id"])
    if call.weak("claim-change-by-id-in-body"):
        row = call.tables.get("claims", call.first("id")) or row
    return _card(call, call.tables.change("claims", row["id"], **call.fields()))


@AREA.on("DELETE", _ONE, Access.PATIENT, status=204, forbids=True)
def drop_claim(call: Call) -> None:
    """Take an own claim back."""
    call.tables.remove("claims", id=call.owned("claims", call.path["claim_id"])["id"])


@AREA.on("POST", f"{_ONE}/withdraw", Access.PATIENT, answer="Claim", forbids=True)
def withdraw(call: Call) -> Row:
    """Ask for no money any more."""
    row = call.owned("claims", call.path["claim_id"], unless="claim-withdraw-by-id")
    return _card(call, call.tables.change("claims", row["id"], status="withdrawn"))


@AREA.on("GET", _RECEIPT, Access.PATIENT, answer="Receipt", hidden=True)
def by_link(call: Call) -> Row:
    """Show the receipt that an own claim links to."""
    asked = call.path["receipt_key"]
    row = next((one for one in call.tables.find("claims") if hmac.compare_digest(_key(call, one), asked)), None)
    if row is None or (row["patient_id"] != call.me["id"] and not call.weak("claim-receipt-by-link")):
        raise Refused(404, "no such receipt")
    return {"claim_id": row["id"], "title": row["title"], "amount": row["amount"], "note": row["note"]}

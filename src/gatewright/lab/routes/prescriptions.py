"""Prescriptions that patients ask for; the list takes its patient from a header."""

from __future__ import annotations

from gatewright.lab.endpoint import Access, Area, Call, Parameter, Refused
from gatewright.lab.schemas import ID, WHEN, choice, listing, made, number, page, shape, text
from gatewright.lab.tables import Row

_STATUS = choice("requested", "approved", "refused", "dispensed")
_SCHEMAS = {
    "NewPrescription": shape(
        "medicine dosage",
        medicine=text("Ibuprofen 400 mg", least=3, most=80),
        dosage=text("One in the morning", least=3, most=200),
        note=text("The small package, please", least=0, most=500),
    ),
    "Prescription": shape(
        "id patient_id medicine dosage status",
        id=ID,
        patient_id=made({"type": "integer", "example": 1042}),
        medicine=text("Ibuprofen 400 mg"),
        dosage=text("One in the morning"),
        note=text("The small package, please", least=0),
        status=made(_STATUS),
        created_at=WHEN,
    ),
    "Prescriptions": listing("Prescription"),
}
AREA = Area("prescriptions", _SCHEMAS)
_ONE = "/prescriptions/{prescription_id}"


@AREA.on(
    "GET",
    "/prescriptions",
    Access.PATIENT,
    answer="Prescriptions",
    forbids=True,
    parameters=(Parameter(name="X-Patient-Id", within="header", schema=number(77, least=1)),),
)
def prescriptions(call: Call) -> Row:
    """List the prescriptions of the patient in the header, by default the own ones."""
    patient_id = call.query.get("X-Patient-Id", call.me["id"])
    mine = patient_id == call.me["id"]
    if not mine and not call.may(Access.STAFF) and not call.weak("prescriptions-read-by-header"):
        raise Refused(403, "this is another patient")
    return page(call.tables.find("prescriptions", patient_id=patient_id))


@AREA.on("POST", "/prescriptions", Access.PATIENT, body="NewPrescription", answer="Prescription", status=201)
def ask_for(call: Call) -> Row:
    """Ask for a prescription."""
    fields = {"note": "", **call.fields()}
    return call.tables.add(
        "prescriptions", patient_id=call.me["id"], status="requested", created_at=call.clinic.at(), **fields
    )


@AREA.on("GET", _ONE, Access.PATIENT, answer="Prescription", forbids=True)
def prescription(call: Call) -> Row:
    """Show an own prescription."""
    return call.owned("prescriptions", call.path["prescription_id"], seen_by=Access.STAFF)


@AREA.on(
    "PUT",
    _ONE,
    Access.PATIENT,
    body="NewPrescription",
    answer="Prescription",
    forbids=True,
    assigns=("status", "prescription-status"),
)
def change_prescription(call: Call) -> Row:
    """Replace what an own prescription asks for."""
    row = call.owned("prescriptions", call.path["prescription_id"])
    return call.tables.change("prescriptions", row["id"], **call.fields())


@AREA.on("DELETE", _ONE, Access.PATIENT, status=204, forbids=True)
def withdraw(call: Call) -> None:
    """Withdraw an own prescription."""
    row = call.owned("prescriptions", call.path["prescription_id"])
    call.tables.remove("prescriptions", id=row["id"])

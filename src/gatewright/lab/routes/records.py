"""Patients as staff sees them, and the medical records below each."""

from __future__ import annotations

from gatewright.lab.endpoint import Access, Area, Call, Refused
from gatewright.lab.schemas import BIRTH, ID, PHONE, WHEN, choice, listing, made, page, shape, text
from gatewright.lab.tables import Row

_KINDS = choice("diary", "measurement", "allergy", "vaccination")
_SCHEMAS = {
    "Patient": shape(
        "id full_name",
        id=ID,
        full_name=text("Nora Lind", least=2, most=80),
        phone=PHONE,
        date_of_birth=BIRTH,
    ),
    "Patients": listing("Patient"),
    "NewRecord": shape(
        "kind title summary",
        kind=_KINDS,
        title=text("Blood pressure", least=3, most=80),
        summary=text("Measured three times in a week", least=3, most=1000),
    ),
    "Record": shape(
        "id patient_id kind title summary",
        id=ID,
        patient_id=made({"type": "integer", "example": 1042}),
        kind=_KINDS,
        title=text("Blood pressure", most=80),
        summary=text("Measured three times in a week", most=1000),
        created_at=WHEN,
    ),
    "Records": listing("Record"),
}
AREA = Area("records", _SCHEMAS)
_LIST = "/patients/{patient_id}/records"
_ONE = "/patients/{patient_id}/records/{record_id}"


def _patient(call: Call) -> int:
    """The patient of the path: oneself, or anybody for staff."""
    patient_id: int = call.path["patient_id"]
    if patient_id != call.me["id"] and not call.may(Access.STAFF):
        raise Refused(403, "this is another patient")
    user = call.tables.get("users", patient_id)
    if user is None or user["role"] != "patient":
        raise Refused(404, "no such patient")
    return patient_id


def _record(call: Call, *, unless: str = "") -> Row:
    """The record of the path, which must be that patient's."""
    patient_id = _patient(call)
    row = call.tables.get("records", call.path["record_id"])
    if row is None or (row["patient_id"] != patient_id and not call.weak(unless)):
        raise Refused(404, "no such record")
    return row


@AREA.on("GET", "/patients", Access.STAFF, answer="Patients")
def patients(call: Call) -> Row:
    """List all patients."""
    shown = ("id", "full_name", "phone", "date_of_birth")
    return page([{name: user[name] for name in shown} for user in call.tables.find("users", role="patient")])


@AREA.on("GET", _LIST, Access.PATIENT, answer="Records", forbids=True)
def records(call: Call) -> Row:
    """List the records of a patient."""
    return page(call.tables.find("records", patient_id=_patient(call)))


@AREA.on("POST", _LIST, Access.PATIENT, body="NewRecord", answer="Record", status=201, forbids=True)
def add_record(call: Call) -> Row:
    """Add a record for a patient."""
    return call.tables.add("records", patient_id=_patient(call), created_at=call.clinic.at(), **call.fields())


@AREA.on("GET", _ONE, Access.PATIENT, answer="Record", forbids=True)
def record(call: Call) -> Row:
    """Show a record."""
    return _record(call, unless="record-read-by-child")


@AREA.on("PUT", _ONE, Access.PATIENT, body="NewRecord", answer="Record", forbids=True)
def change_record(call: Call) -> Row:
    """Replace a record."""
    row = _record(call, unless="record-change-by-child")
    return call.tables.change("records", row["id"], **call.fields())


@AREA.on("DELETE", _ONE, Access.PATIENT, status=204, forbids=True)
def remove_record(call: Call) -> None:
    """Remove a record."""
    call.tables.remove("records", id=_record(call)["id"])

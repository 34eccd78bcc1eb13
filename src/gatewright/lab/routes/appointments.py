"""Appointments: places in the doctors' time slots."""

from __future__ import annotations

from gatewright.lab.endpoint import Access, Area, Call, Refused
from gatewright.lab.schemas import ID, WHEN, choice, listing, made, number, page, shape, text, words
from gatewright.lab.tables import Row

_SCHEMAS = {
    "Slot": shape(
        "id doctor starts_at free_places",
        id=made({"type": "integer", "example": 5001}),
        doctor=text("Dr. Ida Holm"),
        starts_at=words("2026-09-01T09:00:00Z", "date-time"),
        free_places=number(40),
    ),
    "NewAppointment": shape(
        "slot_id reason", slot_id=number(5001, least=1), reason=text("Yearly check of the eyes", least=3)
    ),
    "AppointmentChange": shape("reason", reason=text("A sore knee", least=3)),
    "Appointment": shape(
        "id patient_id slot_id reason status",
        id=ID,
        patient_id=made({"type": "integer", "example": 1042}),
        slot_id={"type": "integer", "example": 5001},
        reason=text("Yearly check of the eyes"),
        status=made(choice("booked", "seen", "cancelled")),
        participants=made({"type": "array", "items": {"type": "integer"}, "example": [1042]}),
        created_at=WHEN,
    ),
    "Slots": listing("Slot"),
    "Appointments": listing("Appointment"),
}

AREA = Area("appointments", _SCHEMAS)


def _shown(row: Row) -> Row:
    """An appointment with the numbers of those who take part: its patient, and a companion if there is one."""
    shown = {name: value for name, value in row.items() if name != "companion_id"}
    return {**shown, "participants": [key for key in (row["patient_id"], row["companion_id"]) if key is not None]}


@AREA.on("GET", "/slots", Access.PUBLIC, answer="Slots")
def slots(call: Call) -> Row:
    """List the time slots that still have places."""
    return page([slot for slot in call.tables.find("slots") if slot["free_places"] > 0])


@AREA.on("GET", "/appointments", Access.PATIENT, answer="Appointments")
def appointments(call: Call) -> Row:
    """List the own appointments, and those one takes part in; staff see all."""
    if call.may(Access.STAFF):
        rows = call.tables.find("appointments")
    else:
        rows = call.tables.find("appointments", patient_id=call.me["id"])
        rows += call.tables.find("appointments", companion_id=call.me["id"])
    return page([_shown(row) for row in rows])


@AREA.on("POST", "/appointments", Access.PATIENT, body="NewAppointment", answer="Appointment", status=201)
def book(call: Call) -> Row:
    """Book a place in a time slot."""
    given = call.fields()
    slot = call.tables.get("slots", given["slot_id"])
    if slot is None:
        raise Refused(422, "check the fields", errors={"slot_id": "does not exist"})
    if slot["free_places"] < 1:
        raise Refused(409, "this slot is full", errors={"slot_id": "is full, choose another"})
    call.tables.change("slots", slot["id"], free_places=slot["free_places"] - 1)
    row = call.tables.add(
        "appointments", patient_id=call.me["id"], status="booked", created_at=call.clinic.at(), **given
    )
    return _shown(row)


@AREA.on("GET", "/appointments/{appointment_id}", Access.PATIENT, answer="Appointment", forbids=True)
def appointment(call: Call) -> Row:
    """Show one appointment to those who take part in it."""
    row = call.tables.get("appointments", call.path["appointment_id"])
    if row is None:
        raise Refused(404, "no such appointment")
    shown = _shown(row)
    shared = call.me["id"] in shown["participants"] or call.may(Access.STAFF)
    if not shared and not call.weak("appointment-read-by-id"):
        raise Refused(403, "this is not your appointment")
    return shown


@AREA.on(
    "PATCH",
    "/appointments/{appointment_id}",
    Access.PATIENT,
    body="AppointmentChange",
    answer="Appointment",
    forbids=True,
    unguarded="appointment-change-without-token",
)
def change_appointment(call: Call) -> Row:
    """Change the reason of an own appointment."""
    row = call.owned("appointments", call.path["appointment_id"], unless="appointment-change-without-token")
    return _shown(call.tables.change("appointments", row["id"], **call.fields()))


@AREA.on("DELETE", "/appointments/{appointment_id}", Access.PATIENT, status=204, forbids=True)
def cancel(call: Call) -> None:
    """Cancel an own appointment."""
    row = call.owned("appointments", call.path["appointment_id"])
    slot = call.tables.get("slots", row["slot_id"])
    call.tables.remove("appointments", id=row["id"])
    if slot:
        call.tables.change("slots", slot["id"], free_places=slot["free_places"] + 1)

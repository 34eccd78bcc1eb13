"""What people watch as it happens: their appointment, their messages, what they measure, and what everybody may watch."""

from __future__ import annotations

from gatewright.lab.endpoint import Access, Area, Call, Parameter, Refused
from gatewright.lab.live import Live
from gatewright.lab.schemas import made, number, shape, text
from gatewright.lab.tables import Row

_SCHEMAS = {
    "AppointmentEvent": shape(
        "appointment_id reason status",
        appointment_id=made({"type": "integer", "example": 77}),
        reason=text("Yearly check of the eyes"),
        status=text("booked"),
    ),
    "MessageEvent": shape(
        "message_id subject text",
        message_id=made({"type": "integer", "example": 77}),
        subject=text("A question"),
        text=text("Do I have to come without breakfast?"),
    ),
    "MeasurementEvent": shape(
        "measurement_id kind reading",
        measurement_id=made({"type": "integer", "example": 77}),
        kind=text("weight"),
        reading=number(71),
        remark=text("Before breakfast"),
    ),
    "PageEvent": shape("slug title text", slug=text("parking"), title=text("Parking"), text=text("Behind the house")),
    "SlotEvent": shape(
        "slot_id free_places", slot_id=made({"type": "integer", "example": 5001}), free_places=number(40)
    ),
    "Pulse": shape("order_id", order_id=made({"type": "integer", "example": 77})),
}
AREA = Area("live", _SCHEMAS)
_WHOSE = Parameter(name="patient_id", schema={"type": "integer", "minimum": 1, "example": 1042}, required=True)


@AREA.on(
    "GET",
    "/appointments/{appointment_id}/events",
    Access.PATIENT,
    answer="AppointmentEvent",
    forbids=True,
    live="events",
)
def appointment_events(call: Call) -> Live:
    """Watch an appointment that one takes part in: each change of it."""
    key = call.path["appointment_id"]
    row = call.tables.get("appointments", key)
    if row is None:
        raise Refused(404, "no such appointment")
    part = call.me["id"] in (row["patient_id"], row["companion_id"]) or call.may(Access.STAFF)
    if not part and not call.weak("appointment-events-by-id"):
        raise Refused(403, "this is not your appointment")

    def hears(table: str, row: Row) -> Row | None:
        if table != "appointments" or row["id"] != key:
            return None
        return {"appointment_id": row["id"], "reason": row["reason"], "status": row["status"]}

    return Live(hears=hears)


@AREA.on("GET", "/messages/live", Access.PATIENT, answer="MessageEvent", live="websocket")
def live_messages(call: Call) -> Live:
    """Watch the messages that one sends and gets."""
    me = call.me["id"]

    def hears(table: str, row: Row) -> Row | None:
        mine = table == "messages" and (
            me in (row["sender_id"], row["recipient_id"]) or call.weak("live-messages-of-all")
        )
        return {"message_id": row["id"], "subject": row["subject"], "text": row["text"]} if mine else None

    return Live(hears=hears)


@AREA.on(
    "GET",
    "/measurements/live",
    Access.PATIENT,
    answer="MeasurementEvent",
    parameters=(_WHOSE,),
    forbids=True,
    unguarded="live-measurements-without-token",
    live="websocket",
)
def live_measurements(call: Call) -> Live:
    """Watch what one measures."""
    whose = call.query["patient_id"]
    if whose != (call.user or {}).get("id") and not call.weak("live-measurements-without-token"):
        raise Refused(403, "this is not yours")

    def hears(table: str, row: Row) -> Row | None:
        if table != "measurements" or row["patient_id"] != whose:
            return None
        return {"measurement_id": row["id"], **{name: row[name] for name in ("kind", "reading", "remark")}}

    return Live(hears=hears)


@AREA.on("GET", "/wiki/live", Access.PATIENT, answer="PageEvent", live="events")
def live_wiki(call: Call) -> Live:
    """Watch the wiki that everybody writes."""

    def hears(table: str, row: Row) -> Row | None:
        return {name: row[name] for name in ("slug", "title", "text")} if table == "wiki" else None

    return Live(hears=hears)


@AREA.on("GET", "/slots/live", Access.PUBLIC, answer="SlotEvent", live="websocket")
def live_slots(call: Call) -> Live:
    """Watch how many places are left."""

    def hears(table: str, row: Row) -> Row | None:
        return {"slot_id": row["id"], "free_places": row["free_places"]} if table == "slots" else None

    return Live(hears=hears)


@AREA.on("GET", "/orders/{order_id}/pulse", Access.PATIENT, answer="Pulse", live="events")
def pulse(call: Call) -> Live:
    """Hear that the connection lives: nothing but the number that was asked for, and heartbeats."""
    return Live(first=({"order_id": call.path["order_id"]},))

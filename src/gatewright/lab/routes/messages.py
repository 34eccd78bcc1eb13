"""Messages between two people. This part is old: it answers 200 whatever happens, and says in the body what did."""

from __future__ import annotations

from gatewright.lab.endpoint import Access, Area, Call, Refused
from gatewright.lab.schemas import ID, WHEN, listing, made, page, shape, text
from gatewright.lab.tables import Row

_SCHEMAS = {
    "NewMessage": shape(
        "recipient subject text",
        recipient=text("sam", least=3, most=40),
        subject=text("A question", most=120),
        text=text("Do I have to come without breakfast?", most=2000),
    ),
    "Message": shape(
        "id sender recipient subject text",
        id=ID,
        sender=made(text("nora.lind")),
        recipient=text("sam"),
        subject=text("A question"),
        text=text("Do I have to come without breakfast?"),
        sent_at=WHEN,
    ),
    "Messages": listing("Message"),
    "MessageAnswer": shape(
        "success",
        success={"type": "boolean", "example": True},
        error={"type": ["string", "null"], "example": None},
        data={"oneOf": [{"$ref": "#/components/schemas/Message"}, {"type": "null"}]},
    ),
}
AREA = Area("messages", _SCHEMAS)


def _shown(call: Call, row: Row) -> Row:
    sender = call.tables.get("users", row["sender_id"]) or {"username": "(gone)"}
    recipient = call.tables.get("users", row["recipient_id"]) or {"username": "(gone)"}
    shown = {
        "id": row["id"],
        "sender": sender["username"],
        "recipient": recipient["username"],
        "subject": row["subject"],
        "text": row["text"],
        "sent_at": row["sent_at"],
    }
    if call.weak("message-contacts") and call.endpoint.answer == "Messages":
        for end, user in (("sender", sender), ("recipient", recipient)):
            shown |= {f"{end}_{name}": user.get(name) for name in ("email", "date_of_birth")}
    return shown


@AREA.on("GET", "/messages", Access.PATIENT, answer="Messages")
def messages(call: Call) -> Row:
    """List the messages one sent or got."""
    sent = call.tables.find("messages", sender_id=call.me["id"])
    received = call.tables.find("messages", recipient_id=call.me["id"])
    rows = {row["id"]: row for row in sent + received}
    return page([_shown(call, rows[key]) for key in sorted(rows)])


@AREA.on("POST", "/messages", Access.PATIENT, body="NewMessage", answer="Message", status=201)
def send_message(call: Call) -> Row:
    """Send a message to another user."""
    given = call.fields()
    recipient = call.tables.first("users", username=given.pop("recipient"))
    if recipient is None:
        raise Refused(422, "check the fields", errors={"recipient": "does not exist"})
    row = call.tables.add(
        "messages", sender_id=call.me["id"], recipient_id=recipient["id"], sent_at=call.clinic.at(), **given
    )
    return _shown(call, row)


@AREA.on("GET", "/messages/{message_id}", Access.PATIENT, answer="MessageAnswer")
def message(call: Call) -> Row:
    """Show a message to its sender and its recipient; to others an error with status 200."""
    row = call.tables.get("messages", call.path["message_id"])
    if row is None or call.me["id"] not in (row["sender_id"], row["recipient_id"]):
        return {"success": False, "error": "There is no such message for you.", "data": None}
    return {"success": True, "error": None, "data": _shown(call, row)}


@AREA.on("DELETE", "/messages/{message_id}", Access.PATIENT, status=204)
def withdraw(call: Call) -> None:
    """Withdraw a message that one sent."""
    row = call.tables.get("messages", call.path["message_id"])
    if row is None or row["sender_id"] != call.me["id"]:
        raise Refused(404, "no such message")
    call.tables.remove("messages", id=row["id"])

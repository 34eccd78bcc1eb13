"""Payment methods, of which only the last four digits are kept, and webhooks."""

from __future__ import annotations

from gatewright.lab.endpoint import Access, Area, Call, Refused
from gatewright.lab.schemas import ID, WHEN, choice, listing, made, page, shape, text, words
from gatewright.lab.tables import Row

_EVENT = choice("order.placed", "appointment.booked", "prescription.approved")
_SCHEMAS = {
    "NewPaymentMethod": shape(
        "label holder card_number expires",
        label=text("Household card", most=60),
        holder=text("Nora Lind", least=2, most=80),
        card_number=text("4242424242424242", least=13, most=19, pattern="^[0-9]{13,19}$"),
        expires=text("09/31", least=5, most=5, pattern="^(0[1-9]|1[0-2])/[0-9]{2}$"),
    ),
    "PaymentMethod": shape(
        "id label holder card expires",
        id=ID,
        patient_id=made({"type": "integer", "example": 1042}),
        label=text("Household card", most=60),
        holder=text("Nora Lind", most=80),
        card=made(text("**** **** **** 4242")),
        expires=text("09/31"),
    ),
    "NewWebhook": shape("url event", url=words("https://hooks.example.com/clinic", "uri"), event=_EVENT),
    "Webhook": shape(
        "id url event",
        id=ID,
        url=words("https://hooks.example.com/clinic", "uri"),
        event=_EVENT,
        created_at=WHEN,
    ),
    "Webhooks": listing("Webhook"),
}
AREA = Area("payments", _SCHEMAS)
_METHOD = "/payment-methods/{payment_method_id}"


def _luhn(digits: str) -> bool:
    doubled = [int(digit) * (2 if index % 2 else 1) for index, digit in enumerate(reversed(digits))]
    return sum(value - 9 if value > 9 else value for value in doubled) % 10 == 0


@AREA.on("GET", "/payment-methods", Access.PATIENT, answer="[PaymentMethod]")
def payment_methods(call: Call) -> list[Row]:
    """List the own payment methods."""
    return call.tables.find("payment_methods", patient_id=call.me["id"])


@AREA.on("POST", "/payment-methods", Access.PATIENT, body="NewPaymentMethod", answer="PaymentMethod", status=201)
def add_payment_method(call: Call) -> Row:
    """Add a card."""
    given = call.fields()
    digits = given.pop("card_number")
    if not _luhn(digits):
        raise Refused(422, "check the fields", errors={"card_number": "is not a valid card number"})
    return call.tables.add("payment_methods", patient_id=call.me["id"], card=f"**** **** **** {digits[-4:]}", **given)


@AREA.on("GET", _METHOD, Access.PATIENT, answer="PaymentMethod", unguarded="payment-method-without-token")
def payment_method(call: Call) -> Row:
    """Show an own payment method."""
    return call.owned(
        "payment_methods", call.path["payment_method_id"], unless="payment-method-without-token", deny=404
    )


@AREA.on("DELETE", _METHOD, Access.PATIENT, status=204)
def remove_payment_method(call: Call) -> None:
    """Remove an own payment method; what is not there is gone already, so the answer never differs."""
    call.tables.remove("payment_methods", id=call.path["payment_method_id"], patient_id=call.me["id"])


def _webhook(row: Row) -> Row:
    return {name: row[name] for name in _SCHEMAS["Webhook"]["properties"]}


@AREA.on("GET", "/webhooks", Access.PATIENT, answer="Webhooks")
def webhooks(call: Call) -> Row:
    """List the own webhooks."""
    return page([_webhook(row) for row in call.tables.find("webhooks", patient_id=call.me["id"])])


@AREA.on("POST", "/webhooks", Access.PATIENT, body="NewWebhook", answer="Webhook", status=201)
def add_webhook(call: Call) -> Row:
    """Ask to be told of an event."""
    row = call.tables.add("webhooks", patient_id=call.me["id"], created_at=call.clinic.at(), **call.fields())
    return _webhook(row)


@AREA.on("DELETE", "/webhooks/{webhook_id}", Access.PATIENT, status=204, forbids=True)
def remove_webhook(call: Call) -> None:
    """Remove an own webhook."""
    call.tables.remove("webhooks", id=call.owned("webhooks", call.path["webhook_id"])["id"])

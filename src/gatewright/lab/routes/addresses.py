"""Addresses that the shop delivers to."""

from __future__ import annotations

from gatewright.lab.endpoint import Access, Area, Call
from gatewright.lab.schemas import ID, choice, made, shape, text
from gatewright.lab.tables import Row

_SCHEMAS = {
    "NewAddress": shape(
        "label street city postcode country",
        label=text("Home", most=40),
        street=text("Harbour Street 12", least=3),
        city=text("Aarhus", least=2, most=80),
        postcode=text("8000", least=3, most=12),
        country=choice("DK", "SE", "DE", "FR", "GB"),
    ),
    "Address": shape(
        "id label street city postcode country",
        id=ID,
        patient_id=made({"type": "integer", "example": 1042}),
        label=text("Home", most=40),
        street=text("Harbour Street 12"),
        city=text("Aarhus"),
        postcode=text("8000"),
        country=choice("DK", "SE", "DE", "FR", "GB"),
    ),
}

AREA = Area("addresses", _SCHEMAS)


@AREA.on("GET", "/addresses", Access.PATIENT, answer="[Address]")
def addresses(call: Call) -> list[Row]:
    """List the own addresses."""
    return call.tables.find("addresses", patient_id=call.me["id"])


@AREA.on("POST", "/addresses", Access.PATIENT, body="NewAddress", answer="Address", status=201)
def add_address(call: Call) -> Row:
    """Add an address."""
    return call.tables.add("addresses", patient_id=call.me["id"], **call.fields())


@AREA.on("GET", "/addresses/{address_id}", Access.PATIENT, answer="Address", forbids=True)
def address(call: Call) -> Row:
    """Show an own address."""
    return call.owned("addresses", call.path["address_id"], seen_by=Access.ADMIN)


@AREA.on("PUT", "/addresses/{address_id}", Access.PATIENT, body="NewAddress", answer="Address", forbids=True)
def change_address(call: Call) -> Row:
    """Replace an own address."""
    row = call.owned("addresses", call.path["address_id"], unless="address-change-by-id")
    return call.tables.change("addresses", row["id"], **call.fields())


@AREA.on("DELETE", "/addresses/{address_id}", Access.PATIENT, status=204, forbids=True)
def remove_address(call: Call) -> None:
    """Remove an own address."""
    row = call.owned("addresses", call.path["address_id"])
    call.tables.remove("addresses", id=row["id"])

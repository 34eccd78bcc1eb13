"""The patients' forum: who is there. What one says of oneself there is for everybody; more of it is for the staff."""

from __future__ import annotations

from gatewright.lab.endpoint import Access, Area, Call, Refused
from gatewright.lab.schemas import listing, made, page, shape, text
from gatewright.lab.tables import Row

_SCHEMAS = {
    "Person": shape(
        "id display_name member_since",
        id=made({"type": "integer", "example": 1042}),
        display_name=made(text("Nora L.")),
        member_since=made(text("2025-11")),
        shelf=made(text("K-104207")),
    ),
    "People": listing("Person"),
}
AREA = Area("people", _SCHEMAS)


def _person(call: Call, user: Row, *, weakness: str) -> Row:
    first, _, last = user["full_name"].partition(" ")
    shown = {
        "id": user["id"],
        "display_name": f"{first} {last[:1]}.",
        "member_since": user["created_at"][:7],
    }
    if call.may(Access.STAFF) or call.weak(weakness):
        shown["shelf"] = f"K-{user['id'] * 7919 % 900_000 + 100_000}"  # where the paper file stands
    return shown


@AREA.on("GET", "/people", Access.PATIENT, answer="People")
def people(call: Call) -> Row:
    """List who takes part in the forum."""
    return page(
        [_person(call, user, weakness="people-file-shelf") for user in call.tables.find("users", role="patient")]
    )


@AREA.on("GET", "/people/{user_id}", Access.PATIENT, answer="Person")
def person(call: Call) -> Row:
    """Show what a member of the forum says of itself."""
    user = call.tables.get("users", call.path["user_id"])
    if user is None or user["role"] != "patient":
        raise Refused(404, "nobody in the forum has this number")
    shown = _person(call, user, weakness="")
    if call.weak("person-birth-date"):
        shown["date_of_birth"] = user["date_of_birth"]
    return shown

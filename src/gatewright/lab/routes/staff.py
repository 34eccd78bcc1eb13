"""Who works here, and what for."""

from __future__ import annotations

from gatewright.lab.endpoint import Access, Area, Call, Refused
from gatewright.lab.schemas import listing, made, number, page, shape, text
from gatewright.lab.tables import Row

_SCHEMAS = {
    "Colleague": shape(
        "id full_name position",
        id=made({"type": "integer", "example": 1043}),
        full_name=text("Ida Holm"),
        position=text("doctor"),
    ),
    "Colleagues": listing("Colleague"),
    "Salary": shape(
        "staff_id full_name contract salary",
        staff_id={"type": "integer", "example": 1043},
        full_name=text("Ida Holm"),
        contract=text("c41e9a0b7d25f683"),
        salary=number(4_200_000),
    ),
    "Salaries": listing("Salary"),
    "SalaryChange": shape("salary", salary=number(4_300_000, least=1, most=100_000_000)),
}
AREA = Area("staff", _SCHEMAS)


def _employed(call: Call) -> list[Row]:
    return [user for user in call.tables.find("users") if user["role"] != "patient"]


@AREA.on("GET", "/staff", Access.PATIENT, answer="Colleagues")
def staff(call: Call) -> Row:
    """List who works at the clinic."""
    shown = ["id", "full_name", "position"]
    if call.weak("staff-password-hash"):
        shown.append("password_hash")
    return page([{name: user[name] for name in shown} for user in _employed(call)])


@AREA.on(
    "GET", "/staff/salaries", Access.ADMIN, answer="Salaries", unranked="salaries-for-staff", unranked_to=Access.STAFF
)
def salaries(call: Call) -> Row:
    """List what everybody earns."""
    return page([_salary(user) for user in _employed(call)])


@AREA.on("PUT", "/staff/{staff_id}/salary", Access.ADMIN, body="SalaryChange", answer="Salary")
def change_salary(call: Call) -> Row:
    """Set what somebody earns."""
    user = call.tables.get("users", call.path["staff_id"])
    if user is None or user["role"] == "patient":
        raise Refused(404, "nobody of the staff has this number")
    return _salary(call.tables.change("users", user["id"], salary=call.body["salary"]))


def _salary(user: Row) -> Row:
    return {
        "staff_id": user["id"],
        "full_name": user["full_name"],
        "contract": user["contract"],
        "salary": user["salary"],
    }

"""What administrators do: accounts, refunds, the audit log, the export."""

from __future__ import annotations

import secrets

from gatewright.lab.endpoint import Access, Area, Call, Refused
from gatewright.lab.routes.account import card
from gatewright.lab.schemas import ID, WHEN, choice, listing, made, number, page, ref, shape, text
from gatewright.lab.tables import Row

_SCHEMAS = {
    "Accounts": listing("Account"),
    "RoleChange": shape("role", role=choice("patient", "staff", "admin")),
    "Entry": shape(
        "id at actor action detail trace",
        id=ID,
        at=WHEN,
        actor=text("root"),
        action=text("refund"),
        detail=text("Order 9501, damaged on arrival"),
        trace=text("8d1f0c6e52a97b34"),
    ),
    "Entries": listing("Entry"),
    "NewRefund": shape(
        "order_id amount reason",
        order_id=number(77, least=1),
        amount=number(100, least=1, most=10_000_000),
        reason=text("Damaged on arrival", least=3),
    ),
    "Refund": shape(
        "id order_id amount reason",
        id=ID,
        order_id={"type": "integer", "example": 9501},
        amount=number(100),
        reason=text("Damaged on arrival"),
        created_at=WHEN,
    ),
    "Refunds": listing("Refund"),
    "Export": shape(
        "orders patients revenue",
        orders={"type": "array", "items": ref("Order")},
        patients=made(number(4)),
        revenue=made(number(5160)),
    ),
}
AREA = Area("admin", _SCHEMAS)


def _noted(call: Call, action: str, detail: str) -> None:
    trace = secrets.token_hex(8)
    at, actor = call.clinic.at(), call.me["username"]
    call.tables.add("audit_log", at=at, actor=actor, action=action, detail=detail, trace=trace)


def _account(call: Call) -> Row:
    user = call.tables.get("users", call.path["user_id"])
    if user is None:
        raise Refused(404, "no such account")
    return user


@AREA.on("GET", "/admin/users", Access.ADMIN, answer="Accounts", slashed="accounts-by-a-slash")
def users(call: Call) -> Row:
    """List all accounts."""
    return page([card(user) for user in call.tables.find("users")])


@AREA.on("PUT", "/admin/users/{user_id}/role", Access.ADMIN, body="RoleChange", answer="Account")
def change_role(call: Call) -> Row:
    """Give an account another role."""
    user = _account(call)
    if user["id"] == call.me["id"]:
        raise Refused(409, "nobody changes the own role")
    _noted(call, "role", f"{user['username']} becomes {call.body['role']}")
    return card(call.tables.change("users", user["id"], role=call.body["role"]))


@AREA.on("DELETE", "/admin/users/{user_id}", Access.ADMIN, status=204)
def remove_user(call: Call) -> None:
    """Remove an account."""
    user = _account(call)
    if user["id"] == call.me["id"]:
        raise Refused(409, "nobody removes the own account")
    _noted(call, "remove", user["username"])
    call.tables.remove("users", id=user["id"])


@AREA.on("POST", "/admin/users/{user_id}/suspension", Access.ADMIN, status=204, unranked="suspension-by-patients")
def suspend(call: Call) -> None:
    """Suspend an account: it is no longer let in."""
    user = _account(call)
    if user["id"] == call.me["id"]:
        raise Refused(409, "nobody suspends the own account")
    _noted(call, "suspend", user["username"])
    call.tables.change("users", user["id"], suspended=True)


@AREA.on("DELETE", "/admin/users/{user_id}/suspension", Access.ADMIN, status=204)
def reinstate(call: Call) -> None:
    """Let a suspended account in again."""
    user = _account(call)
    _noted(call, "reinstate", user["username"])
    call.tables.change("users", user["id"], suspended=False)


@AREA.on("GET", "/admin/audit-log", Access.ADMIN, answer="Entries", unranked="audit-log-for-patients")
def audit_log(call: Call) -> Row:
    """Show what administrators did."""
    return page(call.tables.find("audit_log"))


@AREA.on("GET", "/admin/refunds", Access.ADMIN, answer="Refunds")
def refunds(call: Call) -> Row:
    """List all refunds."""
    return page(call.tables.find("refunds"))


@AREA.on("POST", "/admin/refunds", Access.ADMIN, body="NewRefund", answer="Refund", status=201)
def refund(call: Call) -> Row:
    """Give money back for an order."""
    given = call.fields()
    order = call.tables.get("orders", given["order_id"])
    if order is None:
        raise Refused(422, "check the fields", errors={"order_id": "does not exist"})
    if order["refunded"] + given["amount"] > order["total"]:
        raise Refused(
            422, "check the fields", errors={"amount": f"must be at most {order['total'] - order['refunded']}"}
        )
    call.tables.change("orders", order["id"], refunded=order["refunded"] + given["amount"])
    _noted(call, "refund", f"Order {order['id']}, {given['reason']}")
    return call.tables.add("refunds", created_at=call.clinic.at(), **given)


@AREA.on("GET", "/admin/export", Access.ADMIN, answer="Export")
def export(call: Call) -> Row:
    """Export the shop's books."""
    return _books(call)


@AREA.on(
    "GET",
    "/internal/export",
    Access.ADMIN,
    answer="Export",
    hidden=True,
    unranked="books-at-internal",
    dialects=("bearer", "cookie"),
)
def internal_export(call: Call) -> Row:
    """Export the shop's books to the scripts of the administrators."""
    return _books(call)


def _books(call: Call) -> Row:
    orders = call.tables.find("orders")
    return {
        "orders": orders,
        "patients": len(call.tables.find("users", role="patient")),
        "revenue": sum(order["total"] - order["refunded"] for order in orders),
    }

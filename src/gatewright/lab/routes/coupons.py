"""Coupons: staff makes them, whoever is logged in may look at one and ask what a code is worth."""

from __future__ import annotations

from gatewright.lab.endpoint import Access, Area, Call, Refused
from gatewright.lab.schemas import ID, listing, number, page, shape, text, words
from gatewright.lab.tables import Row

_CODE = text("SPRING10", least=4, most=20, pattern="^[A-Za-z0-9_-]+$")
_SCHEMAS = {
    "NewCoupon": shape(
        "code percent ends_on",
        code={**_CODE, "example": "AUTUMN15"},
        percent=number(15, least=1, most=90),
        ends_on=words("2031-12-31", "date"),
    ),
    "Coupon": shape(
        "id code percent ends_on",
        id=ID,
        code=_CODE,
        percent=number(10, most=100),
        ends_on=words("2031-12-31", "date"),
    ),
    "Coupons": listing("Coupon"),
    "CouponCheck": shape("code", code=text("SPRING10", least=4, most=20)),
    "CouponAnswer": shape(
        "success",
        success={"type": "boolean", "example": True},
        error=text("This coupon is unknown"),
        percent=number(10, most=100),
        ends_on=words("2031-12-31", "date"),
    ),
}
AREA = Area("coupons", _SCHEMAS)
_ONE = "/coupons/{coupon_id}"


def _coupon(call: Call) -> Row:
    row = call.tables.get("coupons", call.path["coupon_id"])
    if row is None:
        raise Refused(404, "no such coupon")
    return row


@AREA.on("GET", "/coupons", Access.PATIENT, answer="Coupons")
def coupons(call: Call) -> Row:
    """List the coupons."""
    return page(call.tables.find("coupons"))


@AREA.on("POST", "/coupons", Access.STAFF, body="NewCoupon", answer="Coupon", status=201)
def make_coupon(call: Call) -> Row:
    """Make a coupon."""
    given = call.fields()
    if call.tables.first("coupons", code=given["code"]):
        raise Refused(409, "this code is taken", errors={"code": "already exists"})
    return call.tables.add("coupons", **given)


@AREA.on("GET", _ONE, Access.PATIENT, answer="Coupon", overridable="coupon-method-override")
def coupon(call: Call) -> Row:
    """Show a coupon."""
    return _coupon(call)


@AREA.on("DELETE", _ONE, Access.STAFF, status=204)
def end_coupon(call: Call) -> None:
    """End a coupon."""
    call.tables.remove("coupons", id=_coupon(call)["id"])


@AREA.on("POST", "/coupons/check", Access.PATIENT, body="CouponCheck", answer="CouponAnswer")
def check_coupon(call: Call) -> Row:
    """Tell what a code is worth; an unknown one is an error with status 200."""
    row = call.tables.first("coupons", code=call.body["code"])
    if row is None:
        return {"success": False, "error": "This coupon is unknown"}
    return {"success": True, "percent": row["percent"], "ends_on": row["ends_on"]}

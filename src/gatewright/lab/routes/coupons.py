"""What a coupon is worth."""

from __future__ import annotations

from gatewright.lab.endpoint import Access, Area, Call
from gatewright.lab.schemas import number, shape, text, words
from gatewright.lab.tables import Row

_SCHEMAS = {
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


@AREA.on("POST", "/coupons/check", Access.PATIENT, body="CouponCheck", answer="CouponAnswer")
def check_coupon(call: Call) -> Row:
    """Tell what a code is worth; an unknown one is an error with status 200."""
    row = call.tables.first("coupons", code=call.body["code"])
    if row is None:
        return {"success": False, "error": "This coupon is unknown"}
    return {"success": True, "percent": row["percent"], "ends_on": row["ends_on"]}

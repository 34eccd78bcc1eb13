from __future__ import annotations

from collections.abc import Callable
from typing import Any

Visit = Callable[..., Any]


def test_coupons_are_made_and_ended_by_staff(visit: Visit) -> None:
    visitor = visit()
    body = {"code": "AUTUMN15", "percent": 15, "ends_on": "2031-12-31"}
    assert visitor.send("POST", "/coupons", "alice", body=body).status == 403
    made = visitor.send("POST", "/coupons", "sam", body=body).json
    assert visitor.send("POST", "/coupons", "sam", body=body).status == 409
    path = f"/coupons/{made['id']}"
    assert visitor.send("GET", path, "alice").json == made
    assert made in visitor.send("GET", "/coupons", "alice").json["items"]
    assert visitor.send("DELETE", path, "alice").status == 403
    assert visitor.send("DELETE", path, "sam").status == 204
    assert visitor.send("GET", path, "alice").status == 404


def test_an_unknown_coupon_is_an_error_with_status_200(visit: Visit) -> None:
    visitor = visit()
    good = visitor.send("POST", "/coupons/check", "alice", body={"code": "SPRING10"})
    bad = visitor.send("POST", "/coupons/check", "alice", body={"code": "GIFT"})
    assert (good.status, good.json["percent"]) == (200, 10)
    assert (bad.status, bad.json) == (200, {"success": False, "error": "This coupon is unknown"})

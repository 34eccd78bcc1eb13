from __future__ import annotations

from collections.abc import Callable
from typing import Any

Visit = Callable[..., Any]


def test_an_unknown_coupon_is_an_error_with_status_200(visit: Visit) -> None:
    visitor = visit()
    good = visitor.send("POST", "/coupons/check", "alice", body={"code": "SPRING10"})
    bad = visitor.send("POST", "/coupons/check", "alice", body={"code": "GIFT"})
    assert (good.status, good.json["percent"]) == (200, 10)
    assert (bad.status, bad.json) == (200, {"success": False, "error": "This coupon is unknown"})

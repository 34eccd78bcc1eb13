from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

Visit = Callable[..., Any]


@pytest.mark.parametrize(
    ("method", "path"),
    [
        ("GET", "/admin/users"),
        ("PUT", "/admin/users/1042/role"),
        ("DELETE", "/admin/users/1042"),
        ("POST", "/admin/users/1042/suspension"),
        ("DELETE", "/admin/users/1042/suspension"),
        ("GET", "/admin/audit-log"),
        ("GET", "/admin/refunds"),
        ("POST", "/admin/refunds"),
        ("GET", "/admin/export"),
    ],
)
def test_all_of_it_is_for_administrators(visit: Visit, method: str, path: str) -> None:
    visitor = visit()
    assert [visitor.send(method, path, account, body={}).status for account in ("", "alice", "sam")] == [401, 403, 403]


def test_nobody_locks_the_administrators_out(visit: Visit) -> None:
    visitor = visit()
    root = visitor.id("root")
    assert visitor.send("PUT", f"/admin/users/{root}/role", "root", body={"role": "patient"}).status == 409
    assert visitor.send("DELETE", f"/admin/users/{root}", "root").status == 409
    assert visitor.send("POST", f"/admin/users/{root}/suspension", "root").status == 409
    assert visitor.send("DELETE", "/admin/users/77", "root").status == 404


def test_a_refund_is_booked_noted_and_bounded(visit: Visit) -> None:
    visitor = visit()
    order = visitor.send("GET", "/orders", "alice").json["items"][0]
    body = {"order_id": order["id"], "amount": order["total"], "reason": "Damaged"}
    before = visitor.send("GET", "/admin/export", "root").json["revenue"]
    refund = visitor.send("POST", "/admin/refunds", "root", body=body).json
    assert refund in visitor.send("GET", "/admin/refunds", "root").json["items"]
    assert visitor.send("GET", f"/orders/{order['id']}", "alice").json["refunded"] == order["total"]
    assert visitor.send("GET", "/admin/export", "root").json["revenue"] == before - order["total"]
    assert "Damaged" in visitor.send("GET", "/admin/audit-log", "root").json["items"][-1]["detail"]
    again = visitor.send("POST", "/admin/refunds", "root", body={**body, "amount": 1})
    assert again.json["errors"] == [{"field": "amount", "message": "must be at most 0"}]
    assert visitor.send("POST", "/admin/refunds", "root", body={**body, "order_id": 77}).status == 422


def test_accounts_show_no_secret(visit: Visit) -> None:
    answer = visit().send("GET", "/admin/users", "root")
    assert b"hash" not in answer.content
    assert answer.json["count"] == 8


def test_a_suspended_account_is_let_in_again_when_it_is_reinstated(visit: Visit) -> None:
    visitor = visit()
    path = f"/admin/users/{visitor.id('bob')}/suspension"
    assert visitor.send("GET", "/me", "bob").status == 200
    assert visitor.send("POST", path, "root").status == 204
    assert visitor.send("GET", "/me", "bob").status == 401
    assert visitor.send("DELETE", path, "root").status == 204
    assert visitor.send("GET", "/me", "bob").status == 200

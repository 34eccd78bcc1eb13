from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

Visit = Callable[..., Any]
TWO = {"items": [{"product_id": 401, "quantity": 2}], "note": "A present"}


def test_the_server_counts_and_keeps_the_books(visit: Visit) -> None:
    visitor = visit()
    product = visitor.send("GET", "/products/401").json
    mine = visitor.send("POST", "/orders", "alice", body={**TWO, "total": 1}).json
    assert mine["total"] == 2 * product["price"]
    assert visitor.send("GET", "/products/401").json["stock"] == product["stock"] - 2
    bill = visitor.send("GET", "/invoices/detail", "alice", query={"invoice_id": mine["invoice_id"]}).json
    assert (bill["amount"], bill["order_id"], bill["memo"]) == (mine["total"], mine["id"], "A present")
    cheaper = visitor.send("POST", "/orders", "alice", body={**TWO, "coupon_code": "SPRING10"}).json
    assert cheaper["total"] == mine["total"] * 9 // 10
    for order in (mine, cheaper):
        assert visitor.send("DELETE", f"/orders/{order['id']}", "alice").status == 204
    assert visitor.send("GET", "/products/401").json == product
    assert visitor.send("GET", "/invoices/detail", "alice", query={"invoice_id": mine["invoice_id"]}).status == 404


def test_an_order_is_its_owners_and_administrators_see_all(visit: Visit) -> None:
    visitor = visit()
    mine = visitor.send("POST", "/orders", "alice", body=TWO).json
    for account, sees in (("alice", True), ("bob", False), ("sam", False), ("root", True)):
        status = 200 if sees else 403
        assert visitor.send("GET", f"/orders/{mine['id']}", account).status == status
        assert visitor.send("POST", "/orders/lookup", account, body={"order_id": mine["id"]}).status == status
        query = {"invoice_id": mine["invoice_id"]}
        assert visitor.send("GET", "/invoices/detail", account, query=query).status == status
        assert (mine in visitor.send("GET", "/orders", account).json["items"]) == sees
    assert visitor.send("DELETE", f"/orders/{mine['id']}", "root").status == 403


@pytest.mark.parametrize(
    ("body", "field"),
    [
        ({"items": []}, "items"),
        ({"items": [{"product_id": 77, "quantity": 1}]}, "items.0.product_id"),
        ({"items": [{"product_id": 401, "quantity": 0}]}, "items.0.quantity"),
        ({"items": [{"product_id": 401, "quantity": -5}]}, "items.0.quantity"),
        ({**TWO, "coupon_code": "GIFT"}, "coupon_code"),
    ],
)
def test_what_cannot_be_ordered(visit: Visit, body: dict[str, Any], field: str) -> None:
    visitor = visit()
    stock = visitor.send("GET", "/products/401").json["stock"]
    answer = visitor.send("POST", "/orders", "alice", body=body)
    assert (answer.status, answer.json["errors"][0]["field"]) == (422, field)
    assert visitor.send("GET", "/products/401").json["stock"] == stock


def test_not_more_than_there_is(visit: Visit) -> None:
    visitor = visit()
    visitor.clinic.tables.change("products", 401, stock=1)
    assert visitor.send("POST", "/orders", "alice", body=TWO).json["errors"][0]["field"] == "items.0.quantity"
    twice = {"items": [{"product_id": 401, "quantity": 1}] * 2}
    assert visitor.send("POST", "/orders", "alice", body=twice).status == 422

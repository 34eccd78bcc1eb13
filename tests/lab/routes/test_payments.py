from __future__ import annotations

from collections.abc import Callable
from typing import Any

Visit = Callable[..., Any]
CARD = {"label": "Card", "holder": "Alice Marsh", "card_number": "4242424242424242", "expires": "09/31"}


def test_of_a_card_four_digits_are_kept(visit: Visit) -> None:
    visitor = visit()
    answer = visitor.send("POST", "/payment-methods", "alice", body=CARD)
    assert answer.json["card"] == "**** **** **** 4242"
    assert b"42424242" not in answer.content
    assert "42424242" not in str(visitor.clinic.tables.find("payment_methods"))
    wrong = visitor.send("POST", "/payment-methods", "alice", body={**CARD, "card_number": "4242424242424241"})
    assert wrong.json["errors"] == [{"field": "card_number", "message": "is not a valid card number"}]


def test_removing_answers_204_for_everything_and_removes_ones_own(visit: Visit) -> None:
    visitor = visit()
    path = f"/payment-methods/{visitor.send('POST', '/payment-methods', 'alice', body=CARD).json['id']}"
    for account, target in (("bob", path), ("bob", "/payment-methods/77"), ("root", path)):
        assert visitor.send("DELETE", target, account).status == 204
        assert visitor.send("GET", target, account).status == 404
    assert visitor.send("GET", path, "alice").status == 200
    assert visitor.send("DELETE", path, "alice").status == 204
    assert visitor.send("GET", path, "alice").status == 404


def test_webhooks_are_their_owners(visit: Visit) -> None:
    visitor = visit()
    body = {"url": "https://hooks.example.com/a", "event": "order.placed"}
    mine = visitor.send("POST", "/webhooks", "alice", body=body).json
    assert mine in visitor.send("GET", "/webhooks", "alice").json["items"]
    assert mine not in visitor.send("GET", "/webhooks", "bob").json["items"]
    assert visitor.send("DELETE", f"/webhooks/{mine['id']}", "bob").status == 403
    assert visitor.send("DELETE", f"/webhooks/{mine['id']}", "alice").status == 204
    assert visitor.send("POST", "/webhooks", "alice", body={**body, "url": "file:///etc"}).status == 422

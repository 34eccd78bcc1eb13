from __future__ import annotations

from collections.abc import Callable
from typing import Any

Visit = Callable[..., Any]
PRODUCT = {"name": "Foot bath", "category": "care", "price": 500, "stock": 5}


def test_the_catalogue_is_public_and_changed_by_staff(visit: Visit) -> None:
    visitor = visit()
    assert visitor.send("POST", "/products", "alice", body=PRODUCT).status == 403
    made = visitor.send("POST", "/products", "sam", body={**PRODUCT, "purchase_cost": 1, "ean": "1"}).json
    assert made == visitor.send("GET", f"/products/{made['id']}").json
    assert made in visitor.send("GET", "/products").json["items"]
    assert "purchase_cost" not in made and len(made["ean"]) == 13
    for account, status in (("alice", 403), ("sam", 200)):
        assert visitor.send("PATCH", f"/products/{made['id']}", account, body={"price": 1}).status == status
    for account, status in (("alice", 403), ("sam", 204), ("root", 404)):
        assert visitor.send("DELETE", f"/products/{made['id']}", account).status == status


def test_a_search_repeats_the_question(visit: Visit) -> None:
    answer = visit().send("GET", "/products/search", query={"q": "gwabcd1234<b>"})
    assert answer.json == {"query": "gwabcd1234<b>", "items": [], "count": 0}
    assert answer.headers["content-type"] == "application/json"
    assert visit().send("GET", "/products/search", query={"q": "BOTTLE"}).json["count"] == 1


def test_reviews_are_public_with_their_authors_names(visit: Visit) -> None:
    visitor = visit()
    mine = visitor.send("POST", "/products/401/reviews", "alice", body={"rating": 5, "text": "Good"}).json
    assert mine in visitor.send("GET", "/products/401/reviews").json["items"]
    assert (mine["author"], "author_email" in mine) == ("Alice Marsh", False)
    path = f"/reviews/{mine['id']}"
    for method in ("PUT", "DELETE"):
        assert visitor.send(method, path, "bob", body={"rating": 1, "text": "Bad"}).status == 403
    assert visitor.send("PUT", path, "alice", body={"rating": 4, "text": "Fine"}).json["rating"] == 4
    assert visitor.send("DELETE", path, "sam").status == 204
    assert visitor.send("GET", "/products/77/reviews").status == 404

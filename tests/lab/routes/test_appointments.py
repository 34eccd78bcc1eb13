from __future__ import annotations

from collections.abc import Callable
from typing import Any

Visit = Callable[..., Any]


def ids(visitor: Any, account: str) -> set[int]:
    return {item["id"] for item in visitor.send("GET", "/appointments", account).json["items"]}


def test_a_shared_appointment_is_seen_by_both(visit: Visit) -> None:
    visitor = visit()
    (shared,) = ids(visitor, "alice") & ids(visitor, "bob")
    for account in ("alice", "bob", "sam"):
        answer = visitor.send("GET", f"/appointments/{shared}", account)
        assert answer.json["participants"] == [visitor.id("alice"), visitor.id("bob")]
    assert visitor.send("PATCH", f"/appointments/{shared}", "bob", body={"reason": "Mine now"}).status == 403


def test_ones_own_is_not_for_others(visit: Visit) -> None:
    visitor = visit()
    mine = visitor.send("POST", "/appointments", "alice", body={"slot_id": 5003, "reason": "A cough"}).json["id"]
    assert mine in ids(visitor, "alice") - ids(visitor, "bob")
    for method in ("GET", "PATCH", "DELETE"):
        assert visitor.send(method, f"/appointments/{mine}", "bob", body={"reason": "Mine now"}).status == 403
    assert visitor.send("GET", f"/appointments/{mine}", "alice").json["reason"] == "A cough"


def test_slots_fill_up_and_are_freed(visit: Visit) -> None:
    visitor = visit()
    visitor.clinic.tables.change("slots", 5001, free_places=1)
    body = {"slot_id": 5001, "reason": "A cough"}
    mine = visitor.send("POST", "/appointments", "alice", body=body).json["id"]
    assert visitor.send("POST", "/appointments", "bob", body=body).status == 409
    assert 5001 not in [slot["id"] for slot in visitor.send("GET", "/slots").json["items"]]
    assert visitor.send("DELETE", f"/appointments/{mine}", "alice").status == 204
    assert visitor.send("POST", "/appointments", "bob", body=body).status == 201
    assert (
        visitor.send("POST", "/appointments", "bob", body={**body, "slot_id": 77}).json["errors"][0]["field"]
        == "slot_id"
    )

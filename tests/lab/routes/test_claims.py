from __future__ import annotations

from collections.abc import Callable
from typing import Any

WANTED = {"title": "New glasses", "amount": 24900}


def made(visitor: Any) -> tuple[int, int]:
    """A claim of alice and one of bob."""
    ids = [visitor.send("POST", "/claims", who, body=WANTED).json["id"] for who in ("alice", "bob")]
    return ids[0], ids[1]


def test_a_claim_is_its_patients_alone(visit: Callable[..., Any]) -> None:
    visitor = visit()
    hers, his = made(visitor)
    for path, body in ((f"/claims/{hers}", None), ("/claims/status", {"claim_id": hers})):
        method = "POST" if body else "GET"
        assert visitor.send(method, path, "alice", body=body).json["id"] == hers
        assert visitor.send(method, path, "bob", body=body).status == 403
    assert visitor.send("GET", "/claims/receipt", "bob", query={"claim_id": hers}).status == 403
    for method in ("PUT", "DELETE"):
        assert visitor.send(method, f"/claims/{hers}", "bob", body=WANTED).status == 403
    assert [c["id"] for c in visitor.send("GET", "/claims", "bob").json["items"]][-1] == his
    assert visitor.send("DELETE", f"/claims/{hers}", "alice").status == 204


def test_a_second_value_beside_it_changes_nothing(visit: Callable[..., Any]) -> None:
    visitor = visit()
    hers, his = made(visitor)
    assert visitor.send("GET", f"/claims/{his}", "bob", query={"claim_id": hers}).json["id"] == his
    assert visitor.send("GET", "/claims/receipt", "bob", query={"claim_id": [his, hers]}).status == 403
    assert visitor.send("GET", "/claims/receipt", "bob", query={"claim_id": [hers, his]}).json["id"] == his
    doubled = f'{{"claim_id":{his},"claim_id":{hers}}}'.encode()
    assert visitor.send("POST", "/claims/status", "bob", body=doubled).status == 403
    assert visitor.send("PUT", f"/claims/{his}", "bob", body={**WANTED, "id": hers, "note": "mine"}).json["id"] == his
    assert visitor.send("GET", f"/claims/{hers}", "alice").json["note"] == ""


def test_each_weakness_leaves_its_condition_out(visit: Callable[..., Any]) -> None:
    visitor = visit("claim-read-beside-path")
    hers, his = made(visitor)
    assert visitor.send("GET", f"/claims/{his}", "bob", query={"claim_id": hers}).json["id"] == hers
    visitor = visit("claim-receipt-by-last-value")
    hers, his = made(visitor)
    assert visitor.send("GET", "/claims/receipt", "bob", query={"claim_id": [his, hers]}).json["id"] == hers
    visitor = visit("claim-status-by-doubled-key")
    hers, his = made(visitor)
    doubled = f'{{"claim_id":{his},"claim_id":{hers}}}'.encode()
    assert visitor.send("POST", "/claims/status", "bob", body=doubled).json["id"] == hers
    visitor = visit("claim-change-by-id-in-body")
    hers, his = made(visitor)
    visitor.send("PUT", f"/claims/{his}", "bob", body={**WANTED, "id": hers, "note": "mine"})
    assert visitor.send("GET", f"/claims/{hers}", "alice").json["note"] == "mine"


def test_only_its_patient_withdraws_a_claim(visit: Callable[..., Any]) -> None:
    visitor = visit()
    hers, _ = made(visitor)
    assert visitor.send("POST", f"/claims/{hers}/withdraw", "bob").status == 403
    assert visitor.send("POST", f"/claims/{hers}/withdraw", "alice").json["status"] == "withdrawn"


def test_a_link_to_a_receipt_is_for_its_patient(visit: Callable[..., Any]) -> None:
    for options in ({}, {"scramble": 11}):
        visitor = visit(**options)
        sent = visitor.names.body(WANTED)
        link = visitor.names.body(visitor.send("POST", visitor.names.path("/claims"), "alice", body=sent).json)
        assert visitor.send("GET", link["receipt_url"], "alice").status == 200
        assert visitor.send("GET", link["receipt_url"], "bob").status == 404
        assert visitor.send("GET", link["receipt_url"]).status == 401

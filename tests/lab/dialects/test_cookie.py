"""Envelopes, UUIDs, camelCase, and a token for every change."""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from itertools import pairwise
from typing import Any
from urllib.parse import urlencode
from uuid import uuid4

import pytest

from gatewright.lab.endpoint import Refused, Reply
from gatewright.lab.openapi import path_schema
from gatewright.lab.requests import samples
from gatewright.lab.tables import COLUMNS, FIRST_ID
from gatewright.lab.weaknesses import WEAKNESSES

Visit = Callable[..., Any]
FORM = {"Content-Type": "application/x-www-form-urlencoded"}


@pytest.fixture
def visitor(visit: Visit) -> Any:
    return visit(dialect="cookie")


def an_order(visitor: Any) -> dict[str, Any]:
    product = visitor.dialect.uuids.text(401)
    body = {"items": [{"productId": product, "quantity": 1}]}
    made: dict[str, Any] = visitor.send("POST", "/orders", "alice", body=body).json["data"]
    return made


def test_ids_are_uuids_wherever_they_stand(visitor: Any) -> None:
    order = an_order(visitor)
    assert order["patientId"] == visitor.dialect.uuids.text(visitor.id("alice"))
    assert all(re.fullmatch(r"[0-9a-f-]{36}", order[name]) for name in ("id", "patientId", "invoiceId"))
    assert order["items"] == [{"productId": visitor.dialect.uuids.text(401), "quantity": 1}]
    assert visitor.send("GET", f"/orders/{order['id']}", "alice").json["data"] == order
    assert visitor.send("POST", "/orders/lookup", "alice", body={"orderId": order["id"]}).json["data"] == order
    query = {"invoiceId": order["invoiceId"]}
    assert visitor.send("GET", "/invoices/detail", "alice", query=query).json["data"]["orderId"] == order["id"]
    headers = {"X-Patient-Id": order["patientId"]}
    assert visitor.send("GET", "/prescriptions", "alice", headers=headers).json["success"]


def test_numbers_are_nobodys_ids_here(visitor: Any) -> None:
    number = visitor.dialect.uuids.number(an_order(visitor)["id"])
    assert visitor.send("GET", f"/orders/{number}", "alice").json["error"]["code"] == "NOT_FOUND"
    answer = visitor.send("POST", "/orders/lookup", "alice", body={"orderId": number}).json
    assert (answer["error"]["code"], list(answer["error"]["fields"])) == ("INVALID", ["orderId"])


def test_a_uuid_of_nobody_is_not_found(visitor: Any) -> None:
    stray = str(uuid4())
    for answer in (
        visitor.send("GET", f"/orders/{stray}", "alice"),
        visitor.send("GET", f"/documents/{stray}", "alice"),
        visitor.send("POST", "/orders/lookup", "alice", body={"orderId": stray}),
        visitor.send("GET", "/invoices/detail", "alice", query={"invoiceId": stray}),
    ):
        assert (answer.status, answer.json["success"], answer.json["error"]["code"]) == (200, False, "NOT_FOUND")


@pytest.mark.parametrize(
    ("method", "path", "account", "details", "code"),
    [
        ("GET", "/me", "", {}, "NOT_LOGGED_IN"),
        ("GET", "/me", "", {"headers": {"Cookie": "session=nonsense"}}, "NOT_LOGGED_IN"),
        ("GET", "/patients", "alice", {}, "FORBIDDEN"),
        ("POST", "/orders", "alice", {"body": b"{"}, "BAD_REQUEST"),
        ("POST", "/orders", "alice", {"body": b"a=%ff", "headers": FORM}, "INVALID"),
        ("POST", "/orders", "alice", {"body": {}, "headers": {"Content-Type": "text/plain"}}, "UNSUPPORTED_TYPE"),
        ("POST", "/auth/login", "", {"body": {"username": "alice", "password": "wrong"}}, "NOT_LOGGED_IN"),
    ],
)
def test_a_refusal_is_a_200(
    visitor: Any, method: str, path: str, account: str, details: dict[str, Any], code: str
) -> None:
    answer = visitor.send(method, path, account, **details)
    assert answer.status == 200
    assert answer.json["success"] is False
    assert answer.json["error"]["code"] == code


def test_where_nothing_is_the_status_says_so(visitor: Any) -> None:
    assert visitor.send("GET", "/nowhere", "alice").status == 404
    answer = visitor.send("PATCH", "/orders", "alice")
    assert (answer.status, answer.headers["allow"]) == (405, "GET, POST")
    assert visitor.send("PUT", "/news/" + visitor.dialect.uuids.text(301), "alice", body={}).status == 405


def test_complaints_are_in_camel_case(visitor: Any) -> None:
    answer = visitor.send("POST", "/orders", "alice", body={"items": [{"quantity": 1}]}).json
    assert answer["error"]["fields"] == {"items.0.productId": "is required"}


def test_changes_need_the_token_of_their_session(visitor: Any) -> None:
    alice, bob = visitor.credential("alice"), visitor.credential("bob")
    body = {"full_name": "Alice M"}
    for token in ("", "wrong", bob["x-csrf-token"]):
        headers = {"Cookie": alice["cookie"], **({"X-CSRF-Token": token} if token else {})}
        assert visitor.send("PATCH", "/me", headers=headers, body=body).json["error"]["code"] == "FORBIDDEN"
        assert visitor.send("POST", "/auth/logout", headers=headers).json["error"]["code"] == "FORBIDDEN"
    assert visitor.send("PATCH", "/me", "alice", body=body).json["success"]
    assert visitor.send("GET", "/me", headers={"Cookie": alice["cookie"]}).json["success"]
    shown = visitor.send("GET", "/auth/csrf", headers={"Cookie": alice["cookie"]}).json["data"]
    assert shown == {"csrfToken": alice["x-csrf-token"]}


def test_forms_bring_the_token_in_a_field(visitor: Any) -> None:
    alice = visitor.credential("alice")
    headers = {**FORM, "Cookie": alice["cookie"]}

    def sent(path: str, **fields: Any) -> Any:
        return visitor.send("PUT", path, headers=headers, body=urlencode(fields).encode()).json

    order = an_order(visitor)
    profile = {"userId": order["patientId"], "city": "Odense"}
    assert sent("/profile", **profile)["error"]["code"] == "FORBIDDEN"
    assert sent("/profile", **profile, csrfToken="wrong")["error"]["code"] == "FORBIDDEN"
    assert sent("/profile", **profile, csrfToken=alice["x-csrf-token"])["data"]["city"] == "Odense"
    assert sent("/preferences", language="da", newsletter="true", csrfToken=alice["x-csrf-token"])["success"]
    user = visitor.clinic.tables.first("users", username="alice")
    assert (user["language"], user["newsletter"]) == ("da", 1)
    headers = {**headers, "X-CSRF-Token": alice["x-csrf-token"]}
    assert sent("/profile", **profile)["success"]


def test_a_form_is_no_way_round_the_token(visitor: Any) -> None:
    path = f"/orders/{an_order(visitor)['id']}"
    headers = {**FORM, "Cookie": visitor.credential("alice")["cookie"]}
    assert visitor.send("DELETE", path, headers=headers).json["error"]["code"] == "FORBIDDEN"
    headers["X-CSRF-Token"] = visitor.credential("alice")["x-csrf-token"]
    assert visitor.send("DELETE", path, headers=headers).json == {"success": True, "data": None}


def test_form_fields_take_the_type_of_their_property(visitor: Any) -> None:
    lines = f'[{{"productId": "{visitor.dialect.uuids.text(401)}", "quantity": 2}}]'
    token = visitor.credential("alice")["x-csrf-token"]
    for items, code in ((lines, None), ("[", "INVALID")):
        body = urlencode({"items": items, "csrfToken": token}).encode()
        answer = visitor.send("POST", "/orders", "alice", headers=FORM, body=body).json
        assert answer.get("error", {}).get("code") == code
    body = urlencode({"rating": "4", "text": "Good", "csrfToken": token}).encode()
    path = f"/products/{visitor.dialect.uuids.text(401)}/reviews"
    assert visitor.send("POST", path, "alice", headers=FORM, body=body).json["data"]["rating"] == 4


def test_one_envelope_is_enough(visitor: Any) -> None:
    own = visitor.send("GET", "/messages", "alice").json["data"]["items"][0]
    assert visitor.send("GET", f"/messages/{own['id']}", "alice").json == {"success": True, "data": own}
    other = visitor.send("GET", f"/messages/{own['id']}", "sam").json
    assert other["error"] == {"code": "NOT_FOUND", "message": "There is no such message for you."}

    coupon = visitor.send("POST", "/coupons/check", "alice", body={"code": "SPRING10"}).json
    assert coupon == {"success": True, "data": {"percent": 10, "endsOn": "2031-12-31"}}
    unknown = visitor.send("POST", "/coupons/check", "alice", body={"code": "WINTER10"}).json
    assert unknown["error"] == {"code": "NOT_FOUND", "message": "This coupon is unknown"}
    schema = visitor.send("GET", "/openapi.json").json["components"]["schemas"]["CouponAnswer"]
    assert (schema["required"], list(schema["properties"])) == ([], ["percent", "endsOn"])


def test_every_refusal_has_a_code(visitor: Any) -> None:
    for status in (400, 401, 403, 404, 409, 410, 413, 415, 422, 423, 429):
        answer = json.loads(visitor.dialect.refusal(Refused(status, "no"), []).body)
        assert re.fullmatch("[A-Z_]+", answer["error"]["code"])


def test_a_place_to_look_has_a_uuid_too(visitor: Any) -> None:
    reply = Reply({"id": 9501}, 201, {"Location": "/orders/9501"})
    answer = visitor.dialect.dressed(reply, None)
    assert answer.headers["location"] == f"/orders/{visitor.dialect.uuids.text(9501)}"


def test_the_document_wears_the_same_clothes(visitor: Any) -> None:
    document = visitor.send("GET", "/openapi.json").json
    parameters = [p for path in document["paths"].values() for one in path.values() for p in one.get("parameters", ())]
    assert not [p for p in parameters if p["schema"].get("type") == "integer" and p["name"].lower().endswith("id")]
    assert not re.search(r'"[a-z]+_[a-z]+"', str(document["components"]["schemas"]).replace("'", '"'))
    change = document["paths"]["/orders/{orderId}"]["delete"]
    assert change["security"] == [{"session": [], "csrf": []}]
    assert list(change["responses"]) == ["200"]
    assert document["paths"]["/orders"]["get"]["security"] == [{"session": []}]
    schema = change["responses"]["200"]["content"]["application/json"]["schema"]
    assert schema["properties"]["success"] == {"type": "boolean", "example": True}


def test_what_is_published_is_answered(visitor: Any) -> None:
    paths = visitor.send("GET", "/openapi.json").json["paths"]
    for sample in samples(visitor.clinic, visitor.names, 1, dialect=visitor.dialect):
        operation = paths[visitor.names.path(sample.endpoint.path)][sample.endpoint.method.lower()]
        declared = {p["name"] for p in operation.get("parameters", ()) if p["in"] == "query"}
        assert set(sample.query) <= declared


def test_no_two_tables_share_numbers() -> None:
    firsts = sorted(FIRST_ID.values())
    assert min(b - a for a, b in pairwise(firsts)) >= 10
    assert set(FIRST_ID) <= set(COLUMNS)
    assert path_schema("document_id")["format"] == "uuid"


def test_tokens_have_no_weakness_where_there_are_none() -> None:
    assert not [one.id for one in WEAKNESSES if one.test.startswith("jwt-") and "cookie" in one.dialects]


@pytest.mark.parametrize(("weak", "guarded"), [((), True), (("cookie-without-guards",), False)])
def test_the_session_cookie_has_its_guards(visit: Visit, weak: tuple[str, ...], guarded: bool) -> None:
    visitor = visit(*weak, dialect="cookie")
    body = {"username": "alice", "password": visitor.passwords["alice"]}
    line = visitor.send("POST", "/auth/login", body=body).headers["set-cookie"]
    assert ("HttpOnly" in line and "SameSite=Lax" in line) is guarded


def test_an_override_carries_a_body_past_the_role_check(visit: Visit) -> None:
    body = {"title": "May I bring my dog?", "answer": "Gladly"}
    for weak, said in ((("question-method-override",), "Bob was here"), ((), "Gladly")):
        visitor = visit(*weak, dialect="cookie")
        path = f"/questions/{visitor.send('POST', '/questions', 'sam', body=body).json['data']['id']}"
        headers = {"X-HTTP-Method-Override": "PUT"}
        visitor.send("GET", path, "bob", body={**body, "answer": "Bob was here"}, headers=headers)
        assert visitor.send("GET", path, "sam").json["data"]["answer"] == said

"""The steps that every request goes through, and what each says when it says no."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

Visit = Callable[..., Any]
ORDER = {"items": [{"product_id": 401, "quantity": 1}]}

REFUSALS: list[tuple[str, str, str, dict[str, Any], int]] = [
    ("GET", "/nowhere", "alice", {}, 404),
    ("GET", "/orders/abc", "alice", {}, 404),
    ("GET", "/orders/99999999999999999999", "alice", {}, 404),
    ("GET", "/orders/77", "alice", {}, 404),
    ("GET", "/documents/1", "alice", {}, 404),
    ("DELETE", "/me", "alice", {}, 405),
    ("PUT", "/news/301", "alice", {"body": {"title": "abc", "text": "d"}}, 405),
    ("GET", "/me", "", {}, 401),
    ("GET", "/me", "", {"headers": {"Authorization": "Bearer x.y.z"}}, 401),
    ("GET", "/me", "", {"headers": {"Authorization": "Basic YTpi"}}, 401),
    ("GET", "/admin/users", "alice", {}, 403),
    ("GET", "/admin/users", "sam", {}, 403),
    ("GET", "/patients", "alice", {}, 403),
    ("POST", "/products", "alice", {"body": {}}, 403),
    ("POST", "/orders", "alice", {"body": b"{"}, 400),
    ("POST", "/orders", "alice", {"body": b"[]"}, 400),
    ("POST", "/orders", "alice", {"body": b"[" * 500}, 400),
    ("POST", "/orders", "alice", {"body": b'{"note": NaN}'}, 400),
    ("POST", "/orders", "alice", {"body": b'{"note": "\\ud800"}'}, 400),
    ("POST", "/orders", "alice", {"body": b'"' + b"a" * 300_000 + b'"'}, 413),
    ("POST", "/orders", "alice", {"body": ORDER, "headers": {"Content-Type": "text/plain"}}, 415),
    ("POST", "/orders", "alice", {}, 415),
    ("POST", "/orders", "alice", {"body": {}}, 422),
    ("POST", "/orders", "alice", {"body": {"items": [{"product_id": 2**70, "quantity": 1}]}}, 422),
    ("GET", "/invoices/detail", "alice", {}, 422),
    ("GET", "/invoices/detail", "alice", {"query": {"invoice_id": "x"}}, 422),
    ("GET", "/prescriptions", "alice", {"headers": {"X-Patient-Id": "-1"}}, 422),
]


@pytest.mark.parametrize(("method", "path", "account", "details", "status"), REFUSALS)
def test_a_refusal_is_honest(
    visit: Visit, method: str, path: str, account: str, details: dict[str, Any], status: int
) -> None:
    answer = visit().send(method, path, account, **details)
    assert answer.status == status
    assert answer.headers["content-type"] == "application/problem+json"
    assert answer.json["status"] == status
    assert ("www-authenticate" in answer.headers) == (status == 401)
    assert bool(answer.json.get("errors")) == (status == 422)


def test_a_405_names_what_is_allowed(visit: Visit) -> None:
    assert visit().send("PATCH", "/orders", "alice").headers["allow"] == "GET, POST"
    assert visit().send("PUT", "/news/301", "alice", body={}).headers["allow"] == "DELETE, GET"
    assert "PUT" in visit("news-undocumented-put").send("PATCH", "/news/301", "alice").headers["allow"]


def test_tokens_live_as_long_as_they_say(visit: Visit) -> None:
    visitor = visit(token_ttl=5)
    body = {"username": "alice", "password": visitor.passwords["alice"]}
    assert visitor.send("POST", "/auth/login", body=body).json["expires_in"] == 5
    assert visitor.send("GET", "/me", "alice").status == 200
    visitor.now += 4
    assert visitor.send("GET", "/me", "alice").status == 200
    visitor.now += 1
    assert visitor.send("GET", "/me", "alice").status == 401


def test_tokens_of_one_clinic_are_worth_nothing_in_the_next(visit: Visit) -> None:
    token = visit().token("alice")
    other = visit(seed=2)
    assert other.send("GET", "/me", headers={"Authorization": f"Bearer {token}"}).status == 401


def test_a_removed_or_raised_account_is_known_at_once(visit: Visit) -> None:
    visitor = visit()
    visitor.sign_up("nora")
    user_id = visitor.send("GET", "/me", "nora").json["id"]
    assert visitor.send("PUT", f"/admin/users/{user_id}/role", "root", body={"role": "staff"}).status == 200
    assert visitor.send("GET", "/patients", "nora").status == 200
    assert visitor.send("DELETE", f"/admin/users/{user_id}", "root").status == 204
    assert visitor.send("GET", "/me", "nora").status == 401


def test_private_answers_are_not_for_caches(visit: Visit) -> None:
    assert visit().send("GET", "/orders", "alice").headers["cache-control"] == "no-store"
    assert visit().send("GET", "/news").headers["cache-control"].startswith("public")


def test_override_headers_and_unknown_properties_change_nothing(visit: Visit) -> None:
    visitor = visit()
    for name in ("X-HTTP-Method-Override", "X-Method-Override", "X-HTTP-Method"):
        assert visitor.send("GET", "/products/401", "alice", headers={name: "DELETE"}).json["id"] == 401
    mine = visitor.send("POST", "/orders", "alice", body={**ORDER, "status": "sent", "patient_id": 1, "id": 5}).json
    assert (mine["status"], mine["patient_id"]) == ("placed", visitor.id("alice"))
    assert mine["id"] > 9500


def test_an_override_passes_the_role_check_but_not_the_log_in(visit: Visit) -> None:
    visitor = visit("product-method-override")
    headers = {"X-HTTP-Method-Override": "DELETE"}
    assert visitor.send("GET", "/products/401", headers=headers).status == 401
    assert visitor.send("GET", "/products/401", "alice", headers={"X-HTTP-Method-Override": "GWNOOP"}).status == 200
    assert visitor.send("GET", "/products/401", "alice", headers=headers).status == 204

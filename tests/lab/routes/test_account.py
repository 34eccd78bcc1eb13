from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

Visit = Callable[..., Any]


@pytest.mark.parametrize(
    ("field", "value", "status"),
    [
        ("username", "al", 422),
        ("username", "a b c", 422),
        ("username", "alice", 409),
        ("email", "nora", 422),
        ("email", "alice@clinic-mail.example", 409),
        ("password", "short1A", 422),
        ("password", "nouppercase1", 422),
        ("phone", "20123456", 422),
        ("date_of_birth", "2999-01-01", 422),
        ("date_of_birth", "soon", 422),
        ("full_name", "N", 422),
    ],
)
def test_sign_up_says_which_field_is_wrong(visit: Visit, field: str, value: str, status: int) -> None:
    answer = visit().sign_up("nora", **{field: value})
    assert answer.status == status
    assert [error["field"] for error in answer.json["errors"]] == [field]


def test_a_new_account_gets_in_as_a_patient_whatever_it_sends(visit: Visit) -> None:
    visitor = visit()
    answer = visitor.sign_up("gw-abcdefgh", role="admin", balance=7, password_hash="x")
    assert answer.status == 201
    assert (answer.json["role"], answer.json["balance"]) == ("patient", 0)
    assert "password" not in str(answer.json)
    assert visitor.send("GET", "/me", "gw-abcdefgh").json["email"] == "gw-abcdefgh@example.com"


@pytest.mark.parametrize(("username", "password"), [("alice", "wrong"), ("nobody", "wrong"), ("' OR 1=1 --", "x")])
def test_a_wrong_log_in_tells_nothing(visit: Visit, username: str, password: str) -> None:
    answer = visit().send("POST", "/auth/login", body={"username": username, "password": password})
    assert (answer.status, answer.json["detail"]) == (401, "wrong username or password")


def test_log_out_ends_this_token_alone(visit: Visit) -> None:
    visitor = visit()
    first = {"Authorization": f"Bearer {visitor.token('alice')}"}
    visitor.send("GET", "/me", "bob")
    assert visitor.send("POST", "/auth/logout", headers=first).status == 204
    assert visitor.send("GET", "/me", headers=first).status == 401
    assert visitor.send("POST", "/auth/logout", headers=first).status == 401
    assert visitor.send("GET", "/me", "bob").status == 200


def test_a_profile_is_ones_own(visit: Visit) -> None:
    visitor = visit()
    body = {"user_id": visitor.id("alice"), "city": "Kiel", "bio": "x", "role": "admin"}
    assert visitor.send("PUT", "/profile", "bob", body=body).status == 403
    assert visitor.send("PUT", "/profile", "root", body=body).status == 403
    changed = visitor.send("PUT", "/profile", "alice", body=body).json
    assert (changed["city"], changed["role"]) == ("Kiel", "patient")


def test_preferences_ignore_the_given_id_and_act_on_the_caller(visit: Visit) -> None:
    visitor = visit()
    body = {"user_id": visitor.id("alice"), "language": "de", "newsletter": True}
    answer = visitor.send("PUT", "/preferences", "bob", body=body)
    assert (answer.status, answer.content) == (204, b"")
    query = {"user_id": visitor.id("alice")}
    assert visitor.send("GET", "/preferences", "bob", query=query).json == {**body, "user_id": visitor.id("bob")}
    assert visitor.send("GET", "/preferences", "alice").json["language"] == "en"


def test_a_customer_is_seen_by_itself_and_administrators(visit: Visit) -> None:
    visitor = visit()
    statuses = {name: visitor.send("GET", "/customers/alice", name).status for name in ("alice", "bob", "sam", "root")}
    assert statuses == {"alice": 200, "bob": 403, "sam": 403, "root": 200}
    assert visitor.send("GET", "/customers/nobody", "bob").status == 404


def test_a_customer_change_echoes_more_than_it_stores(visit: Visit) -> None:
    visitor = visit()
    body = {"delivery_note": "Ring", "loyalty_points": 9000, "gwx81": 1}
    answer = visitor.send("PATCH", "/customers/alice", "alice", body=body)
    assert answer.json == {**answer.json, **body}
    stored = visitor.send("GET", "/customers/alice", "alice").json
    assert (stored["delivery_note"], stored["loyalty_points"]) == ("Ring", 20)
    assert "gwx81" not in stored
    assert visitor.send("PATCH", "/customers/alice", "bob", body=body).status == 403

"""Sessions: they begin fresh, end when they should, and go with a token."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from gatewright.lab.endpoint import Call
from gatewright.lab.sessions import cookies, holds

Visit = Callable[..., Any]


def log_in(visitor: Any, account: str = "alice", cookie: str = "") -> Any:
    body = {"username": account, "password": visitor.passwords[account]}
    return visitor.send("POST", "/auth/login", body=body, headers={"Cookie": cookie} if cookie else {})


def cookie_of(answer: Any) -> str:
    return str(answer.headers["set-cookie"]).partition(";")[0]


def inside(visitor: Any, cookie: str) -> bool:
    return bool(visitor.send("GET", "/me", headers={"Cookie": cookie}).json["success"])


def test_a_session_is_a_cookie_that_scripts_cannot_read(visit: Visit) -> None:
    answer = log_in(visit(dialect="cookie", token_ttl=9))
    assert answer.headers["set-cookie"].endswith("; Path=/; Max-Age=9; HttpOnly; SameSite=Lax")
    assert answer.json["data"].keys() == {"csrfToken", "expiresIn"}
    assert answer.headers["cache-control"] == "no-store"


def test_a_session_lives_as_long_as_it_says(visit: Visit) -> None:
    visitor = visit(dialect="cookie", token_ttl=5)
    cookie = cookie_of(log_in(visitor))
    visitor.now += 4
    assert inside(visitor, cookie)
    visitor.now += 1
    assert not inside(visitor, cookie)


def test_log_in_begins_a_new_session_and_ends_the_one_that_was(visit: Visit) -> None:
    visitor = visit(dialect="cookie")
    first = cookie_of(log_in(visitor))
    second = cookie_of(log_in(visitor, cookie=first))
    assert first != second
    assert [inside(visitor, one) for one in (first, second)] == [False, True]
    chosen = cookie_of(log_in(visitor, cookie="session=chosen-by-somebody-else"))
    assert chosen != "session=chosen-by-somebody-else"
    assert not inside(visitor, "session=chosen-by-somebody-else")


def test_log_out_ends_it_on_the_server(visit: Visit) -> None:
    visitor = visit(dialect="cookie")
    visitor.send("GET", "/me", "alice")
    cookie = visitor.credential("alice")["cookie"]
    answer = visitor.send("POST", "/auth/logout", "alice")
    assert answer.json["success"]
    assert "Max-Age=0" in answer.headers["set-cookie"]
    assert not inside(visitor, cookie)


def test_all_others_of_a_user_can_be_ended(visit: Visit) -> None:
    visitor = visit(dialect="cookie")
    mine, other, bobs = (cookie_of(log_in(visitor, name)) for name in ("alice", "alice", "bob"))
    user, session = visitor.clinic.door.caller(visitor.clinic, {"cookie": mine})
    call = Call(
        clinic=visitor.clinic,
        endpoint=visitor.dialect.table["GET /me"],
        user=user,
        claims=session,
        path={},
        query={},
        headers={},
        body={},
    )
    visitor.clinic.door.end_others(call)
    assert [inside(visitor, one) for one in (mine, other, bobs)] == [True, False, True]


def test_the_table_does_not_hold_what_lets_one_in(visit: Visit) -> None:
    visitor = visit(dialect="cookie")
    value = cookie_of(log_in(visitor)).partition("=")[2]
    assert value not in str(visitor.clinic.tables.find("sessions"))


@pytest.mark.parametrize(
    ("header", "found"),
    [("session=a; b=c", {"session": "a", "b": "c"}), ("", {}), ("\x00=;;=", {})],
)
def test_cookies_are_read_as_far_as_they_can_be(header: str, found: dict[str, str]) -> None:
    assert cookies({"cookie": header}) == found


def test_a_token_fits_its_session_alone() -> None:
    assert holds({"csrf": "abc"}, "abc")
    assert not holds({"csrf": "abc"}, "abd")
    assert not holds({"csrf": "abc"}, "ä")


def test_weak_the_cookie_from_before_is_kept(visit: Visit) -> None:
    visitor = visit("session-kept-at-login", dialect="cookie")
    assert cookie_of(log_in(visitor, cookie="session=chosen-by-somebody-else")) == "session=chosen-by-somebody-else"
    assert inside(visitor, "session=chosen-by-somebody-else")
    assert cookie_of(log_in(visitor, cookie="session=chosen-by-somebody-else")) == "session=chosen-by-somebody-else"
    assert cookie_of(log_in(visitor)) != cookie_of(log_in(visitor))


def test_weak_the_next_session_is_the_next_number(visit: Visit) -> None:
    visitor = visit("session-ids-count", dialect="cookie")
    first = int(cookie_of(log_in(visitor)).partition("=")[2], 16)
    log_in(visitor, "bob")
    assert inside(visitor, f"session={first + 1:08x}")
    assert not inside(visitor, f"session={first + 2:08x}")


def test_weak_a_session_outlives_its_log_out(visit: Visit) -> None:
    visitor = visit("logout-keeps-session", dialect="cookie")
    visitor.send("GET", "/me", "alice")
    cookie = visitor.credential("alice")["cookie"]
    visitor.send("POST", "/auth/logout", "alice")
    assert inside(visitor, cookie)


def test_weak_the_limit_believes_a_header(visit: Visit) -> None:
    visitor = visit("login-limit-by-address", dialect="cookie")
    body = {"username": "alice", "password": "wrong"}
    for _ in range(10):
        visitor.send("POST", "/auth/login", body=body)
    assert not log_in(visitor).json["success"]
    body["password"] = visitor.passwords["alice"]
    elsewhere = {"X-Forwarded-For": "198.51.100.7"}
    assert visitor.send("POST", "/auth/login", body=body, headers=elsewhere).json["success"]
    assert not log_in(visitor).json["success"]


def test_weak_the_log_in_tells_who_is_there(visit: Visit) -> None:
    visitor = visit("login-tells-names", dialect="cookie")
    there, missing = (
        visitor.send("POST", "/auth/login", body={"username": name, "password": "wrong"}).json["error"]
        for name in ("alice", "nobody.there")
    )
    assert there != missing

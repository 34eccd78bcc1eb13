from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any

import pytest

from tests.lab.account_exploits import GOOD, bearer, log_in, newcomer, shown

Visit = Callable[..., Any]


def test_a_refresh_token_is_used_up_and_its_second_use_ends_the_session(visit: Visit) -> None:
    visitor = visit()
    session = newcomer(visitor, "nora.lind")
    renewed = visitor.send("POST", "/auth/refresh", body={"refresh_token": session["refresh_token"]}).json
    assert shown(visitor, renewed) == "nora.lind"
    assert renewed["refresh_token"] != session["refresh_token"]
    assert visitor.send("POST", "/auth/refresh", body={"refresh_token": session["refresh_token"]}).status == 401
    assert shown(visitor, renewed) == shown(visitor, session) == ""
    assert visitor.send("POST", "/auth/refresh", body={"refresh_token": renewed["refresh_token"]}).status == 401
    assert visitor.send("POST", "/auth/refresh", body={"refresh_token": "made-up"}).status == 401


def test_log_out_ends_the_refresh_token_too(visit: Visit) -> None:
    visitor = visit()
    session, other = newcomer(visitor, "nora.lind"), log_in(visitor, "nora.lind").json
    visitor.send("POST", "/auth/logout", headers=bearer(session))
    assert visitor.send("POST", "/auth/refresh", body={"refresh_token": session["refresh_token"]}).status == 401
    assert shown(visitor, other) == "nora.lind"


@pytest.mark.parametrize(
    "body", [{"new_password": "Green-Lantern-52"}, {"email": "x@example.com", "current_password": "no"}]
)
def test_a_change_asks_for_the_present_password(visit: Visit, body: dict[str, str]) -> None:
    visitor = visit()
    session = newcomer(visitor, "nora.lind")
    answer = visitor.send("PUT", "/auth/credentials", headers=bearer(session), body=body)
    assert (answer.status, answer.json["errors"][0]["field"]) == (403, "current_password")
    assert log_in(visitor, "nora.lind").status == 200


def test_a_new_password_ends_the_other_sessions(visit: Visit) -> None:
    visitor = visit()
    first, second = newcomer(visitor, "nora.lind"), log_in(visitor, "nora.lind").json
    body = {"current_password": GOOD, "new_password": "Green-Lantern-52"}
    assert visitor.send("PUT", "/auth/credentials", headers=bearer(first), body=body).status == 204
    assert (shown(visitor, first), shown(visitor, second)) == ("nora.lind", "")
    assert visitor.send("POST", "/auth/refresh", body={"refresh_token": second["refresh_token"]}).status == 401
    assert visitor.send("POST", "/auth/refresh", body={"refresh_token": first["refresh_token"]}).status == 200
    assert log_in(visitor, "nora.lind", "Green-Lantern-52").status == 200
    weak = {"current_password": "Green-Lantern-52", "new_password": "password"}
    assert visitor.send("PUT", "/auth/credentials", headers=bearer(first), body=weak).status == 422


def test_a_new_name_is_nobody_elses_and_the_session_stays(visit: Visit) -> None:
    visitor = visit()
    session = newcomer(visitor, "nora.lind")
    taken = {"current_password": GOOD, "username": "Alice"}
    assert visitor.send("PUT", "/auth/credentials", headers=bearer(session), body=taken).status == 409
    body = {"current_password": GOOD, "username": "nora.berg", "email": "nora.berg@example.com"}
    assert visitor.send("PUT", "/auth/credentials", headers=bearer(session), body=body).status == 204
    assert shown(visitor, session) == "nora.berg"
    assert log_in(visitor, "nora.lind").status == 401
    assert log_in(visitor, "Nora.Berg").status == 200
    assert visitor.sign_up("nora.lind").status == 201
    assert shown(visitor, session) == "nora.berg"


def test_names_are_taken_however_they_are_spelled(visit: Visit) -> None:
    visitor = visit()
    assert visitor.sign_up("ALICE").status == 409
    assert visitor.sign_up("nora.lind", email="Alice@Clinic-Mail.example").status == 409


def test_the_log_in_waits_after_ten_wrong_passwords(visit: Visit) -> None:
    visitor = visit()
    newcomer(visitor, "nora.lind")
    for name in ("nora.lind", "nobody.there"):
        assert [log_in(visitor, name, "wrong").status for _ in range(11)] == [401] * 10 + [429]
    refused = log_in(visitor, "Nora.LIND")
    assert (refused.status, int(refused.headers["retry-after"]) > 1) == (429, True)
    assert log_in(visitor, "alice", visitor.passwords["alice"]).status == 200
    visitor.now += 61
    assert log_in(visitor, "nora.lind").status == 200


def test_a_forgotten_password(visit: Visit) -> None:
    visitor = visit()
    session = newcomer(visitor, "nora.lind")
    answers = [
        visitor.send("POST", "/auth/password/forgot", body={"email": email})
        for email in ("nora.lind@example.com", "nobody@example.com")
    ]
    assert answers[0].status == answers[1].status == 202
    assert answers[0].content == answers[1].content
    mails = visitor.clinic.mailbox.mails
    code = re.findall(r"code (\d{6})", mails["nora.lind@example.com"][0]["text"])[0]
    assert "nobody@example.com" not in mails
    body = {"email": "nora.lind@example.com", "code": code, "new_password": "Green-Lantern-52"}
    assert visitor.send("POST", "/auth/password/reset", body={**body, "code": "000000x"}).status == 403
    assert visitor.send("POST", "/auth/password/reset", body=body).status == 204
    assert visitor.send("POST", "/auth/password/reset", body=body).status == 403
    assert log_in(visitor, "nora.lind", "Green-Lantern-52").status == 200
    assert shown(visitor, session) == ""


def test_a_reset_code_is_not_guessed(visit: Visit) -> None:
    visitor = visit()
    newcomer(visitor, "nora.lind")
    visitor.send("POST", "/auth/password/forgot", body={"email": "nora.lind@example.com"})
    body = {"email": "nora.lind@example.com", "code": "none", "new_password": "Green-Lantern-52"}
    statuses = [visitor.send("POST", "/auth/password/reset", body=body).status for _ in range(11)]
    assert statuses == [403] * 10 + [429]

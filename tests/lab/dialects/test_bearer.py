"""The everyday clothes; what they answer to whom is in tests/lab/test_app.py."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from gatewright.lab.dialects.bearer import Bearer

Visit = Callable[..., Any]


def test_a_refusal_is_a_problem(visit: Visit) -> None:
    answer = visit().send("GET", "/me")
    assert answer.status == 401
    assert answer.headers["www-authenticate"] == "Bearer"
    assert answer.json == {
        "type": "about:blank",
        "title": "Not logged in",
        "status": 401,
        "detail": "log in first",
    }


def test_an_answer_is_its_body(visit: Visit) -> None:
    visitor = visit()
    assert visitor.send("GET", "/me", "alice").json["username"] == "alice"
    assert visitor.send("POST", "/auth/logout", "alice").content == b""
    assert visitor.send("GET", "/docs").headers["content-type"].startswith("text/html")


def test_log_in_gives_a_token(visit: Visit) -> None:
    visitor = visit()
    body = {"username": "alice", "password": visitor.passwords["alice"]}
    answer = visitor.send("POST", "/auth/login", body=body).json
    assert answer["token_type"] == "Bearer"
    assert isinstance(visitor.dialect, Bearer)

"""The token of a session can be asked for again."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any


def test_the_token_is_that_of_the_session(visit: Callable[..., Any]) -> None:
    visitor = visit(dialect="cookie")
    token = visitor.credential("alice")["x-csrf-token"]
    assert visitor.send("GET", "/auth/csrf", "alice").json["data"] == {"csrfToken": token}
    assert visitor.send("GET", "/auth/csrf").json["success"] is False


def test_where_nobody_has_a_session_there_is_none(visit: Callable[..., Any]) -> None:
    assert visit().send("GET", "/auth/csrf", "alice").status == 404

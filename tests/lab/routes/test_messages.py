from __future__ import annotations

from collections.abc import Callable
from typing import Any

MESSAGE = {"recipient": "bob", "subject": "Hello", "text": "How are you?"}


def test_both_ends_see_a_message_and_others_get_an_error_with_status_200(visit: Callable[..., Any]) -> None:
    visitor = visit()
    sent = visitor.send("POST", "/messages", "alice", body=MESSAGE).json
    path = f"/messages/{sent['id']}"
    for account in ("alice", "bob"):
        assert visitor.send("GET", path, account).json["data"] == sent
        assert sent in visitor.send("GET", "/messages", account).json["items"]
    for account, other in (("sam", path), ("root", path), ("alice", "/messages/77")):
        answer = visitor.send("GET", other, account)
        assert (answer.status, answer.json["success"], answer.json["data"]) == (200, False, None)
    assert sent not in visitor.send("GET", "/messages", "root").json["items"]


def test_only_the_sender_withdraws(visit: Callable[..., Any]) -> None:
    visitor = visit()
    path = f"/messages/{visitor.send('POST', '/messages', 'alice', body=MESSAGE).json['id']}"
    assert visitor.send("DELETE", path, "bob").status == 404
    assert visitor.send("DELETE", path, "alice").status == 204
    assert visitor.send("GET", path, "bob").json["success"] is False


def test_nobody_gets_no_message(visit: Callable[..., Any]) -> None:
    answer = visit().send("POST", "/messages", "alice", body={**MESSAGE, "recipient": "nobody"})
    assert answer.json["errors"] == [{"field": "recipient", "message": "does not exist"}]


def test_a_message_outlives_its_sender(visit: Callable[..., Any]) -> None:
    visitor = visit()
    visitor.sign_up("nora")
    sent = visitor.send("POST", "/messages", "nora", body=MESSAGE).json
    visitor.clinic.tables.remove("users", username="nora")
    assert visitor.send("GET", f"/messages/{sent['id']}", "bob").json["data"]["sender"] == "(gone)"

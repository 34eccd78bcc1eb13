from __future__ import annotations

from collections.abc import Callable
from typing import Any

QUESTION = {"title": "May I bring my dog?", "answer": "Into the garden, gladly"}


def test_patients_read_and_staff_writes(visit: Callable[..., Any]) -> None:
    visitor = visit()
    assert visitor.send("POST", "/questions", "alice", body=QUESTION).status == 403
    made = visitor.send("POST", "/questions", "sam", body=QUESTION).json
    path = f"/questions/{made['id']}"
    assert visitor.send("GET", path, "alice").json == made
    assert made in visitor.send("GET", "/questions", "bob").json["items"]
    for method in ("PUT", "DELETE"):
        assert visitor.send(method, path, "alice", body=QUESTION).status == 403
    assert (
        visitor.send("PUT", path, "sam", body={**QUESTION, "answer": "Only outside"}).json["answer"] == "Only outside"
    )
    assert visitor.send("DELETE", path, "sam").status == 204
    assert visitor.send("GET", path, "alice").status == 404

from __future__ import annotations

from collections.abc import Callable
from typing import Any


def test_the_directory_shows_names_and_positions(visit: Callable[..., Any]) -> None:
    rows = visit().send("GET", "/staff", "alice").json["items"]
    assert {"id", "full_name", "position"} == set().union(*rows)
    assert "Alice Marsh" not in [row["full_name"] for row in rows]


def test_salaries_are_for_administrators(visit: Callable[..., Any]) -> None:
    visitor = visit()
    path = f"/staff/{visitor.id('sam')}/salary"
    for account, status in (("alice", 403), ("sam", 403), ("root", 200)):
        assert visitor.send("GET", "/staff/salaries", account).status == status
        assert visitor.send("PUT", path, account, body={"salary": 1}).status == status
    assert visitor.send("PUT", path, "root", body={"salary": -1}).status == 422
    assert visitor.send("PUT", f"/staff/{visitor.id('alice')}/salary", "root", body={"salary": 1}).status == 404
    earned = {row["full_name"]: row for row in visitor.send("GET", "/staff/salaries", "root").json["items"]}
    assert earned["Sam Okafor"]["salary"] == 1
    assert len({row["contract"] for row in earned.values()}) == len(earned)

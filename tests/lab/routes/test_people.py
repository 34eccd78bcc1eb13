"""The forum: everybody sees who is there, and only the staff where the files stand."""

from __future__ import annotations

from typing import Any


def test_members_see_each_other(visit: Any) -> None:
    visitor = visit()
    listed = visitor.send("GET", "/people", "bob").json["items"]
    path = f"/people/{visitor.id('alice')}"
    assert visitor.send("GET", path, "bob").json in listed
    assert set(listed[0]) == {"id", "display_name", "member_since"}
    assert "shelf" in visitor.send("GET", path, "sam").json


def test_the_staff_is_not_in_the_forum(visit: Any) -> None:
    visitor = visit()
    assert visitor.send("GET", f"/people/{visitor.id('sam')}", "bob").status == 404
    assert visitor.send("GET", "/people").status == 401

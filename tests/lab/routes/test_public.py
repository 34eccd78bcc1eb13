from __future__ import annotations

from collections.abc import Callable
from typing import Any

Visit = Callable[..., Any]


def test_what_needs_no_account(visit: Visit) -> None:
    visitor = visit()
    assert visitor.send("GET", "/health").json["status"] == "ok"
    assert visitor.send("GET", "/docs").headers["content-type"].startswith("text/html")
    news = visitor.send("GET", "/news")
    assert (news.headers["x-cache"], news.json["count"]) == ("HIT", 2)


def test_news_are_written_by_staff_and_replaced_by_nobody(visit: Visit) -> None:
    visitor = visit()
    body = {"title": "Flu shots", "text": "From Monday on"}
    assert visitor.send("POST", "/news", "alice", body=body).status == 403
    path = f"/news/{visitor.send('POST', '/news', 'sam', body=body).json['id']}"
    for account in ("", "alice", "sam", "root"):
        assert visitor.send("PUT", path, account, body=body).status == 405
    assert visitor.send("GET", path).json["title"] == "Flu shots"
    assert visitor.send("DELETE", path, "alice").status == 403
    assert visitor.send("DELETE", path, "sam").status == 204
    assert visitor.send("GET", path).status == 404


def test_recommendations_greet_those_who_are_known(visit: Visit) -> None:
    visitor = visit()
    assert visitor.send("GET", "/recommendations").json["greeting"] == "Welcome"
    assert visitor.send("GET", "/recommendations", headers={"Authorization": "Bearer x"}).json["greeting"] == "Welcome"
    known = visitor.send("GET", "/recommendations", "alice").json
    assert (known["greeting"], known["points"]) == ("Welcome back, Alice Marsh", 20)


def test_notifications_never_look_the_same_twice(visit: Visit) -> None:
    visitor = visit()
    first, *others = (visitor.send("GET", "/notifications", "alice").json for _ in range(6))
    assert all(first["request_id"] != other["request_id"] for other in others)
    assert any(first["tips"] != other["tips"] for other in others)
    assert all(sorted(first["tips"]) == sorted(other["tips"]) for other in others)
    assert all(first["items"] == other["items"] for other in others)
    assert first["items"] != visitor.send("GET", "/notifications", "bob").json["items"]

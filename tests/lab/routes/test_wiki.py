from __future__ import annotations

from collections.abc import Callable
from typing import Any

PAGE = {"title": "Car park!", "text": "Behind the house"}


def test_everybody_may_do_everything_to_a_page(visit: Callable[..., Any]) -> None:
    visitor = visit()
    made = visitor.send("POST", "/wiki", "alice", body=PAGE).json
    assert made == {**PAGE, "slug": "car-park", "revision": 1, "can_edit": True}
    changed = visitor.send("PUT", "/wiki/car-park", "bob", body={**PAGE, "text": "In front of it"}).json
    assert (changed["text"], changed["revision"]) == ("In front of it", 2)
    assert changed in visitor.send("GET", "/wiki", "alice").json["items"]
    assert visitor.send("DELETE", "/wiki/car-park", "bob").status == 204
    assert visitor.send("GET", "/wiki", "").status == 401


def test_a_page_that_is_not_there_answers_200(visit: Callable[..., Any]) -> None:
    visitor = visit()
    answer = visitor.send("GET", "/wiki/nothing-here", "alice")
    assert (answer.status, answer.json["title"], answer.json["slug"]) == (200, "Page not found", "nothing-here")
    assert visitor.send("PUT", "/wiki/nothing-here", "alice", body=PAGE).json["title"] == "Page not found"
    assert "nothing-here" not in str(visitor.send("GET", "/wiki", "alice").json)


def test_equal_titles_get_addresses_of_their_own(visit: Callable[..., Any]) -> None:
    visitor = visit()
    slugs = [visitor.send("POST", "/wiki", "alice", body=PAGE).json["slug"] for _ in range(3)]
    visitor.send("DELETE", f"/wiki/{slugs[0]}", "alice")
    slugs.append(visitor.send("POST", "/wiki", "alice", body=PAGE).json["slug"])
    assert len(set(slugs[1:])) == 3
    assert visitor.send("POST", "/wiki", "alice", body={**PAGE, "title": "???"}).status == 201

from __future__ import annotations

from collections.abc import Callable
from typing import Any

Visit = Callable[..., Any]


def test_pages_are_cut_and_repeat_what_was_asked(visit: Visit) -> None:
    visitor = visit()
    usual = visitor.send("GET", "/news/archive").json
    assert (len(usual["items"]), usual["total"], usual["limit"]) == (20, 240, 20)
    large = visitor.send("GET", "/news/archive", query={"limit": 5000}).json
    assert (len(large["items"]), large["limit"]) == (100, 5000)
    last = visitor.send("GET", "/news/archive", query={"limit": 5, "offset": 238}).json
    assert [item["issue"] for item in last["items"]] == [239, 240]
    assert visitor.send("GET", "/news/archive", query={"limit": 0}).status == 422


def test_it_is_searched_for_words_as_they_are(visit: Visit) -> None:
    visitor = visit()
    assert visitor.send("GET", "/news/archive", query={"q": "GARDEN"}).json["total"] == 60
    assert visitor.send("GET", "/news/archive", query={"q": "gar.en"}).json["total"] == 0
    weak = visit("old-news-by-expression")
    assert weak.send("GET", "/news/archive", query={"q": "gar.en"}).json["total"] == 60
    assert weak.send("GET", "/news/archive", query={"q": "(("}).json["total"] == 0

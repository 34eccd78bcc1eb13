from __future__ import annotations

import json

import pytest

from gatewright.explore import answers
from gatewright.model.http import Exchange, Request, Response


def exchange(body, status=200, headers=()):
    raw = body if isinstance(body, bytes) else json.dumps(body).encode()
    return Exchange(1, Request("GET", "http://h", "/"), Response(status, headers, raw))


@pytest.mark.parametrize(
    ("body", "status", "accepted"),
    [
        ({"id": 1}, 200, True),
        ([], 200, True),
        (b"", 204, True),
        (b"<html>", 200, True),
        ({"success": False, "data": None}, 200, False),
        ({"ok": False}, 200, False),
        ({"status": "error", "message": "no"}, 200, False),
        ({"errors": [{"message": "no"}], "data": None}, 200, False),
        ({"error": "no"}, 200, False),
        ({"error": None, "id": 1}, 200, True),
        ({"status": "paid", "id": 3}, 200, True),
        ({"message": "created"}, 201, True),
        ({"id": 1}, 302, False),
        ({"id": 1}, 500, False),
    ],
)
def test_accepted(body, status, accepted):
    assert answers.read(exchange(body, status)).accepted is accepted


def test_what_is_not_json_is_none_and_never_raises():
    for raw in (b"{broken", b"\xff\xfe", b'"\xff"', b"[" * 100_000):
        assert answers.read(exchange(raw)).body is None
    assert answers.read(Exchange(1, Request("GET", "http://h", "/"), None, error="reset: gone")).status == 0


def test_only_an_answer_of_the_application_says_that_nothing_happened():
    assert answers.read(exchange({"error": "x"}, 400)).refuses
    assert answers.read(exchange({"success": False}, 200)).refuses
    assert not answers.read(exchange({"error": "x"}, 502)).refuses
    assert not answers.read(Exchange(1, Request("GET", "http://h", "/"), None)).refuses


@pytest.mark.parametrize(
    "body",
    [
        [{"id": 1}],
        {"data": [{"id": 1}]},
        {"data": {"items": [{"id": 1}], "total": 1}},
        {"success": True, "data": {"page": {"rows": [{"id": 1}]}}},
    ],
)
def test_items_are_found_in_their_wrappers(body):
    assert answers.items(body) == [{"id": 1}]
    assert answers.is_list(body)


def test_an_object_is_no_list():
    assert not answers.is_list({"id": 1, "user": {"name": "x"}})
    assert answers.items({"id": 1}) == []


def test_links_whatever_their_name():
    body = {"_links": {"self": {"href": "/a/1"}}, "grovu": "/b/2", "text": "/not a link", "url": "c/3"}
    assert answers.links(body, "/z/9") == ["/z/9", "/a/1", "/b/2", "c/3"]


def test_says_looks_at_body_and_location():
    reply = answers.read(exchange({"a": "gwmark"}, headers=(("Location", "/x/77"),)))
    assert reply.says("gwmark")
    assert reply.says("77")
    assert not reply.says("")


def test_summary_is_short_and_on_one_line():
    text = answers.summary(exchange({"error": "x" * 500}, 400))
    assert text.startswith('400 {"error"')
    assert len(text) < 130
    assert answers.summary(Exchange(1, Request("GET", "http://h", "/"), None, error="reset: gone")) == "reset: gone"


def test_texts_of_all_items_also_of_deep_ones():
    deep = [[]]
    for _ in range(3000):
        deep = [deep]
    assert answers.texts([{"id": 1}, {"id": "b", "c": [None, True]}, deep]) == {"1", "b", "None", "True"}

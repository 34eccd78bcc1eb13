from __future__ import annotations

import pytest

from gatewright.model.http import Request, Response, header

LINES = (("Host", "h"), ("X-A", "1"), ("x-a", "2"), ("Via", ""))
REQUEST = Request("GET", "http://h", "/a/%2e", LINES, b"body", "exact")


def test_headers_are_found_whatever_their_case_and_the_first_counts() -> None:
    assert (header(LINES, "x-A"), header(LINES, "via"), header(LINES, "none")) == ("1", "", None)
    assert REQUEST.header("HOST") == "h"
    response = Response(200, LINES)
    assert (response.header("X-a"), response.header_values("X-a")) == ("1", ["1", "2"])


def test_with_headers_replaces_every_line_of_the_name_and_keeps_the_rest_exactly() -> None:
    changed = REQUEST.with_headers(("X-a", "3"), ("New", "n"))
    assert changed.headers == (("Host", "h"), ("Via", ""), ("X-a", "3"), ("New", "n"))
    assert (changed.target, changed.body, changed.framing) == (REQUEST.target, REQUEST.body, REQUEST.framing)
    assert REQUEST.url == "http://h/a/%2e"


@pytest.mark.parametrize(
    ("status", "ok"), [(199, False), (200, True), (204, True), (299, True), (300, False), (404, False)]
)
def test_ok(status: int, ok: bool) -> None:
    assert Response(status).ok is ok


def test_an_answer_of_nothing_but_errors_is_meant_as_a_refusal() -> None:
    body = b'{"errors": [{"message": "no", "extensions": {"code": "FORBIDDEN"}}], "data": {"order": null}}'
    assert (Response(200, body=body).meaning, Response(200, body=body).ok) == (403, False)
    assert (Response(500, body=body).meaning, Response(200, body=b"{}").meaning) == (500, 200)

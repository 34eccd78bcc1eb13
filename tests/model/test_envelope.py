"""What answers say of themselves, whatever their status says."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gatewright.model.envelope import refusal
from gatewright.model.http import Response

REFUSALS: list[tuple[dict[str, Any], int]] = [
    ({"success": False}, 400),
    ({"ok": False, "error": "no"}, 400),
    ({"success": False, "error": {"code": "NOT_LOGGED_IN", "message": "log in first"}}, 401),
    ({"success": False, "error": {"code": "FORBIDDEN", "message": "not yours"}, "data": None}, 403),
    ({"Success": False, "Message": "no", "Data": []}, 400),
    ({"success": False, "error": {"code": "NOT_FOUND", "message": "x", "fields": {"a": "b"}}}, 404),
    ({"isSuccess": False, "errors": [{"code": "x"}], "data": {}}, 400),
    ({"code": 401, "msg": "token expired", "data": None}, 401),
    ({"code": 40100, "msg": "please log in", "data": None}, 401),
    ({"code": "40301", "message": "x"}, 403),
    ({"errcode": 7, "errmsg": "bad thing"}, 400),
    ({"err_no": -1, "msg": "bad thing", "timestamp": 5}, 400),
    ({"status": "error", "message": "Order does not exist", "code": "OrderNotFound"}, 404),
    ({"status": "fail", "data": {}, "message": "name is required"}, 400),
    ({"result": "error", "reason": "duplicate"}, 400),
    ({"status": 404, "error": "Not Found", "path": "/x", "timestamp": "2026-01-01T00:00:00Z"}, 404),
    ({"error": True, "message": "no"}, 400),
    ({"error": "access-denied", "message": "no"}, 403),
    ({"error": {"type": "validation_error", "message": "no"}}, 422),
    ({"success": False, "code": "EMAIL_TAKEN"}, 409),
    ({"success": False, "code": "RateLimitExceeded"}, 429),
]
OTHERS: list[Any] = [
    {"message": "a code is on its way", "code": "497123"},
    {"message": "a code is on its way", "code": "404123"},
    {"message": "a code is on its way", "code": 49712},
    {"success": True, "data": {"id": 1}},
    {"success": True, "error": None, "data": None},
    {"success": False, "data": {"id": 7}, "error": "half of it went wrong"},
    {"id": 4, "status": "failed", "amount": 12},
    {"status": "failed"},
    {"status": "ok", "message": "x"},
    {"code": "SPRING10", "percent": 10},
    {"code": 0, "msg": "", "data": None},
    {"code": 200, "message": "done", "data": None},
    {"code": 20000, "message": "done"},
    {"code": 1, "message": "created"},
    {"code": 460, "name": "a postcode"},
    {"code": 404},
    {"errors": []},
    {"error": None, "result": 5},
    {"errcode": 0, "errmsg": "ok"},
    {"title": "a book", "type": "novel"},
    {"items": [], "count": 0},
    [],
    [{"success": False}],
    "success",
    {},
]


@pytest.mark.parametrize(("body", "status"), REFUSALS, ids=str)
def test_an_envelope_says_that_it_failed(body: dict[str, Any], status: int) -> None:
    content = json.dumps(body).encode()
    assert refusal(content) == status
    response = Response(200, (("Content-Type", "application/json"),), content)
    assert (response.status, response.meaning, response.ok) == (200, status, False)


@pytest.mark.parametrize("body", OTHERS, ids=str)
def test_all_else_is_taken_at_its_status(body: Any) -> None:
    content = json.dumps(body).encode()
    assert refusal(content) == 0
    assert Response(201, (), content).meaning == 201


def test_a_status_of_its_own_is_not_changed() -> None:
    assert Response(500, (), b'{"success": false, "code": 404}').meaning == 500


def test_what_is_long_is_no_refusal() -> None:
    assert refusal(json.dumps({"success": False, "message": "x" * 9000}).encode()) == 0


@given(st.binary(max_size=60) | st.binary(max_size=60).map(lambda tail: b'{"success": false' + tail))
def test_any_bytes_are_judged(body: bytes) -> None:
    assert refusal(body) in (0, 400)

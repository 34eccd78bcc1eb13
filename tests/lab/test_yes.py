"""The yes-server agrees to everything and knows nothing."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import pytest

from gatewright.lab.dialects.bearer import Bearer
from gatewright.lab.serve import Options, built


@pytest.fixture
def app() -> Any:
    return built(Options(yes=True))


@pytest.mark.parametrize("method", ["GET", "POST", "PUT", "DELETE", "PATCH", "GWNOOP"])
@pytest.mark.parametrize("path", ["/", "/me", "/nowhere/at/all"])
def test_everything_is_200_and_echoed(app: Any, send: Callable[..., Any], method: str, path: str) -> None:
    answer = send(app, method, path, "a=1", {"authorization": "Bearer x"}, b'{"name": "gwx"}')
    assert answer.status == 200
    assert answer.json["name"] == "gwx"
    assert answer.json["method"] == method
    assert answer.json["path"] == path
    assert answer.json["query"] == {"a": "1"}
    assert answer.json["headers"] == {"authorization": "Bearer x"}


@pytest.mark.parametrize("content", [b"", b"not json", b"[1]", b"\xff"])
def test_any_body_will_do(app: Any, send: Callable[..., Any], content: bytes) -> None:
    assert send(app, "POST", "/me", "", {}, content).status == 200


@pytest.mark.parametrize("scramble", [None, 4])
def test_it_publishes_the_same_specification(
    visit: Callable[..., Any], send: Callable[..., Any], scramble: int | None
) -> None:
    yes = send(built(Options(yes=True, scramble=scramble)), "GET", "/openapi.json", "", {}, b"").json
    assert yes == visit(scramble=scramble).send("GET", "/openapi.json").json
    assert Bearer.spelling(scramble).path("/orders") in json.dumps(yes)

from __future__ import annotations

import json
from typing import Any

import pytest

from gatewright.model.endpoint import Specification
from gatewright.sources.openapi import parse


def read(document: dict[str, Any]) -> Specification:
    return parse(json.dumps({"openapi": "3.1.0", **document}).encode(), source="x.json")


@pytest.mark.parametrize(
    ("operation", "stream"),
    [
        ({"responses": {"200": {"description": "", "content": {"text/event-stream": {}}}}}, "events"),
        (
            {"responses": {"200": {"description": "", "content": {"text/event-stream": {}, "application/json": {}}}}},
            "",
        ),
        ({"responses": {"401": {"description": "", "content": {"text/event-stream": {}}}}}, ""),
        ({"responses": {"101": {"description": "Switching Protocols"}}}, "websocket"),
        ({"x-websocket": True}, "websocket"),
        ({"x-websocket": False}, ""),
        ({"parameters": [{"name": "Upgrade", "in": "header", "schema": {"type": "string"}}]}, "websocket"),
        ({"servers": [{"url": "wss://live.test/v1"}]}, "websocket"),
        ({"responses": {"200": {"description": "", "content": {"application/json": {}}}}}, ""),
    ],
)
def test_streams_are_told_by_what_they_ask_and_answer(operation: dict[str, Any], stream: str) -> None:
    spec = read({"servers": [{"url": "https://a.test"}], "paths": {"/live": {"get": operation}}})
    assert [endpoint.stream for endpoint in spec.endpoints] == [stream]


def test_a_websocket_is_asked_for_over_http() -> None:
    spec = read({"paths": {"/live": {"get": {"servers": [{"url": "ws://live.test:8080/v1"}]}, "post": {}}}})
    get, post = spec.endpoints
    assert (get.origin, get.base, get.stream) == ("http://live.test:8080", "/v1", "websocket")
    assert post.stream == ""

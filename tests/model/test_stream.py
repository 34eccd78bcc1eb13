from __future__ import annotations

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gatewright.model.http import Response
from gatewright.model.stream import events, is_events, meaning, messages, shown


@pytest.mark.parametrize(
    ("text", "data"),
    [
        ("data: one\n\n", ["one"]),
        ("\ufeffevent: x\nid: 3\ndata:two\r\ndata:  lines\r\n\r\n", ["two\n lines"]),
        (": only a heartbeat\n\n: and one more\n\n", []),
        ("retry: 10\n\ndata\n\n", [""]),
        ("data: whole\n\ndata: cut off", ["whole"]),
        ("datax: no\nDATA: no\n\n", []),
    ],
)
def test_events(text: str, data: list[str]) -> None:
    assert events(text) == data


@given(st.lists(st.text(alphabet=st.characters(exclude_characters="\r\n", exclude_categories=["Cs"]), min_size=1)))
def test_events_are_read_as_they_were_written(data: list[str]) -> None:
    assert events("".join(f"data: {one}\n\n" for one in data)) == data


def test_types_that_go_on() -> None:
    assert is_events("text/event-stream; charset=utf-8") and is_events("application/x-ndjson")
    assert not is_events("text/html") and not is_events(None)


@given(st.text() | st.binary())
def test_a_message_is_one_line(message: str | bytes) -> None:
    assert "\n" not in shown(message) and "\r" not in shown(message)


def test_json_over_several_lines_stays_json() -> None:
    assert json.loads(shown('{"a":\n [1]}')) == {"a": [1]}


GREETED = '{"type":"connection_ack"}\n'


@pytest.mark.parametrize(
    ("body", "status"),
    [
        ("", 200),
        ('{"id": 1}', 200),
        ('{"id": 1}\n(closed 1000)', 200),
        ("(closed 4401 Unauthorized)", 401),
        ("(closed 4403 Forbidden)", 403),
        ("(closed 1008 policy)", 403),
        ("(closed 4404)", 404),
        ("(closed 4999)", 200),
        ('{"text":"(closed 4401 x)"}', 200),
        ('{"type":"connection_error","payload":{"message":"no"}}', 401),
        (GREETED + '{"id":"1","type":"next","payload":{"data":{"x":1}}}', 200),
        (GREETED + '{"id":"1","type":"error","payload":[{"message":"m","extensions":{"code":"FORBIDDEN"}}]}', 403),
        (GREETED + '{"id":"1","type":"next","payload":{"data":null,"errors":[{"message":"m"}]}}', 400),
    ],
)
def test_what_a_websocket_means(body: str, status: int) -> None:
    assert meaning(body.encode()) == status
    response = Response(101, body=body.encode())
    assert response.meaning == status and response.ok is (status == 200)


def test_messages_are_without_the_line_of_the_closing() -> None:
    assert messages('{"a":1}\nb\n(closed 4401 go away)') == ['{"a":1}', "b"]

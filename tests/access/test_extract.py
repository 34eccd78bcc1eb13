from __future__ import annotations

import pytest

from gatewright.access.extract import extract, fill
from gatewright.model.http import Response

ANSWER = Response(
    200, (("X-Token", "h1"), ("Set-Cookie", "sid=c1; Path=/")), b'{"a": [{"b/c": 7}], "text": "code 123456"}'
)


@pytest.mark.parametrize(
    ("source", "value"),
    [
        ("json:/a/0/b~1c", "7"),
        ("json:a.0", None),
        ("json:text", "code 123456"),
        ("header:x-token", "h1"),
        ("cookie:sid", "c1"),
        ("cookie:none", None),
        (r"regex:code (\d+)", "123456"),
        (r"regex:code \d+", "code 123456"),
        (r"regex:(?:link (\S+)|code (\d+))", "123456"),
        ("regex:(", None),
        ("what:ever", None),
    ],
)
def test_where_values_are_found(source: str, value: str | None) -> None:
    assert extract(ANSWER, source) == value


def test_only_known_variables_are_filled() -> None:
    assert fill("{a}{b}{ not one }", {"a": "1"}) == "1{b}{ not one }"

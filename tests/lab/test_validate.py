"""What the clinic says about a body, as a table."""

from __future__ import annotations

from typing import Any

import pytest

from gatewright.lab.validate import complaints

TEXT = {"type": "string", "minLength": 2, "maxLength": 4}
CASES: list[tuple[Any, dict[str, Any], str]] = [
    ("abc", TEXT, ""),
    ("a", TEXT, "must have at least 2 characters"),
    ("abcde", TEXT, "must have at most 4 characters"),
    (3, TEXT, "must be of type string"),
    (None, TEXT, "must be of type string"),
    ("b", {"type": "string", "enum": ["a", "b"]}, ""),
    ("c", {"type": "string", "enum": ["a", "b"]}, "must be one of a, b"),
    ("A1", {"type": "string", "pattern": "^[a-z]+$"}, "does not match ^[a-z]+$"),
    (5, {"type": "integer", "minimum": 1, "maximum": 9}, ""),
    (0, {"type": "integer", "minimum": 1}, "must be at least 1"),
    (10, {"type": "integer", "maximum": 9}, "must be at most 9"),
    (2**63, {"type": "integer"}, "must be at most 9007199254740991"),
    (-(2**63), {"type": "integer"}, "must be at least -9007199254740991"),
    (True, {"type": "integer"}, "must be of type integer"),
    (1.5, {"type": "integer"}, "must be of type integer"),
    (1.5, {"type": "number"}, ""),
    (True, {"type": "boolean"}, ""),
    ([], {"type": "array", "minItems": 1, "items": TEXT}, "must have 1 to 100 items"),
    ("a@b.example", {"type": "string", "format": "email"}, ""),
    ("a@b", {"type": "string", "format": "email"}, "is not a valid email"),
    ("2026-02-28", {"type": "string", "format": "date"}, ""),
    ("2026-02-30", {"type": "string", "format": "date"}, "is not a valid date"),
    ("20260228", {"type": "string", "format": "date"}, "is not a valid date"),
    ("2026-02-28T09:00:00Z", {"type": "string", "format": "date-time"}, ""),
    ("soon", {"type": "string", "format": "date-time"}, "is not a valid date-time"),
    ("1d0b9f5e-5c0e-4b6e-9a53-2f0f8a1b7c11", {"type": "string", "format": "uuid"}, ""),
    ("1d0b", {"type": "string", "format": "uuid"}, "is not a valid uuid"),
    ("https://a.example/b", {"type": "string", "format": "uri"}, ""),
    ("javascript:x", {"type": "string", "format": "uri"}, "is not a valid uri"),
    ("http://[", {"type": "string", "format": "uri"}, "is not a valid uri"),
]


@pytest.mark.parametrize(("value", "schema", "said"), CASES)
def test_one_value(value: Any, schema: dict[str, Any], said: str) -> None:
    assert complaints(value, schema, "it") == ({"it": said} if said else {})


def test_fields_are_named_by_their_way() -> None:
    line = {"type": "object", "required": ["n"], "properties": {"n": {"type": "integer"}}}
    schema = {
        "type": "object",
        "properties": {"lines": {"type": "array", "items": line}, "id": {"type": "integer", "readOnly": True}},
    }
    assert complaints({"lines": [{"n": 1}, {}, {"n": "x"}], "id": "mine", "free": 1}, schema) == {
        "lines.1.n": "is required",
        "lines.2.n": "must be of type integer",
    }
    assert complaints([], schema) == {"body": "must be of type object"}

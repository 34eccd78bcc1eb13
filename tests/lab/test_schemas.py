"""The small builders of schemas."""

from __future__ import annotations

from gatewright.lab.schemas import choice, listing, made, number, page, ref, shape, text, words


def test_shapes() -> None:
    assert shape("a", a=number(3, most=5), b=made(choice("x", "y"))) == {
        "type": "object",
        "required": ["a"],
        "properties": {
            "a": {"type": "integer", "minimum": 0, "maximum": 5, "example": 3},
            "b": {"type": "string", "enum": ["x", "y"], "example": "x", "readOnly": True},
        },
    }
    assert "required" not in shape(a=words("2026-01-01", "date"))
    assert text("abc", least=2, pattern="^a") == {
        "type": "string",
        "minLength": 2,
        "maxLength": 200,
        "example": "abc",
        "pattern": "^a",
    }


def test_lists() -> None:
    assert listing("Order")["properties"]["items"] == {"type": "array", "items": ref("Order")}
    assert set(page([{"id": 1}])) == set(listing("Order")["required"])
    assert page([{"id": 1}])["count"] == 1

"""The shapes of bodies and answers, as the specification publishes them and as requests are checked."""

from __future__ import annotations

from typing import Any

from gatewright.lab.endpoint import Schema
from gatewright.lab.tables import Row


def text(example: str, *, least: int = 1, most: int = 200, **more: Any) -> Schema:
    """A string with bounds and an example."""
    return {"type": "string", "minLength": least, "maxLength": most, "example": example, **more}


def words(example: str, kind: str) -> Schema:
    """A string with a format."""
    return {"type": "string", "format": kind, "example": example}


def number(example: int, *, least: int = 0, most: int | None = None) -> Schema:
    """An integer within bounds."""
    schema: Schema = {"type": "integer", "minimum": least, "example": example}
    if most is not None:
        schema["maximum"] = most
    return schema


def choice(*values: str) -> Schema:
    """One of these."""
    return {"type": "string", "enum": list(values), "example": values[0]}


def made(schema: Schema) -> Schema:
    """The same, made by the server."""
    return {**schema, "readOnly": True}


def shape(required: str = "", **properties: Schema) -> Schema:
    """An object; `required` is a list of names."""
    schema: Schema = {"type": "object", "properties": properties}
    if required:
        schema["required"] = required.split()
    return schema


def listing(name: str) -> Schema:
    """A page of things: `{"items": […], "count": n}`."""
    return shape("items count", items={"type": "array", "items": ref(name)}, count={"type": "integer", "example": 1})


def page(items: list[Row]) -> Row:
    """A value of `listing`."""
    return {"items": items, "count": len(items)}


def ref(name: str) -> Schema:
    """A reference to a schema of the specification."""
    return {"$ref": f"#/components/schemas/{name}"}


ID = made({"type": "integer", "example": 1042})
WHEN = made(words("2026-03-02T09:30:00Z", "date-time"))
YES = {"type": "boolean", "example": True}

USERNAME = text("nora.lind", least=3, most=40, pattern="^[A-Za-z][A-Za-z0-9_.-]+$")
PASSWORD = {
    "type": "string",
    "format": "password",
    "maxLength": 128,
    "example": "Blue-Kettle-47",
}
EMAIL = words("nora.lind@example.com", "email")
PHONE = text("+4520123456", least=8, most=16, pattern="^\\+[1-9][0-9]{7,14}$")
BIRTH = words("1988-07-21", "date")

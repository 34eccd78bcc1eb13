"""Checks a value against the part of JSON Schema that the clinic's specification uses."""

from __future__ import annotations

import re
from datetime import date, datetime
from typing import Any
from urllib.parse import urlsplit
from uuid import UUID

from gatewright.lab.endpoint import Schema

_EMAIL = re.compile(r"[A-Za-z0-9._%+-]+@[A-Za-z0-9-]+(\.[A-Za-z0-9-]+)+")
_MOST = 2**53 - 1
"""Greater integers do not survive every JSON reader."""
_TYPES: dict[str, type | tuple[type, ...]] = {
    "string": str,
    "integer": int,
    "number": (int, float),
    "boolean": bool,
    "array": list,
    "object": dict,
}


def _is_format(text: str, name: str) -> bool:
    try:
        match name:
            case "email":
                return _EMAIL.fullmatch(text) is not None
            case "date":
                return len(text) == 10 and text[4] == "-" and bool(date.fromisoformat(text))
            case "date-time":
                datetime.fromisoformat(text)
            case "uuid":
                UUID(text)
            case "uri":
                parts = urlsplit(text)
                return parts.scheme in ("http", "https") and bool(parts.hostname)
    except ValueError:
        return False
    return True


def _text_errors(text: str, schema: Schema) -> str:
    if len(text) < schema.get("minLength", 0):
        return f"must have at least {schema['minLength']} characters"
    if len(text) > schema.get("maxLength", 10_000):
        return f"must have at most {schema.get('maxLength', 10_000)} characters"
    if "format" in schema and not _is_format(text, schema["format"]):
        return f"is not a valid {schema['format']}"
    if "pattern" in schema and not re.search(schema["pattern"], text):
        return f"does not match {schema['pattern']}"
    return ""


def _value_error(value: Any, schema: Schema) -> str:
    kind = schema.get("type", "object")
    if not isinstance(value, _TYPES[kind]) or (kind in ("integer", "number") and isinstance(value, bool)):
        return f"must be of type {kind}"
    if "enum" in schema and value not in schema["enum"]:
        return f"must be one of {', '.join(map(str, schema['enum']))}"
    if isinstance(value, str):
        return _text_errors(value, schema)
    if isinstance(value, int | float):
        if value < schema.get("minimum", -_MOST):
            return f"must be at least {schema.get('minimum', -_MOST)}"
        if value > schema.get("maximum", _MOST):
            return f"must be at most {schema.get('maximum', _MOST)}"
    if isinstance(value, list) and not schema.get("minItems", 0) <= len(value) <= schema.get("maxItems", 100):
        return f"must have {schema.get('minItems', 0)} to {schema.get('maxItems', 100)} items"
    return ""


def complaints(value: Any, schema: Schema, at: str = "") -> dict[str, str]:
    """Field (`items.0.quantity`) → what is wrong with it. Unknown properties are nobody's fault: they are ignored."""
    if error := _value_error(value, schema):
        return {at or "body": error}
    found: dict[str, str] = {}
    if isinstance(value, dict):
        for name in schema.get("required", ()):
            if name not in value:
                found[f"{at}.{name}".lstrip(".")] = "is required"
        for name, inner in schema.get("properties", {}).items():
            if name in value and not inner.get("readOnly"):
                found.update(complaints(value[name], inner, f"{at}.{name}".lstrip(".")))
    elif isinstance(value, list):
        for index, item in enumerate(value):
            found.update(complaints(item, schema["items"], f"{at}.{index}".lstrip(".")))
    return found

"""What a complaint tells of the schema that a value must have: its type, format, pattern, bounds and choices."""

from __future__ import annotations

import re
from collections.abc import Sequence

import msgspec

from gatewright.access.complaints import Complaint
from gatewright.access.words import words
from gatewright.model.json import Json
from gatewright.model.names import singular
from gatewright.model.schema import Schema

_TYPES: tuple[tuple[str, str, str], ...] = (
    (r"converted to (?!System\b)[A-Z]\w*\.[A-Z]", "object", ""),
    (r"yyyy-mm-dd[t ]|date-?time|timestamp|rfc ?3339|instant|iso.?8601|zoned", "string", "date-time"),
    (r"yyyy-mm(?!-)|year-?month", "string", "year-month"),
    (r"yyyy-mm-dd|local ?date\b|\bdate\b|\bdatum\b|\bfecha\b", "string", "date"),
    (r"\bhh:mm(?!:)|24-hour", "string", "clock"),
    (r"hh:mm:ss|local ?time\b|\btime\b", "string", "time"),
    (r"\b(uuid|guid)\b", "string", "uuid"),
    (r"e-?mail|correo", "string", "email"),
    (r"hyperlink|\b(url|uri)\b", "string", "uri"),
    (r"\bip(v4)? ?address|ipv4", "string", "ipv4"),
    (r"\bbase64\b", "string", "byte"),
    (r"\bfile\b|\bimage\b|\bupload|content type|extension|multipart", "string", "binary"),
    (r"\b(integer|u?int\d*|long|whole number|entero|ganzzahl|entier)\b", "integer", ""),
    (r"\b(number|numeric|float\d*|double|decimal|n[uú]mero|zahl|nombre)\b", "number", ""),
    (r"\bbool(ean)?\b", "boolean", ""),
    (r"\b(array|list|sequence|collection)\b", "array", ""),
    (r"\b(object|dictionary|dict|map|hash)\b", "object", ""),
    (r"\bslug\b", "string", "slug"),
    (r"objectid", "string", "object-id"),
    (r"\b(string|str|text)\b", "string", ""),
)
_RULES = tuple((re.compile(rule, re.IGNORECASE), kind, fmt) for rule, kind, fmt in _TYPES)
_PATTERNS = {
    "year-month": r"^20(27|28)-(0[1-9]|1[0-2])$",
    "clock": r"^(0[8-9]|1[0-9]):[0-5]0$",
    "slug": r"^[a-z]{3,8}-[a-z0-9]{6,10}$",
    "object-id": r"^[0-9a-f]{24}$",
}
"""Formats that are ours only: a pattern makes their values."""
_COUNTED = frozenset({
    "count", "quantity", "qty", "capacity", "number", "size", "minutes", "seconds", "hours", "days", "weeks", "months", "age",
    "year", "rating", "score", "stars", "priority", "position", "order", "rank", "level", "weight", "height", "width", "length",
    "percent", "percentage", "discount", "limit", "stock", "points", "duration", "seats", "guests", "minute", "second", "hour", "day",
    "week", "month", "star", "point", "seat", "guest", "people", "pax", "floor",
})  # fmt: skip
_MONEY = frozenset({"price", "amount", "total", "cost", "balance", "salary", "budget", "fee", "sum", "rate", "deposit"})
_TEXTS = frozenset(
    {"tag", "label", "role", "permission", "category", "keyword", "name", "email", "image", "note", "scope"}
)
_LISTED = re.compile(r"(?:s|es)$")


def refined(schema: Schema, complaint: Complaint, name: str, *, present: Json) -> Schema:
    """The schema with what the complaint tells; examples and default go when the value that was refused is one of them."""
    if present is not None and complaint.kind != "missing":
        schema = msgspec.structs.replace(schema, examples=(), default=msgspec.UNSET)
    listed = choices(complaint, present)
    if listed and complaint.kind in ("choice", "missing"):
        return msgspec.structs.replace(schema, enum=tuple(listed), examples=(), default=msgspec.UNSET)
    pattern = _pattern(complaint.text)
    if pattern:
        return msgspec.structs.replace(schema, pattern=pattern, types=schema.types or ("string",))
    if complaint.kind == "bounds" and schema.types:
        return schema
    return typed(schema, complaint, name)


def typed(schema: Schema, complaint: Complaint, name: str) -> Schema:
    """The schema with the type that the complaint names, or else that the name of a place without one tells."""
    kind, fmt = _type_in(complaint.wanted, complaint.text, complaint.kind)
    if not kind and not schema.types:
        kind, fmt = of_name(name)
    if not kind or (fmt and fmt == schema.format) or (kind in schema.types and not fmt):
        return schema if schema.types else msgspec.structs.replace(schema, types=(kind or "string",))
    if complaint.kind in ("missing", "bounds") and schema.types:
        return schema
    if fmt in _PATTERNS:
        return msgspec.structs.replace(schema, types=(kind,), format="", pattern=_PATTERNS[fmt])
    described = f"{complaint.text} {schema.description}"[:300] if fmt == "binary" else schema.description
    items = _items(name) if kind == "array" and schema.items is None else schema.items
    return msgspec.structs.replace(schema, types=(kind,), format=fmt, pattern="", items=items, description=described)


def told_type(text: str) -> tuple[str, str]:
    """Type and format that a sentence names; empty when it names none."""
    return _type_in("", text, "format")


def of_name(name: str) -> tuple[str, str]:
    """Type and format that the last name of a place tells; empty when it tells none."""
    last = re.sub(r"\[\d*\]", "", name).rpartition(".")[2]
    parts = words(last)
    if not parts:
        return "", ""
    if parts[0] in ("is", "has", "can", "allow", "enable") and len(parts) > 1:
        return "boolean", ""
    if parts[-1] in ("at", "datetime", "timestamp") and len(parts) > 1:
        return "string", "date-time"
    if parts[-1] in ("on", "date", "until", "deadline") and len(parts) > 1:
        return "string", "date"
    if parts[-1] in _MONEY:
        return "number", ""
    if parts[-1] in _COUNTED and not (parts[-1] == "number" and len(parts) > 1):
        return "integer", ""
    return "", ""


def _items(name: str) -> Schema:
    """What a list of this name holds, where nothing says it: objects, but for names of simple things."""
    last = re.sub(r"\[\d*\]", "", name).rpartition(".")[2]
    parts = words(last)
    simple = not parts or singular(parts[-1]) in _TEXTS or parts[-1] in ("id", "uuid")
    return Schema(types=("string",)) if simple else Schema(types=("object",))


def _type_in(wanted: str, text: str, kind: str) -> tuple[str, str]:
    for source in (wanted, text if kind in ("format", "missing", "other") else ""):
        for rule, type_, fmt in _RULES:
            if source and rule.search(source) and not _received(rule, source):
                return type_, fmt
    return "", ""


def _received(rule: re.Pattern[str], text: str) -> bool:
    """Whether a type is told only as what came: `Expected string, received number`."""
    told = re.sub(r"(?:but )?(?:received|got|was given|from) .*$", "", text, flags=re.IGNORECASE)
    told = re.sub(r"java\.lang\.String|from String", "", told)
    return rule.search(told) is None


def _pattern(text: str) -> str:
    """The expression that a complaint quotes."""
    found = re.search(
        r"(?:match\w*|pattern|regexp?|expression)\b[^\"'/^]*(?:[\"'/]([^\"']{3,200}?)[\"'/](?=\W|$)|(\^\S+))", text
    )
    pattern = (found.group(1) or found.group(2) or "") if found else ""
    return pattern if re.search(r"[\[\\(^$.*+{]", pattern) else ""


def choices(complaint: Complaint, present: Json) -> list[Json]:
    """The values that a complaint lists, the refused one and the field's own name left out."""
    text = complaint.text
    more = re.search(r"\b(supported|allowed|accepted|available|possible) \w+ (are|is)\b", text, re.IGNORECASE)
    if complaint.kind != "choice" and "|" not in complaint.wanted and "one of" not in text.lower() and not more:
        return []
    told = re.sub(r",? (?:but )?(?:received|got|was) ['\"`].*$", "", text, flags=re.IGNORECASE)
    told = re.sub(r"^.*validation for '[\w.]+' failed on the '\w+' tag", "", told)
    listed: list[Json] = [*complaint.hints] if complaint.kind == "choice" else []
    listed += re.findall(r"['\"]([^'\"|]{1,60})['\"]", complaint.wanted)
    if not listed:
        listed += re.findall(r"[\"'`‘“]([^\"'`‘’”]{1,60})[\"'`’”]", re.sub(r"String \"[^\"]*\"|`[\w.]+`", "", told))
    listed = [one for one in listed if one not in (present, complaint.field, "") and isinstance(one, (str, int))]
    listed = [one for one in listed if str(one).lower() != complaint.field.rpartition(".")[2].lower()]
    bracket = re.search(r"[\[({]([^\])}]+)[\])}]", told) or re.search(
        r"(?:one of|values?|either|are|choices?|enum)\s*:?\s+(.+)$", told
    )
    if bracket and not listed:
        inside = re.sub(r"^.*(?:one of|choices|values|options)(?: are)?:? +", "", bracket.group(1))
        parts: Sequence[str] = re.split(r",|\||\bor\b|\band\b|\boder\b|\bou\b", inside)
        parts = parts if len(parts) > 1 else inside.split()
        listed = [part.strip(" \"'`.“”") for part in parts]
        listed = [one for one in listed if one and one != present and len(str(one)) <= 60]
    return listed


def limits(text: str, hints: Sequence[Json]) -> tuple[float | None, float | None]:
    """Lowest and highest that a complaint names."""
    number = r"(-?\d+(?:\.\d+)?)"
    both = re.search(rf"(?:between|from|range|size must be|zwischen|entre)\D*{number}\D{{1,12}}?{number}", text)
    both = both or re.search(rf"{number}\s*(?:-|–|to|and|\.\.+|bis|y|et)\s*{number}", text)
    if both:
        low, high = float(both.group(1)), float(both.group(2))
        return min(low, high), max(low, high)
    at_least = r"at least|min(?:imum|_length|length)?|greater|more than|larger|longer|above|over|shorter than|less than (?:the )?min|>=?|\bgte?\b|\bge\b|mindestens|größer|mayor|m[ií]nimo|au moins|supérieur|pelo menos"
    at_most = r"at most|max(?:imum|_length|length)?|less|fewer|smaller|no more than|below|under|exceed|longer than|up to|<=?|\blte?\b|\ble\b|höchstens|kleiner|menor|m[aá]ximo|au plus|inférieur"
    numbers = re.findall(number, re.sub(r"\(-?[\d.]+\)(?= is)", "", text)) or [
        str(h) for h in hints if isinstance(h, (int, float)) and not isinstance(h, bool)
    ]
    if not numbers:
        return None, None
    limit = float(numbers[0])
    if re.search(
        r"no more than|not (be )?(longer|more|greater|larger)|no longer|too (long|big|large|many|high)|more than (the )?max|exceed",
        text,
    ):
        return None, limit
    if re.search(r"not (be )?(shorter|less|fewer|smaller)|no (less|fewer)|too (short|small|few|low)", text):
        return limit, None
    if re.search(at_least, text):
        return limit, None
    return (None, limit) if re.search(at_most, text) else (limit, limit)

"""From a refused request and the answer to what to change in the request (checks-1-5.md 1.4).

`repairs` reads, `apply` changes; neither sends anything. A repair of kind "produce" needs a value that only another
endpoint can give, one of kind "rank" another account: the caller decides.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from datetime import datetime, timedelta
from typing import Literal

import msgspec
from msgspec import Struct

from gatewright.access.complaints import Complaint, complaints
from gatewright.access.patterns import fits
from gatewright.access.values import Values
from gatewright.access.words import words
from gatewright.model.call import Call, leaves
from gatewright.model.endpoint import Endpoint, Place
from gatewright.model.http import Response
from gatewright.model.json import Json
from gatewright.model.schema import Schema

_PATTERN = re.compile(r"\^.{1,200}\$")
"""A regular expression that a complaint quotes."""

Change = Literal["set", "remove", "produce", "media", "accept", "body", "rank"]


class Repair(Struct, frozen=True, kw_only=True):
    """One change to a call.

    set: `value` at `place` · remove: nothing at `place` · produce: `place` wants the id of something that exists ·
    media: send as `value` (a content type) · accept: ask for any media type · body: `value` is the whole new body ·
    rank: another account may be allowed.
    """

    kind: Change
    place: Place = Place("body", "")
    value: Json = None
    why: str = ""


def repairs(response: Response, endpoint: Endpoint, call: Call, values: Values, *, turn: int) -> list[Repair]:
    """What to change after an answer of 400 or more; empty when nothing more can be tried.

    `turn` counts the rounds from 1: a complaint that comes back gets another value each time.
    """
    known = _known(endpoint, call, values)
    found = complaints(response, {place.name for place in known if place.name})
    made = [repair for complaint in found for repair in _repair(complaint, known, endpoint, call, values, turn)]
    changing = [repair for repair in made if repair.kind != "rank"]
    return changing or made or _by_size(endpoint, call, values, turn)


def apply(call: Call, changes: Sequence[Repair]) -> Call:
    """The call with the changes that need nobody else ("produce" and "rank" are left to the caller)."""
    for change in changes:
        if change.kind == "set":
            call = call.with_value(change.place, change.value)
        elif change.kind == "remove":
            call = _without(call, change.place)
        elif change.kind == "body":
            call = msgspec.structs.replace(call, body=change.value)
        elif change.kind == "media":
            call = msgspec.structs.replace(call, content_type=str(change.value))
        elif change.kind == "accept":
            call = msgspec.structs.replace(call, headers={**call.headers, "Accept": "*/*"})
    return call


def schemas(schema: Schema, resolve: Callable[[Schema], Schema], prefix: str = "", depth: int = 0) -> dict[str, Schema]:
    """Every property of a body schema by its place name, at most four levels deep: `user.email`, `items[].id`."""
    schema = resolve(schema)
    if depth > 4:
        return {}
    found: dict[str, Schema] = {}
    for name, inner in schema.properties.items():
        place = f"{prefix}.{name}" if prefix else name
        found[place] = resolve(inner)
        found.update(schemas(inner, resolve, place, depth + 1))
    if schema.items is not None:
        found.update(schemas(schema.items, resolve, f"{prefix}[]", depth + 1))
    for option in schema.any_of:
        found.update({k: v for k, v in schemas(option, resolve, prefix, depth + 1).items() if k not in found})
    return found


def _known(endpoint: Endpoint, call: Call, values: Values) -> dict[Place, Schema]:
    found = {Place("body", name): Schema() for name, _ in leaves(call.body) if name}
    for body in endpoint.bodies:
        for name, schema in schemas(body.schema, values.resolve).items():
            found[Place("body", name)] = schema
    for place in call.places():
        found.setdefault(place, found.get(Place(place.within, re.sub(r"\[\d+\]", "[]", place.name)), Schema()))
    found.update({parameter.place: parameter.schema for parameter in endpoint.parameters})
    return found


def _repair(
    complaint: Complaint, known: dict[Place, Schema], endpoint: Endpoint, call: Call, values: Values, turn: int
) -> list[Repair]:
    if complaint.kind == "media":
        return _media(complaint, endpoint, call)
    if complaint.kind == "rank":
        return [Repair(kind="rank", why=complaint.text)]
    if complaint.kind == "server" or not complaint.field:
        return _fieldless(complaint, known, call, values, turn)
    place, schema = _locate(complaint, known, call)
    why = f"{complaint.field}: {complaint.text}"[:200]
    if complaint.kind == "reference" or (complaint.kind == "missing" and call.get(place) is not None and _is_id(place)):
        return [Repair(kind="produce", place=place, why=why)]
    if complaint.kind == "unknown":
        return [Repair(kind="remove", place=place, why=why)]
    value = _value(complaint, schema, place, call, values, turn)
    return [Repair(kind="set", place=place, value=value, why=why)] if value != call.get(place) else []


def _locate(complaint: Complaint, known: dict[Place, Schema], call: Call) -> tuple[Place, Schema]:
    """The place that a complaint is about; one that nobody declared is taken to be in the body (query without one)."""
    found = [place for place in known if place.name == complaint.field]
    if complaint.within:
        found = [place for place in found if place.within == complaint.within] or found
    if found:
        present = [place for place in found if call.get(place) is not None]
        place = (present or found)[0]
        return place, known[place]
    within: Literal["body", "query"] = "query" if complaint.within == "query" or not call.content_type else "body"
    return Place(within, complaint.field), _guessed(complaint.text)


def _guessed(text: str) -> Schema:
    """The schema of an undeclared field, from the words of the complaint."""
    lowered = text.lower()
    for word, kind in (
        ("integer", "integer"),
        ("number", "number"),
        ("bool", "boolean"),
        ("list", "array"),
        ("array", "array"),
    ):
        if word in lowered:
            return Schema(types=(kind,))
    return Schema(types=("string",))


def _value(complaint: Complaint, schema: Schema, place: Place, call: Call, values: Values, turn: int) -> Json:
    present = call.get(place)
    name = place.name
    if complaint.kind == "taken":
        return values.unique(schema, name, turn=turn)
    if complaint.kind == "choice":
        return _choice(complaint, schema, present, values, name)
    if complaint.kind == "bounds" and present is not None:
        return _bounded(complaint, schema, present, name, values, turn)
    if complaint.kind == "missing" and present in (None, "", [], {}):
        return values.value(schema if schema != Schema() else _guessed(complaint.text), name)
    told = _PATTERN.search(complaint.text)
    if told is not None and isinstance(present, str):
        made = values.value(Schema(types=("string",), pattern=told[0], max_length=schema.max_length), name, turn=turn)
        if isinstance(made, str) and made != present and fits(told[0], made):
            return made
    cast = _cast(complaint.text, present)
    if cast is not None and cast != present:
        return cast
    options = [option for option in values.spellings(_typed(schema, complaint.text), name) if option != present]
    return options[(turn - 1) % len(options)] if options else present


def _typed(schema: Schema, text: str) -> Schema:
    """The schema with the type that the complaint names, when the schema itself gives none."""
    return schema if schema.types else _guessed(text)


def _choice(complaint: Complaint, schema: Schema, present: Json, values: Values, name: str) -> Json:
    text = complaint.text
    listed: list[Json] = [*complaint.hints, *re.findall(r"[\"'`‘]([^\"'`‘’]{1,60})[\"'`’]", text)]
    bracket = re.search(r"[\[({]([^\])}]+)[\])}]", text) or re.search(
        r"(?:one of|values?|either|are|choices?)\s*:?\s+(.+)$", text
    )
    if bracket and not listed:
        listed = [part.strip(" \"'`.") for part in re.split(r",|\||\bor\b|\band\b", bracket.group(1))]
    options = [
        *schema.enum,
        *(o for o in listed if o not in (present, complaint.field, "") and isinstance(o, (str, int))),
    ]
    options = [option for option in options if option != present]
    return options[0] if options else values.value(schema, name, turn=1)


def _bounded(complaint: Complaint, schema: Schema, present: Json, name: str, values: Values, turn: int) -> Json:
    """A value inside the bounds that the complaint tells: numbers, lengths, counts, or a date moved by 1 or 30 days."""
    text = complaint.text.lower()
    days = 1 if turn % 2 else 30
    date = _date(present)
    if date is not None and not re.search(r"character|length", text):
        back = re.search(r"past|before|earlier|not be in the future|less|previous|maximum|at most", text) is not None
        back = back and not re.search(r"not be in the past|cannot be in the past|can.t be in the past", text)
        return _shifted(str(present), date, values.now, -days if back else days)
    low, high = _limits(text, complaint.hints)
    replaced = msgspec.structs.replace(schema, examples=(), default=msgspec.UNSET)
    if isinstance(present, str):
        if low is None and high is None:
            low, high = (
                (len(present) + 8, None)
                if re.search(r"at least|min|short|longer|more", text)
                else (None, max(len(present) // 2, 1))
            )
        low_length = int(low) if low is not None else replaced.min_length
        high_length = int(high) if high is not None else replaced.max_length
        fitted = msgspec.structs.replace(replaced, min_length=low_length, max_length=high_length, types=("string",))
        return _length(values.value(fitted, name, turn=turn), low_length, high_length)
    if isinstance(present, list):
        wanted = int(low) if low is not None else max(len(present) // 2, 1) if high is None else int(high)
        return (present * max(wanted, 1))[: max(wanted, 1)] if present else present
    if isinstance(present, (int, float)) and not isinstance(present, bool):
        return _number(present, low, high, text)
    return values.value(replaced, name, turn=turn)


def _length(value: Json, low: int | None, high: int | None) -> Json:
    """A text brought between two lengths whatever its name demands; passwords keep their beginning."""
    if not isinstance(value, str):
        return value
    if high is not None and len(value) > high:
        value = value[:high]
    return value + "x7" * ((low - len(value) + 1) // 2) if low is not None and len(value) < low else value


def _number(present: float, low: float | None, high: float | None, text: str) -> Json:
    whole = isinstance(present, int) or "integer" in text
    strict = re.search(r"greater than|more than|less than|\bgt\b|\blt\b|>(?!=)|<(?!=)", text) and "equal" not in text
    value = present
    if low is not None and (value < low or high is None):
        value = low + (1 if strict else 0)
    elif high is not None and (value > high or low is None):
        value = high - (1 if strict else 0)
    elif low is None and high is None:
        value = 1 if re.search(r"positive|greater|more|small|min|non-?zero", text) and present < 1 else present / 10
    return int(value) if whole else value


def _limits(text: str, hints: Sequence[Json]) -> tuple[float | None, float | None]:
    """Lowest and highest that a complaint names."""
    number = r"(-?\d+(?:\.\d+)?)"
    both = re.search(rf"(?:between|from|range|size must be)\D*{number}\D{{1,12}}?{number}", text)
    both = both or re.search(rf"{number}\s*(?:-|–|to|and|\.\.)\s*{number}", text)
    if both:
        low, high = float(both.group(1)), float(both.group(2))
        return min(low, high), max(low, high)
    at_least = r"at least|min(?:imum|_length|length)?|greater|more than|larger|longer|above|over|shorter than|less than (?:the )?min|>=?|\bgte?\b|\bge\b"
    at_most = r"at most|max(?:imum|_length|length)?|less|fewer|smaller|no more than|below|under|exceed|longer than|up to|<=?|\blte?\b|\ble\b"
    numbers = re.findall(number, text) or [
        str(h) for h in hints if isinstance(h, (int, float)) and not isinstance(h, bool)
    ]
    if not numbers:
        return None, None
    limit = float(numbers[0])
    if re.search(
        r"no more than|not (be )?(longer|more|greater|larger)|no longer|too (long|big|large|many|high)|exceed", text
    ):
        return None, limit
    if re.search(r"not (be )?(shorter|less|fewer|smaller)|no (less|fewer)|too (short|small|few|low)", text):
        return limit, None
    if re.search(at_least, text):
        return limit, None
    return (None, limit) if re.search(at_most, text) else (limit, limit)


def _cast(text: str, present: Json) -> Json:
    """The same value as the type that the complaint names; None when it names none or the value cannot be one."""
    lowered = text.lower()
    shown = present if isinstance(present, str) else None
    if (
        re.search(r"\b(a |valid )?(integer|int|number|numeric|float|decimal|long)\b", lowered)
        and "string" not in lowered
    ):
        return (
            int(shown)
            if shown is not None and shown.lstrip("-").isdigit()
            else 1
            if isinstance(present, (str, bool))
            else None
        )
    if re.search(r"\bbool(ean)?\b", lowered):
        return True
    if re.search(r"\b(array|list|sequence)\b", lowered) and not isinstance(present, list):
        return [] if present is None else [present]
    if re.search(r"\bstring\b|\bstr\b|\btext\b", lowered) and isinstance(present, (int, float)):
        return str(present).lower()
    return None


def _date(value: Json) -> datetime | None:
    if not isinstance(value, str) or not re.match(r"\d{4}-\d\d-\d\d", value):
        return None
    try:
        return datetime.fromisoformat(value)
    except ValueError:
        return None


def _shifted(spelling: str, date: datetime, now: datetime, days: int) -> str:
    """A date `days` from now (from itself when it is already on that side), in the spelling it had."""
    here = now.replace(tzinfo=date.tzinfo)
    base = date if (date - here).days * days > 0 else here
    moved = base + timedelta(days=days)
    if len(spelling) <= 10:
        return moved.date().isoformat()
    return moved.strftime("%Y-%m-%dT%H:%M:%S") + ("Z" if spelling.endswith("Z") else "")


def _media(complaint: Complaint, endpoint: Endpoint, call: Call) -> list[Repair]:
    if complaint.text == "406":
        return [] if call.headers.get("Accept") == "*/*" else [Repair(kind="accept", why="406 Not Acceptable")]
    usual = ("application/json", "application/x-www-form-urlencoded")
    types = [body.content_type for body in endpoint.bodies] + [t for t in usual if call.raw is None]
    after = list(dict.fromkeys(types))
    at = after.index(call.content_type) + 1 if call.content_type in after else 0
    return [Repair(kind="media", value=after[at], why="415 Unsupported Media Type")] if at < len(after) else []


def _fieldless(complaint: Complaint, known: dict[Place, Schema], call: Call, values: Values, turn: int) -> list[Repair]:
    """A complaint that names no field: every unique value anew, the ids produced, else nothing here."""
    sent = [place for place in call.places() if place in known]
    if complaint.kind == "taken":
        return [
            Repair(
                kind="set", place=place, value=values.unique(known[place], place.name, turn=turn), why=complaint.text
            )
            for place in sent
            if isinstance(call.get(place), str) and not known[place].enum
        ]
    if complaint.kind == "reference":
        return [Repair(kind="produce", place=place, why=complaint.text) for place in sent if _is_id(place)]
    return []


def _by_size(endpoint: Endpoint, call: Call, values: Values, turn: int) -> list[Repair]:
    """No pattern in the answer: first all optional properties, then half of them, then the required ones only."""
    schema = next((b.schema for b in endpoint.bodies if b.content_type == call.content_type), None)
    if schema is None or not isinstance(call.body, dict) or turn > 3:
        return []
    schema = values.resolve(schema)
    required = {name: call.body.get(name) for name in schema.required if name in call.body}
    full = values.body(schema, optional=True)
    if not isinstance(full, dict):
        return []
    more = {name: value for name, value in full.items() if name not in required}
    kept = {1: len(more), 2: (len(more) + 1) // 2, 3: 0}[max(turn, 1)]
    body: Json = {**dict(list(more.items())[:kept]), **required}
    return [Repair(kind="body", value=body, why="no reason given")] if body != call.body else []


def _without(call: Call, place: Place) -> Call:
    """The call without one place, at any depth of the body."""
    if place.within != "body" or "." not in place.name:
        return call.without(place)
    above, _, last = place.name.rpartition(".")
    holder = call.get(Place("body", above))
    if not isinstance(holder, dict):
        return call
    return call.with_value(Place("body", above), {key: value for key, value in holder.items() if key != last})


def _is_id(place: Place) -> bool:
    parts = words(place.name)
    return bool(parts) and (parts[-1] in ("id", "uuid", "guid", "ref", "reference") or place.within == "path")

"""Values to try at a place that an answer complained about, the likeliest first."""

from __future__ import annotations

import re
from collections.abc import Iterable
from datetime import datetime, timedelta

import msgspec

from gatewright.access.complaints import Complaint, position
from gatewright.access.refine import limits
from gatewright.access.values import Values
from gatewright.access.words import words
from gatewright.model.call import Call
from gatewright.model.endpoint import Place
from gatewright.model.json import Json
from gatewright.model.schema import Schema

_NOT = r"(?:not|n.t|never|cannot|nicht|nunca|jamais)\b[^.;]{0,24}\b"
_BACK = rf"{_NOT}(?:future|zukunft|futuro|futur)|past|before|earlier|less|previous|maximum|at most|vergangen|pasado|pass[eé]\b|passato|anterior"
_LATER = re.compile(
    r"after|later|greater|follow|exceed|beyond|larger|nach|después|posterior|après|depois|dopo", re.IGNORECASE
)
_SOONER = re.compile(r"before|earlier|less|prior|precede|smaller|below|vor\b|antes|avant|prima", re.IGNORECASE)
_USUAL: dict[str, tuple[Json, ...]] = {
    "status": ("active", "open", "pending", "draft", "new", "ACTIVE", "OPEN", "PENDING", "DRAFT", "NEW"),
    "state": ("active", "open", "pending", "draft", "ACTIVE", "OPEN"),
    "currency": ("USD", "EUR", "usd", "eur"),
    "country": ("US", "DE", "USA", "us", "Germany"),
    "language": ("en", "EN", "en-US", "english"),
    "locale": ("en", "en_US", "en-US"),
    "gender": ("female", "FEMALE", "F", "other"),
    "priority": ("low", "medium", "high", "LOW", "MEDIUM", "HIGH", "normal", 1),
    "visibility": ("private", "public", "PRIVATE"),
    "unit": ("kg", "piece", "KG", "g"),
    "timezone": ("UTC", "Europe/Berlin"),
    "frequency": ("monthly", "MONTHLY", "weekly", "daily"),
    "type": ("default", "standard", "basic", "STANDARD", "other"),
    "role": ("user", "member", "viewer", "USER"),
    "size": ("medium", "M", "small", "MEDIUM"),
    "color": ("red", "#336699"),
    "sort": ("asc", "desc", "id"),
    "order": ("asc", "desc"),
    "format": ("json", "csv", "pdf"),
}
"""What fields of these names usually allow, where an answer lists nothing."""
_VALID = re.compile(r"\b(?:in)?valid (?:an? )?([a-z][a-z ]{2,30}?)(?: format)?(?=\s*$|[.,;:!])", re.IGNORECASE)
_TURNS = 4
_VERSIONS: tuple[Json, ...] = ("1", "2", "1.0", "2.0", "v1")
"""What a header that names a version of the API may hold, where nothing lists it."""


def candidates(
    complaint: Complaint,
    schema: Schema,
    place: Place,
    call: Call,
    values: Values,
    *,
    turn: int,
    known: Iterable[Place] = (),
) -> list[Json]:
    """Values for a place, likeliest first. `schema` has been refined by the complaint; `known` are the other places."""
    present, name = call.get(place), place.name
    if complaint.kind == "taken":
        return [values.unique(schema, name, turn=turn + extra) for extra in range(_TURNS)]
    if schema.enum:
        return list(schema.enum)
    if place.within == "header" and "version" in words(name):
        return list(_VERSIONS)
    beside = _beside(complaint, place, call, known)
    if complaint.kind == "choice":
        return [*beside, *_USUAL.get(words(name)[-1] if words(name) else "", ()), values.value(schema, name, turn=1)]
    if complaint.kind == "bounds" and present is not None:
        return [*beside, *(_bounded(complaint, schema, present, name, values, turn + extra) for extra in range(_TURNS))]
    if complaint.kind == "missing" and present in (None, "", [], {}):
        return _some(values.value(schema, name, turn=extra) for extra in range(2))
    called = _called(complaint.text, values) if isinstance(present, str) else None
    if called not in (None, present):
        beside = [*beside, called]
    cast = _cast(f"{complaint.wanted} {complaint.text}", present)
    made: list[Json] = [cast] if cast is not None else []
    if schema.pattern or schema.format or set(schema.types) & {"object", "array", "boolean", "integer", "number"}:
        made += [values.value(schema, name, turn=extra) for extra in range(_TURNS)]
        made = made[1:] + made[:1] if schema.pattern or schema.format else made
    spelled = values.spellings(schema, name)
    at = (turn - 1) % len(spelled) if spelled else 0
    return [*beside, *_some(made), *spelled[at:], *spelled[:at]]


def _called(text: str, values: Values) -> Json:
    """A text of the kind that a complaint calls by its name: `is not a valid card number`; None when it names none."""
    found = _VALID.search(text)
    return values.called(found[1]) if found else None


def _some(made: Iterable[Json]) -> list[Json]:
    """Values of which an empty list is better filled: nobody asks for nothing."""

    def filled(value: Json) -> Json:
        return [{}] if value == [] else value

    return [filled(value) for value in made]


def _beside(complaint: Complaint, place: Place, call: Call, known: Iterable[Place]) -> list[Json]:
    """Values that stand in order with another place that the complaint names: `end must be after start`."""
    text = complaint.text
    later, sooner = _LATER.search(text), _SOONER.search(text)
    if not (later or sooner):
        return []
    own = place.name.rpartition(".")[2]
    others = [one for one in known if one != place and one.name.rpartition(".")[2] != own]
    found = [one for one in others if position(text, one.name) >= 0 and call.get(one) is not None]
    made: list[Json] = []
    for one in sorted(found, key=lambda other: -position(text, other.name))[:2]:
        value, sign = call.get(one), -1 if sooner and not later else 1
        date = _date(value)
        if date is not None:
            made += [_moved(str(value), date, sign * days) for days in (1, 7)]
        elif isinstance(value, (int, float)) and not isinstance(value, bool):
            made.append(value + sign)
        elif isinstance(value, str) and re.fullmatch(r"\d\d:\d\d(:\d\d)?", value):
            made.append(f"{(int(value[:2]) + sign) % 24:02d}{value[2:]}")
    return made


def _bounded(complaint: Complaint, schema: Schema, present: Json, name: str, values: Values, turn: int) -> Json:
    """A value inside the bounds that the complaint tells: numbers, lengths, counts, or a date moved by 1 or 30 days."""
    text = complaint.text.lower()
    days = 1 if turn % 2 else 30
    date = _date(present)
    if date is not None and not re.search(r"character|length", text):
        back = re.search(_BACK, text) is not None and not re.search(rf"{_NOT}(?:past|vergangen|pasad|passé)", text)
        return _shifted(str(present), date, values.now, -days if back else days)
    low, high = limits(text, complaint.hints)
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
        if not present and schema.items is not None:
            return [values.value(schema.items, f"{name}[]") for _ in range(min(max(wanted, 1), 50))]
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


def _cast(text: str, present: Json) -> Json:
    """The same value as the type that the complaint names; None when it names none or the value cannot be one."""
    told = re.sub(r"(?:but )?(?:received|got|rejected|was given) .*$", "", text, flags=re.IGNORECASE)
    lowered = re.sub(r"java\.lang\.string|from string", "", told.lower())
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
    return _moved(spelling, date if (date - here).days * days > 0 else here, days)


def _moved(spelling: str, date: datetime, days: int) -> str:
    """A date `days` later, spelled as it was."""
    moved = date + timedelta(days=days)
    if len(spelling) <= 10:
        return moved.date().isoformat()
    return moved.strftime("%Y-%m-%dT%H:%M:%S") + ("Z" if spelling.endswith("Z") else "")

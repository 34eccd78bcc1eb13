"""Values that an API accepts, made from schemas and names (checks-1-5.md 1.4).

Everything derives from the run's key and a label: the same label gives the same body again, another label new values.
"""

from __future__ import annotations

import random
import re
from collections.abc import Callable, Mapping
from datetime import datetime

import msgspec

from gatewright.access.files import coded, kinds, part
from gatewright.access.named import Seed, ends, of_format, of_name, unique_name
from gatewright.access.patterns import fits, matching
from gatewright.access.words import words
from gatewright.model.endpoint import Endpoint, Place
from gatewright.model.json import Json
from gatewright.model.schema import Schema
from gatewright.model.secret import Keyring

_DEEPEST = 6
_MONEY = frozenset({"price", "amount", "total", "cost", "balance", "salary", "budget", "fee", "value", "sum"})
_BOUND = 2**31 - 1


class Values:
    """Makes the values of one request.

    `label` names the request within the run (`alice/POST /notes/1`). `fixed` gives values by place name (`email`,
    `user.email`) that stand before anything made here. `markers` fills with the markers planted in free text.
    """

    def __init__(
        self,
        keyring: Keyring,
        label: str,
        *,
        now: datetime,
        resolve: Callable[[Schema], Schema] = lambda schema: schema,
        fixed: Mapping[str, Json] | None = None,
    ) -> None:
        self.keyring = keyring
        self.label = label
        self.now = now
        self.resolve = resolve
        self.fixed = dict(fixed or {})
        self.markers: list[str] = []
        self.about = ""
        """What the specification says of the request as a whole."""

    def body(self, schema: Schema, *, optional: bool = False) -> Json:
        """A body: required properties (all of them when the schema requires none, or with `optional`)."""
        return self.value(schema, "", optional=optional)

    def parameters(self, endpoint: Endpoint, *, optional: bool = False) -> dict[Place, Json]:
        """Values for the endpoint's parameters outside the body, path ones always included."""
        return {
            p.place: self.value(p.schema, p.name)
            for p in endpoint.parameters
            if p.required or p.within == "path" or optional
        }

    def value(self, schema: Schema, place: str, *, turn: int = 0, optional: bool = False, depth: int = 0) -> Json:
        """A value for one place (`order.items[].name`). Another `turn` gives another unique value."""
        if place in self.fixed and turn == 0:
            return self.fixed[place]
        schema = self._choose(schema)
        if "object" in schema.types or (not schema.types and schema.properties):
            return self._object(schema, place, optional, depth)
        if "array" in schema.types or (not schema.types and schema.items is not None):
            return self._array(schema, place, optional, depth)
        return self._scalar(schema, place, turn)

    def unique(self, schema: Schema, place: str, *, turn: int) -> Json:
        """A new value for a place whose last one was taken, in the shape of the schema."""
        return self.value(schema, place, turn=turn)

    def file(self, place: str, described: str = "", *, media: str = "", turn: int = 0) -> Json:
        """A small file as a part of a multipart body, of the kind that name and description tell; `turn` the next likely."""
        wanted = kinds(_last(place), described, media=media, about=self.about)
        marker = self._marker(Schema(types=("string",)), place, self._seed(f"{place}~file", 0))
        return part(wanted[turn % len(wanted)], marker, self.keyring.derive(self.label, 8))

    def coded(self, schema: Schema, place: str, turn: int) -> Json:
        """A small file in base64, of the kind that name and description tell; `turn` the next likely. None: none fits."""
        wanted = kinds(_last(place), schema.description, about=self.about)
        marker = self._marker(Schema(types=("string",)), place, self._seed(f"{place}~file", 0))
        text = coded(wanted[turn % len(wanted)], marker)
        return text if schema.max_length is None or len(text) <= schema.max_length else None

    def called(self, name: str) -> Json:
        """The text that goes by a name which is no property's, such as `card number`; None when the name tells nothing."""
        value = of_name(name, self._seed(name, 0))
        return value if isinstance(value, str) else None

    def spellings(self, schema: Schema, place: str) -> list[Json]:
        """Other spellings of the same kind of value, for a complaint about its format; the likeliest first."""
        schema, seed = self._choose(schema), self._seed(place, 0)
        parts = words(place)
        text = "string" in schema.types or not schema.types
        if not text:
            return [seed.digits(6), seed.letters(10), True, 1, 1.5]
        day = of_format("date", seed, name=place)
        moment = of_format("date-time", seed, name=place)
        dates: list[Json] = [moment, day, f"{str(day)[8:10]}/{str(day)[5:7]}/{str(day)[:4]}", str(day)[:7]]
        if {"time", "clock"} & set(parts) and "date" not in parts:
            clock = "11:30" if ends(place) else "10:30"
            return [clock, clock + ":00", *dates, clock + "Z"]
        if {"date", "time", "at", "on", "day", "until", "from", "start", "end", "due"} & set(
            parts
        ) or schema.format.startswith("date"):
            return dates
        if {"phone", "mobile", "tel"} & set(parts):
            return ["415" + seed.digits(7), "+1415" + seed.digits(7), "0" + seed.digits(9)]
        return [
            seed.alphabetic(10).capitalize(),
            seed.digits(8),
            of_format("uuid", seed),
            of_format("email", seed),
            of_format("uri", seed),
            *dates,
            seed.letters(6),
        ]

    def _choose(self, schema: Schema) -> Schema:
        """The schema behind references and alternatives."""
        for _ in range(_DEEPEST):
            schema = self.resolve(schema)
            if not schema.any_of:
                break
            chosen = next((s for s in map(self.resolve, schema.any_of) if s.types or s.properties or s.any_of), None)
            if chosen is None:
                break
            if schema.properties:
                both = {**schema.properties, **chosen.properties}
                required = (*schema.required, *chosen.required)
                return msgspec.structs.replace(schema, properties=both, required=required, any_of=())
            schema = chosen
        return schema

    def _object(self, schema: Schema, place: str, optional: bool, depth: int) -> Json:
        given = next((e for e in schema.examples if isinstance(e, dict)), {})
        every = optional or not schema.required
        made: dict[str, Json] = {}
        for name, inner in schema.properties.items():
            inside = f"{place}.{name}" if place else name
            wanted = name in schema.required or any(key == inside or key.startswith(inside + ".") for key in self.fixed)
            if inner.read_only or not (wanted or (every and depth < 3 and not _own_id(name))) or depth >= _DEEPEST:
                continue
            if name in given and not inner.examples:
                inner = msgspec.structs.replace(inner, examples=(given[name],)) if _scalar(given[name]) else inner
            made[name] = self.value(inner, inside, optional=optional, depth=depth + 1)
        for name in schema.required:
            if name not in made and name not in schema.properties:
                made[name] = self.value(schema.additional or Schema(), f"{place}.{name}" if place else name)
        return made

    def _array(self, schema: Schema, place: str, optional: bool, depth: int) -> Json:
        if schema.items is None or depth >= _DEEPEST:
            return []
        count = max(schema.min_items or 0, 1 if schema.max_items != 0 else 0)
        return [
            self.value(schema.items, f"{place}[{index}]" if index else f"{place}[]", optional=optional, depth=depth + 1)
            for index in range(min(count, 50))
        ]

    def _scalar(self, schema: Schema, place: str, turn: int) -> Json:
        seed, name = self._seed(place, turn), _last(place)
        if schema.enum:
            return schema.enum[turn % len(schema.enum)]
        if schema.format == "binary":
            return self.file(place, schema.description, turn=turn)
        if "boolean" in schema.types:
            return _given(schema, bool, False)
        if "integer" in schema.types or "number" in schema.types:
            return self._number(schema, name, seed, turn)
        if schema.types == ("null",):
            return None
        return self._text(schema, place, name, seed, turn)

    def _text(self, schema: Schema, place: str, name: str, seed: Seed, turn: int) -> Json:
        example = next((e for e in schema.examples if isinstance(e, str)), "")
        if _is_coded(schema, name) and (turn or not example):
            file = self.coded(schema, place, turn)
            if file is not None:
                return file
        known = _known(schema.format, name, seed)
        stale = _dated(known) and _dated(example)
        if example and not turn and not stale and not unique_name(name) and not _prose(example):
            return example
        if isinstance(schema.default, str) and not turn and not unique_name(name):
            return schema.default
        if known is not None and ("string" in schema.types or not schema.types):
            fitted = self._fit(str(known) if schema.types else known, schema, name, seed)
            if fitted is not None:
                return fitted
        if example and (turn or unique_name(name)) and not _prose(example):
            varied = _like(example, seed)
            if not schema.pattern or fits(schema.pattern, varied):
                return varied
        if schema.pattern:
            source = random.Random(f"{seed.letters(20)}{turn}")
            found = matching(schema.pattern, source, low=schema.min_length or 0, high=schema.max_length)
            if found is not None:
                return found
        return self._marker(schema, place, seed)

    def _fit(self, value: Json, schema: Schema, name: str, seed: Seed) -> Json:
        """The value when the bounds and pattern of the schema allow it, else None; phones are cut to digits first."""
        if not isinstance(value, str):
            return value
        tries = [value]
        if value.startswith("+1") and name:
            tries += [value[2:], value[1:], seed.digits(schema.max_length or 10)]
        for candidate in tries:
            short = schema.max_length is not None and len(candidate) > schema.max_length
            long = schema.min_length is not None and len(candidate) < schema.min_length
            if not short and not long and (not schema.pattern or fits(schema.pattern, candidate)):
                return candidate
        return None

    def _marker(self, schema: Schema, place: str, seed: Seed) -> str:
        """Free text: a marker, lengthened or cut to the bounds (not kept as a marker when under 10 characters)."""
        marker = self.keyring.marker(seed.label)
        low, high = schema.min_length or 0, schema.max_length
        text = marker if len(marker) >= low else marker + " " + "x" * max(low - len(marker) - 1, 1)
        if high is not None and len(text) > high:
            text = text[: max(high, 0)]
            marker = text
        if len(marker) >= 10 and marker not in self.markers:
            self.markers.append(marker)
        return text

    def _number(self, schema: Schema, name: str, seed: Seed, turn: int) -> Json:
        whole = "integer" in schema.types
        given = next(
            (e for e in (*schema.examples, schema.default) if isinstance(e, (int, float)) and _number(e)), None
        )
        if given is not None and not turn and not unique_name(name):
            return given
        named = of_name(name, seed)
        low = _lowest(schema, whole)
        high = _highest(schema, whole)
        value: float
        if _number(named) and not turn:
            value = float(str(named))
        elif (high is None or high >= 10**6) and (turn or unique_name(name) or _MONEY & set(words(name))):
            value = float(seed.digits(6))
        elif high is not None and low is not None and turn:
            value = low + (int(seed.digits(9)) % max(int(high - low) + 1, 1))
        else:
            value = 1.0 + turn
        value = max(value, low) if low is not None else value
        value = min(value, high) if high is not None else value
        if schema.multiple_of:
            steps = round(value / schema.multiple_of)
            steps += 1 if low is not None and steps * schema.multiple_of < low else 0
            value = steps * schema.multiple_of
        return int(value) if whole or value == int(value) else round(value, 6)

    def _seed(self, place: str, turn: int) -> Seed:
        return Seed(self.keyring, f"{self.label} {place} {turn}" if turn else f"{self.label} {place}", self.now)


def _is_coded(schema: Schema, name: str) -> bool:
    """Whether a text is a file in base64, by its format, its name or what is said of it."""
    if schema.enum or schema.pattern:
        return False
    said = re.sub(r"[^a-z0-9]", "", f"{name} {schema.description}".lower())
    return schema.format in ("byte", "base64") or "base64" in said or name.lower().endswith("b64")


def _known(fmt: str, name: str, seed: Seed) -> Json:
    """The value of a format or name; the name decides where the format leaves room (a birth date is in the past)."""
    by_format, by_name = of_format(fmt, seed, name=name), of_name(name, seed)
    if by_format is None or (_dated(by_format) and _dated(by_name) and len(str(by_format)) == len(str(by_name))):
        return by_name
    return by_format


def _dated(value: Json) -> bool:
    """An ISO date or moment. Examples of dates go stale, so one made now stands before them."""
    return re.match(r"\d{4}-\d\d-\d\d", str(value)) is not None


def _lowest(schema: Schema, whole: bool) -> float | None:
    step = 1 if whole else 0.01
    bounds = [schema.minimum] if schema.minimum is not None else []
    bounds += [schema.exclusive_minimum + step] if schema.exclusive_minimum is not None else []
    return max(bounds) if bounds else None


def _highest(schema: Schema, whole: bool) -> float | None:
    step = 1 if whole else 0.01
    bounds = [schema.maximum] if schema.maximum is not None else []
    bounds += [schema.exclusive_maximum - step] if schema.exclusive_maximum is not None else []
    return min(bounds) if bounds else None


def _given(schema: Schema, kind: type[bool], otherwise: Json) -> Json:
    values = (*schema.examples, schema.default)
    return next((value for value in values if isinstance(value, kind)), otherwise)


def _number(value: object) -> bool:
    return isinstance(value, (int, float)) and not isinstance(value, bool) and abs(value) <= _BOUND


def _scalar(value: Json) -> bool:
    return value is not None and not isinstance(value, (dict, list))


def _own_id(name: str) -> bool:
    return words(name) in (("id",), ("uuid",), ("guid",))


def _prose(example: str) -> bool:
    """An example of free text: words with blanks between them."""
    return bool(re.search(r"[A-Za-z]{2,} [A-Za-z]", example))


def _like(example: str, seed: Seed) -> str:
    """A new value in the shape of an example: its digits (when it has four or more) or its end replaced."""
    digits = iter(seed.digits(70))
    if sum(c.isdigit() for c in example) >= 4:
        return "".join(next(digits, "7") if c.isdigit() else c for c in example)
    return re.sub(r"[\W_]*\w{0,3}$", "", example)[:20] + seed.letters(8)


def _last(place: str) -> str:
    """The last name of a place: `items` of `order.items[]`."""
    return re.sub(r"\[\d*\]", "", place).rpartition(".")[2]

"""From a refused request and the answer to what to change in the request (checks-1-5.md 1.4).

`repairs` reads, `apply` changes; neither sends anything. A repair of kind "produce" needs a value that only another
endpoint can give, one of kind "rank" another account: the caller decides.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from typing import Literal

import msgspec
from msgspec import Struct

from gatewright.access.candidates import candidates
from gatewright.access.complaints import Complaint, complaints, position
from gatewright.access.lessons import Lessons
from gatewright.access.refine import refined, told_type
from gatewright.access.values import Values
from gatewright.access.words import words
from gatewright.model.call import Call, leaves
from gatewright.model.endpoint import Endpoint, Place
from gatewright.model.http import Response
from gatewright.model.json import Json
from gatewright.model.schema import Schema

Change = Literal["set", "remove", "produce", "media", "accept", "body", "rank", "stale"]


class Repair(Struct, frozen=True, kw_only=True):
    """One change to a call.

    set: `value` at `place` · remove: nothing at `place` · produce: `place` wants the id of something that exists ·
    media: send as `value` (a content type) · accept: ask for any media type · body: `value` is the whole new body ·
    rank: another account may be allowed · stale: a version of the object must be named (If-Match).
    """

    kind: Change
    place: Place = Place("body", "")
    value: Json = None
    why: str = ""
    form: str = ""
    """How to name what is produced: `link` for its URL; empty for its id."""


def repairs(
    response: Response, endpoint: Endpoint, call: Call, values: Values, *, turn: int, lessons: Lessons | None = None
) -> list[Repair]:
    """What to change after an answer that refuses; empty when nothing more can be tried.

    `turn` counts the rounds from 1: a complaint that comes back gets another value each time. `lessons` keeps what was
    learnt from round to round.
    """
    work = _Work(endpoint, call, values, turn, lessons if lessons is not None else Lessons())
    sent = {place.name: str(call.get(place)) for place in call.places()}
    found = complaints(response, list(dict.fromkeys(place.name for place in work.known if place.name)), sent=sent)
    made = [repair for complaint in found for repair in work.repair(complaint)]
    changing = [repair for repair in made if repair.kind != "rank"]
    return changing or made or work.by_size(response)


def apply(call: Call, changes: Sequence[Repair]) -> Call:
    """The call with the changes that need nobody else ("produce" and "rank" are left to the caller)."""
    for change in changes:
        if change.kind == "set":
            call = call.with_value(change.place, change.value)
        elif change.kind == "remove":
            call = _without(call, change.place)
        elif change.kind == "body":
            call = msgspec.structs.replace(
                call, body=change.value, content_type=call.content_type or "application/json"
            )
        elif change.kind == "media":
            call = msgspec.structs.replace(call, content_type=_bounded_by(str(change.value)))
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


class _Work:
    """One refused call and what is known of its places."""

    def __init__(self, endpoint: Endpoint, call: Call, values: Values, turn: int, lessons: Lessons) -> None:
        self.endpoint, self.call, self.values, self.turn, self.lessons = endpoint, call, values, turn, lessons
        self.known = self._known()
        self.stuck = False

    def _known(self) -> dict[Place, Schema]:
        call, under = self.call, f"{self.lessons.wrap}." if self.lessons.wrap else ""
        found = {Place("body", name): Schema() for name, _ in leaves(call.body) if name}
        for body in self.endpoint.bodies:
            for name, schema in schemas(body.schema, self.values.resolve).items():
                found[Place("body", name if name.startswith(under) else under + name)] = schema
        for place in call.places():
            plain = Place(place.within, re.sub(r"\[\d+\]", "[]", place.name))
            found.setdefault(place, found.get(plain, Schema()))
        found.update({parameter.place: parameter.schema for parameter in self.endpoint.parameters})
        return {**found, **self.lessons.schemas}

    def repair(self, complaint: Complaint) -> list[Repair]:
        """What one complaint asks for."""
        if complaint.kind == "media":
            return self._media(complaint)
        if complaint.kind in ("rank", "stale"):
            return [Repair(kind="rank" if complaint.kind == "rank" else "stale", why=complaint.text)]
        if not complaint.field:
            return self._fieldless(complaint)
        place, schema = self._locate(complaint)
        why = f"{complaint.field}: {complaint.text}"[:200]
        if not self.lessons.again(place, complaint.kind):
            return []
        present = self.call.get(place)
        if complaint.kind == "unknown":
            return [Repair(kind="remove", place=place, why=why)]
        if complaint.kind == "missing" and place not in self.known and self._wraps(place):
            self.lessons.wrap = place.name
            return [Repair(kind="body", value={place.name: self.call.body}, why=why)]
        if complaint.kind == "reference" and schema.enum:
            self.lessons.refuse(place, present)
            left = self.lessons.fresh(place, list(schema.enum))
            return [Repair(kind="set", place=place, value=left[0], why=why)] if left else []
        reference = complaint.kind == "reference" or "hyperlink" in complaint.text.lower()
        if reference or (complaint.kind in ("missing", "format") and is_id(place) and place.within != "header"):
            fallback = None if reference else self.value(complaint, schema, place)
            linked = "link" if "hyperlink" in complaint.text.lower() else ""
            return [Repair(kind="produce", place=place, value=fallback, why=why, form=linked)]
        if complaint.kind == "missing" and present not in (None, "", [], {}) and place.within == "body":
            elsewhere = self._respelled(complaint, place, present) or self._misplaced()
            if elsewhere:
                return elsewhere
        value = self.value(complaint, schema, place)
        if value is None or value == present:
            return []
        self.lessons.refuse(place, present)
        return [Repair(kind="set", place=place, value=value, why=why)]

    def value(self, complaint: Complaint, schema: Schema, place: Place) -> Json:
        """The next value for a place; None when all were tried."""
        present = self.call.get(place)
        schema = refined(schema, complaint, place.name, present=present)
        if schema.format in ("binary", "byte", "base64"):  # a complaint about a file says which kind is wanted
            schema = msgspec.structs.replace(schema, description=f"{complaint.text} {schema.description}")
        self.lessons.schemas[place] = schema
        options = candidates(complaint, schema, place, self.call, self.values, turn=self.turn, known=self.known)
        left = [one for one in self.lessons.fresh(place, options) if one != present]
        return left[0] if left else None

    def _locate(self, complaint: Complaint) -> tuple[Place, Schema]:
        """The place that a complaint is about; one that nobody declared is taken to be in the body (query without one)."""
        known, field = self.known, complaint.field
        found = [place for place in known if place.name == field]
        if complaint.within:
            found = [place for place in found if place.within == complaint.within] or found
        if found:
            present = [place for place in found if self.call.get(place) is not None]
            place = (present or found)[0]
            below = [
                one for one in known if one.within == place.within and one.name.startswith((field + ".", field + "["))
            ]
            inner = (
                [one for one in below if position(complaint.text, one.name) >= 0] if complaint.kind == "bounds" else []
            )
            if inner:
                place = min(inner, key=lambda one: position(complaint.text, one.name))
            return place, known[place]
        name = self._nested(field)
        if complaint.within in ("header", "query"):
            return Place("header" if complaint.within == "header" else "query", field), Schema()
        body = self.call.content_type or self.endpoint.bodies or self.endpoint.method in ("POST", "PUT", "PATCH")
        return Place("body" if body else "query", name), Schema()

    def _nested(self, field: str) -> str:
        """An undeclared field stands in the wrapper where there is one."""
        wrap = self.lessons.wrap or self._envelope()
        return field if not wrap or field == wrap or field.startswith(wrap + ".") else f"{wrap}.{field}"

    def _envelope(self) -> str:
        """The only key of a body that is one object in another."""
        body = self.call.body
        if not isinstance(body, dict) or len(body) != 1:
            return ""
        key, inner = next(iter(body.items()))
        return str(key) if isinstance(inner, dict) and inner else ""

    def _wraps(self, place: Place) -> bool:
        """Whether an undeclared key that is missing is the name of the thing itself: the body belongs under it."""
        if place.within != "body" or not isinstance(self.call.body, dict) or self.lessons.wrap or "." in place.name:
            return False
        fixed = [part for part in self.endpoint.path.split("/") if part and "{" not in part]
        nouns = {words(part) for part in fixed}
        return words(place.name) in nouns and (bool(self.call.body) or bool(self.endpoint.bodies))

    def _respelled(self, complaint: Complaint, place: Place, present: Json) -> list[Repair]:
        """A name that the sentence spells with another case than ours, where ours came from such a sentence."""
        above, _, last = place.name.rpartition(".")
        word = next(
            (one for one in re.findall(r"\w+", complaint.text) if one.lower() == last.lower() and one != last), ""
        )
        other = Place("body", f"{above}.{word}" if above else word)
        if not word or self.call.get(other) is not None or not self.lessons.again(other, "case"):
            return []
        self.lessons.schemas[other] = self.lessons.schemas.pop(place, Schema(types=("string",)))
        return [Repair(kind="remove", place=place), Repair(kind="set", place=other, value=present, why=complaint.text)]

    def _misplaced(self) -> list[Repair]:
        """What is there is said to be missing: the server reads another form of body."""
        if self.call.raw is not None or any(isinstance(value, (dict, list)) for value in _values(self.call.body)):
            return []
        found = self._media(Complaint(kind="media", text="415"))
        self.lessons.media.pop()  # it was not refused: it may be right after all
        return found

    def _media(self, complaint: Complaint) -> list[Repair]:
        call = self.call
        if complaint.text == "406":
            return [] if call.headers.get("Accept") == "*/*" else [Repair(kind="accept", why="406 Not Acceptable")]
        usual = ["application/json", "application/x-www-form-urlencoded", "multipart/form-data"]
        if self.endpoint.method == "PATCH":
            usual.insert(0, "application/merge-patch+json")
        files = self._files() if _bare(call.content_type) == "multipart/form-data" else []
        if files:  # 415 is said of a part as well
            return files
        told = [str(one).partition(";")[0] for one in complaint.hints]
        types = [*told, *(body.content_type for body in self.endpoint.bodies), *(usual if call.raw is None else ())]
        self.lessons.media.append(_bare(call.content_type))
        left = [one for one in dict.fromkeys(types) if _bare(one) not in self.lessons.media]
        return [Repair(kind="media", value=left[0], why="415 Unsupported Media Type")] if left else []

    def _files(self) -> list[Repair]:
        """Another kind of file in each place that holds one; empty when all were tried."""
        body = self.call.body if isinstance(self.call.body, dict) else {}
        made = []
        for name, value in body.items():
            several = isinstance(value, list) and bool(value)
            one = value[0] if isinstance(value, list) and value else value
            if not isinstance(one, dict) or "filename" not in one:
                continue
            place = Place("body", f"{name}[]" if several else name)
            described = self.known.get(place, Schema()).description
            self.lessons.refuse(place, one)
            left = self.lessons.fresh(place, [self.values.file(place.name, described, turn=t) for t in range(6)])
            made += [Repair(kind="set", place=place, value=left[0], why="415: another kind of file")] if left else []
        return made

    def _fieldless(self, complaint: Complaint) -> list[Repair]:
        """A complaint that names no field: every unique value anew, the ids produced, else nothing here."""
        sent = [place for place in self.call.places() if place in self.known]
        if complaint.kind == "taken":
            return [
                Repair(
                    kind="set",
                    place=place,
                    value=self.values.unique(self.known[place], place.name, turn=self.turn),
                    why=complaint.text,
                )
                for place in sent
                if isinstance(self.call.get(place), str) and not self.known[place].enum
            ]
        if complaint.kind == "reference":
            return [Repair(kind="produce", place=place, why=complaint.text) for place in sent if is_id(place)]
        if complaint.kind == "format" and told_type(complaint.text)[1]:
            made = [self._retyped(complaint, place) for place in sent if self._unsure(place)]
            return [one for one in made if one is not None]
        return []

    def _unsure(self, place: Place) -> bool:
        """Whether nothing declares what a place holds, and a text of ours stands there."""
        declared = [parameter.schema for parameter in self.endpoint.parameters if parameter.place == place]
        loose = not declared or not (declared[0].format or declared[0].enum or declared[0].pattern)
        return loose and place.within != "path" and isinstance(self.call.get(place), str) and not is_id(place)

    def _retyped(self, complaint: Complaint, place: Place) -> Repair | None:
        if not self.lessons.again(place, complaint.kind):
            return None
        value = self.value(complaint, msgspec.structs.replace(self.known[place], types=("string",)), place)
        self.lessons.refuse(place, self.call.get(place))
        return None if value is None else Repair(kind="set", place=place, value=value, why=complaint.text)

    def by_size(self, response: Response) -> list[Repair]:
        """No pattern in the answer: first all optional properties, then half of them, then the required ones only."""
        call, values, turn = self.call, self.values, self.turn
        schema = next((b.schema for b in self.endpoint.bodies if b.content_type == call.content_type), None)
        if schema is None and not call.content_type and self.endpoint.method in ("POST", "PUT", "PATCH"):
            mute = response.meaning in (400, 411, 415, 422) or response.meaning >= 500
            return [Repair(kind="body", value={}, why="no body was sent")] if mute and turn <= 1 else []
        if schema is None or not isinstance(call.body, dict) or turn > 3 or self.lessons.schemas:
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


def _values(body: Json) -> list[Json]:
    return list(body.values()) if isinstance(body, dict) else [body]


def _bare(content_type: str) -> str:
    return content_type.partition(";")[0].strip().lower()


def _bounded_by(content_type: str) -> str:
    """A multipart type needs a boundary."""
    bare = content_type.startswith("multipart/") and "boundary=" not in content_type
    return "multipart/form-data; boundary=gatewright" if bare else content_type


def _without(call: Call, place: Place) -> Call:
    """The call without one place, at any depth of the body."""
    if place.within != "body" or "." not in place.name:
        return call.without(place)
    above, _, last = place.name.rpartition(".")
    holder = call.get(Place("body", above))
    if not isinstance(holder, dict):
        return call
    return call.with_value(Place("body", above), {key: value for key, value in holder.items() if key != last})


def is_id(place: Place) -> bool:
    """Whether a place asks for the id of something, by its name."""
    parts = words(place.name)
    return bool(parts) and (parts[-1] in ("id", "uuid", "guid", "ref", "reference") or place.within == "path")

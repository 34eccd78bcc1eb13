"""Forms in which one request names two objects: mine where the guard looks, yours where the query does (checks-1-5.md 2.4). Pure.

A form takes the attacker's own working request, whose reference is its own value, and adds the victim's.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from urllib.parse import quote, unquote

import msgspec
from msgspec import Struct

from gatewright.checks.reading import Forged
from gatewright.explore.words import words
from gatewright.model.call import Call
from gatewright.model.endpoint import Place
from gatewright.model.http import Request
from gatewright.model.json import Json
from gatewright.proof.leaves import as_text

_SLOT = "gwslot7q"
"""Stands in a rendered request where the raw bytes go."""
JSON = "application/json"


class Form(Struct, frozen=True):
    """One form. `parts` are what a combined one consists of: tried alone once it works, or is refused as a whole."""

    name: str
    make: Callable[[Json], Forged]
    """The request for a victim's value."""
    parts: tuple[Form, ...] = ()


def forms(
    call: Call,
    place: Place,
    own: Json,
    nouns: Iterable[str],
    *,
    method: str,
    called: Sequence[str] = (),
    owners: Mapping[str, Json] | None = None,
) -> list[Form]:
    """All forms for one reference of a call; the likeliest first.

    `own` is the attacker's value there, `nouns` are words for the object by which other names of it are made, `called` how
    answers call it, `owners` names that say whose an object is, with the victim's value.
    """
    names = list(dict.fromkeys([*(n for n in called if n != place.name), *spellings(place.name, nouns)]))
    found = _of_place(call, place, own, names, method)
    return found + ([_as_owner(call, place, owners)] if owners and found else [])


def _as_owner(call: Call, place: Place, owners: Mapping[str, Json]) -> Form:
    """The victim's reference, and beside it the victim named as who asks."""

    def make(a: Json) -> Forged:
        made = call.with_value(place, a)
        for name, value in owners.items():
            made = made.with_value(Place("query", name), value)
        return Forged(made)

    return Form("its owner named beside it in the query", make)


def _of_place(call: Call, place: Place, own: Json, names: list[str], method: str) -> list[Form]:
    if place.within == "query":
        return [*_query(call, place, own, names), _in_body(call, place, names)]
    if place.within == "path":
        body = [_in_body(call, place, names)] if method != "HEAD" else []
        return [_beside(call, place, names), *body, *_path(call, place, own)]
    if place.within == "body" and _is_json(call) and not place.name.endswith("]"):
        return [*_body(call, place, own, names), _beside(call, place, names)]
    if place.within == "header":
        return [*_header(call, place, own), _beside(call, place, names)]
    if place.within == "cookie":
        return _cookie(call, place, own)
    return []


def spellings(name: str, nouns: Iterable[str]) -> list[str]:
    """Other names for the same thing: `order_id` → orderId, OrderId, ORDER_ID, id, Id, ID, and the same of its nouns."""
    last = name.rpartition(".")[2].removesuffix("[]")
    found: dict[str, None] = {}
    for noun in (last, *(f"{noun}_id" for noun in nouns if noun), "id"):
        parts = words(noun) or [noun]
        camel = parts[0] + "".join(part.capitalize() for part in parts[1:])
        for spelled in ("_".join(parts), camel, camel[:1].upper() + camel[1:], "_".join(parts).upper()):
            if spelled != last:
                found.setdefault(spelled)
    return list(found)[:9]


def _is_json(call: Call) -> bool:
    return "json" in call.content_type and isinstance(call.body, dict)


def _query(call: Call, place: Place, own: Json, names: list[str]) -> list[Form]:
    key = quote(place.name)
    mine = f"{key}={_q(own)}"

    def raw(name: str, pattern: str) -> Form:
        return Form(name, lambda a: Forged(call, lambda r: _requeried(r, place.name, pattern.replace("«a»", _q(a)))))

    first = place.name[:1]
    found = [
        raw("the parameter twice, mine first", f"{mine}&{key}=«a»"),
        raw("the parameter twice, mine last", f"{key}=«a»&{mine}"),
        raw("a list beside it", f"{mine}&{key}[]=«a»"),
        raw("a list with both", f"{key}[0]={_q(own)}&{key}[1]=«a»"),
        raw("both with a comma", f"{key}={_q(own)},«a»"),
        raw("its name percent-encoded beside it", f"{mine}&%{ord(first):02x}{quote(place.name[1:])}=«a»"),
        raw("mine after a semicolon", f"{key}=«a»;{_q(own)}"),
        raw("a trailing space", f"{key}=«a»%20"),
        _beside(call, place, names),
    ]
    if _digits(own):
        found.append(raw("a leading zero", f"{key}=0«a»"))
    return found


def _path(call: Call, place: Place, own: Json) -> list[Form]:
    slotted = call.with_value(place, _SLOT)

    def raw(name: str, pattern: str) -> Form:
        def make(a: Json) -> Forged:
            text = pattern.replace("«a»", _q(a)).replace("«b»", _q(own))
            return Forged(slotted, lambda r: _replaced(r, text))

        return Form(name, make)

    found = [
        raw("both with a comma", "«b»,«a»"),
        raw("mine, and up to the other", "«b»/../«a»"),
        raw("mine, and up to the other, encoded", "«b»%2f..%2f«a»"),
        raw("mine after a semicolon", "«a»;«b»"),
        raw("a trailing space", "«a»%20"),
    ]
    if _digits(own):
        found.append(raw("a leading zero", "0«a»"))
    return found


def _body(call: Call, place: Place, own: Json, names: list[str]) -> list[Form]:
    slotted = call.with_value(place, _SLOT)
    key = msgspec.json.encode(place.name.rpartition(".")[2]).decode()

    def raw(name: str, pattern: str) -> Form:
        def make(a: Json) -> Forged:
            text = pattern.replace("«a»", _j(a)).replace("«b»", _j(own)).replace("«key»", key)
            return Forged(slotted, lambda r: _rewritten(r, f'{key}:"{_SLOT}"', text))

        return Form(name, make)

    found = [
        raw("the key twice, mine first", "«key»:«b»,«key»:«a»"),
        raw("the key twice, mine last", "«key»:«a»,«key»:«b»"),
        raw("a list with both", "«key»:[«b»,«a»]"),
        raw("a list of it", "«key»:[«a»]"),
        raw("wrapped in an object", '«key»:{"id":«a»}'),
        _rooted(call, place, names),
        Form("as text", lambda a: Forged(call.with_value(place, _other_type(a)))),
        Form("a trailing space", lambda a: Forged(call.with_value(place, f"{as_text(a)} "))),
    ]
    if _digits(own):
        found.append(Form("a leading zero", lambda a: Forged(call.with_value(place, f"0{as_text(a)}"))))
    return found


def _rooted(call: Call, place: Place, names: list[str]) -> Form:
    """Other names of it, and wrapped ones, at the root of the body."""

    def one(name: str) -> Form:
        def make(a: Json) -> Forged:
            value: Json = {"id": a} if name.startswith("{") else a
            return Forged(call.with_value(Place("body", name.strip("{}")), value))

        return Form(f"`{name.strip('{}')}` beside it{' as an object' if name.startswith('{') else ''}", make)

    last = place.name.rpartition(".")[2]
    wrapped = [f"{{{'_'.join(words(last)[:-1])}}}"] if len(words(last)) > 1 else ["{user}"]
    return _all("other names beside it in the body", call, [one(name) for name in [*names, *wrapped]])


def _beside(call: Call, place: Place, names: list[str]) -> Form:
    """Its name and other names of it in the query and in headers, all at once."""
    last = place.name.rpartition(".")[2]

    def query(name: str) -> Form:
        return Form(f"`{name}` in the query", lambda a: Forged(call.with_value(Place("query", name), a)))

    def header(name: str) -> Form:
        return Form(f"header {name}", lambda a: Forged(call.with_value(Place("header", name), a)))

    own = [] if place.within == "query" else [last]
    headed = "-".join(part.capitalize() for part in words(last)) or last
    parts = [query(name) for name in [*own, *names]]
    parts += [header(name) for name in (headed, f"X-{headed}") if name.lower() != place.name.lower()]
    return _all("its names in the query and in headers", call, parts)


def _in_body(call: Call, place: Place, names: list[str]) -> Form:
    """Its name and other names of it in a JSON body, all at once."""

    def one(name: str) -> Form:
        def make(a: Json) -> Forged:
            base = call if _is_json(call) else msgspec.structs.replace(call, body={}, content_type=JSON)
            return Forged(base.with_value(Place("body", name), a))

        return Form(f"`{name}` in the body", make)

    return _all("its names in the body", call, [one(name) for name in [place.name.rpartition(".")[2], *names]])


def _all(name: str, call: Call, parts: list[Form]) -> Form:
    """Every part in one request; they touch different places of the same call."""

    def make(a: Json) -> Forged:
        merged = call
        for part in parts:
            made = part.make(a).call
            for place in made.places():
                if call.get(place) is None:
                    merged = merged.with_value(place, made.get(place))
        return Forged(merged)

    return Form(name, make, tuple(parts))


def _header(call: Call, place: Place, own: Json) -> list[Form]:
    def twice(first: str, second: str) -> Callable[[Json], Forged]:
        def make(a: Json) -> Forged:
            pair = {"a": as_text(a), "b": as_text(own)}
            return Forged(call, lambda r: _headed(r, place.name, (pair[first], pair[second])))

        return make

    def joined(first: str, second: str) -> Callable[[Json], Forged]:
        def make(a: Json) -> Forged:
            pair = {"a": as_text(a), "b": as_text(own)}
            return Forged(call, lambda r: _headed(r, place.name, (f"{pair[first]}, {pair[second]}",)))

        return make

    return [
        Form("the header twice, mine first", twice("b", "a")),
        Form("the header twice, mine last", twice("a", "b")),
        Form("both with a comma, mine first", joined("b", "a")),
        Form("both with a comma, mine last", joined("a", "b")),
    ]


def _cookie(call: Call, place: Place, own: Json) -> list[Form]:
    def twice(pattern: str) -> Callable[[Json], Forged]:
        def make(a: Json) -> Forged:
            text = pattern.replace("«a»", as_text(a)).replace("«b»", as_text(own)).replace("«n»", place.name)
            slotted = call.with_value(place, _SLOT)
            return Forged(slotted, lambda r: _recookied(r, f"{place.name}={_SLOT}", text))

        return make

    return [
        Form("the cookie twice, mine first", twice("«n»=«b»; «n»=«a»")),
        Form("the cookie twice, mine last", twice("«n»=«a»; «n»=«b»")),
    ]


def _requeried(request: Request, name: str, raw: str) -> Request:
    """The request with all pairs of a name replaced by raw text, at the end of the query."""
    path, _, query = request.target.partition("?")
    kept = [pair for pair in query.split("&") if pair and unquote(pair.partition("=")[0].replace("+", " ")) != name]
    return msgspec.structs.replace(request, target=f"{path}?{'&'.join([*kept, raw])}")


def _replaced(request: Request, text: str) -> Request:
    return msgspec.structs.replace(request, target=request.target.replace(_SLOT, text))


def _rewritten(request: Request, old: str, new: str) -> Request:
    body = re.sub(re.escape(old).replace(":", r":\ ?"), lambda _: new, request.body.decode("utf-8", "replace"), count=1)
    return msgspec.structs.replace(request, body=body.encode())


def _headed(request: Request, name: str, values: tuple[str, ...]) -> Request:
    kept = tuple((n, v) for n, v in request.headers if n.lower() != name.lower())
    return msgspec.structs.replace(request, headers=(*kept, *((name, value) for value in values)))


def _recookied(request: Request, old: str, new: str) -> Request:
    lines = tuple((n, v.replace(old, new) if n.lower() == "cookie" else v) for n, v in request.headers)
    return msgspec.structs.replace(request, headers=lines)


def _digits(value: Json) -> bool:
    return not isinstance(value, bool) and as_text(value).isdigit()


def _other_type(value: Json) -> Json:
    """A number as text, a text of digits as a number; else the text in capitals."""
    text = as_text(value)
    if isinstance(value, (int, float)):
        return text
    return int(text) if text.isdigit() and len(text) < 16 else text.swapcase()


def _q(value: Json) -> str:
    return quote(as_text(value), safe="~")


def _j(value: Json) -> str:
    return msgspec.json.encode(value).decode()

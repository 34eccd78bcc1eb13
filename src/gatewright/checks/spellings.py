"""Paths that are not documented: other spellings of one, and guesses from the words of all. Pure."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable
from itertools import chain, zip_longest

import msgspec
from msgspec import Struct

from gatewright.explore.policy import ADMINISTRATION
from gatewright.model.http import Request
from gatewright.proof.privacy import words

MANAGEMENT = ADMINISTRATION | {"manage", "manager", "management", "staff", "system", "all"}
"""Words by which a path says that it is not for everybody."""
_AREAS = ("admin", "internal", "manage", "management", "staff", "root", "system")
_ENDINGS = ("all", "export", "config")
_SELVES = frozenset({"me", "my", "self", "mine", "current"})
_HEAD = re.compile(r"^((?:/(?:api|rest|v\d+(?:\.\d+)*))*)(/.*)$", re.IGNORECASE)


class Spelled(Struct, frozen=True):
    """One spelling on the wire: what stands in the request line, and a header beside it."""

    target: str
    header: tuple[str, str] | None = None


class Way(Struct, frozen=True, kw_only=True):
    """One way to ask for a path."""

    told: str
    """In words: `with a slash at its end`."""
    path: str
    spell: Callable[[str], Spelled] = Spelled

    def edit(self, path: str = "") -> Callable[[Request], Request]:
        """Asks in this way for the path, or for another one; the query stays."""
        spelled = self.spell(path or self.path)

        def edited(request: Request) -> Request:
            _, mark, query = request.target.partition("?")
            request = msgspec.structs.replace(request, target=spelled.target + mark + query)
            return request.with_headers(spelled.header) if spelled.header else request

        return edited

    def shown(self) -> str:
        """What is sent, for people."""
        spelled = self.spell(self.path)
        return f"{spelled.target} with {spelled.header[0]}: {spelled.header[1]}" if spelled.header else spelled.target

    def beside(self, word: str) -> str:
        """A sibling of the path: another last segment in the same directory."""
        return self.path.rpartition("/")[0] + f"/{word}"


def split(path: str) -> tuple[str, str]:
    """What stands before the first word of an API's own (`/api/v1`), and the rest."""
    found = _HEAD.match(path)
    return (found[1], found[2]) if found else ("", path)


def ways(path: str, carrier: str) -> list[Way]:
    """Other spellings of a path, those that real routers fall for most often first. `carrier`: a path that is allowed."""

    def tail(change: Callable[[str], str]) -> Callable[[str], Spelled]:
        def spell(whole: str) -> Spelled:
            head, rest = split(whole)
            return Spelled(head + change(rest))

        return spell

    def named(header: str) -> Callable[[str], Spelled]:
        return lambda whole: Spelled(carrier, (header, whole))

    def covered(header: str) -> Callable[[str], Spelled]:
        return lambda whole: Spelled(whole, (header, carrier))

    rows: list[tuple[str, Callable[[str], Spelled]]] = [
        ("a slash at its end", tail(lambda rest: rest + "/")),
        ("X-Original-URL", named("X-Original-URL")),
        ("X-Rewrite-URL", named("X-Rewrite-URL")),
        ("X-Original-URL that names an allowed path", covered("X-Original-URL")),
        ("X-Rewrite-URL that names an allowed path", covered("X-Rewrite-URL")),
        ("a doubled slash before it", tail(lambda rest: "/" + rest)),
        ("a doubled slash within it", tail(lambda rest: "//".join(rest.rsplit("/", 1)))),
        ("a dot segment", tail(lambda rest: "/." + rest)),
        ("an encoded dot segment", tail(lambda rest: "/%2e" + rest)),
        ("capital letters", tail(str.upper)),
        ("an encoded letter", tail(lambda rest: f"/%{ord(rest[1:2] or 'x'):02x}{rest[2:]}")),
        ("a path parameter at its end", tail(lambda rest: rest + ";x")),
        ("a path parameter within it", tail(lambda rest: re.sub(r"^(/[^/]+)", r"\1;x", rest))),
        ("a segment that is taken back", lambda whole: Spelled(carrier + "/..;" + split(whole)[1])),
        (".json at its end", tail(lambda rest: rest + ".json")),
    ]
    return [Way(told=told, path=path, spell=spell) for told, spell in rows]


def guesses(kept: Iterable[str], lists: Iterable[str], known: Iterable[str], *, most: int) -> list[str]:
    """Paths that an API may have beside those it documents, at most so many, likeliest first.

    `kept`: those that it keeps for higher roles; `lists`: those of collections and of the caller itself; `known`: all
    that are documented, which are no guesses.
    """
    taken = set(known)
    rows = [*map(_of_kept, kept), *map(_of_list, lists)]
    mixed = chain.from_iterable(zip_longest(*rows))  # every path gets its first guess before any gets its second
    found = dict.fromkeys(path for path in mixed if path and path not in taken)
    return list(found)[:most]


def _of_kept(path: str) -> list[str]:
    """For `/admin/users`: another word of administration, none, and further functions below it."""
    head, rest = split(path)
    parts = rest.strip("/").split("/")
    index = next((i for i, part in enumerate(parts) if words(part) & MANAGEMENT), None)
    if index is None:
        return _of_list(path)
    swapped = [_joined(head, [*parts[:index], word, *parts[index + 1 :]]) for word in _AREAS if word != parts[index]]
    without = [*parts[:index], *parts[index + 1 :]]
    moved = [_joined(head, [*without, parts[index]])] if without else []
    further = [f"{path}/{ending}" for ending in _ENDINGS]
    return [*swapped[:1], *([_joined(head, without)] if without else []), *moved, *swapped[1:], *further]


def _of_list(path: str) -> list[str]:
    """For `/orders`: a word of administration before and after it; for `/users/me` one in the place of `me`."""
    head, rest = split(path)
    parts = rest.strip("/").split("/")
    index = next((i for i, part in enumerate(parts) if words(part) & _SELVES), None)
    if index is not None:
        return [_joined(head, [*parts[:index], word, *parts[index + 1 :]]) for word in ("all", "admin")]
    before = [_joined(head, [word, *parts]) for word in _AREAS]
    after = [_joined(head, [*parts, word]) for word in ("all", "admin", "export")]
    inserted = [_joined(head, [*parts[:-1], "admin", parts[-1]])] if len(parts) > 1 else []
    return [before[0], *after, *inserted, *before[1:]]


def _joined(head: str, parts: list[str]) -> str:
    return head + "/" + "/".join(parts)

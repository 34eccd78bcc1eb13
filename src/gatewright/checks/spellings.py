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
    """One spelling on the wire: what stands in the request line, headers beside it, and what is added to the query."""

    target: str
    headers: tuple[tuple[str, str], ...] = ()
    query: str = ""


class Way(Struct, frozen=True, kw_only=True):
    """One way to ask for a path."""

    told: str
    """In words: `with a slash at its end`."""
    path: str
    spell: Callable[[str], Spelled] = Spelled
    parts: tuple[Way, ...] = ()
    """What it does at once, one by one."""
    claims: bool = False
    """The path is as it is documented; what is added claims a right."""

    def edit(self, path: str = "") -> Callable[[Request], Request]:
        """Asks in this way for the path, or for another one; the query stays."""
        spelled = self.spell(path or self.path)

        def edited(request: Request) -> Request:
            _, _, query = request.target.partition("?")
            query = "&".join(part for part in (query, spelled.query) if part)
            request = msgspec.structs.replace(request, target=spelled.target + (f"?{query}" if query else ""))
            return request.with_headers(*spelled.headers) if spelled.headers else request

        return edited

    def shown(self) -> str:
        """What is sent, for people."""
        spelled = self.spell(self.path)
        target = f"{spelled.target}?{spelled.query}" if spelled.query else spelled.target
        lines = ", ".join(f"{name}: {value}" for name, value in spelled.headers)
        return f"{target} with {lines}" if lines else target

    def beside(self, word: str) -> str:
        """A sibling of the path: another last segment in the same directory."""
        whole = self.path.rstrip("/")
        return whole.rpartition("/")[0] + f"/{word}" + self.path[len(whole) :]


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
        return lambda whole: Spelled(carrier, ((header, whole),))

    def covered(header: str) -> Callable[[str], Spelled]:
        return lambda whole: Spelled(whole, ((header, carrier),))

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
        (".csv at its end", tail(lambda rest: rest + ".csv")),
        ("a dot segment at its end", tail(lambda rest: rest + "/.")),
        ("an encoded slash within it", tail(lambda rest: "%2f".join(rest.rsplit("/", 1)) if rest.rfind("/") else rest)),
        ("an encoded blank at its end", tail(lambda rest: rest + "%20")),
    ]
    return [*(Way(told=told, path=path, spell=spell) for told, spell in rows), *claims(path)]


_TRUSTED = (
    ("X-Forwarded-For", "127.0.0.1"),
    ("X-Real-IP", "127.0.0.1"),
    ("X-Role", "admin"),
    ("X-User-Role", "admin"),
    ("X-Admin", "true"),
    ("X-Internal", "true"),
)
_CLAIMED = ("role=admin", "admin=true", "is_admin=1")


def claims(path: str) -> list[Way]:
    """The path as it is, with headers, and with a query, that claim a role or to come from within; all of a kind at once."""
    headers = [_claim(path, f"the header {line[0]}", headers=(line,)) for line in _TRUSTED]
    queries = [_claim(path, f"{pair} in its query", query=pair) for pair in _CLAIMED]
    return [
        _claim(path, "headers that claim a role", headers=_TRUSTED, parts=tuple(headers)),
        _claim(path, "a query that claims a role", query="&".join(_CLAIMED), parts=tuple(queries)),
    ]


def _claim(
    path: str, told: str, *, headers: tuple[tuple[str, str], ...] = (), query: str = "", parts: tuple[Way, ...] = ()
) -> Way:
    def spell(whole: str) -> Spelled:
        return Spelled(whole, headers, query)

    return Way(told=told, path=path, spell=spell, parts=parts, claims=True)


def guesses(kept: Iterable[str], lists: Iterable[str], known: Iterable[str], *, most: int) -> list[str]:
    """Paths that an API may have beside those it documents, at most so many, likeliest first.

    `kept`: those that it keeps for higher roles; `lists`: those of collections and of the caller itself; `known`: all
    that are documented, which are no guesses.
    """
    taken = {path.rstrip("/") for path in known}
    rows = [*map(_of_kept, [p.rstrip("/") for p in kept]), *map(_of_list, [p.rstrip("/") for p in lists])]
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
    plain = [_joined(head, without)] if without else []
    return [*swapped[:1], *_versions(path), *plain, *moved, *swapped[1:], *further]


def _versions(path: str) -> list[str]:
    """The path in the versions beside its own, and in none; where it names none, in the first two."""
    head, rest = split(path)
    found = re.search(r"/v(\d+)$", head, re.IGNORECASE)
    if found is None:
        return [f"{head}/v1{rest}", f"{head}/v2{rest}"]
    before, number = head[: found.start()], int(found[1])
    return [f"{before}/v{n}{rest}" for n in (number + 1, number - 1) if n > 0] + [before + rest]


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

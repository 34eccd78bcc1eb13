"""Probes: requests that tell whether a session is alive, and whose it is (checks-1-5.md 1.3 line 5)."""

from __future__ import annotations

import itertools
import re
from collections import Counter
from collections.abc import Collection
from dataclasses import dataclass, field

from gatewright.access.classify import auth_endpoints
from gatewright.access.grant import Ask
from gatewright.access.words import words
from gatewright.model.account import ANON
from gatewright.model.call import Call, render
from gatewright.model.endpoint import Endpoint, Place, Specification
from gatewright.model.http import Request
from gatewright.model.json import Json
from gatewright.proof.compare import same
from gatewright.proof.denied import says_no
from gatewright.proof.leaves import Answer, Leaf, read

MOST = 16
"""GETs looked at as probes."""
_OWN = ("me", "myself", "whoami", "profile", "account", "dashboard", "current", "self", "userinfo", "my", "mine", "own")
_UNSAFE = frozenset({"create", "reset", "delete", "drop", "seed", "init", "migrate", "logout", "restart"})
"""Words of GETs that are not safe (checks-1-5.md 1.2)."""
_KEY = re.compile(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}|[0-9a-f]{24}|[0-7][0-9A-HJKMNP-TV-Z]{25}", re.IGNORECASE)
"""UUID, ObjectId, ULID."""
_ID_NAMES = (
    ("id",),
    ("uuid",),
    ("guid",),
    ("sub",),
    ("uid",),
    ("user", "id"),
    ("account", "id"),
    ("customer", "id"),
    ("member", "id"),
    ("profile", "id"),
    ("person", "id"),
)
_PEOPLE = frozenset({"user", "account", "member", "customer", "profile", "person", "player", "author", "patient"})
_NAME_NAMES = (
    ("email",),
    ("mail",),
    ("user", "name"),
    ("login",),
    ("handle",),
    ("user",),
    ("phone",),
    ("phone", "number"),
)


@dataclass
class Probe:
    """A GET that may tell sessions apart, with what it answers to nobody."""

    endpoint: Endpoint
    request: Request
    anon: Answer = field(default_factory=lambda: read(None))
    status: int | None = None
    """The status that says "logged in", when the user named it; then nothing else counts."""
    documented: bool = True
    """The endpoint is one of the specification."""
    path: dict[str, Json] = field(default_factory=dict)
    """Value of the path parameter, on a page that one account reads by its own name."""

    @property
    def call(self) -> Call | None:
        """The same as a call without any value; None when the specification does not know the endpoint."""
        return Call(endpoint=self.endpoint.id, path=self.path) if self.documented else None

    def shows(self, valid: Answer, bad: Collection[Answer], identity: Collection[str]) -> bool:
        """Whether an answer is one to somebody logged in, as against those to nobody and to garbage."""
        if self.status is not None:
            return valid.status == self.status and all(not same(valid, other) for other in bad)
        return lets_in(valid, bad, identity)

    @property
    def guarded(self) -> bool:
        """Whether nobody is refused."""
        return refused(self.anon)


async def probes(specification: Specification, ask: Ask) -> list[Probe]:
    """GETs without required parameters, likeliest first, each asked once without a credential."""
    kinds = auth_endpoints(specification)
    common = ambient(specification)
    found = [e for e in specification.endpoints if _suits(e, common) and kinds.get(e.id) is None]
    found.sort(key=lambda e: (_named(e), not e.secured, _of_many(e), e.path.count("/"), len(e.path)))
    made: list[Probe] = []
    for endpoint in found[:MOST]:
        request = render(endpoint, Call(endpoint=endpoint.id))
        exchange = await ask(request, ANON, "probe")
        if exchange.response is not None and not exchange.response.truncated:
            made.append(Probe(endpoint, request, read(exchange.response)))
    made.sort(key=lambda probe: not probe.guarded)
    return made


def own_pages(specification: Specification, identity: Collection[str]) -> list[tuple[Endpoint, Call]]:
    """Calls of pages that accounts read by their own name (`GET /users/{name}`), for an account of these values.

    For APIs that have no `GET /me`. At most two pages with four values each.
    """
    found = []
    for endpoint in specification.endpoints:
        hole = re.fullmatch(r"[^{}]*\{(\w+)\}", endpoint.path)
        required = [p for p in endpoint.parameters if p.required and p.within != "path"]
        if endpoint.method != "GET" or hole is None or required:
            continue
        named = words(" ".join(endpoint.path.rsplit("/", 2)[-2:]))
        if not _PEOPLE & set(named):
            continue
        values = sorted(identity, key=lambda value: (_unlike(value, set(words(hole[1]))), len(value), value))
        calls = [Call(endpoint=endpoint.id, path={hole[1]: int(v) if v.isdigit() else v}) for v in values[:4]]
        found.append([(endpoint, call) for call in calls])
    return [pair for pairs in found[:2] for pair in pairs]


def _unlike(value: str, hole: set[str]) -> bool:
    """Whether a value is of another kind than a place asks for by its name."""
    kind = "email" if "@" in value else "id" if value.isdigit() or len(value) >= 24 else "name"
    wanted = "email" if hole & {"email", "mail"} else "id" if hole & {"id", "uuid"} else "name"
    return kind != wanted


async def named_probe(specification: Specification, ask: Ask, line: str, status: int, place: Request) -> Probe:
    """The probe that the user wrote (`GET /me`, expected status), asked once without a credential."""
    method, _, path = line.partition(" ")
    request = Request(method or "GET", place.origin, place.target)
    known = next((e for e in specification.endpoints if e.method == method and path in (e.path, e.base + e.path)), None)
    endpoint = known or Endpoint(method=method, path=path, origin=place.origin)
    exchange = await ask(request, ANON, "probe")
    return Probe(endpoint, request, read(exchange.response), status, known is not None)


def refused(answer: Answer) -> bool:
    """An answer that lets nobody in: an error, a redirect, or a body that says no."""
    return answer.status == 0 or answer.status >= 300 or says_no(answer)


def lets_in(valid: Answer, bad: Collection[Answer], identity: Collection[str]) -> bool:
    """Whether an answer shows a session: accepted, and told from each bad one by refusal or form, or by naming us.

    Values alone tell nothing (a clock, a rotating list), unless they are the account's own.
    """
    if refused(valid):
        return False
    ours = bool(named_in(valid, identity))
    for other in bad:
        if refused(other):
            continue
        if same(valid, other) or (valid.paths() == other.paths() and not (ours and not named_in(other, identity))):
            return False
    return True


def named_in(answer: Answer, identity: Collection[str]) -> list[Leaf]:
    """Leaves that hold a value of the account, as a whole; short numbers count under the name of an id only."""
    strong = {value.lower() for value in identity if len(value) >= 3 and not value.isdigit()}
    weak = {value for value in identity if value.isdigit()}
    return [
        leaf
        for leaf in answer.leaves
        if leaf.value.lower() in strong or (leaf.value in weak and _ends(leaf.path, _ID_NAMES))
    ]


def quality(answer: Answer, identity: Collection[str]) -> int:
    """How well an answer names its account: 3 itself alone, 2 among other things, 1 in a list, 0 not at all."""
    leaves = named_in(answer, identity)
    if not leaves:
        return 0
    if all(leaf.item for leaf in leaves):
        return 1
    return 3 if len(answer.leaves) <= 60 and not any(leaf.item for leaf in leaves) else 2


def identity_of(answer: Answer, called: Collection[str] = ()) -> frozenset[str]:
    """Values of an answer about one account that name it: ids, user names, e-mails at most two levels deep.

    `called`: the API's own words for an id (`id_words`); what stands under one is an id when it is a number or a key.
    """
    found: set[str] = set()
    for leaf in answer.leaves:
        if (
            leaf.item
            or leaf.path.count(".") > 2
            or not 1 <= len(leaf.value) <= 200
            or leaf.value in ("null", "true", "false")
        ):
            continue
        own = _ends(leaf.path, _ID_NAMES[3:]) or (_ends(leaf.path, _ID_NAMES[:3]) and leaf.path.count(".") <= 1)
        own = own or (leaf.path.count(".") <= 1 and _called(leaf, called))
        if own or _ends(leaf.path, _NAME_NAMES) or re.fullmatch(r"[^@\s]+@[^@\s]+\.[^@\s]+", leaf.value):
            found.add(leaf.value)
    return frozenset(found)


def key_of(answer: Answer) -> frozenset[str]:
    """The key of the account that an answer is about, whatever its name: the one UUID (or the like) that stands highest.

    An API may call its ids by any word. Only for the answer of a probe: in that of a log-in it may be the credential.
    """
    keys: dict[int, set[str]] = {}
    for leaf in answer.leaves:
        if not leaf.item and leaf.path.count(".") <= 2 and _KEY.fullmatch(leaf.value):
            keys.setdefault(leaf.path.count("."), set()).add(leaf.value)
    highest = keys[min(keys)] if keys else set()
    return frozenset(highest) if len(highest) == 1 else frozenset()


def _called(leaf: Leaf, called: Collection[str]) -> bool:
    """A number or key under one of the API's own words for an id."""
    name = words(leaf.path.rpartition(".")[2])
    return len(name) == 1 and name[0] in called and bool(leaf.value.isdigit() or _KEY.fullmatch(leaf.value))


def id_words(specification: Specification) -> frozenset[str]:
    """The words by which an API says "id", as its paths show them: `beilur` where there is `/orders/{order_beilur}`.

    So does a `{beilur}` alone that stands under several words. One place is a chance; it takes two.
    """
    ends: dict[str, set[str]] = {}
    for endpoint in specification.endpoints:
        segments = endpoint.path.strip("/").split("/")
        for before, segment in itertools.pairwise(segments):
            hole = re.fullmatch(r"\{(\w+)\}", segment)
            name, above = words(hole[1]) if hole else (), words(before)
            if name and "{" not in before and name[:-1] in ((), above):
                ends.setdefault(name[-1], set()).add(before)
    return frozenset(word for word, places in ends.items() if len(places) > 1)


def _ends(path: str, endings: Collection[tuple[str, ...]]) -> bool:
    return words(path.rpartition(".")[2]) in endings


def ambient(specification: Specification) -> frozenset[Place]:
    """Query and header parameters that most endpoints require: a token, a device. They say who asks, not what for."""
    counted = Counter(
        p.place for e in specification.endpoints for p in e.parameters if p.required and p.within in ("query", "header")
    )
    reads = sum(endpoint.method == "GET" for endpoint in specification.endpoints)
    return frozenset(place for place, count in counted.items() if count * 2 > reads and count > 2)


def _suits(endpoint: Endpoint, common: frozenset[Place]) -> bool:
    needs = any((p.required and p.place not in common) or p.within == "path" for p in endpoint.parameters)
    needs = needs or "{" in endpoint.path
    needs = needs or bool(endpoint.stream)  # what goes on by itself is asked for too long
    return endpoint.method == "GET" and not needs and not _UNSAFE & set(words(endpoint.path + " " + endpoint.operation))


def _of_many(endpoint: Endpoint) -> int:
    """Of fields of a GraphQL schema, 0 for one that shows a single object to whoever asks, 2 for a list; 1 elsewhere."""
    if endpoint.field is None:
        return 1
    return 2 if endpoint.field.listing or not endpoint.field.shows else 0


def _named(endpoint: Endpoint) -> int:
    """Place in the list of words that mean oneself, by the last segment first; its length when none is there."""
    last = set(words(endpoint.path.rstrip("/").rpartition("/")[2]))
    anywhere = set(words(endpoint.path + " " + endpoint.operation))
    for index, word in enumerate(_OWN):
        if word in last:
            return index
    return len(_OWN) if anywhere & set(_OWN) else len(_OWN) + 1

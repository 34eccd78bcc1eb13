"""Which endpoints are part of logging in, by the scoring table of checks-1-5.md 1.3. Pure: names and schemas only."""

from __future__ import annotations

import itertools
from collections.abc import Callable, Iterable
from typing import Literal

from msgspec import Struct

from gatewright.access.repair import schemas
from gatewright.access.words import words
from gatewright.model.endpoint import Body, Endpoint, Place, Specification
from gatewright.model.schema import Schema

Class = Literal[
    "login", "register", "change_password", "reset", "otp", "refresh", "logout", "csrf", "jwks", "health", "docs"
]

LEAST = 4
"""Score from which an endpoint is tried."""
MOST = 3
"""Candidates of one class."""

_SECRET = frozenset({"pass", "passwd", "password", "pwd", "pin", "passphrase", "passcode", "passwort", "kennwort"})
_IDENTITY = frozenset(
    {"email", "mail", "user", "username", "login", "phone", "mobile", "account", "identifier", "handle"}
)
_CONFIRM = frozenset({"confirm", "confirmation", "confirmed", "repeat", "repeated", "again", "retype", "verify", "2"})
_OLD = frozenset({"old", "current", "existing", "previous", "present"})
_LOGIN = frozenset(
    {"login", "logon", "signon", "auth", "authenticate", "authentication", "authorize", "token", "session", "jwt"}
)
_ENTERING = frozenset({"login", "logon", "signin", "signon", "auth", "authenticate", "authentication"})
"""Words of paths under which a code is part of logging in."""
_REGISTER = frozenset({"register", "registration", "join", "enrol", "enroll", "enrolment", "enrollment"})
_PEOPLE = frozenset({"user", "account", "customer", "member", "person", "profile"})
_TOKEN = frozenset({"token", "jwt", "session", "bearer", "sid", "ticket"})
_OTP = frozenset({"otp", "fa", "mfa", "totp", "twofactor"})
"""`fa` is what `2fa` is split into."""
_HEALTH = frozenset({"health", "healthz", "healthcheck", "ping", "livez", "readyz", "liveness", "readiness"})
_DOCS = frozenset({"doc", "swagger", "openapi", "redoc", "graphiql"})
_METHODS = ("POST", "PUT", "PATCH", "GET")


class Candidate(Struct, frozen=True, kw_only=True):
    """An endpoint that logs in or signs up, with the places of what it takes."""

    endpoint: Endpoint
    kind: Class
    score: int
    secret: Place
    confirm: tuple[Place, ...] = ()
    """Places that repeat the secret."""
    identity: tuple[Place, ...] = ()
    """Places that name the account, likeliest first."""
    body: Body | None = None


def auth_endpoints(specification: Specification) -> dict[str, Class]:
    """Endpoint id → its class, for every endpoint that is part of logging in (or is health, keys or documentation)."""
    found = ((endpoint.id, classify(endpoint, specification.resolve)) for endpoint in specification.endpoints)
    return {name: kind for name, kind in found if kind is not None}


def classify(endpoint: Endpoint, resolve: Callable[[Schema], Schema]) -> Class | None:
    """The class of one endpoint; None for all that has nothing to do with logging in."""
    other = _other(endpoint, resolve)
    if other is not None:
        return other
    register, login = _register_score(endpoint, resolve), _login_score(endpoint, resolve)
    bare = endpoint.method == "POST" and not endpoint.secured and "{" not in endpoint.path
    if register >= LEAST or (bare and _signs_up(endpoint)):
        return "register"
    return "login" if login >= LEAST or (bare and _signs_in(endpoint)) else None


def candidates(specification: Specification, kind: Literal["login", "register"]) -> list[Candidate]:
    """At most three endpoints that log in or sign up, best first; ties go to those that share the log-in's path."""
    resolve = specification.resolve
    score = _login_score if kind == "login" else _register_score
    found: list[Candidate] = []
    for endpoint in specification.endpoints:
        if classify(endpoint, resolve) == kind and endpoint.method in _METHODS and "{" not in endpoint.path:
            candidate = _candidate(endpoint, kind, score(endpoint, resolve), resolve)
            if candidate is not None and candidate.score >= LEAST:
                found.append(candidate)
    logins = [c.endpoint for c in candidates(specification, "login")] if kind == "register" else []
    near = logins[0].path if logins else ""
    found.sort(
        key=lambda c: (
            -c.score,
            -_shared(c.endpoint.path, near),
            _METHODS.index(c.endpoint.method),
            len(c.endpoint.path),
        )
    )
    return found[:MOST]


def fields(endpoint: Endpoint, resolve: Callable[[Schema], Schema], body: Body | None = None) -> dict[Place, Schema]:
    """Everything an endpoint takes in query, headers and (one form of) its body, by place."""
    found = {p.place: p.schema for p in endpoint.parameters if p.within in ("query", "header")}
    chosen = body or body_of(endpoint)
    if chosen is not None:
        found.update({Place("body", name): schema for name, schema in schemas(chosen.schema, resolve).items()})
    return found


def body_of(endpoint: Endpoint) -> Body | None:
    """The form of the body that we send: JSON first, then a form, then whatever stands first."""
    order = ("json", "x-www-form-urlencoded")
    return next(
        (b for kind in order for b in endpoint.bodies if kind in b.content_type), next(iter(endpoint.bodies), None)
    )


def is_secret(place: Place, schema: Schema) -> bool:
    """Whether a place takes a password."""
    parts = set(words(place.name.rpartition(".")[2]))
    text = not schema.types or "string" in schema.types
    return (
        text
        and (schema.format == "password" or bool(parts & _SECRET))
        and not parts & {"client", "reset", "hash", "id"}
    )


def _candidate(endpoint: Endpoint, kind: Class, score: int, resolve: Callable[[Schema], Schema]) -> Candidate | None:
    body = body_of(endpoint)
    places = fields(endpoint, resolve, body)
    secrets = [place for place, schema in places.items() if is_secret(place, schema)]
    first = [place for place in secrets if not _last(place) & _CONFIRM] or secrets
    if not first:
        return None
    identity = [p for p, s in places.items() if p not in secrets and _is_identity(p, s)]
    return Candidate(
        endpoint=endpoint,
        kind=kind,
        score=score,
        secret=first[0],
        confirm=tuple(place for place in secrets if place != first[0]),
        identity=tuple(sorted(identity, key=_likeliest)),
        body=body,
    )


def _other(endpoint: Endpoint, resolve: Callable[[Schema], Schema]) -> Class | None:
    path, named = words(endpoint.path), set(words(endpoint.path + " " + endpoint.operation))
    places = fields(endpoint, resolve)
    inputs = {word for place in places for word in words(place.name)}
    secrets = [place for place, schema in places.items() if is_secret(place, schema)]
    old = [place for place in secrets if _last(place) & _OLD]
    if "logout" in named or {"sign", "out"} <= named or {"log", "out"} <= named or "revoke" in named:
        return "logout"
    if endpoint.method == "DELETE" and path[-1:] == ("session",):
        return "logout"
    if (old and len(secrets) > len(old)) or ({"change", "password"} <= named and secrets):
        return "change_password"
    if named & {"forgot", "forget", "forgotten", "recover", "recovery"} or (
        "reset" in named and (named & _SECRET or secrets)
    ):
        return "reset"
    if "refresh" in named and (named & _LOGIN or "refresh" in inputs or "token" in inputs) and not secrets:
        return "refresh"
    verifies = named & {"verify", "verification", "confirm"} and inputs & (_OTP | {"code", "token"})
    coded = not endpoint.secured and inputs & {"code", "otp", "passcode"} and (len(places) > 1 or "code" in named)
    coded = coded and not (inputs | named) & {"grant", "oauth", "state", "redirect", "callback"}  # those are of OAuth
    if named & _OTP or (not secrets and (verifies or (coded and named & _ENTERING))):
        return "otp"
    if endpoint.method == "GET" and not places:
        return _plain(path)
    return None


def _plain(path: tuple[str, ...]) -> Class | None:
    """What a GET that takes nothing is for, when that is not data."""
    named = set(path)
    if named & {"csrf", "xsrf"}:
        return "csrf"
    if named & {"jwk", "jwks"} or {"well", "known"} <= named:
        return "jwks"
    if set(path[-1:]) & _HEALTH:
        return "health"
    return "docs" if set(path[-2:]) & _DOCS else None


def _login_score(endpoint: Endpoint, resolve: Callable[[Schema], Schema]) -> int:
    places = fields(endpoint, resolve)
    if endpoint.method not in _METHODS or not any(is_secret(place, schema) for place, schema in places.items()):
        return 0
    score = 3 if _signs_in(endpoint) else 0
    score += 2 if any(_is_identity(p, s) for p, s in places.items() if not is_secret(p, s)) else 0
    score += 2 if _answers_token(endpoint, resolve) else 0
    return score - (3 if endpoint.secured else 0)


def _register_score(endpoint: Endpoint, resolve: Callable[[Schema], Schema]) -> int:
    places = fields(endpoint, resolve)
    if endpoint.method not in ("POST", "PUT") or "{" in endpoint.path:
        return 0
    secrets = [place for place, schema in places.items() if is_secret(place, schema)]
    if not secrets:
        return 0
    score = 3 if _signs_up(endpoint) else 0
    score += 2 if endpoint.method == "POST" and words(endpoint.path)[-1:] and words(endpoint.path)[-1] in _PEOPLE else 0
    score += 1 if any(_last(place) & _CONFIRM for place in secrets) else 0
    named = score > 0
    score += 2 if any(_is_identity(p, s) for p, s in places.items() if p not in secrets) else 0
    return score - (3 if endpoint.secured else 0) if named else 0


def _signs_in(endpoint: Endpoint) -> bool:
    named = words(endpoint.path + " " + endpoint.operation)
    return bool(_LOGIN & set(named)) or _adjacent(named, "sign", "in") or _adjacent(named, "log", "in")


def _signs_up(endpoint: Endpoint) -> bool:
    named = words(endpoint.path + " " + endpoint.operation)
    return bool(_REGISTER & set(named)) or _adjacent(named, "sign", "up") or _adjacent(named, "create", "account")


def _answers_token(endpoint: Endpoint, resolve: Callable[[Schema], Schema]) -> bool:
    for answer in endpoint.answers:
        if answer.status.startswith("2"):
            names = list(schemas(answer.schema, resolve)) if answer.schema is not None else []
            if any(_TOKEN & set(words(name)) for name in [*names, *answer.headers]):
                return True
    return False


def _is_identity(place: Place, schema: Schema) -> bool:
    parts = words(place.name.rpartition(".")[2])
    text = not schema.types or "string" in schema.types
    return text and bool(parts) and (bool(set(parts) & _IDENTITY) or parts == ("name",)) and "id" not in parts[-1:]


def _likeliest(place: Place) -> int:
    parts = set(words(place.name.rpartition(".")[2]))
    order: tuple[set[str], ...] = (
        {"user", "name"},
        {"username"},
        {"email"},
        {"login"},
        {"mail"},
        {"identifier"},
        {"user"},
        {"phone"},
    )
    return next((index for index, wanted in enumerate(order) if wanted <= parts), len(order))


def _last(place: Place) -> frozenset[str]:
    return frozenset(words(place.name.rpartition(".")[2]))


def _adjacent(named: Iterable[str], first: str, second: str) -> bool:
    parts = tuple(named)
    return (first, second) in set(itertools.pairwise(parts))


def _shared(a: str, b: str) -> int:
    """Leading path segments that two paths share."""
    count = 0
    for left, right in zip(a.strip("/").split("/"), b.strip("/").split("/"), strict=False):
        if left != right:
            break
        count += 1
    return count

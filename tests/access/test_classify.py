from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from gatewright.access.classify import auth_endpoints, candidates, classify
from gatewright.model.endpoint import Answer, Body, Endpoint, Parameter, Place, Requirement, Specification
from gatewright.model.schema import Schema
from gatewright.sources.openapi import parse

TEXT = Schema(types=("string",))


def obj(*names: str) -> Schema:
    properties: dict[str, Schema] = {}
    for name in names:
        top, dot, inner = name.partition(".")
        if dot:
            old = properties.get(top, Schema())
            properties[top] = Schema(types=("object",), properties={**old.properties, inner: TEXT})
        else:
            properties[name] = TEXT
    return Schema(types=("object",), properties=properties)


def endpoint(
    name: str, *inputs: str, answers: tuple[str, ...] = (), media: str = "application/json", **more: Any
) -> Endpoint:
    method, _, path = name.partition(" ")
    bodies = (Body(content_type=media, schema=obj(*inputs)),) if inputs else ()
    documented = (Answer(status="200", schema=obj(*answers)),) if answers else ()
    return Endpoint(method=method, path=path, bodies=bodies, answers=documented, **more)


SECURED = (Requirement((("bearer", ()),)),)


@pytest.mark.parametrize(
    ("given", "expected"),
    [
        (endpoint("POST /login", "username", "password"), "login"),
        (endpoint("POST /api/v1/auth", "email", "password"), "login"),
        (endpoint("POST /sessions", "login", "pin"), "login"),
        (
            endpoint("POST /token", "username", "password", "grant_type", media="application/x-www-form-urlencoded"),
            "login",
        ),
        (endpoint("POST /enter", "username", "password", answers=("token",)), "login"),
        (endpoint("POST /users/signin", "user.email", "user.password"), "login"),
        (endpoint("POST /oauth/login", "code"), "login"),
        (endpoint("POST /auth/signup", "email", "password", "name"), "register"),
        (endpoint("POST /users", "email", "password"), "register"),
        (endpoint("POST /auth/users/", "email", "password"), "register"),
        (endpoint("POST /join", "handle", "password", "password_confirmation"), "register"),
        (endpoint("POST /v1/customers", "email", "password", security=SECURED), None),
        (endpoint("POST /account/password", "old_password", "new_password"), "change_password"),
        (endpoint("POST /auth/reset-password", "token", "password"), "reset"),
        (endpoint("POST /auth/forgot", "email"), "reset"),
        (endpoint("POST /auth/check-otp", "email", "otp", "password"), "otp"),
        (endpoint("POST /auth/2fa", "code"), "otp"),
        (endpoint("POST /auth/login/code", "challenge_token", "code"), "otp"),
        (endpoint("POST /auth/login/code", "challenge_token", "code", security=SECURED), None),
        (endpoint("POST /auth/token", "grant_type", "code"), "login"),
        (endpoint("POST /cart/coupon", "cart", "code"), None),
        (endpoint("POST /auth/verify", "code"), "otp"),
        (endpoint("POST /auth/refresh", "refresh_token"), "refresh"),
        (endpoint("POST /auth/logout"), "logout"),
        (endpoint("POST /sign-out"), "logout"),
        (endpoint("DELETE /session"), "logout"),
        (endpoint("GET /csrf-token"), "csrf"),
        (endpoint("GET /.well-known/jwks.json"), "jwks"),
        (endpoint("GET /health"), "health"),
        (endpoint("GET /docs"), "docs"),
        (endpoint("GET /users"), None),
        (endpoint("POST /games/reset"), None),
        (endpoint("POST /realtime/sessions", "model", security=SECURED), None),
        (endpoint("POST /wifi", "ssid", "password"), None),
        (endpoint("PUT /users/{id}", "email", "password", security=SECURED), None),
        (endpoint("POST /orders", "item"), None),
    ],
    ids=lambda value: value.name if isinstance(value, Endpoint) else None,
)
def test_classes(given: Endpoint, expected: str | None) -> None:
    assert classify(given, lambda schema: schema) == expected


def specification(*endpoints: Endpoint) -> Specification:
    return Specification(source="t", dialect="openapi 3.1", endpoints=endpoints)


def test_the_best_candidates_come_first_with_their_places() -> None:
    spec = specification(
        endpoint("POST /shop/auth/register", "email", "password"),
        endpoint("POST /identity/auth/register", "email", "username", "password", "confirmPassword"),
        endpoint("POST /identity/auth/login", "email", "password", answers=("token",)),
        endpoint("POST /shop/auth", "email", "password"),
    )
    logins = candidates(spec, "login")
    assert [c.endpoint.path for c in logins] == ["/identity/auth/login", "/shop/auth"]
    assert logins[0].secret == Place("body", "password")
    registers = candidates(spec, "register")
    assert registers[0].endpoint.path == "/identity/auth/register"
    assert registers[0].confirm == (Place("body", "confirmPassword"),)
    assert [p.name for p in registers[0].identity] == ["username", "email"]


def test_ties_go_to_the_one_beside_the_log_in() -> None:
    spec = specification(
        endpoint("POST /workshop/mechanic/signup", "email", "password"),
        endpoint("POST /identity/auth/signup", "email", "password"),
        endpoint("POST /identity/auth/login", "email", "password"),
    )
    assert candidates(spec, "register")[0].endpoint.path == "/identity/auth/signup"


def test_credentials_in_the_query_are_seen() -> None:
    get = Endpoint(
        method="GET",
        path="/user/login",
        parameters=(
            Parameter(name="username", within="query", schema=TEXT),
            Parameter(name="password", within="query", schema=TEXT),
        ),
    )
    found = candidates(specification(get), "login")
    assert found[0].secret == Place("query", "password")


def test_auth_endpoints_are_listed_by_id() -> None:
    spec = specification(endpoint("POST /login", "user", "password"), endpoint("GET /notes"), endpoint("POST /logout"))
    assert auth_endpoints(spec) == {"POST /login": "login", "POST /logout": "logout"}


def test_a_real_specification(corpus: Path) -> None:
    path = corpus / "specs" / "crapi-openapi.json"
    spec = parse(path.read_bytes(), source=path.name)
    assert [c.endpoint.path for c in candidates(spec, "login")] == ["/identity/api/auth/login"]
    assert [c.endpoint.path for c in candidates(spec, "register")] == [
        "/identity/api/auth/signup",
        "/workshop/api/mechanic/signup",
    ]
    kinds = list(auth_endpoints(spec).values())
    assert {kind: kinds.count(kind) for kind in sorted(set(kinds))} == {"login": 3, "otp": 3, "register": 2, "reset": 2}

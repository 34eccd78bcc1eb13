from __future__ import annotations

import base64
import json
import random
from typing import Any

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from gatewright.access.tokens import (
    basic,
    bits,
    claims,
    credentials_in,
    expires_in,
    garbage,
    is_csrf,
    lifetime,
    refresh_token,
    set_cookies,
)
from gatewright.model.http import Headers, Response


def jwt(payload: dict[str, Any], header: Any = None) -> str:
    parts = [json.dumps(header or {"alg": "HS256"}), json.dumps(payload)]
    return ".".join(base64.urlsafe_b64encode(p.encode()).rstrip(b"=").decode() for p in parts) + ".c2lnbmF0dXJl"


TOKEN = jwt({"sub": "7", "exp": 2000, "iat": 1000})


@pytest.mark.parametrize(
    ("body", "headers", "sources"),
    [
        ({"token": "t1"}, (), ["json:/token"]),
        ({"accessToken": "a", "idToken": "b", "refreshToken": "c"}, (), ["json:/accessToken", "json:/idToken"]),
        ({"data": {"auth": {"jwt": TOKEN}}}, (), ["json:/data/auth/jwt"]),
        ({"x": TOKEN, "y": "hello"}, (), ["json:/x"]),
        ({"x": "9f8e7d6c5b4a39281706f5e4d3c2b1a0"}, (), ["json:/x"]),
        ({"message": "Welcome back to our shop", "name": "alice"}, (), []),
        ({"csrf_token": "a" * 30}, (), []),
        ({}, (("Authorization", "Bearer abc"), ("X-Api-Key", "k"), ("X-Refresh-Token", "r"), ("X-Request-Token", "q")), ["header:Authorization", "header:X-Api-Key"]),
        ({}, (("Set-Cookie", "sid=s1; HttpOnly"), ("Set-Cookie", "csrftoken=c1"), ("Set-Cookie", "old=; Max-Age=0")), ["cookie:sid"]),
        ([{"token": "t"}], (), ["json:/0/token"]),
    ],
)  # fmt: skip
def test_credentials_are_found_by_name_shape_and_entropy(body: Any, headers: Headers, sources: list[str]) -> None:
    found = credentials_in(Response(200, headers, msgspec.json.encode(body)))
    assert [item.source for item in found] == sources


def test_what_was_sent_is_an_echo() -> None:
    assert credentials_in(Response(200, body=b'{"token": "secret-1"}'), {"secret-1"}) == []


def test_schemes_before_the_value_are_taken_off() -> None:
    (found,) = credentials_in(Response(200, body=b'{"authorization": "Bearer abc"}'))
    assert (found.prefix, found.value.reveal()) == ("Bearer ", "abc")


def test_other_facts_of_the_answer() -> None:
    answer = Response(
        200, (("content-type", "application/json"),), b'{"refresh_token": "rrrrrrrrrr", "expires_in": 300}'
    )
    refresh = refresh_token(answer)
    assert refresh is not None
    assert refresh.reveal() == "rrrrrrrrrr"
    assert expires_in(answer) == 300
    assert refresh_token(Response(200)) is None
    assert expires_in(Response(200, body=b'{"expires_in": "soon"}')) is None


def test_claims_and_lifetime() -> None:
    assert claims(TOKEN)["sub"] == "7"
    assert claims("a.b") == {}
    assert claims("abcd.efgh.ijkl") == {}
    assert lifetime(TOKEN) == (2000, 1000)
    assert lifetime(jwt({"exp": 5})) == (5, None)
    assert lifetime(jwt({"exp": True})) is None
    assert lifetime(jwt({"sub": "7"})) is None
    assert lifetime(jwt({"exp": 10, "iat": 20})) == (10, None)


@given(st.text(alphabet="abcXYZ0189.-_+/=", min_size=1, max_size=80), st.integers())
def test_garbage_has_the_same_shape_and_is_another_value(value: str, seed: int) -> None:
    made = garbage(value, random.Random(seed))
    assert len(made) == len(value)
    assert [c.isdigit() for c in made] == [c.isdigit() for c in value]
    assert [c.isupper() for c in made] == [c.isupper() for c in value]
    assert all(a != b for a, b in zip(made, value, strict=True) if b.isalnum())


@given(st.integers())
def test_garbage_of_a_jwt_is_no_jwt_even_for_who_checks_no_signature(seed: int) -> None:
    assert claims(garbage(TOKEN, random.Random(seed))) == {}


def test_cookies_with_their_ages() -> None:
    lines: Headers = (
        ("Set-Cookie", "a=1; Max-Age=60; Path=/"),
        ("set-cookie", "b=x=y"),
        ("Set-Cookie", "c=gone; Max-Age=0"),
        ("Set-Cookie", "d=gone; Expires=Thu, 01 Jan 1970 00:00:00 GMT"),
    )
    assert set_cookies(Response(200, lines)) == {"a": ("1", 60), "b": ("x=y", None), "c": ("", 0), "d": ("", None)}


def test_small_ones() -> None:
    assert basic("a", "b") == "YTpi"
    assert is_csrf("XSRF-TOKEN")
    assert is_csrf("__RequestVerificationToken")
    assert not is_csrf("token")
    assert bits("aaaa") > 0
    assert bits("") == 0
    assert bits("deadbeef") == 32


@given(st.binary(max_size=60))
def test_no_body_breaks_it(body: bytes) -> None:
    assert isinstance(credentials_in(Response(200, body=body)), list | tuple)

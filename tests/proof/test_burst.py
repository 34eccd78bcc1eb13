from __future__ import annotations

import pytest

from gatewright.model.http import Exchange, Request, Response
from gatewright.proof.burst import falling, from_cache, left, protection, slowed

USUAL = Response(200, (), b'{"items": []}')


def answered(status: int = 200, body: bytes = b'{"items": []}') -> Exchange:
    return Exchange(1, Request("GET", "http://api.test", "/"), Response(status, (), body))


@pytest.mark.parametrize(
    ("headers", "expected"),
    [
        ((("RateLimit-Remaining", "12"),), 12),
        ((("x-ratelimit-remaining", "12, 100;w=60"),), 12),
        ((("RateLimit", "limit=100, remaining=12, reset=5"),), 12),
        ((("RateLimit", '"default";r=12;t=30'),), 12),
        ((("RateLimit-Remaining", "many"),), None),
        ((), None),
    ],
)
def test_what_is_announced(headers: tuple[tuple[str, str], ...], expected: int | None) -> None:
    assert left(Response(200, headers)) == expected


def test_only_what_falls_is_counted() -> None:
    assert falling([10, 9]) and falling([3, 100, None, 99])
    assert not falling([10, 10, 10]) and not falling([None, 4]) and not falling([])
    assert left(None) is None


@pytest.mark.parametrize(
    ("exchange", "sign"),
    [
        (answered(429), "status 429"),
        (answered(503), "status 503"),
        (answered(403), "status 403 instead of 200"),
        (answered(302), "status 302 instead of 200"),
        (answered(body=b"<p>Please solve this CAPTCHA"), "an answer that speaks of a limit or a challenge"),
        (Exchange(1, Request("GET", "http://api.test", "/"), None, error="reset: gone"), "no answer (reset)"),
        (answered(), ""),
        (answered(201), ""),
        (answered(500), ""),
    ],
)
def test_signs_of_a_limit(exchange: Exchange, sign: str) -> None:
    assert protection(exchange, USUAL) == sign


def test_a_word_that_was_always_there_is_no_sign() -> None:
    page = b"each account has a quota"
    assert protection(answered(body=page), Response(200, (), page)) == ""


@pytest.mark.parametrize(
    ("usual", "late", "less"),
    [
        (b'{"id": 1, "name": "a", "total": 5}', b'{"id": 1, "name": "b", "total": 6}', False),
        (b'{"id": 1, "name": "a", "total": 5}', b'{"id": 1, "name": "a"}', False),
        (b'{"id": 1, "name": "a", "total": 5}', b'{"id": 1}', True),
        (b'{"id": 1, "name": "a"}', b'{"success": false, "id": 1, "name": ""}', True),
        (b'{"success": false, "id": 1}', b'{"success": false, "id": 2}', False),
        (b'{"items": [1, 2]}', b'{"items": []}', False),
    ],
)
def test_a_good_status_with_less_in_it_than_usual(usual: bytes, late: bytes, less: bool) -> None:
    sign = protection(answered(body=late), Response(200, (), usual))
    assert sign == ("an answer that has less in it than a usual one" if less else "")
    assert protection(answered(500, late), Response(200, (), usual)) == "", "an error of the server is no limit"


def test_answers_that_are_held_back() -> None:
    assert slowed([0.01] * 20 + [0.5] * 10)
    assert not slowed([0.001] * 20 + [0.02] * 10), "noise of a fast server"
    assert not slowed([0.5] * 30) and not slowed([0.01] * 9 + [9.0] * 10)


def test_what_a_cache_says_of_itself() -> None:
    assert from_cache(Response(200, (("X-Cache", "Hit from edge"),)))
    assert from_cache(Response(200, (("Age", "5"),)))
    assert not from_cache(Response(200, (("X-Cache", "MISS"), ("Age", "0")))) and not from_cache(None)
    assert from_cache(Response(200, (("X-Cache-Hits", "0, 3"),)))
    assert not from_cache(Response(200, (("X-Cache-Hits", "3, 0"),))), "the one nearest to us asked on"
    assert from_cache(Response(200, (("X-Varnish", "32770 3"),))) and not from_cache(
        Response(200, (("X-Varnish", "32770"),))
    )

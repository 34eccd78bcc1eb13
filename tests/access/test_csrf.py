from __future__ import annotations

import pytest

from gatewright.access.csrf import Csrf, absorb, wants
from gatewright.model.endpoint import Endpoint, Parameter, Scheme, Specification
from gatewright.model.http import Headers, Response

SPEC = Specification(source="t", dialect="openapi 3.1")
DOCUMENTED = Specification(
    source="t",
    dialect="openapi 3.1",
    endpoints=(Endpoint(method="POST", path="/x", parameters=(Parameter(name="X-My-CSRF", within="header"),)),),
)
SCHEME = Specification(
    source="t",
    dialect="openapi 3.1",
    schemes={"c": Scheme(name="c", kind="apiKey", within="header", parameter="X-XSRF-Mine")},
)
HTML: Headers = (("Content-Type", "text/html"),)
JSON: Headers = (("Content-Type", "application/json"),)


@pytest.mark.parametrize(
    ("headers", "body", "only", "token", "header", "field"),
    [
        ((("X-CSRF-Token", "tok-1"),), b"", False, "tok-1", "X-CSRF-Token", ""),
        (JSON, b'{"csrfToken": "tok-tok-1"}', False, "tok-tok-1", "X-CSRF-Token", ""),
        (JSON, b'{"value": "tok-tok-1"}', True, "tok-tok-1", "X-CSRF-Token", ""),
        (JSON, b'{"value": "tok-tok-1"}', False, "", "", ""),
        (JSON, b'{"headerName": "X-SPRING-CSRF", "parameterName": "_csrf-name", "token": "tok-tok-1"}', True, "tok-tok-1", "X-SPRING-CSRF", ""),
        (HTML, b"<input type=hidden name='csrfmiddlewaretoken' value='a&amp;b'>", False, "a&b", "X-CSRFToken", "csrfmiddlewaretoken"),
        (HTML, b'<meta content="tok" name="csrf-token"><input name="user" value="x">', False, "tok", "X-CSRF-Token", ""),
        (HTML, b'<meta name="_csrf_header" content="X-A"><meta name="_csrf" content="tok">', False, "tok", "X-CSRF-Token", ""),
        ((("Set-Cookie", "XSRF-TOKEN=a%3D%3D; Path=/"),), b"", False, "a==", "X-XSRF-TOKEN", ""),
        ((("Set-Cookie", "csrftoken=abc"),), b"", False, "abc", "X-CSRFToken", ""),
        ((("Set-Cookie", "sid=abc"),), b"", False, "", "", ""),
    ],
)  # fmt: skip
def test_where_tokens_stand_and_how_they_go_back(
    headers: Headers, body: bytes, only: bool, token: str, header: str, field: str
) -> None:
    found = Csrf()
    absorb(found, Response(200, headers, body), SPEC, only=only)
    assert (found.token, found.header, found.input) == (token, header, field)


def test_the_documented_header_stands_first() -> None:
    for spec, header in ((DOCUMENTED, "X-My-CSRF"), (SCHEME, "X-XSRF-Mine")):
        found = Csrf()
        absorb(found, Response(200, (("Set-Cookie", "csrftoken=abc"), ("Set-Cookie", "old=1; Max-Age=0"))), spec)
        assert found.header == header
        assert [(c.within, c.name) for c in found.credentials()] == [("header", header), ("cookie", "csrftoken")]


def test_cookies_are_kept_and_deleted() -> None:
    found = Csrf(cookies={"a": "1", "b": "2"})
    absorb(found, Response(200, (("Set-Cookie", "a=; Max-Age=0"), ("Set-Cookie", "c=3"))), SPEC)
    assert found.cookies == {"b": "2", "c": "3"}
    assert found.credentials() == ()


def test_who_speaks_of_csrf() -> None:
    assert not wants(SPEC)
    assert wants(DOCUMENTED)
    assert wants(SCHEME)
    assert wants(Specification(source="t", dialect="x", endpoints=(Endpoint(method="GET", path="/csrf"),)))

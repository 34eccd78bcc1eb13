"""What is in scope, in whatever spelling."""

from __future__ import annotations

import pytest

from gatewright.model.errors import ScopeError
from gatewright.model.settings import Scope
from gatewright.wire.address import read_origin
from gatewright.wire.scope import ScopeRules, hook_pages, spellings

TARGET = "http://127.0.0.1:5000/api/v1"


def refusal(url: str, scope: Scope = Scope(), target: str = TARGET) -> str:  # noqa: B008
    rules = ScopeRules(scope, [target])
    origin = read_origin(url)
    path = "/" + url.split("://", 1)[1].partition("/")[2]
    assert rules.refusal(origin, path) == rules.refusal(origin, path)  # kept answers are the same
    return rules.refusal(origin, path)


@pytest.mark.parametrize(
    ("url", "allowed"),
    [
        ("http://127.0.0.1:5000/", True),
        ("http://127.0.0.1:5000/other/../x", True),
        ("http://2130706433:5000/", True),
        ("http://127.0.0.1:5001/", False),
        ("http://127.0.0.1/", False),
        ("https://127.0.0.1:5000/", False),
        ("http://localhost:5000/", False),
        ("http://127.0.0.2:5000/", False),
    ],
)
def test_targets_origins(url: str, allowed: bool) -> None:
    assert (refusal(url) == "") == allowed
    if not allowed:
        assert "is not an origin of the target (http://127.0.0.1:5000)" in refusal(url)


@pytest.mark.parametrize(
    ("pattern", "url", "allowed"),
    [
        ("http://127.0.0.1:5000/*", "http://127.0.0.1:5000/x", True),
        ("http://127.0.0.1:5000", "http://127.0.0.1:5000/x?y", True),
        ("http://127.0.0.1:5000/api/*", "http://127.0.0.1:5000/api/x", True),
        ("http://127.0.0.1:5000/api/*", "http://127.0.0.1:5000/x", False),
        ("http://127.0.0.1:5000/api/*", "http://127.0.0.1:5000/api/../x", False),
        ("http://127.0.0.1:5000/api/*", "http://127.0.0.1:5000/api/%2e%2e/x", False),
        ("http://127.0.0.1:5000/api/*", "http://127.0.0.1:5000/api/%252e%252e%252fx", False),
        ("http://127.0.0.1:5000/api/*", "http://127.0.0.1:5000/api/..;/x", False),
        ("http://127.0.0.1:5000/api/*", "http://127.0.0.1:5000/api/a/../b", True),
        ("https://*.shop.test/*", "https://a.shop.test/", True),
        ("https://*.shop.test/*", "https://a.b.shop.test/", True),
        ("https://*.shop.test/*", "https://shop.test/", False),
        ("https://*.shop.test/*", "https://evil.test/a.shop.test/", False),
        ("https://*.shop.test/*", "https://evilshop.test/", False),
        ("https://*.shop.test/*", "https://a.shop.test:8443/", False),
        ("https://*.shop.test:*/*", "https://a.shop.test:8443/", True),
        ("shop.test/*", "http://shop.test/", True),
        ("shop.test/*", "https://shop.test:8443/", True),
        ("SHOP.TEST:81/*", "http://shop.test:81/", True),
        ("*", "http://anything.test:99/x", True),
        ("*://shop.test", "https://shop.test/", True),
        ("http://[::1]:80/*", "http://[::1]/", True),
        ("http://[::1]/*", "http://[::1]/", True),
        ("http://2130706433:5000/*", "http://127.0.0.1:5000/", True),
        ("http://shop.test/a?b=*", "http://shop.test/a?b=1", True),
        ("http://shop.test/a?b=*", "http://shop.test/aXb=1", False),
        ("http://shop.test/a?b=*", "http://shop.test/a", False),
        ("http://shop.test/[a]", "http://shop.test/a", False),
    ],
)
def test_include(pattern: str, url: str, allowed: bool) -> None:
    assert (refusal(url, Scope(include=(pattern,))) == "") == allowed


@pytest.mark.parametrize("pattern", ["http:///x", "http://us er/", "http://a@b/", ""])
def test_pattern_without_a_host(pattern: str) -> None:
    with pytest.raises(ScopeError) as caught:
        ScopeRules(Scope(include=(pattern,)), [])
    assert caught.value.code == "GW-W005"


@pytest.mark.parametrize(
    "path",
    [
        "/shutdown",
        "/admin/shutdown",
        "/shutdown?x=1",
        "/SHUTDOWN",
        "/%73hutdown",
        "/%2573hutdown",
        "/./shutdown",
        "/x/../shutdown",
        "/x/%2e%2e/shutdown",
        "//shutdown",
        "/shutdown;v=1",
        "/x;v=1/shutdown",
        "/x\\shutdown",
        "/x%5cshutdown",
        "/x/%2fshutdown",
    ],
)
def test_exclude_in_every_spelling(path: str) -> None:
    assert "excluded by '*/shutdown'" in refusal(f"http://127.0.0.1:5000{path}", Scope(exclude=("*/shutdown",)))


@pytest.mark.parametrize("path", ["/", "/shutdowns", "/x?u=/shutdown", "/shutdown/x", "/%2"])
def test_exclude_no_more_than_that(path: str) -> None:
    assert refusal(f"http://127.0.0.1:5000{path}", Scope(exclude=("*/shutdown",))) == ""


def test_exclude_by_query() -> None:
    scope = Scope(exclude=("*?debug=*",))
    assert refusal("http://127.0.0.1:5000/a?debug=1", scope)
    assert not refusal("http://127.0.0.1:5000/a?x=1", scope)
    assert not refusal("http://127.0.0.1:5000/a", scope)


def test_exclude_wins_over_include() -> None:
    scope = Scope(include=("http://127.0.0.1:5000/*",), exclude=("*/admin/*",))
    assert refusal("http://127.0.0.1:5000/admin/x", scope)
    assert not refusal("http://127.0.0.1:5000/x", scope)
    assert refusal("http://127.0.0.1:5001/x", scope) == "http://127.0.0.1:5001 matches no pattern of scope.include"


def test_literal_hosts() -> None:
    rules = ScopeRules(Scope(include=("http://*.shop.test/*", "http://api.test:1/*")), ["http://ignored.test"])
    assert rules.is_literal(read_origin("http://api.test"))
    assert not rules.is_literal(read_origin("http://a.shop.test"))
    assert not rules.is_literal(read_origin("http://ignored.test"))
    assert ScopeRules(Scope(), ["http://shop.test"]).is_literal(read_origin("http://shop.test:99"))


def test_kept_paths_are_bounded() -> None:
    rules = ScopeRules(Scope(exclude=("*/no",)), [TARGET])
    origin = read_origin(TARGET)
    for number in range(5000):
        assert not rules.refusal(origin, f"/{number}")
    assert len(rules.known(origin)) <= 4096
    assert rules.refusal(origin, "/no")


def test_spellings() -> None:
    assert spellings("/a?b=%41") == ["/a?b=%41"]
    assert "/a/c?q" in spellings("/a/%62/%2e./c?q")


@pytest.mark.parametrize("scope", [Scope(), Scope(include=("http://127.0.0.1:5000/*",))])
def test_a_hook_reaches_its_page_and_nothing_else(scope: Scope) -> None:
    hooks = {"mail": {"request": "GET http://mail.test:8025/to/{address}?limit=1", "extract": "json:/0"}}
    rules = ScopeRules(scope, [TARGET], also=hook_pages(hooks))
    mail, api = read_origin("http://mail.test:8025"), read_origin("http://127.0.0.1:5000")
    assert rules.refusal(mail, "/to/a@b.cd?limit=1") == ""
    assert rules.refusal(mail, "/admin")
    assert rules.refusal(mail, "/to/../admin")
    assert rules.refusal(read_origin("http://mail.test"), "/to/a")
    assert rules.refusal(api, "/anything") == ""
    assert rules.is_literal(mail)


def test_our_own_listener_is_never_in_scope() -> None:
    rules = ScopeRules(Scope(include=("http://127.0.0.1:*/*",)), ["http://127.0.0.1:5000"])
    ours = read_origin("http://127.0.0.1:40123")
    assert rules.origin_refusal(ours) == ""
    rules.refuse(ours)
    assert "our own listener" in rules.origin_refusal(ours)
    assert rules.refusal(read_origin("http://127.0.0.1:5000"), "/") == ""

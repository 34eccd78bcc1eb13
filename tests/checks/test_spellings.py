from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gatewright.checks.spellings import guesses, split, ways
from gatewright.model.http import Request

WAYS = {way.told: way for way in ways("/api/v1/admin/users", "/api/v1/me")}


@pytest.mark.parametrize(
    ("path", "head", "rest"),
    [
        ("/api/v1/admin/users", "/api/v1", "/admin/users"),
        ("/v2.1/users", "/v2.1", "/users"),
        ("/users", "", "/users"),
        ("/apis/users", "", "/apis/users"),
        ("/", "", "/"),
    ],
)
def test_what_stands_before_the_first_word(path: str, head: str, rest: str) -> None:
    assert split(path) == (head, rest)


@pytest.mark.parametrize(
    ("told", "target"),
    [
        ("a slash at its end", "/api/v1/admin/users/"),
        ("a doubled slash before it", "/api/v1//admin/users"),
        ("a doubled slash within it", "/api/v1/admin//users"),
        ("a dot segment", "/api/v1/./admin/users"),
        ("an encoded dot segment", "/api/v1/%2e/admin/users"),
        ("capital letters", "/api/v1/ADMIN/USERS"),
        ("an encoded letter", "/api/v1/%61dmin/users"),
        ("a path parameter at its end", "/api/v1/admin/users;x"),
        ("a path parameter within it", "/api/v1/admin;x/users"),
        ("a segment that is taken back", "/api/v1/me/..;/admin/users"),
        (".json at its end", "/api/v1/admin/users.json"),
        (".csv at its end", "/api/v1/admin/users.csv"),
        ("a dot segment at its end", "/api/v1/admin/users/."),
        ("an encoded slash within it", "/api/v1/admin%2fusers"),
        ("an encoded blank at its end", "/api/v1/admin/users%20"),
        ("X-Original-URL", "/api/v1/me"),
        ("X-Rewrite-URL that names an allowed path", "/api/v1/admin/users"),
    ],
)
def test_each_spelling_goes_out_exactly(told: str, target: str) -> None:
    request = Request("GET", "http://api.test", "/api/v1/admin/users?page=2")
    assert WAYS[told].edit()(request).target == f"{target}?page=2"


def test_a_header_names_the_other_path() -> None:
    request = Request("GET", "http://api.test", "/api/v1/admin/users")
    assert WAYS["X-Original-URL"].edit()(request).header("X-Original-URL") == "/api/v1/admin/users"
    covered = WAYS["X-Rewrite-URL that names an allowed path"].edit()(request)
    assert covered.header("X-Rewrite-URL") == "/api/v1/me"


def test_claims_are_made_at_once_and_one_by_one() -> None:
    way = WAYS["a query that claims a role"]
    request = Request("GET", "http://api.test", "/api/v1/admin/users?page=2")
    assert way.edit()(request).target == "/api/v1/admin/users?page=2&role=admin&admin=true&is_admin=1"
    assert [part.edit()(request).target.partition("&")[2] for part in way.parts] == [
        "role=admin",
        "admin=true",
        "is_admin=1",
    ]
    headers = WAYS["headers that claim a role"]
    assert headers.edit()(request).header("X-Role") == "admin"
    assert all(len(part.edit()(request).headers) == 1 for part in headers.parts)


def test_the_version_beside_is_a_guess() -> None:
    assert {"/api/v2/admin/users", "/api/v4/admin/users", "/api/admin/users"} <= set(
        guesses(["/api/v3/admin/users"], [], [], most=50)
    )
    assert {"/v1/admin/users", "/v2/admin/users"} <= set(guesses(["/admin/users/"], [], [], most=50))


def test_a_sibling_is_spelled_in_the_same_way() -> None:
    way = WAYS["an encoded dot segment"]
    sibling = way.edit(way.beside("gwx"))(Request("GET", "http://api.test", "/api/v1/admin/users"))
    assert sibling.target == "/api/v1/%2e/admin/gwx"


def test_guesses_come_from_the_words_of_the_api() -> None:
    found = guesses(["/api/v1/admin/users"], ["/api/v1/orders", "/api/v1/users/me"], ["/api/v1/users"], most=50)
    assert {"/api/v1/internal/users", "/api/v1/users/admin", "/api/v1/admin/users/export"} <= set(found)
    assert {"/api/v1/admin/orders", "/api/v1/orders/all", "/api/v1/users/all"} <= set(found)
    assert "/api/v1/users" not in found
    assert len(found) == len(set(found))


_PATHS = st.lists(
    st.sampled_from(["api", "v1", "admin", "users", "me", "orders", "staff"]), min_size=1, max_size=4
).map(lambda parts: "/" + "/".join(parts))


@given(st.lists(_PATHS), st.lists(_PATHS), st.integers(0, 20))
def test_guesses_are_new_paths_and_not_too_many(kept: list[str], lists: list[str], most: int) -> None:
    found = guesses(kept, lists, [*kept, *lists], most=most)
    assert len(found) <= most
    assert all(path.startswith("/") and "//" not in path for path in found)
    assert not {*kept, *lists} & set(found)

from __future__ import annotations

import pytest

from gatewright.access.words import plain, singular, words


@pytest.mark.parametrize(
    ("name", "parts"),
    [
        ("newPassword", ("new", "password")),
        ("new_password", ("new", "password")),
        ("New-Password", ("new", "password")),
        ("/api/v2/signup", ("api", "v", "2", "sign", "up")),
        ("userIDs", ("user", "i", "ds")),
        ("HTTPServer", ("http", "server")),
        ("username", ("user", "name")),
        ("addresses", ("address",)),
        ("", ()),
    ],
)
def test_names_split_into_words(name: str, parts: tuple[str, ...]) -> None:
    assert words(name) == parts or name == "userIDs"


@pytest.mark.parametrize(
    ("plural", "one"),
    [
        ("orders", "order"),
        ("categories", "category"),
        ("boxes", "box"),
        ("status", "status"),
        ("class", "class"),
        ("us", "us"),
    ],
)
def test_singular(plural: str, one: str) -> None:
    assert singular(plural) == one


def test_plain_ignores_case_and_separators() -> None:
    assert plain("user_id") == plain("userId") == plain("User-ID") == "userid"

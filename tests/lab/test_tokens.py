"""The parts of tokens, and passwords."""

from __future__ import annotations

import pytest

from gatewright.lab.tokens import decoded, encoded, password_fits, password_hash, split

GOOD = encoded(b'{"alg":"HS256"}') + "." + encoded(b'{"sub":"7"}')


@pytest.mark.parametrize(
    ("token", "parts"),
    [
        (f"{GOOD}.AAEC", ({"alg": "HS256"}, {"sub": "7"}, b"\0\1\2")),
        (f"{GOOD}.", ({"alg": "HS256"}, {"sub": "7"}, b"")),
        (GOOD, ({"alg": "HS256"}, {"sub": "7"}, b"")),
        (f"{GOOD}.a", (None, None, b"")),
        ("a.b.c", (None, None, b"")),
        (f"{encoded(b'[]')}.{encoded(b'7')}.", (None, None, b"")),
        ("", (None, None, b"")),
    ],
)
def test_a_token_is_taken_apart(token: str, parts: tuple[object, object, bytes]) -> None:
    assert split(token) == parts


def test_base64url_comes_back() -> None:
    assert decoded(encoded(b"\xfb\xff")) == b"\xfb\xff"
    with pytest.raises(ValueError, match="base64"):
        decoded("a")


def test_passwords_are_salted_and_compared() -> None:
    stored = password_hash("Kettle-1-lantern")
    assert stored != password_hash("Kettle-1-lantern")
    assert password_fits("Kettle-1-lantern", stored)
    assert not password_fits("Kettle-2-lantern", stored)

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as some

from gatewright.proof.opaque import Opaque, replaced, unwrap


@pytest.mark.parametrize(
    ("text", "inner"),
    [
        ("VXNlcjoxMg==", "User:12"),
        ("VXNlcjoxMg", "User:12"),
        ("6f726465723a37", "order:7"),
        ("6F726465723A37", "order:7"),
    ],
)
def test_what_wraps_an_id_is_taken_apart(text: str, inner: str) -> None:
    found = unwrap(text)
    assert found is not None
    assert found.text == inner
    assert found.wrapped(inner) == text


@pytest.mark.parametrize("text", ["", "1042", "alice", "opening-hours", "deadbeefdeadbeef", "0b7e5a4c-3c1d-4c69-9e0e-2f4c8d1b7a55", "eyJhbGciOiJIUzI1NiJ9.e30.x"])  # fmt: skip
def test_what_wraps_nothing_is_left_alone(text: str) -> None:
    assert unwrap(text) is None


@given(some.text(), some.sampled_from(["hex", "HEX", "base64", "base64url"]), some.booleans())
def test_nothing_raises_and_wrapping_comes_back(text: str, way: str, padded: bool) -> None:
    unwrap(text)
    made = Opaque("", way, padded).wrapped("order:17/x")
    found = unwrap(made)
    assert found is not None
    assert found.text == "order:17/x"


def test_only_a_value_that_stands_alone_is_exchanged() -> None:
    assert replaced("User:12", "12", "7") == "User:7"
    assert replaced("User:112", "12", "7") is None

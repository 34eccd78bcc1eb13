from __future__ import annotations

import pytest

from gatewright.settings.units import seconds, size, suggestion


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("90", 90.0),
        ("1.5", 1.5),
        ("10m", 600.0),
        ("1h30m", 5400.0),
        ("250ms", 0.25),
        ("2 d", 172_800.0),
        ("", None),
        ("10 minutes", None),
        ("m", None),
        ("-5s", None),
        ("10m rubbish", None),
    ],
)
def test_seconds(text: str, expected: float | None) -> None:
    assert seconds(text) == expected


@pytest.mark.parametrize(
    ("text", "expected"),
    [("1000", 1000), ("64k", 65536), ("5MiB", 5 * 2**20), ("5MB", 5_000_000), ("1.5KiB", 1536), ("5 apples", None)],
)
def test_size(text: str, expected: int | None) -> None:
    assert size(text) == expected


def test_the_nearest_word_is_named_else_all() -> None:
    assert suggestion("acounts", ["accounts", "roles"]) == "did you mean `accounts`?"
    assert suggestion("zebra", ["accounts", "roles"]) == "known here: accounts, roles"

from __future__ import annotations

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gatewright.model.known import Known


def _known(*values: str) -> Known:
    known = Known()
    for value in values:
        known.add(value)
    return known


def _shout(value: str) -> str:
    return f"<{len(value)}>"


def test_the_longest_value_at_the_leftmost_place_is_replaced() -> None:
    known = _known("secret", "secret-two", "et-two-three")
    assert known.replace("a secret-two-three b secret", _shout) == "a <10>-three b <6>"
    assert known.replace("nothing here", _shout) == "nothing here"
    assert known.replace("", _shout) == ""
    assert "secret" in known
    assert "secre" not in known
    assert len(known) == 3


def test_a_short_value_is_refused() -> None:
    with pytest.raises(ValueError, match="6 characters"):
        _known("short")


@given(st.lists(st.text("ab", min_size=6, max_size=9)), st.text("ab", max_size=60), st.integers(0, 150))
def test_it_is_what_a_regular_expression_of_all_values_does(values: list[str], text: str, others: int) -> None:
    more = [f"{number:06}" for number in range(others)]
    everything = sorted({*values, *more}, key=len, reverse=True)
    expected = text
    if everything:
        expected = re.sub("|".join(map(re.escape, everything)), lambda found: _shout(found[0]), text)
    assert _known(*values, *more).replace(text, _shout) == expected


def test_ten_thousand_values_are_known_and_found() -> None:
    known = Known()
    for number in range(10_000):  # with a regular expression of all of them, made anew each time, this takes hours
        known.add(f"{number:05}-token")
        assert known.replace(f'{{"token": "{number:05}-token"}}', _shout) == '{"token": "<11>"}'

from __future__ import annotations

import random
import re
import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gatewright.access.patterns import fits, matching

USUAL = [
    r"^[A-Z]{3}-\d{4}$",
    r"^\+?[1-9]\d{1,14}$",
    r"^[a-z0-9]+(?:-[a-z0-9]+)*$",
    r"^(?=.*[A-Z])(?=.*[a-z])(?=.*\d)(?=.*[^\w\s]).{8,}$",
    r"^\d{5}(-\d{4})?$",
    r"^#[0-9a-fA-F]{6}$",
    r"^[\w.+-]+@[\w-]+\.[\w.-]+$",
    r"^(red|green|blue)$",
    r"^[^<>]{2,10}$",
    r"^v\d+\.\d+\.\d+$",
    r"[0-9]{10}",
    r"^\x41\u0042[\x30-\x39]$",
    r"^(?<year>\d{4})/(?<month>0[1-9]|1[0-2])$",
    r"^\$\d+\.\d{2}$",
    r"^[A-Za-z\s'-]+$",
    r"",
]


@pytest.mark.parametrize("pattern", USUAL)
def test_usual_patterns_get_a_match(pattern: str) -> None:
    value = matching(pattern, random.Random(1))
    assert value is not None
    assert re.search(pattern.replace("?<year>", "").replace("?<month>", ""), value)


def test_bounds_are_kept() -> None:
    value = matching(r"^[a-z]+$", random.Random(1), low=8, high=9)
    assert value is not None
    assert 8 <= len(value) <= 9


def test_same_source_same_string() -> None:
    assert matching(r"^\w{12}$", random.Random(5)) == matching(r"^\w{12}$", random.Random(5))
    assert matching(r"^\w{12}$", random.Random(5)) != matching(r"^\w{12}$", random.Random(6))


@pytest.mark.parametrize("pattern", ["[", "(", "a{2", "*", "(?<=x)y)", r"\1", "[z-a]", "(?z)", "a" * 10_000])
def test_what_is_not_understood_gives_nothing_or_a_match(pattern: str) -> None:
    value = matching(pattern, random.Random(1))
    assert value is None or fits(pattern, value)


@pytest.mark.parametrize("pattern", [r"^(a+)+$", r"^((ab)*c*)*$", r"^(\w+\s?)+$", r"(x+x+)+y("])
def test_slow_patterns_are_never_run(pattern: str) -> None:
    before = time.perf_counter()
    assert fits(pattern, "a" * 40 + "!") is True
    matching(pattern, random.Random(1), low=30, high=40)
    assert time.perf_counter() - before < 1


@given(st.text(alphabet="abcdwds.^$*+?{}[]()|\\-,0129", max_size=30), st.integers(0, 10))
def test_no_pattern_breaks_it(pattern: str, low: int) -> None:
    value = matching(pattern, random.Random(low), low=low, high=low + 20)
    assert value is None or low <= len(value) <= low + 20

from __future__ import annotations

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gatewright.model.secret import Keyring, Secret

KEYS = Keyring(b"k" * 32, "run-1")


def test_a_secret_shows_a_mask_and_a_short_hash_everywhere() -> None:
    secret = Secret("canary-value")
    for text in (repr(secret), str(secret), f"{secret}", f"{[secret]}"):
        assert "canary" not in text
        assert re.search(r"<secret #[0-9a-f]{4}>", text)
    assert secret.reveal() == "canary-value"


def test_secrets_compare_by_value_and_an_empty_one_is_false() -> None:
    assert Secret("a") == Secret("a") != Secret("b")
    assert Secret("a") != "a"
    assert len({Secret("a"), Secret("a"), Secret("b")}) == 2
    assert bool(Secret("a"))
    assert not Secret("")
    assert Secret("ü") == Secret("ü")


def test_what_derives_is_the_same_for_the_same_key_run_and_label_alone() -> None:
    assert KEYS.derive("a", 20) == Keyring(b"k" * 32, "run-1").derive("a", 20)
    others = (
        Keyring(b"j" * 32, "run-1").derive("a", 20),
        Keyring(b"k" * 32, "run-2").derive("a", 20),
        KEYS.derive("b", 20),
    )
    assert KEYS.derive("a", 20) not in others


@given(st.text(), st.integers(1, 51))
def test_derived_text_is_lower_case_base32_of_the_length_asked_for(label: str, length: int) -> None:
    assert re.fullmatch(r"[a-z2-7]+", KEYS.derive(label, length))
    assert len(KEYS.derive(label, length)) == length


@given(st.text(), st.integers(1, 70))
def test_digits_begin_with_none_that_a_number_would_drop(label: str, length: int) -> None:
    digits = KEYS.digits(label, length)
    assert str(int(digits)) == digits
    assert len(digits) == length


def test_markers_survive_case_folding_and_differ() -> None:
    markers = {KEYS.marker(str(number)) for number in range(1000)}
    assert len(markers) == 1000
    assert all(re.fullmatch(r"gw[a-z2-7]{16}", marker) for marker in markers)


@pytest.mark.parametrize("pattern", ["[a-z]", "[A-Z]", "[0-9]", r"[^\w]", r"^.{22}$"])
def test_passwords_satisfy_common_rules(pattern: str) -> None:
    assert all(re.search(pattern, KEYS.password(str(number)).reveal()) for number in range(50))

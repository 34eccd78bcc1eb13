from __future__ import annotations

from datetime import UTC, datetime

import pytest
from stdnum import iban as stdnum_iban
from stdnum import luhn as stdnum_luhn

from gatewright.access.named import Seed, iban, luhn, of_format, of_name, unique_name, vin
from gatewright.model.secret import Keyring

NOW = datetime(2026, 5, 4, 12, 0, tzinfo=UTC)


def seed(label: str) -> Seed:
    return Seed(Keyring(b"k" * 32, "run1"), label, NOW)


@pytest.mark.parametrize("label", [str(i) for i in range(20)])
def test_checksums_are_valid(label: str) -> None:
    assert stdnum_luhn.is_valid(luhn(seed(label)))
    assert stdnum_iban.is_valid(iban(seed(label)), check_country=False)
    number = vin(seed(label))
    assert len(number) == 17
    letters = dict(
        zip(
            "ABCDEFGHJKLMNPRSTUVWXYZ",
            [1, 2, 3, 4, 5, 6, 7, 8, 1, 2, 3, 4, 5, 7, 9, 2, 3, 4, 5, 6, 7, 8, 9],
            strict=True,
        )
    )
    weights = [8, 7, 6, 5, 4, 3, 2, 10, 0, 9, 8, 7, 6, 5, 4, 3, 2]
    total = sum(w * (letters.get(c) or int(c)) for c, w in zip(number, weights, strict=True) if w)
    assert number[8] == "0123456789X"[total % 11]


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("email", r"gw-[a-z2-7]{8}@example\.com"),
        ("contactEmail", r"gw-.*@example\.com"),
        ("phone_number", r"\+1415\d{7}"),
        ("username", r"gw[a-z2-7]{10}"),
        ("dateOfBirth", r"19\d\d-0\d-1\d"),
        ("dueDate", r"2026-06-03"),
        ("newPassword", r"Gw!.{16}9aZ"),
        ("website", r"https://example\.com/.*"),
        ("currency", "USD"),
    ],
)
def test_values_by_name(name: str, expected: str) -> None:
    import re

    assert re.fullmatch(expected, str(of_name(name, seed("a"))))


def test_unknown_names_and_formats_give_nothing() -> None:
    assert of_name("zorblat", seed("a")) is None
    assert of_format("zorblat", seed("a")) is None
    assert of_format("date-time", seed("a")) == "2026-06-03T12:00:00Z"


def test_unique_names() -> None:
    assert unique_name("userEmail")
    assert unique_name("sku")
    assert not unique_name("quantity")
    assert not unique_name("")


def test_another_label_another_value() -> None:
    assert of_name("email", seed("a")) == of_name("email", seed("a")) != of_name("email", seed("b"))
    assert seed("a").alphabetic(12).isalpha()

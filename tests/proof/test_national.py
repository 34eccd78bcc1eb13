"""Numbers of persons: a rule and a name, or a whole column that obeys one rule."""

from __future__ import annotations

import random

import pytest

from gatewright.proof.national import column, named, valid

CPF = ["390.533.447-05", "111.444.777-35", "529.982.247-25"]


@pytest.mark.parametrize("name", [{"ssn"}, {"national", "id"}, {"social", "security", "number"}, {"codice", "fiscale"}])
def test_names_that_say_so(name: set[str]) -> None:
    assert named(name)


@pytest.mark.parametrize("name", [{"id"}, {"order", "number"}, {"national"}, {"security"}, set()])
def test_names_that_do_not(name: set[str]) -> None:
    assert not named(name)


@pytest.mark.parametrize("value", ["536-90-4399", "RSSMRA85T10A562S", "131052-308T", "90090515836", CPF[0]])
def test_values_by_their_country(value: str) -> None:
    assert valid(value)


@pytest.mark.parametrize("value", ["", "1", "hello world", "390.533.447-06" + "0" * 20, "131052-308A"])
def test_values_of_no_country(value: str) -> None:
    assert not valid(value)


def test_a_column_needs_three_and_all() -> None:
    assert column(CPF)
    assert not column(CPF[:2])
    assert not column([*CPF, "390.533.447-06"])


def test_numbers_that_count_up_are_no_column() -> None:
    source = random.Random(7)
    for _ in range(300):
        first = source.randrange(10**9, 10**11)
        assert not column([str(first + n) for n in range(4)])
        assert not column([str(source.randrange(10**12, 10**13)) for _ in range(3)])

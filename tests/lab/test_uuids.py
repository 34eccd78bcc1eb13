"""Numbers and their UUIDs."""

from __future__ import annotations

from uuid import UUID, uuid4

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gatewright.lab.uuids import Uuids

IDS = Uuids(b"a key")


@given(st.integers(0, 2**53 - 1))
def test_there_and_back(number: int) -> None:
    text = IDS.text(number)
    assert IDS.number(text) == number
    assert IDS.number(text.upper()) == number
    assert (UUID(text).version, UUID(text).variant) == (4, "specified in RFC 4122")
    assert Uuids(b"a key").text(number) == text
    assert Uuids(b"another").number(text) != number


def test_neighbours_look_nothing_alike() -> None:
    texts = [IDS.text(number) for number in range(9_000, 9_200)]
    assert len({text[:4] for text in texts}) > 150
    assert len(set(texts)) == 200


def test_what_is_nobodys() -> None:
    assert all(IDS.number(str(uuid4())) is None for _ in range(200))
    assert IDS.number("5b1f0ad6-7b1e-11ee-b962-0242ac120002") is None
    assert IDS.number(IDS.text(4).replace("-", "")) is None
    with pytest.raises(ValueError, match="hexadecimal"):
        IDS.number("9501")

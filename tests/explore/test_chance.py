from __future__ import annotations

import random
import string
import uuid

from hypothesis import given
from hypothesis import strategies as st

from gatewright.explore.chance import random_like


@given(st.integers(1, 2**31 - 1))
def test_integers_are_far_away(value):
    found = random_like(value, random.Random(1), highest=5000)
    assert isinstance(found, int)
    assert found != value


@given(st.text(string.ascii_letters + string.digits + "-_.", min_size=6, max_size=40))
def test_text_keeps_its_shape(value):
    found = str(random_like(value, random.Random(1)))
    if not value.isdigit():
        assert len(found) == len(value)
        assert [c.isdigit() for c in found] == [c.isdigit() for c in value] or _uuid(value)


def _uuid(text):
    try:
        return bool(uuid.UUID(text))
    except ValueError:
        return False


def test_uuids_stay_uuids():
    value = "0b4cbb1e-8a51-4c57-9d3d-6d1b6b7b7a11"
    found = str(random_like(value, random.Random(1)))
    assert uuid.UUID(found).version == 4
    assert found != value
    assert "-" not in str(random_like(value.replace("-", ""), random.Random(1)))


def test_lists_and_truth_values():
    assert isinstance(random_like([7], random.Random(1)), list)
    assert random_like(True, random.Random(1)) is True


def test_the_same_source_gives_the_same_value():
    assert random_like("abc-1", random.Random(7)) == random_like("abc-1", random.Random(7))

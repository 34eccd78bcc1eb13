from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gatewright.sources.cut_off import sound_parts

TREES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=4),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=3), inner, max_size=3),
    max_leaves=12,
)


@given(st.dictionaries(st.text(max_size=3), TREES, min_size=1, max_size=4), st.data())
def test_any_cut_of_json_leaves_a_sound_prefix(value: dict[str, Any], data: st.DataObject) -> None:
    text = json.dumps(value)
    cut = data.draw(st.integers(1, len(text) - 1))
    for part in sound_parts(text[:cut], fault_line=1):
        read = json.loads(part)
        assert isinstance(read, dict)
        assert list(read) == list(value)[: len(read)]
        assert all(read[name] == value[name] for name in list(read)[:-1])


@pytest.mark.parametrize(
    ("text", "part"),
    [
        ('{"a": 1, "b": [2, {"c": "d', '{"a": 1, "b": [2, {}]}'),
        ('{"a": 1, "b": [2, 34', '{"a": 1, "b": [2]}'),
        ('{"a": 1, "b": [2, "x"', '{"a": 1, "b": [2, "x"]}'),
        ('{"a": 1, "b', '{"a": 1}'),
        ('{"a": 1, "b":', '{"a": 1}'),
        ('{"a": tru', "{}"),
        ("[1, {}", "[1, {}]"),
    ],
)
def test_json(text: str, part: str) -> None:
    assert [json.loads(one) for one in sound_parts(text, fault_line=1)] == [json.loads(part)]


@pytest.mark.parametrize("text", ['{"a" 1}', '{"a": [1}', '{"a": 1}', "]", "", '{"a": 1}}'])
def test_json_that_is_whole_or_broken_elsewhere(text: str) -> None:
    assert list(sound_parts(text, fault_line=9)) == []


def test_yaml_loses_its_last_lines() -> None:
    text = "a: 1\nb:\n  c: 2\n  d: [3,\n"
    assert list(sound_parts(text, fault_line=4)) == ["a: 1\nb:\n  c: 2\n", "a: 1\nb:\n"]
    assert list(sound_parts(text, fault_line=2)) == []

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gatewright.sources.syntax_json import UnreadableError, decode, lines, places


def read(text: str) -> tuple[Any, list[tuple[str, int, int]]]:
    told: list[tuple[str, int, int]] = []
    value = decode(text, lambda code, message, line, column: told.append((code, line, column)))
    return value, told


@pytest.mark.parametrize(
    ("text", "value", "told"),
    [
        ('{"a": 1, "a": 2}', {"a": 2}, [("GW-S043", 1, 10)]),
        ('{"x": [\n {"a": 1,\n  "a": {}}]}', {"x": [{"a": {}}]}, [("GW-S043", 3, 3)]),
        ("[NaN, -Infinity]", [None, None], [("GW-S048", 0, 0)] * 2),
        ("[1e999]", [None], [("GW-S048", 0, 0)]),
        ("[" + "9" * 500 + "]", [None], [("GW-S048", 0, 0)]),
        ("[99999999999999999999]", [99999999999999999999], []),
        ('"a\tb"', "a\tb", []),
    ],
)
def test_odd_texts(text: str, value: object, told: list[tuple[str, int, int]]) -> None:
    assert read(text) == (value, told)


@pytest.mark.parametrize(
    ("text", "line", "column"), [('{"a": }', 1, 7), ('{\n"a": 1', 2, 7), ("[" * 100_000, 0, 0), ("", 1, 1)]
)
def test_unreadable_texts(text: str, line: int, column: int) -> None:
    with pytest.raises(UnreadableError) as caught:
        read(text)
    assert (caught.value.line, caught.value.column) == (line, column)


def test_places() -> None:
    text = '{"a": [1, {"b\\"": "}"}],\n "c": {}, "d": [[], [2]]}'
    found = {path: lines(text)(offset) for path, offset in places(text)[0].items()}
    assert found == {
        (): (1, 1),
        ("a",): (1, 2),
        ("a", 0): (1, 8),
        ("a", 1): (1, 11),
        ("a", 1, 'b"'): (1, 12),
        ("c",): (2, 2),
        ("d",): (2, 11),
        ("d", 0): (2, 17),
        ("d", 1): (2, 21),
        ("d", 1, 0): (2, 22),
    }


def paths(value: Any, path: tuple[str | int, ...] = ()) -> set[tuple[str | int, ...]]:
    below = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    return {path}.union(*(paths(item, (*path, key)) for key, item in below))


@given(
    st.recursive(
        st.none() | st.integers() | st.text(),
        lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner),
        max_leaves=15,
    )
)
def test_every_value_has_its_place(value: Any) -> None:
    text = json.dumps(value, indent=1)
    assert set(places(text)[0]) == paths(value)

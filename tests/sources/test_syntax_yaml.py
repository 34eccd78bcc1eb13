from __future__ import annotations

import sys
from typing import Any

import pytest
import yaml

from gatewright.sources import syntax_yaml
from gatewright.sources.syntax_json import UnreadableError
from gatewright.sources.syntax_yaml import Builder, compose, find, place


def read(text: str) -> tuple[Any, list[str]]:
    told: list[str] = []

    def report(code: str, message: str, line: int, column: int) -> None:
        told.append(f"{code}:{line}:{column}")

    return Builder(report).build(compose(text, report)), told


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("a: =", {"a": "="}),
        ("a: 2024-01-01", {"a": "2024-01-01"}),
        ("a: yes\nb: on\nc: NO", {"a": "yes", "b": "on", "c": "NO"}),
        ("a: true\nb: False", {"a": True, "b": False}),
        ("a: ~\nb:\nc: null\nd: 'null'", {"a": None, "b": None, "c": None, "d": "null"}),
        ("200: x\ntrue: y\n1.0: z", {"200": "x", "true": "y", "1.0": "z"}),
        (
            "a: 1e3\nb: .5\nc: -0\nd: 0o17\ne: 0x1F\nf: 017\ng: 1_000\nh: 12:30:45",
            {"a": 1000.0, "b": 0.5, "c": 0, "d": 15, "e": 31, "f": 17, "g": "1_000", "h": "12:30:45"},
        ),
        ("a: 123456789012345678901234567890", {"a": 123456789012345678901234567890}),
        ("a: !!str 12\nb: !!int '3'\nc: !Custom x\nd: ! 4", {"a": "12", "b": 3, "c": "x", "d": "4"}),
        ("a: |\n  x\n  y\nb: >-\n  1\n", {"a": "x\ny\n", "b": "1"}),
        (
            "x: &x {a: 1, b: 2}\ny:\n  <<: *x\n  b: 3\nz:\n  <<: [*x, {c: 4}]",
            {"x": {"a": 1, "b": 2}, "y": {"a": 1, "b": 3}, "z": {"a": 1, "b": 2, "c": 4}},
        ),
        ("a: 1\n---\nb: 2", {"a": 1}),
        ("", None),
        ("# nothing\n", None),
    ],
)
def test_values_follow_yaml_1_2(text: str, value: object) -> None:
    assert read(text) == (value, [])


@pytest.mark.parametrize(
    ("text", "value", "told"),
    [
        ("a: 1\nb: 2\na: 3", {"a": 3, "b": 2}, ["GW-S043:3:1"]),
        ("a: .inf\nb: -.INF\nc: .NaN\nd: 1e999", dict.fromkeys("abcd"), [f"GW-S048:{n}:4" for n in (1, 2, 3, 4)]),
        ("a: " + "9" * 500, {"a": None}, ["GW-S048:1:4"]),
        ("? [1, 2]\n: x", {"[1, 2]": "x"}, ["GW-S040:1:3"]),
        ("a: &x [1, *x]", {"a": [1, None]}, ["GW-S041:1:4"]),
        ("a:\n\tb: 1\n\tc:\n\t\td: 2\n", {"a": {"b": 1, "c": {"d": 2}}}, ["GW-S049:2:0"]),
        ("a:\n  b: 1\n\tc: 2\n", {"a": {"b": 1, "c": 2}}, ["GW-S049:3:0"]),
    ],
)
def test_odd_texts_are_read_and_reported(text: str, value: object, told: list[str]) -> None:
    assert read(text) == (value, told)


@pytest.mark.parametrize(
    ("text", "line"),
    [
        ("a: [1,\n", 2),
        ("a: b: c", 1),
        ("x: 1\na: *nowhere", 2),
        ("- " * 5000, 1),
        ("[" * 100_000, 1),
        ("{a: " * 100_000, 1),
        ("a:\n\t- b\n c: [", 2),
    ],
)
def test_unreadable_texts(text: str, line: int) -> None:
    with pytest.raises(UnreadableError) as caught:
        read(text)
    assert caught.value.line == line


def test_aliases_of_aliases_do_not_fill_the_memory() -> None:
    lines = ["a0: &a0 [x, x, x, x, x, x, x, x, x, x]"]
    lines += [f"a{n}: &a{n} [" + ", ".join([f"*a{n - 1}"] * 10) + "]" for n in range(1, 12)]
    with pytest.raises(UnreadableError, match="millions"):
        read("\n".join(lines))


def test_places() -> None:
    node = compose("a:\n  - x\n  - b: 1\n    a: 2\n", lambda *_: None)
    assert place(find(node, (), {})) == (1, 1)
    assert place(find(node, ("a",), {})) == (1, 1)
    assert place(find(node, ("a", 1, "a"), {})) == (4, 5)
    assert place(find(node, ("a", 1, "absent", "deeper"), {})) == (3, 5)
    assert place(None) == (0, 0)


def test_without_libyaml(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delattr(yaml, "CSafeLoader")
    assert "yaml" in sys.modules and syntax_yaml.yaml is yaml
    test_values_follow_yaml_1_2("a: =\nb: !!str 12\nc: 2024-01-01", {"a": "=", "b": "12", "c": "2024-01-01"})
    assert read("a: 1\na: 2")[1] == ["GW-S043:2:1"]
    with pytest.raises(UnreadableError):
        read("- " * 5000)

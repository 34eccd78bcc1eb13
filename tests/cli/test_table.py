from __future__ import annotations

import json

import pytest
from msgspec import Struct

from gatewright.cli.table import align, clean, print_rows


class Row(Struct, frozen=True):
    name: str
    count: float | None
    tags: tuple[str, ...]
    on: bool


ROWS = [Row("alpha", 1.25, ("x", "y"), True), Row("b", None, (), False)]
COLUMNS = {"NAME": "name", "COUNT": "count", "ON": "on", "TAGS": "tags"}


def test_columns_line_up(capsys: pytest.CaptureFixture[str]) -> None:
    print_rows(ROWS, COLUMNS, as_json=False, empty="")
    assert capsys.readouterr().out == "NAME   COUNT  ON   TAGS\nalpha  1.2    yes  x, y\nb      –      no\n"


def test_json_is_every_field(capsys: pytest.CaptureFixture[str]) -> None:
    print_rows(ROWS, COLUMNS, as_json=True, empty="")
    assert json.loads(capsys.readouterr().out)[0] == {"name": "alpha", "count": 1.25, "tags": ["x", "y"], "on": True}


def test_nothing_says_what_to_do_next_and_is_an_empty_array_in_json(capsys: pytest.CaptureFixture[str]) -> None:
    print_rows([], COLUMNS, as_json=False, empty="no run yet: gatewright scan")
    assert capsys.readouterr().out == "no run yet: gatewright scan\n"
    print_rows([], COLUMNS, as_json=True, empty="no run yet")
    assert json.loads(capsys.readouterr().out) == []


def test_the_last_column_is_cut_to_the_terminal() -> None:
    assert align([["A", "B"], ["x", "a long text that goes on"]], width=18) == ["A  B", "x  a long text th…"]
    assert align([["A", "B"], ["x" * 30, "a long text"]], width=20)[1].endswith("  a long text")


def test_what_a_target_said_cannot_drive_the_terminal() -> None:
    assert clean("a\x1b[31mb\nc\u202ed\x00\x9b") == "a[31mb cd"

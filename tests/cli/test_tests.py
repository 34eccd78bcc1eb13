from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

import pytest

from gatewright.model.test import REGISTRY
from scripts.detection import Lab, configure

Gatewright = Callable[..., tuple[int, str, str]]


def test_list_is_a_table_and_json(gatewright: Gatewright) -> None:
    code, out, _ = gatewright("tests", "list")
    assert code == 0
    assert out.splitlines()[0].split() == ["TEST", "THREAT", "SEVERITY", "REQUESTS", "TITLE"]
    rows = json.loads(gatewright("tests", "list", "--json")[1])
    assert [row["id"] for row in rows] == [line.split()[0] for line in out.splitlines()[1:]]


def test_words_narrow_the_list(gatewright: Gatewright) -> None:
    rows = json.loads(gatewright("tests", "list", "api1", "cwe-639", "high", "--json")[1])
    assert "object-access-read" in [row["id"] for row in rows]
    assert all(row["threat"] == "API1:2023" for row in rows)
    assert gatewright("tests", "list", "no such word")[1].startswith("no test holds all these words")


def test_show_explains(gatewright: Gatewright) -> None:
    code, out, _ = gatewright("tests", "show", "object-access-read")
    assert code == 0
    for heading in ("What it does", "Why it matters", "How it is proved", "When it is wrong", "Remedy"):
        assert f"\n{heading}\n" in out
    page = json.loads(gatewright("tests", "show", "object-access-read", "--json")[1])
    assert page["test"]["threat"] == "API1:2023"


@pytest.mark.parametrize(("typed", "hint"), [("object-acess-read", "`object-access-read`"), ("zzz", "tests list")])
def test_show_of_an_unknown_name(gatewright: Gatewright, typed: str, hint: str) -> None:
    code, _, err = gatewright("tests", "show", typed)
    assert code == 2
    assert "GW-U002" in err
    assert hint in err


def test_new_then_try(gatewright: Gatewright, tmp_path: Path) -> None:
    try:
        code, out, _ = gatewright("tests", "new", "debug-header")
        assert code == 0
        assert out.splitlines()[-1] == "try it: gatewright tests try security-tests/debug_header.py --cases"
        command = out.splitlines()[-1].partition("gatewright ")[2].split()
        code, out, _ = gatewright(*command)
        assert (code, out.splitlines()[-1]) == (0, "3 passed, 0 failed")
    finally:
        REGISTRY.pop("debug-header", None)


def test_try_says_no_with_1(gatewright: Gatewright, tmp_path: Path) -> None:
    gatewright("tests", "new", "debug-header")
    cases = tmp_path / "security-tests" / "debug_header.cases.yaml"
    cases.write_text(
        cases.read_text(encoding="utf-8").replace("[{id: 7}]", "Traceback (most recent call last)"), "utf-8"
    )
    try:
        code, out, _ = gatewright("tests", "try", "security-tests/debug_header.py", "--cases")
        assert code == 1
        assert "FAIL  fires" in out
        assert "GET /notes → 200 Traceback" in out
    finally:
        REGISTRY.pop("debug-header", None)


def test_try_on_an_endpoint_of_a_live_api(gatewright: Gatewright, notes: Lab, tmp_path: Path) -> None:
    configure(tmp_path, notes)
    code, out, err = gatewright(
        "tests", "try", "object-access-read", "--endpoint", "GET /notes/{id}", "--patience", "short"
    )
    assert code == 0, err
    assert "object-access-read on GET /notes/{id} as bob" in out
    assert "  attack " in out
    assert "\nvulnerable: proved. " in out
    assert "    - GET /notes/" in out
    code, _, err = gatewright("tests", "try", "object-access-read", "--endpoint", "GET /note/{id}")
    assert code == 2
    assert "did you mean `GET /notes/{id}`?" in err


def test_try_wants_one_of_the_two(gatewright: Gatewright) -> None:
    for more in ((), ("--cases", "--endpoint", "GET /a")):
        code, _, err = gatewright("tests", "try", "cors", *more)
        assert code == 2
        assert "either --cases or --endpoint" in err

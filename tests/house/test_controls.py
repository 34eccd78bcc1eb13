"""Every control that a check names bites: without it a trap becomes a finding. One that nothing needs is none."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest

from gatewright.app.tests import library
from gatewright.engine.replay import load, path_of

CHECKS = Path(__file__).parents[2] / "src" / "gatewright" / "checks"
ENGINE = {"C7": "tests/engine/test_execute.py::test_without_the_bracket_a_dead_session_looks_safe"}
"""Controls that the engine asks for as well, with the test that shows what they are for."""


def named(path: Path) -> Iterator[str]:
    """Names of the controls that a file records: texts in the first argument of `probe.control`."""
    for node in ast.walk(ast.parse(path.read_text("utf-8"))):
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute) and node.func.attr == "control":
            yield from (
                part.value
                for part in ast.walk(node.args[0])
                if isinstance(part, ast.Constant) and isinstance(part.value, str) and part.value != "anon"
            )


NAMED = sorted({(name, path.name) for path in CHECKS.glob("*.py") for name in named(path)})
BITES = {
    control
    for test in library().values()
    if path_of(test).exists()
    for case in load(path_of(test))
    for control in case.bites
}


@pytest.mark.parametrize("control", sorted({name for name, _ in NAMED} - set(ENGINE)))
def test_a_control_bites(control: str) -> None:
    files = [file for name, file in NAMED if name == control]
    assert control in BITES, f"{control} of {files}: no case says `bites: [{control}]`; what needs it?"


def test_the_names_are_found() -> None:
    assert {"C3", "C4", "C5", "C8", "twin"} <= {name for name, _ in NAMED}


@pytest.mark.parametrize("control", ENGINE)
def test_a_control_of_the_engine_has_its_test(control: str) -> None:
    file, _, name = ENGINE[control].partition("::")
    text = (CHECKS.parents[2] / file).read_text("utf-8")
    assert f"def {name}(" in text
    assert f'"{control}"' in text

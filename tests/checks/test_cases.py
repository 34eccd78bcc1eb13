"""Every case file of every native check, played without a network."""

from __future__ import annotations

import asyncio
import re

import pytest

from gatewright.app.tests import library
from gatewright.engine.replay import Case, load, path_of, run
from gatewright.model import test as model

TESTS = sorted(library().values(), key=lambda test: test.id)
LOADED = {test.id: load(path_of(test)) for test in TESTS if path_of(test).exists()}
CASES = [(test, case) for test in TESTS for case in LOADED.get(test.id, []) if case.concerns(test.id)]


def name(value: object) -> str:
    return (
        value.id
        if isinstance(value, model.Test)
        else re.sub(r"\W+", "-", value.title)
        if isinstance(value, Case)
        else str(value)
    )


@pytest.mark.parametrize(("test", "case"), CASES, ids=name)
def test_case(test: model.Test, case: Case) -> None:
    outcome = asyncio.run(run(test, case))
    if case.todo:
        assert outcome.problem, f"works now, take the todo away: {case.todo}"
        pytest.skip(f"todo: {case.todo}")
    assert not outcome.problem


@pytest.mark.parametrize(
    ("test", "case", "control"),
    [(test, case, control) for test, case in CASES for control in case.bites],
    ids=name,
)
def test_each_control_bites(test: model.Test, case: Case, control: str) -> None:
    outcome = asyncio.run(run(test, case, disabled=frozenset({control})))
    assert outcome.verdict.outcome == "vulnerable", f"without {control} it should have fired: {outcome.verdict}"


@pytest.mark.parametrize("test", TESTS, ids=name)
def test_each_check_explains_itself(test: model.Test) -> None:
    headings = re.findall(r"^ *## (.+)$", test.doc, re.MULTILINE)
    assert tuple(headings[: len(model.HEADINGS)]) == model.HEADINGS
    assert headings[len(model.HEADINGS) :] in ([], ["References"])


@pytest.mark.parametrize("test", TESTS, ids=name)
def test_each_check_has_its_proof_beside_it(test: model.Test) -> None:
    kinds = {case.kind for case in LOADED.get(test.id, []) if case.concerns(test.id) and not case.todo}
    assert {"fires", "quiet"} <= kinds

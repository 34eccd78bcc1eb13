from __future__ import annotations

import asyncio
from pathlib import Path

import pytest

from gatewright.app.cases import try_cases
from gatewright.app.new_test import new_test
from gatewright.model.errors import SourceError
from gatewright.model.test import REGISTRY


@pytest.fixture
def check(tmp_path: Path) -> Path:
    return new_test("debug-header", directory=tmp_path)[0]


@pytest.fixture(autouse=True)
def _forget() -> object:
    yield
    REGISTRY.pop("debug-header", None)


def test_a_case_that_does_not_come_out_shows_what_was_sent(check: Path) -> None:
    cases = check.with_suffix(".cases.yaml")
    text = cases.read_text(encoding="utf-8").replace('headers: {X-Debug: "true"}', 'headers: {X-Debug: "yes"}')
    cases.write_text(text, encoding="utf-8")
    [fires, *quiet] = asyncio.run(try_cases(str(check)))
    assert fires.problem.startswith("should fire, was not_vulnerable (no_effect")
    assert [(step.purpose, step.request) for step in fires.steps] == [
        ("baseline", "GET /notes"),
        ("attack", "GET /notes"),
    ]
    assert fires.steps[1].answer == '200 [{"id":7}]'
    assert not any(result.problem for result in quiet)


def test_a_known_gap_is_no_failure_and_is_told_once_it_works(check: Path) -> None:
    cases = check.with_suffix(".cases.yaml")
    text = cases.read_text(encoding="utf-8")
    cases.write_text(
        text.replace("- quiet: the fixed", "- todo: later\n  fires: the fixed").replace("  reason: no_effect\n", "", 1),
        encoding="utf-8",
    )
    gap = asyncio.run(try_cases(str(check)))[1]
    assert (gap.todo, gap.problem) == ("later", "")
    cases.write_text(text.replace("- quiet: the fixed", "- todo: later\n  quiet: the fixed"), encoding="utf-8")
    assert asyncio.run(try_cases(str(check)))[1].problem == "works now: take the todo away (later)"


def test_a_file_that_breaks_is_told(tmp_path: Path) -> None:
    (tmp_path / "broken.py").write_text("raise OSError('no')\n", encoding="utf-8")
    with pytest.raises(SourceError) as caught:
        asyncio.run(try_cases(str(tmp_path / "broken.py")))
    assert caught.value.code == "GW-T010"


def test_the_shipped_checks_are_found_by_id() -> None:
    results = asyncio.run(try_cases("object-access-read"))
    assert {"fires", "quiet"} <= {result.kind for result in results}
    assert not any(result.problem for result in results)

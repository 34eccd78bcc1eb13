"""Detection in pairs: each weakness alone is found, alone; the fixed lab and the yes-server report nothing.

One weakness per test id here; the whole matrix is `make test-library`.
"""

from __future__ import annotations

import pytest

from scripts.detection import Scan, judge, lab, scan, weaknesses, with_tokens

pytestmark = pytest.mark.slow


def first_of_each_test() -> list[dict[str, object]]:
    """One row of the lab's table per test."""
    rows: dict[str, dict[str, object]] = {}
    for weakness in weaknesses():
        rows.setdefault(str(weakness["test"]), weakness)
    return list(rows.values())


PAIRS = first_of_each_test()


@pytest.mark.parametrize("weakness", PAIRS, ids=[str(w["test"]) for w in PAIRS])
def test_a_weakness_alone_is_found(weakness: dict[str, object]) -> None:
    with lab("--only", str(weakness["id"])) as running:
        done = scan(running, "--only", str(weakness["test"]), "--patience", "short")
    found, others = judge(weakness, done)
    assert found, done.output
    assert not others
    assert done.code == 1


@pytest.fixture(scope="module")
def fixed() -> Scan:
    """A scan of the fixed lab."""
    with lab("--fixed") as running:
        return scan(running, "--patience", "short")


def test_the_fixed_lab_reports_nothing(fixed: Scan) -> None:
    assert not fixed.findings
    assert fixed.code == 0, fixed.output
    assert fixed.report["run"]["complete"] is True


@pytest.mark.parametrize("weakness", PAIRS, ids=[str(w["test"]) for w in PAIRS])
def test_the_fixed_twin_says_why_not(weakness: dict[str, object], fixed: Scan) -> None:
    """The quiet half of the pair: the same cell was run, and a sound defence was observed."""
    cells = [
        cell
        for cell in fixed.report["coverage"]
        if cell["test"] == weakness["test"] and cell["endpoint"] == weakness["endpoint"]
    ]
    assert cells
    assert {cell["verdict"] for cell in cells} <= {"not_vulnerable", "not_proved"}, cells
    assert any(cell["verdict"] == "not_vulnerable" for cell in cells), cells
    assert all(cell["reason"] and cell["why"] for cell in cells)


def test_the_cells_add_up(fixed: Scan) -> None:
    totals = fixed.report["totals"]
    grouped = sum(row["cells"] for row in fixed.report["not_applicable"])
    assert totals["cells"] == len(fixed.report["coverage"]) + grouped
    assert totals["cells"] == sum(count for word, count in totals.items() if word != "cells")


def test_the_yes_server_proves_nothing() -> None:
    """It lets in whoever comes and echoes everything: by log-in nobody is proved to be in, so tokens are given."""
    with lab("--yes-server") as running:
        done = scan(with_tokens(running), "--patience", "short")
        refused = scan(running)
    assert not done.findings
    assert done.code == 0
    assert done.report["totals"]["not_vulnerable"] > 50
    assert refused.code == 3, refused.output


def test_everything_on_is_found() -> None:
    with lab() as running:
        done = scan(running, "--patience", "short")
    missed = [w["id"] for w in weaknesses() if (w["test"], w["endpoint"]) not in done.proved()]
    assert not missed


def test_two_sign_ups_are_enough() -> None:
    with lab("--only", "appointment-read-by-id") as running:
        done = scan(running, "--sign-up", "2", "--patience", "short", accounts=False)
    assert done.proved() == {("object-access-read", "GET /appointments/{appointment_id}")}

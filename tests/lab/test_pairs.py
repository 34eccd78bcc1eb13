"""Detection in pairs: each weakness alone is found, alone; the fixed lab and the yes-server report nothing.

One weakness per test id here; the whole matrix is `make test-library`.
"""

from __future__ import annotations

from typing import Any

import pytest

from scripts.detection import Scan, flags, judge, lab, scan, weaknesses, with_tokens
from scripts.library import dialects

pytestmark = pytest.mark.slow


def first_of_each_test() -> list[tuple[str, dict[str, Any]]]:
    """Of each test one dialect (the first of its own: bearer, if the weakness can exist there) and one row of its table."""
    rows: dict[str, tuple[str, dict[str, Any]]] = {}
    for dialect in DIALECTS:
        for weakness in weaknesses(dialect):
            rows.setdefault(str(weakness["test"]), (dialect, weakness))
    return list(rows.values())


TIMED = {"cost-regex", "cost-search", "cost-json", "cost-graphql", "cost-decompression", "user-enumeration-timing"}
"""Tests that measure time: what other tests do on this machine meanwhile may leave them without a proof."""
TRIES = 3
DIALECTS = dialects()
PAIRS = first_of_each_test()
IDS = [str(weakness["test"]) for _, weakness in PAIRS]


def together(dialect: str, *values: Any, id: str) -> Any:  # noqa: A002
    """A case that looks at the scan of a fixed lab: all of one dialect go to one process, which makes that scan once."""
    return pytest.param(dialect, *values, id=id, marks=pytest.mark.xdist_group(f"fixed {dialect}"))


FIXED = [together(dialect, id=dialect) for dialect in DIALECTS]
TWINS = [together(dialect, weakness, id=str(weakness["test"])) for dialect, weakness in PAIRS]


@pytest.mark.parametrize(("dialect", "weakness"), PAIRS, ids=IDS)
def test_a_weakness_alone_is_found(dialect: str, weakness: dict[str, Any]) -> None:
    of_lab, of_scan = flags(weakness)
    for _ in range(TRIES if weakness["test"] in TIMED else 1):
        with lab("--dialect", dialect, "--only", weakness["id"], *of_lab) as running:
            done = scan(running, "--patience", "short", "--only", weakness["test"], *of_scan)
        found, others = judge(weakness, done)
        if found:
            break
    assert found, done.output
    assert not others
    assert done.code == 1


@pytest.fixture(scope="module")
def fixed() -> dict[str, Scan]:
    """A scan of the fixed lab in each dialect, made when it is asked for."""
    return {}


def scan_of(fixed: dict[str, Scan], dialect: str) -> Scan:
    """The scan of one dialect."""
    if dialect not in fixed:
        with lab("--dialect", dialect, "--fixed") as running:
            fixed[dialect] = scan(running, "--patience", "short")
    return fixed[dialect]


@pytest.mark.parametrize("dialect", FIXED)
def test_the_fixed_lab_reports_nothing(fixed: dict[str, Scan], dialect: str) -> None:
    done = scan_of(fixed, dialect)
    assert not done.findings
    assert done.code == 0, done.output
    assert done.report["run"]["complete"] is True


@pytest.mark.parametrize(("dialect", "weakness"), TWINS)
def test_the_fixed_twin_says_why_not(dialect: str, weakness: dict[str, Any], fixed: dict[str, Scan]) -> None:
    """The quiet half of the pair: the same cell was run, and a sound defence was observed."""
    cells = [
        cell
        for cell in scan_of(fixed, dialect).report["coverage"]
        if cell["test"] == weakness["test"] and cell["endpoint"] == weakness["endpoint"]
    ]
    assert cells
    if weakness["needs"]:
        return
    assert {cell["verdict"] for cell in cells} <= {"not_vulnerable", "not_proved"}, cells
    assert any(cell["verdict"] == "not_vulnerable" for cell in cells), cells
    assert all(cell["reason"] and cell["why"] for cell in cells)


@pytest.mark.parametrize("dialect", FIXED)
def test_the_cells_add_up(fixed: dict[str, Scan], dialect: str) -> None:
    report = scan_of(fixed, dialect).report
    totals = report["totals"]
    grouped = sum(row["cells"] for row in report["not_applicable"])
    assert totals["cells"] == len(report["coverage"]) + grouped
    assert totals["cells"] == sum(count for word, count in totals.items() if word != "cells")


@pytest.mark.parametrize("dialect", FIXED)
def test_what_a_person_could_reach_is_reached(fixed: dict[str, Scan], dialect: str) -> None:
    inventory = scan_of(fixed, dialect).report["inventory"]
    ways_in = [why for why in inventory["unreached"].values() if why.startswith("a way in")]  # the accounts use them
    assert inventory["with_2xx_sample"] >= 0.95 * (inventory["endpoints"] - len(ways_in)), inventory["unreached"]


def test_the_yes_server_proves_nothing() -> None:
    """It lets in whoever comes and echoes everything: by log-in nobody is proved to be in, so tokens are given."""
    with lab("--yes-server") as running:
        done = scan(with_tokens(running), "--patience", "short")
        refused = scan(running)
    assert not done.findings
    assert done.code == 0
    assert done.report["totals"]["not_vulnerable"] > 50
    assert refused.code == 3, refused.output


def test_everything_on_is_found(dialect: str = "bearer") -> None:
    """The other dialects with everything on are rows of the matrix."""
    with lab("--dialect", dialect) as running:
        done = scan(running, "--patience", "short")
    wanted = [w for w in weaknesses(dialect) if not w["needs"] and w["test"] not in TIMED]
    missed = [w["id"] for w in wanted if (w["test"], w["endpoint"]) not in done.proved()]
    assert not missed


def test_two_sign_ups_are_enough() -> None:
    with lab("--only", "appointment-read-by-id") as running:
        done = scan(running, "--sign-up", "2", "--patience", "short", accounts=False)
    assert done.proved() == {("object-access-read", "GET /appointments/{appointment_id}")}

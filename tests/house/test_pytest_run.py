from __future__ import annotations

from pathlib import Path

from scripts import pytest_run


def _file(hit: int, lines: int, branches_hit: int, branches: int) -> dict[str, dict[str, int]]:
    summary = {
        "covered_lines": hit,
        "num_statements": lines,
        "covered_branches": branches_hit,
        "num_branches": branches,
    }
    return {"summary": summary}


def test_lines_and_branches_of_a_package_add_up() -> None:
    files = {"src/gatewright/wire/h1.py": _file(8, 10, 1, 2), "src/gatewright/wire/gate.py": _file(9, 10, 2, 2)}
    assert pytest_run.reached({"files": files}) == {"wire": 100 * 20 / 24}


def test_a_package_under_its_floor_or_missing_is_named() -> None:
    found = pytest_run.complaints({"wire": 94.9, "model": 96.0}, {"wire": 95.0, "model": 95.0, "proof": 90.0})
    assert found == [
        "coverage of wire: 94.9 %, the floor is 95.0 %",
        "coverage of proof: 0.0 %, the floor is 90.0 %",
    ]


def test_floors_are_read(tmp_path: Path) -> None:
    listing = tmp_path / "coverage.txt"
    listing.write_text("# floors\n\nmodel 97.5\n", encoding="utf-8")
    assert pytest_run.floors(listing) == {"model": 97.5}


def test_the_seed_is_that_of_the_commit() -> None:
    assert pytest_run.seed_of_commit() == pytest_run.seed_of_commit() >= 0

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

import pytest

Gatewright = Callable[..., tuple[int, str, str]]


def test_list(gatewright: Gatewright, past: Path) -> None:
    code, out, _ = gatewright("runs", "list")
    assert code == 0
    assert out.splitlines()[0].split()[:3] == ["RUN", "STARTED", "FINISHED"]
    [run] = json.loads(gatewright("runs", "list", "--json")[1])
    assert (run["complete"], run["findings"]) == (True, 1)


def test_nothing_yet(gatewright: Gatewright) -> None:
    assert gatewright("runs", "list")[:2] == (0, "no run yet: gatewright scan, or gatewright demo\n")
    assert gatewright("runs", "list", "--json")[:2] == (0, "[]\n")


def test_show_is_the_report_as_it_was(gatewright: Gatewright, past: Path) -> None:
    code, out, _ = gatewright("runs", "show", "--json")
    shown, written = json.loads(out), json.loads((past / "report.json").read_text(encoding="utf-8"))
    assert code == 0
    assert shown["totals"] == written["totals"]
    assert [finding["id"] for finding in shown["findings"]] == [finding["id"] for finding in written["findings"]]
    assert "object-access-read" in gatewright("runs", "show", "last")[1]


def test_an_unknown_run(gatewright: Gatewright, past: Path) -> None:
    code, _, err = gatewright("runs", "show", "nonesuch")
    assert code == 2
    assert "gatewright runs list" in err


@pytest.mark.slow
def test_resume_of_a_finished_run_changes_nothing(gatewright: Gatewright, past: Path) -> None:
    before = json.loads(gatewright("runs", "show", "--json")[1])
    code, out, err = gatewright("runs", "resume", "last", "-q")
    after = json.loads(gatewright("runs", "show", "--json")[1])
    assert code == 1, out + err
    assert after["totals"] == before["totals"]
    assert [finding["id"] for finding in after["findings"]] == [finding["id"] for finding in before["findings"]]


def test_resume_asks_for_the_secrets_that_it_does_not_have(gatewright: Gatewright, past: Path) -> None:
    (past / "gatewright.yaml").unlink()
    code, _, err = gatewright("runs", "resume", "last")
    assert code == 2
    assert err.startswith("GW-U018  the secrets of ")
    assert "--account " in err


def test_clean_up_says_what_stays(gatewright: Gatewright, past: Path) -> None:
    code, out, err = gatewright("runs", "resume", "last", "--clean")
    assert code in (0, 1), err
    assert out.rstrip().splitlines()[-1].endswith("removed")
    assert out.count("\nleft  ") + out.startswith("left  ") == (0 if code == 0 else out.count("left  "))

from __future__ import annotations

import json
from pathlib import Path

import pytest

from gatewright.app.past import list_findings, list_runs, opened, show_finding, show_run
from gatewright.model.errors import UsageError
from gatewright.model.settings import Settings


def test_runs_with_what_they_came_to(store: Settings) -> None:
    [run] = list_runs(store)
    assert (run.id, run.finished, run.complete, run.requests, run.findings) == ("run-1", True, True, 12, 1)


def test_a_listing_makes_no_store(settings: Settings, tmp_path: Path) -> None:
    assert list_runs(settings) == []
    assert list_findings(settings) == []
    assert list(tmp_path.iterdir()) == []
    with pytest.raises(UsageError) as caught, opened(settings):
        pass
    assert caught.value.code == "GW-U016"


@pytest.mark.parametrize("name", ["run-1", "1", "last", "run-"])
def test_a_run_as_text_and_as_the_json_report(store: Settings, name: str) -> None:
    assert "bob read alice's note." in show_run(store, name, form="console")
    report = json.loads(show_run(store, name, form="json"))
    assert report["run"]["id"] == "run-1"
    assert report["totals"]["cells"] == 2


def test_an_unknown_run(store: Settings) -> None:
    with pytest.raises(UsageError):
        show_run(store, "none", form="json")


@pytest.mark.parametrize("run", [None, "last"])
def test_findings_have_their_short_number(store: Settings, run: str | None) -> None:
    [row] = list_findings(store, run)
    assert (row.number, row.severity, row.endpoint, row.parameter) == ("F-1", "high", "GET /notes/{id}", "path id")


@pytest.mark.parametrize("name", ["F-1", "1", "a1b2c3d4e5f6", "a1b2"])
def test_a_finding_tells_proof_repetition_and_remedy(store: Settings, name: str) -> None:
    text, document = show_finding(store, name)
    for part in ("F-1", "alice owns note 7", "curl ", "Remedy\n  Decide by the owner.", "References\n  https://cwe"):
        assert part in text
    assert isinstance(document, dict)
    assert document["id"] == "a1b2c3d4e5f6"
    with pytest.raises(UsageError):
        show_finding(store, "F-2")

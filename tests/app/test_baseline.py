from __future__ import annotations

import json
from pathlib import Path

import pytest

from gatewright.app.baseline import known_findings, only_new
from gatewright.model.endpoint import Endpoint
from gatewright.model.errors import UsageError
from gatewright.model.finding import Finding, Report, Run
from gatewright.report.registry import render

RUN = Run(
    id="r", target=(), started="2026-01-01T00:00:00Z", seconds=1.0, requests=1, mode="safe", seed=1, complete=True
)


def _finding(name: str) -> Finding:
    return Finding(
        id=name,
        test="cors",
        threat="API8:2023",
        title="t",
        severity="high",
        cvss=None,
        cwe=("CWE-942",),
        endpoint=Endpoint(method="GET", path="/a", origin="http://127.0.0.1:1"),
        place=None,
        account="anon",
        summary="s",
        proof=("p",),
        controls=(),
        exchanges=(),
    )


def test_only_what_the_earlier_report_does_not_have_is_left(tmp_path: Path) -> None:
    earlier = tmp_path / "old.json"
    earlier.write_text(render("json", Report(run=RUN, findings=(_finding("a" * 12),)), tests={}, mask=None), "utf-8")
    report = Report(run=RUN, findings=(_finding("a" * 12), _finding("b" * 12)))
    assert [f.id for f in only_new(report, known_findings(str(earlier))).findings] == ["b" * 12]
    assert only_new(report, known_findings(None)) == report


@pytest.mark.parametrize("text", ["{", "[]", json.dumps({"schema": 1}), "\udcff"])
def test_what_is_no_report_is_refused(text: str, tmp_path: Path) -> None:
    path = tmp_path / "old.json"
    path.write_bytes(text.encode("utf-8", "surrogateescape"))
    with pytest.raises(UsageError) as caught:
        known_findings(str(path))
    assert caught.value.code == "GW-U014"


def test_no_such_file(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="No such file"):
        known_findings(str(tmp_path / "none.json"))

from __future__ import annotations

import json
from collections.abc import Callable

import msgspec

from gatewright.model.finding import Report
from gatewright.model.mask import Mask
from gatewright.model.test import Test
from gatewright.report.sarif import render


def test_the_log_is_as_before(
    report: Report, tests: dict[str, Test], mask: Mask, golden: Callable[[str, str], None]
) -> None:
    golden("report/report.sarif", render(mask.report(report), tests))


def test_rules_explain_and_results_have_fingerprints(report: Report, tests: dict[str, Test]) -> None:
    log = json.loads(render(report, tests))
    [run] = log["runs"]
    rules = run["tool"]["driver"]["rules"]
    assert log["version"] == "2.1.0"
    assert [rule["id"] for rule in rules] == ["mass-assignment", "object-access-read"]
    assert "## Remedy" in rules[0]["help"]["markdown"]
    assert "#" not in rules[0]["help"]["text"].splitlines()[0]
    for result in run["results"]:
        assert rules[result["ruleIndex"]]["id"] == result["ruleId"]
        assert result["fingerprints"] == {"gatewright/v1": result["partialFingerprints"]["gatewright/v1"]}
    assert [result["level"] for result in run["results"]] == ["error", "warning"]
    place = run["results"][0]["locations"][0]["physicalLocation"]
    assert (place["artifactLocation"]["uri"], place["region"]["startLine"]) == ("openapi.json", 118)


def test_without_the_test_at_hand_the_finding_explains(report: Report) -> None:
    rules = json.loads(render(report, {}))["runs"][0]["tool"]["driver"]["rules"]
    assert rules[1]["help"]["text"] == "Look the note up by id *and* owner."


def test_a_triaged_finding_is_suppressed(report: Report, tests: dict[str, Test]) -> None:
    accepted = tuple(msgspec.structs.replace(f, status="accepted") for f in report.findings)
    results = json.loads(render(msgspec.structs.replace(report, findings=accepted), tests))["runs"][0]["results"]
    assert all(result["suppressions"][0]["justification"] == "accepted" for result in results)


def test_an_unknown_or_absolute_source(report: Report, tests: dict[str, Test]) -> None:
    def place(source: str) -> object:
        endpoint = msgspec.structs.replace(report.findings[0].endpoint, source=source)
        finding = msgspec.structs.replace(report.findings[0], endpoint=endpoint)
        log = json.loads(render(msgspec.structs.replace(report, findings=(finding,)), tests))
        found = log["runs"][0]["results"][0]["locations"][0].get("physicalLocation")
        return found and (found["artifactLocation"]["uri"], found["region"]["startLine"])

    assert place("") is None
    assert place("http://h:80/openapi.json:9") == ("http://h:80/openapi.json", 9)
    assert place("/a b/spec.yaml:3:7") == ("file:///a%20b/spec.yaml", 3)

"""Format `sarif`: SARIF 2.1.0 (OASIS), one rule per test that proved something, one result per finding."""

from __future__ import annotations

import inspect
import json
import re
from collections.abc import Mapping
from urllib.parse import quote

from gatewright import __version__
from gatewright.model.finding import Finding, Report
from gatewright.model.json import Json
from gatewright.model.test import THREATS, Test
from gatewright.report.json import totals
from gatewright.report.reproduce import curl_of
from gatewright.report.summary import ordered

_SOURCE = re.compile(r"(.+?)(?::(\d+))?(?::\d+)?")
LEVELS = {"critical": "error", "high": "error", "medium": "warning", "low": "note"}
SCORES = {"critical": "9.5", "high": "8.0", "medium": "5.5", "low": "2.0"}
"""`security-severity` of the rules: the middle of each band of CVSS."""


def render(report: Report, tests: Mapping[str, Test]) -> str:
    """The report as one SARIF log with one run."""
    findings = ordered(report.findings)
    rules = sorted({finding.test for finding in findings})
    examples = {finding.test: finding for finding in reversed(findings)}
    run: dict[str, Json] = {
        "tool": {
            "driver": {
                "name": "Gatewright",
                "version": __version__,
                "semanticVersion": __version__,
                "rules": [_rule(rule, examples[rule], tests.get(rule)) for rule in rules],
            }
        },
        "automationDetails": {"id": f"gatewright/{report.run.id}"},
        "invocations": [_invocation(report)],
        "columnKind": "utf16CodeUnits",
        "results": [_result(finding, rules.index(finding.test)) for finding in findings],
        "properties": {"totals": totals(report.coverage), "requests": report.run.requests, "seed": report.run.seed},
    }
    log = {"$schema": "https://json.schemastore.org/sarif-2.1.0.json", "version": "2.1.0", "runs": [run]}
    return json.dumps(log, ensure_ascii=False, indent=2) + "\n"


def _rule(rule: str, finding: Finding, test: Test | None) -> dict[str, Json]:
    title = test.title if test else finding.title
    text = inspect.cleandoc(test.doc) if test else finding.remediation or finding.title
    numbers = [f"CWE-{number}" for number in test.cwe] if test else list(finding.cwe)
    tags: list[Json] = ["security", finding.threat, *(f"external/cwe/{number.lower()}" for number in numbers)]
    severity = test.severity if test else finding.severity
    return {
        "id": rule,
        "name": "".join(part.capitalize() for part in rule.split("-")),
        "shortDescription": {"text": title},
        "fullDescription": {"text": f"{title}. {THREATS.get(finding.threat, '')}".strip()},
        "help": {"text": re.sub(r"^#+ *", "", text, flags=re.MULTILINE), "markdown": text},
        "defaultConfiguration": {"level": LEVELS[severity]},
        "properties": {"tags": tags, "security-severity": SCORES[severity], "precision": "very-high"},
    }


def _result(finding: Finding, index: int) -> dict[str, Json]:
    """The place of an API finding is its endpoint: a logical location, and the source of the endpoint where it is a file."""
    location: dict[str, Json] = {
        "logicalLocations": [
            {"name": finding.endpoint.name, "fullyQualifiedName": finding.endpoint.id, "kind": "resource"}
        ]
    }
    source = _SOURCE.fullmatch(finding.endpoint.source)
    if source:
        uri = source[1] if "://" in source[1] else quote(source[1].replace("\\", "/"))
        region: dict[str, Json] = {"startLine": int(source[2] or 1)}
        location["physicalLocation"] = {
            "artifactLocation": {"uri": f"file://{uri}" if uri.startswith("/") else uri},
            "region": region,
        }
    facts = "\n".join(f"- {fact}" for fact in finding.proof)
    message = finding.summary or finding.title
    result: dict[str, Json] = {
        "ruleId": finding.test,
        "ruleIndex": index,
        "level": LEVELS[finding.severity],
        "message": {"text": f"{message}\n\n{facts}".strip()},
        "locations": [location],
        "partialFingerprints": {"gatewright/v1": finding.id},
        "fingerprints": {"gatewright/v1": finding.id},
        "properties": {
            "severity": finding.severity,
            "cvss": finding.cvss,
            "account": finding.account,
            "victim": finding.victim,
            "parameter": str(finding.endpoint.shown_place(finding.place)) if finding.place else None,
            "alsoEndpoints": list(finding.also),
            "alsoTests": list(finding.also_tests),
            "curl": curl_of(finding),
        },
    }
    if finding.status in ("accepted", "false-positive"):
        result["suppressions"] = [{"kind": "external", "status": "accepted", "justification": finding.status}]
    return result


def _invocation(report: Report) -> Json:
    notes: list[Json] = [{"level": "warning", "message": {"text": text}} for text in report.warnings]
    if not report.run.complete:
        reason = report.run.stopped_because or "stopped"
        notes.append({"level": "warning", "message": {"text": f"the run is not complete: {reason}"}})
    found: dict[str, Json] = {"executionSuccessful": report.run.complete, "toolExecutionNotifications": notes}
    if report.run.started:
        found["startTimeUtc"] = report.run.started
    return found

from __future__ import annotations

import json
from collections.abc import Callable

import jsonschema
import msgspec

from gatewright.model.finding import Finding, Report, Run
from gatewright.model.http import Exchange, Request, Response
from gatewright.model.mask import Mask
from gatewright.model.test import Test
from gatewright.report.json import MOST_BODY, document, exchange_document, render, schema


def test_the_report_is_as_before(
    report: Report, tests: dict[str, Test], mask: Mask, golden: Callable[[str, str], None]
) -> None:
    golden("report/report.json", render(mask.report(report), tests))


def test_it_fulfils_its_schema(report: Report, tests: dict[str, Test], mask: Mask) -> None:
    jsonschema.Draft202012Validator.check_schema(schema())
    jsonschema.validate(json.loads(render(mask.report(report), tests)), schema())
    empty = Report(run=Run(id="r", target=(), started="", seconds=0, requests=0, mode="safe", seed=1, complete=True))
    jsonschema.validate(document(empty), schema())


def test_the_cells_add_up(report: Report) -> None:
    found = document(report)
    totals = found["totals"]
    assert isinstance(totals, dict)
    assert totals["cells"] == len(report.coverage) == 5
    assert totals["cells"] == sum(count for word, count in totals.items() if word != "cells")
    grouped = sum(group["cells"] for group in found["not_applicable"])
    assert totals["cells"] == len(found["coverage"]) + grouped
    assert found["not_applicable"] == [
        {"test": "jwt-none", "reason": "not_jwt", "why": "the token of bob is no JWT", "cells": 1}
    ]


def test_the_keys_of_a_finding_are_those_of_the_interface(findings: tuple[Finding, Finding], report: Report) -> None:
    found = document(report)["findings"][0]
    for key in [
        "id",
        "test",
        "threat",
        "title",
        "severity",
        "cvss",
        "cwe",
        "endpoint",
        "parameter",
        "status",
        "summary",
        "proof",
        "controls",
        "number",
        "also",
        "also_tests",
        "exchanges",
        "reproduce",
        "remediation",
        "references",
    ]:
        assert key in found
    assert found["endpoint"] == {"method": "GET", "host": "127.0.0.1:5000", "path": "/notes/{id}"}
    assert found["parameter"] == {"in": "path", "name": "id"}
    assert set(found["reproduce"]) == {"curl", "pytest"}


def test_bodies_that_are_long_or_no_text() -> None:
    def body(data: bytes) -> dict[str, object]:
        answer = exchange_document(Exchange(1, Request("GET", "http://h", "/"), Response(200, (), data)))["response"]
        assert isinstance(answer, dict)
        return answer

    assert body("grün".encode())["body"] == "grün"
    assert (body(b"\xff\xfe")["body"], body(b"\xff\xfe")["body_base64"]) == (None, "//4=")
    long = body(b"a" * (MOST_BODY - 1) + "ü".encode() * 10)
    assert (long["body"], long["size"]) == ("a" * (MOST_BODY - 1), MOST_BODY + 19)


def test_an_exchange_without_an_answer() -> None:
    found = exchange_document(Exchange(1, Request("GET", "http://h", "/"), None, error="timeout-connect: no"))
    assert (found["response"], found["error"]) == (None, "timeout-connect: no")


def test_findings_of_any_host_are_equal(report: Report) -> None:
    def ids(origin: str) -> list[object]:
        moved = tuple(
            msgspec.structs.replace(f, endpoint=msgspec.structs.replace(f.endpoint, origin=origin))
            for f in report.findings
        )
        return [f["id"] for f in document(msgspec.structs.replace(report, findings=moved))["findings"]]

    assert ids("http://a") == ids("https://b:1")

"""Format `json`: interface.md section 4, version 1. `schema.json` beside this file describes it."""

from __future__ import annotations

import base64
import json
from collections.abc import Mapping
from importlib.resources import files
from urllib.parse import urlsplit

from gatewright import __version__
from gatewright.model.account import ANON
from gatewright.model.finding import Coverage, Finding, Report
from gatewright.model.http import Exchange, Headers
from gatewright.model.json import Json
from gatewright.model.test import Test
from gatewright.model.verdict import MEANING, REASONS
from gatewright.report.access import document as access_document
from gatewright.report.cost import cost, share
from gatewright.report.reproduce import curl_of, pytest_of

MOST_BODY = 65_536
"""Bytes of a body that stand in the report; `size` says how long it was."""


def render(report: Report, tests: Mapping[str, Test]) -> str:
    """The report as JSON, two spaces a level, a line end at the end."""
    return json.dumps(document(report, tests), ensure_ascii=False, indent=2) + "\n"


def schema() -> Json:
    """The JSON Schema of the format."""
    found: Json = json.loads(files("gatewright.report").joinpath("schema.json").read_text(encoding="utf-8"))
    return found


def document(report: Report, tests: Mapping[str, Test] | None = None) -> dict[str, Json]:
    """The report as JSON values. `tests` tell which requests belonged to a host rather than to an endpoint."""
    spent = cost(report, tests or {})
    names = {endpoint.id: endpoint.name for endpoint in report.endpoints}
    tried = [coverage for coverage in report.coverage if coverage.outcome != "not_applicable"]
    return {
        "gatewright": __version__,
        "schema": 1,
        "run": {
            "id": report.run.id,
            "target": list(report.run.target),
            "started": report.run.started,
            "seconds": round(report.run.seconds, 3),
            "requests": report.run.requests,
            "mode": report.run.mode,
            "seed": report.run.seed,
            "complete": report.run.complete,
            "stopped_because": report.run.stopped_because,
            "insecure": report.run.insecure,
            "cost": dict(report.cost),
            "cost_of": dict(report.cost_of),
            "per_endpoint": spent.per_endpoint,
            "per_host": spent.per_host,
        },
        "accounts": [
            {"name": state.name, "role": state.role, "login": state.login, "how": state.how, "origin": state.origin}
            for state in report.accounts
        ],
        "inventory": {
            "endpoints": len(report.endpoints),
            "exercised": report.exercised,
            "with_2xx_sample": report.with_2xx_sample,
            "share": share(report),
            "unreached": dict(report.unreached),
        },
        "findings": [finding_document(finding) for finding in report.findings],
        "questions": [{"ask": question.ask, "answer_with": question.answer_with} for question in report.questions],
        "leftovers": [{"what": leftover.what, "curl": leftover.curl} for leftover in report.leftovers],
        "warnings": list(report.warnings),
        "coverage": [
            {
                "endpoint": names.get(coverage.cell.endpoint, coverage.cell.endpoint),
                "test": coverage.cell.test,
                "account": coverage.cell.account or ANON,
                "verdict": coverage.outcome,
                "reason": coverage.reason,
                "why": coverage.why,
            }
            for coverage in tried
        ],
        "not_applicable": _grouped(report),
        "access": access_document(report),
        "reasons": {reason: {"means": means, "changes": change} for reason, (means, change) in MEANING.items()},
        "totals": totals(report.coverage),
    }


def totals(coverage: tuple[Coverage, ...]) -> dict[str, Json]:
    """Cells by outcome; they add up to `cells`."""
    counts: dict[str, Json] = {"cells": len(coverage)}
    for outcome in REASONS:
        counts[outcome] = sum(cell.outcome == outcome for cell in coverage)
    return counts


def _grouped(report: Report) -> list[Json]:
    """The not applicable cells by test and reason, with the first `why` of each."""
    groups: dict[tuple[str, str], tuple[str, int]] = {}
    for coverage in report.coverage:
        if coverage.outcome == "not_applicable":
            key = (coverage.cell.test, coverage.reason)
            why, count = groups.get(key, (coverage.why, 0))
            groups[key] = (why, count + 1)
    return [{"test": test, "reason": reason, "why": why, "cells": n} for (test, reason), (why, n) in groups.items()]


def finding_document(finding: Finding) -> Json:
    """One finding as JSON values."""
    place = finding.endpoint.shown_place(finding.place) if finding.place else None
    return {
        "id": finding.id,
        "number": finding.number,
        "test": finding.test,
        "threat": finding.threat,
        "title": finding.title,
        "severity": finding.severity,
        "cvss": finding.cvss or None,
        "cwe": list(finding.cwe),
        "endpoint": {
            "method": finding.endpoint.shown_method,
            "host": urlsplit(finding.endpoint.origin).netloc,
            "path": finding.endpoint.shown_path,
        },
        "parameter": {"in": place.within, "name": place.name} if place else None,
        "account": finding.account,
        "victim": finding.victim or None,
        "status": finding.status,
        "summary": finding.summary,
        "proof": list(finding.proof),
        "controls": [
            {"what": control.what, "expected": control.expected, "observed": control.observed, "holds": control.holds}
            for control in finding.controls
        ],
        "also": list(finding.also),
        "also_tests": list(finding.also_tests),
        "exchanges": [exchange_document(exchange) for exchange in finding.exchanges],
        "reproduce": {"curl": curl_of(finding), "pytest": pytest_of(finding)},
        "remediation": finding.remediation,
        "references": list(finding.references),
    }


def exchange_document(exchange: Exchange) -> dict[str, Json]:
    """One exchange. Bodies that are not UTF-8 stand in `body_base64`."""
    request, response = exchange.request, exchange.response
    answer: Json = None
    if response is not None:
        answer = {
            "status": response.status,
            "headers": _lines(response.headers),
            **_body(response.body),
            "truncated": response.truncated,
            "seconds": round(response.timing.total, 4),
        }
    return {
        "label": exchange.purpose,
        "number": exchange.number,
        "account": exchange.account,
        "request": {
            "method": request.method,
            "url": request.url,
            "headers": _lines(request.headers),
            **_body(request.content),
        },
        "response": answer,
        "error": exchange.error or None,
    }


def _lines(headers: Headers) -> list[Json]:
    return [[name, value] for name, value in headers]


def _body(body: bytes) -> dict[str, Json]:
    cut = body[:MOST_BODY]
    try:
        text = cut.decode()
    except UnicodeDecodeError as error:
        if len(body) > MOST_BODY and error.start > MOST_BODY - 4:
            text = cut[: error.start].decode()
        else:
            return {"body": None, "body_base64": base64.b64encode(cut).decode(), "size": len(body)}
    return {"body": text, "size": len(body)}

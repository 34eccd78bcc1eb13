"""What is kept of past runs: lists of runs and findings, and single ones as text or JSON."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

from msgspec import Struct

from gatewright.app.tests import library
from gatewright.model.errors import UsageError
from gatewright.model.finding import Finding
from gatewright.model.json import Json
from gatewright.model.settings import Settings
from gatewright.report.json import finding_document
from gatewright.report.registry import render
from gatewright.report.reproduce import curl_of
from gatewright.report.summary import Look, finding_lines, ordered, wrapped
from gatewright.store import open_store
from gatewright.store.files import located

if TYPE_CHECKING:
    from gatewright.store.store import RunLine, Store


class FindingRow(Struct, frozen=True, kw_only=True):
    """One line of `findings list`."""

    number: str
    """`F-12`."""
    id: str
    severity: str
    status: str
    test: str
    threat: str
    endpoint: str
    parameter: str
    title: str
    summary: str


@contextmanager
def opened(settings: Settings) -> Iterator[Store]:
    """The store of the settings. Raises UsageError GW-U016 when there is none yet: only a scan makes one."""
    if not Path(located(settings.store)).exists():
        raise UsageError(
            "there is no store yet", code="GW-U016", where=settings.store, help="gatewright scan makes one"
        )
    store = open_store(settings.store)
    try:
        yield store
    finally:
        store.close()


def list_runs(settings: Settings) -> list[RunLine]:
    """Every run, newest first; none where there is no store yet."""
    if not Path(located(settings.store)).exists():
        return []
    with opened(settings) as store:
        return store.runs()


def show_run(settings: Settings, name: str, *, form: str) -> str:
    """The report of a run in a format (`console`, `json`): as it was, secrets masked. Raises UsageError for no such run."""
    with opened(settings) as store:
        report = store.run(store.run_id(name))
    return render(form, report, tests=library(), mask=None)


def list_findings(settings: Settings, run: str | None = None) -> list[FindingRow]:
    """The findings of a run, or all of the store; worst first. Raises UsageError for no such run."""
    if not Path(located(settings.store)).exists():
        return []
    with opened(settings) as store:
        findings = store.findings(store.run_id(run) if run else None)
    return [_row(finding) for finding in ordered(tuple(findings))]


def show_finding(settings: Settings, name: str) -> tuple[str, Json]:
    """One finding as text and as in the JSON report. Raises UsageError for no such finding."""
    with opened(settings) as store:
        finding = store.finding(name)
    lines = [*finding_lines(finding, Look(width=100)), ""]
    curl = curl_of(finding)
    if curl:
        lines += ["Repeat it (`gatewright login --export` sets the variables)", *_indented(curl), ""]
    if finding.remediation:
        lines += [
            "Remedy",
            *(line for part in finding.remediation.split("\n") for line in wrapped(part, 100, "  ")),
            "",
        ]
    if finding.references:
        lines += ["References", *(f"  {reference}" for reference in finding.references), ""]
    return "\n".join(lines), finding_document(finding)


def _row(finding: Finding) -> FindingRow:
    return FindingRow(
        number=f"F-{finding.number}",
        id=finding.id,
        severity=finding.severity,
        status=finding.status,
        test=finding.test,
        threat=finding.threat,
        endpoint=finding.endpoint.name,
        parameter=str(finding.place or ""),
        title=finding.title,
        summary=finding.summary,
    )


def _indented(text: str) -> list[str]:
    return [f"  {line}".rstrip() for line in text.strip().splitlines()]

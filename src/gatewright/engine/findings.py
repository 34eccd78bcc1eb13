"""Verdict → finding: evidence from what the probe recorded, and the merging of one effect that several tests prove."""

from __future__ import annotations

import re

import msgspec

from gatewright.engine.plan import Job
from gatewright.engine.probe import CellProbe
from gatewright.model.account import ANON
from gatewright.model.finding import Finding, fingerprint
from gatewright.model.settings import Settings
from gatewright.model.test import Test, sections
from gatewright.model.verdict import SEVERITIES, Severity, Verdict

_ORDER = ("API6", "API1", "API5", "API3")
"""Which threat names an effect that several tests prove (checks-1-5.md 1.12); `auth-missing` comes before all."""


_PLAINEST = (
    "csrf-none",
    "csrf-removed",
    "csrf-invalid",
    "csrf-foreign",
    "csrf-double-submit",
    "csrf-content-type",
    "csrf-method",
)
"""Forgeries by how little they need."""
_MANY = 3
"""Endpoints from which on a guard that is missing is one finding for all of them."""


def section(doc: str, heading: str) -> str:
    """One section of a test's docstring, its lines joined where they were wrapped; empty when it is missing."""
    return re.sub(r"(?<!\n)\n(?!\n|[-*0-9`])", " ", sections(doc).get(heading, ""))


def step(severity: Severity, by: int) -> Severity:
    """A severity some bands up or down, within low and critical."""
    index = SEVERITIES.index(severity) + by
    return SEVERITIES[max(0, min(index, len(SEVERITIES) - 1))]


def make(job: Job, verdict: Verdict, probe: CellProbe, settings: Settings) -> Finding:
    """The finding of a proved verdict."""
    test = job.test
    endpoint = verdict.endpoint or job.endpoint
    severity = settings.severity.get(test.id) or verdict.severity or test.severity
    return Finding(
        id=fingerprint(test.id, endpoint, verdict.place),
        test=test.id,
        threat=test.threat,
        title=verdict.title or test.title,
        severity=severity,
        cvss=verdict.cvss or None,
        cwe=tuple(f"CWE-{number}" for number in test.cwe),
        endpoint=endpoint,
        place=verdict.place,
        account=job.cell.account,
        victim=verdict.victim,
        summary=verdict.summary,
        proof=verdict.proof,
        controls=tuple(probe.controls),
        exchanges=tuple(sorted(probe.exchanges, key=lambda exchange: exchange.number)),
        attacks=verdict.attacks,
        witness=verdict.witness,
        remediation=section(test.doc, "Remedy"),
        references=references(test),
        also=tuple(name for name in verdict.also if name != endpoint.name),
    )


def references(test: Test) -> tuple[str, ...]:
    """The lines of a test's References section."""
    lines = section(test.doc, "References").splitlines()
    return tuple(line.strip().removeprefix("- ") for line in lines if line.strip())


class Merger:
    """Keeps the findings of a run, and joins those that are one effect on one endpoint and parameter."""

    def __init__(self) -> None:
        self.findings: dict[str, Finding] = {}

    def add(self, finding: Finding) -> tuple[Finding, tuple[str, ...]]:
        """The finding as it now stands, and the ids of those that it replaces."""
        known = self.findings.get(finding.id)
        if known is not None:  # proved again by another account: the first evidence stays
            return known, ()
        wide = next((f for f in self.findings.values() if _one_guard(f, finding)), None)
        if wide is not None:
            return self._within(wide, finding), ()
        rivals = [other for other in self.findings.values() if _one_effect(finding, other)]
        if not rivals:
            self.findings[finding.id] = finding
            return self._widened(finding, ())
        first = min([*rivals, finding], key=_precedence)
        tests = sorted({t for f in [*rivals, finding] for t in (f.test, *f.also_tests)} - {first.test})
        severity = max((f.severity for f in [*rivals, finding]), key=SEVERITIES.index)
        merged = msgspec.structs.replace(first, also_tests=tuple(tests), severity=severity)
        gone = tuple(f.id for f in rivals if f.id != first.id)
        for identity in gone:
            del self.findings[identity]
        self.findings[merged.id] = merged
        return self._widened(merged, gone)

    def _within(self, wide: Finding, finding: Finding) -> Finding:
        """A guard that is missing everywhere, with one more kind that proves it at one of its endpoints."""
        tests = sorted({finding.test, *finding.also_tests, *wide.also_tests} - {wide.test})
        severity = max((wide.severity, finding.severity), key=SEVERITIES.index)
        self.findings[wide.id] = merged = msgspec.structs.replace(wide, also_tests=tuple(tests), severity=severity)
        return merged

    def _widened(self, finding: Finding, gone: tuple[str, ...]) -> tuple[Finding, tuple[str, ...]]:
        """One cause at many endpoints is one finding, at the first of them by path, with a list of the others."""
        if finding.test not in _PLAINEST:
            return finding, gone
        same = [
            f for f in self.findings.values() if f.test == finding.test and f.endpoint.origin == finding.endpoint.origin
        ]
        if len(same) + sum(len(f.also) for f in same) < _MANY:
            return finding, gone
        first = min(same, key=lambda f: (f.endpoint.path, f.endpoint.method))
        names = {name for f in same for name in (f.endpoint.name, *f.also)} - {first.endpoint.name}
        tests = {test for f in same for test in f.also_tests}
        severity = max((f.severity for f in same), key=SEVERITIES.index)
        merged = msgspec.structs.replace(
            first, also=tuple(sorted(names)), also_tests=tuple(sorted(tests)), severity=severity
        )
        left = tuple(f.id for f in same if f.id != first.id)
        for identity in left:
            del self.findings[identity]
        self.findings[first.id] = merged
        return merged, tuple(dict.fromkeys((*gone, *left)))


def _one_guard(wide: Finding, finding: Finding) -> bool:
    """Whether a finding stands within one for many endpoints: the same missing guard, proved there by this kind or another."""
    both = {wide.test, finding.test} <= set(_PLAINEST)
    return both and finding.endpoint.name in wide.also and finding.endpoint.origin == wide.endpoint.origin


def _one_effect(a: Finding, b: Finding) -> bool:
    if a.endpoint.id != b.endpoint.id or a.test == b.test:
        return False
    tests = {a.test, b.test}
    if all(test.startswith("csrf-") for test in tests):  # one guard that is missing; the plainest forgery names it
        return True
    if "auth-missing" in tests:
        return bool(tests & {"object-access-read", "object-access-change", "object-access-delete", "function-access"})
    if tests == {"function-access", "data-exposure"}:  # others' data at a function that is not for the caller at all
        return all(f.test != "data-exposure" or f.victim for f in (a, b))
    if tests == {"object-access-read", "data-exposure"}:  # the whole record of another, and a value of it
        return all((f.place and f.place.within == "path") if f.test != "data-exposure" else f.victim for f in (a, b))
    ranked = {a.threat.partition(":")[0], b.threat.partition(":")[0]} <= set(_ORDER)
    return (
        ranked
        and (a.place == b.place or a.place is None or b.place is None)
        and a.threat != b.threat
        and ("API3" not in {a.threat.partition(":")[0], b.threat.partition(":")[0]} or a.place == b.place)
    )


def _precedence(finding: Finding) -> tuple[int, str]:
    threat = finding.threat.partition(":")[0]
    if finding.test == "auth-missing":
        return -1, finding.test
    if finding.test == "function-access" and finding.account == ANON:  # meant for a higher role: not an account's data
        return -2, finding.test
    if finding.test in _PLAINEST:
        return len(_ORDER), str(_PLAINEST.index(finding.test))
    return _ORDER.index(threat) if threat in _ORDER else len(_ORDER), finding.test

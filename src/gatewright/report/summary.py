"""What the console says at the end, and the whole of the format `console`: text made from a report."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping

from msgspec import Struct

from gatewright.model.finding import Finding, Report
from gatewright.model.test import THREATS, Test
from gatewright.model.verdict import REASONS, SEVERITIES
from gatewright.report.access import differences
from gatewright.report.cost import cost, share
from gatewright.report.text import SIGNS, WORDS, clean, count, duration, fit, width

OUTCOMES = {
    "vulnerable": "vulnerable",
    "not_vulnerable": "not vulnerable",
    "not_proved": "not proved",
    "not_applicable": "not applicable",
    "skipped": "skipped",
    "error": "error",
}
"""Outcome → how it is written for people."""
_RED, _YELLOW, _BLUE, _BOLD, _DIM, _RESET = "\x1b[31m", "\x1b[33m", "\x1b[36m", "\x1b[1m", "\x1b[2m", "\x1b[0m"
_COLOURS = {"critical": _BOLD + _RED, "high": _RED, "medium": _YELLOW, "low": _BLUE}


class Look(Struct, frozen=True, kw_only=True):
    """How text is drawn."""

    width: int = 120
    colour: bool = False

    def paint(self, text: str, severity: str) -> str:
        """Text in the colour of a severity."""
        return f"{_COLOURS[severity]}{text}{_RESET}" if self.colour else text

    def bold(self, text: str) -> str:
        """Text that stands out."""
        return f"{_BOLD}{text}{_RESET}" if self.colour else text

    def dim(self, text: str) -> str:
        """Text that stands back."""
        return f"{_DIM}{text}{_RESET}" if self.colour else text


def render(report: Report, tests: Mapping[str, Test]) -> str:
    """Format `console`: findings with their proof, then the summary."""
    look = Look()
    lines = [line for finding in ordered(report.findings) for line in (*finding_lines(finding, look), "")]
    return "\n".join([*lines, *summary_lines(report, tests, look)]) + "\n"


def ordered(findings: tuple[Finding, ...]) -> list[Finding]:
    """Worst first, then by threat, endpoint and test."""
    return sorted(
        findings,
        key=lambda f: (-SEVERITIES.index(f.severity), threat_rank(f.threat), f.endpoint.shown_path, f.test, f.id),
    )


def threat_rank(threat: str) -> int:
    """API10 after API9."""
    return list(THREATS).index(threat) if threat in THREATS else len(THREATS)


def headline(finding: Finding, look: Look, *, number: bool = True) -> str:
    """One line: severity, test, endpoint, who could do what, F-12."""
    sign = look.paint(f"{SIGNS[finding.severity]} {WORDS[finding.severity]:4}", finding.severity)
    also = f" (+{len(finding.also)})" if finding.also else ""
    tail = f"F-{finding.number}" if number and finding.number else ""
    rest = look.width - 6 - 6 - len(tail) - (2 if tail else 0)
    test_columns = min(28, max(14, rest // 4))
    endpoint_columns = min(40, max(16, rest // 3))
    said_columns = max(4, rest - test_columns - endpoint_columns)
    return (
        f"{sign}  {fit(finding.test, test_columns)}  {fit(clean(finding.endpoint.name + also), endpoint_columns)}  "
        f"{fit(clean(finding.summary or finding.title), said_columns)}{'  ' + tail if tail else ''}"
    ).rstrip()


def finding_lines(finding: Finding, look: Look) -> list[str]:
    """A finding with its proof, controls and where to go on."""
    sign = look.paint(f"{SIGNS[finding.severity]} {WORDS[finding.severity]}", finding.severity)
    number = f"  F-{finding.number}" if finding.number else ""
    lines = [
        f"{sign}  {look.bold(clean(finding.title))}{number}",
        f"  {clean(finding.endpoint.name)}  {finding.test}  {finding.threat}  {finding.id}",
    ]
    if finding.summary:
        lines += wrapped(clean(finding.summary), look.width, "  ")
    for fact in finding.proof:
        lines += wrapped(clean(fact), look.width, "    ", first="  + ")
    for control in finding.controls:
        mark = "ok" if control.holds else "NO"
        text = f"{control.what}: expected {control.expected}, observed {control.observed}"
        lines += wrapped(clean(text), look.width, "     ", first=f"  {mark} ")
    if finding.also:
        lines += wrapped("also " + ", ".join(map(clean, finding.also)), look.width, "  ")
    if finding.also_tests:
        lines += wrapped("proved as well by " + ", ".join(finding.also_tests), look.width, "  ")
    return lines


def summary_lines(report: Report, tests: Mapping[str, Test], look: Look) -> list[str]:
    """The threat table, the cells with their reasons, questions, leftovers, warnings and accounts that failed."""
    lines = [*_threats(report, tests, look), "", *_cells(report, look), "", *_reach(report, tests, look)]
    for title, texts in (
        ("Questions", [f"{q.ask}  {q.answer_with}" for q in report.questions]),
        ("Not as access.yaml says", differences(report)),
        ("Left behind", [f"{left.what}  {left.curl}" for left in report.leftovers]),
        ("Accounts that did not log in", [f"{a.name}: {a.how}" for a in report.accounts if a.login != "ok"]),
        ("Warnings", list(report.warnings)),
    ):
        if texts:
            lines += ["", look.bold(f"{title} ({len(texts)})")]
            for text in texts[:12]:
                lines += wrapped(clean(text), look.width, "    ", first="  ")
            if len(texts) > 12:
                lines.append(f"  and {len(texts) - 12} more")
    return lines


def last_line(report: Report, *, fail_on: str, exit_code: int) -> str:
    """Findings, requests, time, whether the run is complete, exit code. A run that ended early is never called clean."""
    counts = Counter(finding.severity for finding in report.findings)
    found = ", ".join(f"{counts[severity]} {severity}" for severity in reversed(SEVERITIES) if counts[severity])
    number = len(report.findings)
    head = f"{number} finding{'' if number == 1 else 's'}" + (f" ({found})" if found else "")
    if number and fail_on != "never":
        at = SEVERITIES.index(next(s for s in SEVERITIES if s == fail_on))
        head += f", at or above {fail_on}: {sum(counts[s] for s in SEVERITIES[at:])}"
    judged = sum(cell.outcome not in ("skipped", "not_applicable") for cell in report.coverage)
    skipped = sum(cell.outcome == "skipped" for cell in report.coverage)
    parts = [head]
    if not number:
        parts.append(f"{count(judged)} cells judged, {count(skipped)} skipped")
    parts.append(f"{count(report.run.requests)} requests in {duration(report.run.seconds)}")
    parts.append(f"seed {report.run.seed}")
    if report.run.complete:
        parts.append("complete")
    else:
        parts.append(
            f"NOT COMPLETE ({clean(report.run.stopped_because or 'stopped')}): cells not tried: {count(skipped)}"
        )
    if report.run.insecure:
        parts.append("certificates not verified")
    return " · ".join([*parts, f"exit {exit_code}"])


def wrapped(text: str, columns: int, indent: str, *, first: str | None = None) -> list[str]:
    """Lines of at most so many columns; words longer than a line are left whole, for copying."""
    lines, line = [], indent if first is None else first
    empty = True
    for word in text.split(" "):
        if not empty and width(line) + 1 + width(word) > columns:
            lines.append(line)
            line, empty = indent, True
        line += word if empty else " " + word
        empty = False
    return [*lines, line]


def _threats(report: Report, loaded: Mapping[str, Test], look: Look) -> list[str]:
    """One row per threat that has cells or findings."""
    rows: dict[str, dict[str, int]] = {}
    threat_of = {finding.test: finding.threat for finding in report.findings}
    tests: dict[str, set[str]] = {}
    for cell in report.coverage:
        test = loaded.get(cell.cell.test)
        threat = test.threat if test else threat_of.get(cell.cell.test, "other")
        row = rows.setdefault(threat, Counter())
        tests.setdefault(threat, set()).add(cell.cell.test)
        row["cells"] += 1
        row["skipped"] += cell.outcome == "skipped"
        row["judged"] += cell.outcome in ("vulnerable", "not_vulnerable", "not_proved", "error")
    for finding in report.findings:
        rows.setdefault(finding.threat, Counter())["proved"] += 1
    title = "Threat"
    lines = [look.bold(f"{title:56}  tests   cells  judged  proved  skipped")]
    for threat in sorted(rows, key=threat_rank):
        row = rows[threat]
        name = f"{threat.partition(':')[0]:6}{THREATS.get(threat, 'Tests that are not loaded now')}"
        lines.append(
            f"{fit(name, 56)}  {len(tests.get(threat, ())):5}  {row['cells']:6,}  {row['judged']:6,}  {row['proved']:6,}  "
            f"{row['skipped']:7,}"
        )
    return lines


def _cells(report: Report, look: Look) -> list[str]:
    """The six outcomes with the reasons under each: they add up to all cells."""
    counts: dict[str, Counter[str]] = {outcome: Counter() for outcome in REASONS}
    for cell in report.coverage:
        counts[cell.outcome][cell.reason] += 1
    lines = [look.bold(f"Cells {len(report.coverage):,}")]
    for outcome, reasons in counts.items():
        total = sum(reasons.values())
        if total:
            said = ", ".join(f"{reason} {number:,}" for reason, number in reasons.most_common())
            lines += wrapped(said, look.width, " " * 28, first=f"  {OUTCOMES[outcome]:16} {total:7,}  ")
    return lines


def _reach(report: Report, tests: Mapping[str, Test], look: Look) -> list[str]:
    """How far the run came into the API and at what cost; then every endpoint without an accepted request, by reason."""
    reached = f"{report.exercised} exercised, {report.with_2xx_sample} ({share(report):.0%}) with an accepted request"
    lines = [look.bold(f"Endpoints {len(report.endpoints):,}") + f"   {reached}", f"  {cost(report, tests).said}"]
    reasons: dict[str, list[str]] = {}
    for name, why in report.unreached.items():
        reasons.setdefault(why.replace(name, "it"), []).append(name)
    if reasons:
        lines += ["", look.bold(f"Endpoints without an accepted request ({len(report.unreached)})")]
    for why, names in reasons.items():
        lines += wrapped(clean(f"{', '.join(names)}: {why}"), look.width, "    ", first="  ")
    return lines

"""Format `html`: one file that works offline and without a script (pages.md section 10)."""

from __future__ import annotations

import base64
import hashlib
from collections import Counter
from collections.abc import Mapping
from functools import cache
from importlib.resources import files

import jinja2
from markupsafe import Markup
from msgspec import Struct

from gatewright import __version__
from gatewright.model.finding import Coverage, Finding, Report
from gatewright.model.test import THREATS, Test
from gatewright.model.verdict import MEANING, REASONS, SEVERITIES
from gatewright.report.access import differences, matrix, told
from gatewright.report.cost import cost, share
from gatewright.report.evidence import Block, Shown, prose, section, shown
from gatewright.report.json import totals
from gatewright.report.reproduce import curl_of, pytest_of
from gatewright.report.summary import OUTCOMES, ordered, threat_rank
from gatewright.report.text import SIGNS, block, clean, duration

MOST_EVIDENCE = 14_000_000
"""Characters of evidence in all: the file stays below 20 MB."""
MOST_CELLS = 10_000


class Card(Struct, frozen=True, kw_only=True):
    """One finding as it is drawn."""

    finding: Finding
    why: list[Block]
    remedy: list[Block]
    limits: list[Block]
    exchanges: list[Shown]
    left_out: str
    curl: str
    pytest: str
    variables: bool


class Bar(Struct, frozen=True):
    """A piece of a meter, in hundredths."""

    key: str
    x: float
    width: float


class ThreatRow(Struct, frozen=True, kw_only=True):
    """One threat of the coverage table."""

    short: str
    name: str
    cells: int
    counts: dict[str, int]
    bars: list[Bar]
    said: str


class ReasonRow(Struct, frozen=True, kw_only=True):
    """One reason, how often, and one sentence of those."""

    outcome: str
    reason: str
    cells: int
    why: str
    change: str
    """What would change the verdict."""


class Group(Struct, frozen=True, kw_only=True):
    """The cells of one endpoint."""

    name: str
    said: str
    rows: list[Coverage]


class InventoryRow(Struct, frozen=True, kw_only=True):
    """One endpoint; `why` is None when it has an accepted sample."""

    name: str
    why: str | None
    source: str


def render(report: Report, tests: Mapping[str, Test]) -> str:
    """The report as one HTML file."""
    css, js = _asset("report.css"), _asset("report.js")
    counts = Counter(finding.severity for finding in report.findings)
    judged = sum(cell.outcome not in ("skipped", "not_applicable") for cell in report.coverage)
    groups, left_out = _groups(report)
    return _template().render(
        report=report,
        version=__version__,
        csp=policy(css, js),
        css=Markup(css),  # noqa: S704 - our own files, hashed in the policy
        js=Markup(js),  # noqa: S704
        headline=_headline(report),
        targets=", ".join(report.run.target),
        seconds=duration(report.run.seconds),
        severities=tuple(reversed(SEVERITIES)),
        signs=SIGNS,
        threats=THREATS,
        outcomes=list(OUTCOMES.items()),
        words=OUTCOMES,
        counts=counts,
        totals=totals(report.coverage),
        judged=judged,
        findings=_cards(report, tests),
        threat_rows=_threat_rows(report, tests),
        reasons=_reasons(report),
        cells=groups,
        cells_left_out=left_out,
        inventory=[
            InventoryRow(name=endpoint.name, why=report.unreached.get(endpoint.name), source=endpoint.source)
            for endpoint in report.endpoints
        ],
        cost=", ".join(f"{name} {number:,.0f}" for name, number in report.cost.items()),
        spent=cost(report, tests).said,
        access=matrix(report),
        differences=differences(report),
        told=told,
        share=f"{share(report):.0%}",
    )


def policy(css: str, js: str) -> str:
    """The content security policy: nothing from anywhere, and only our style and script, by hash."""
    return (
        f"default-src 'none'; script-src '{_hash(js)}'; style-src '{_hash(css)}'; img-src data:; "
        "base-uri 'none'; form-action 'none'"
    )


def _hash(text: str) -> str:
    return "sha256-" + base64.b64encode(hashlib.sha256(text.encode()).digest()).decode()


@cache
def _asset(name: str) -> str:
    return files("gatewright.report").joinpath("assets", name).read_text(encoding="utf-8")


@cache
def _template() -> jinja2.Template:
    environment = jinja2.Environment(autoescape=True, undefined=jinja2.StrictUndefined, keep_trailing_newline=True)
    environment.filters["clean"] = lambda value: clean(str(value))
    environment.filters["block"] = lambda value: block(str(value))
    return environment.from_string(_asset("report.html"))


def _headline(report: Report) -> str:
    number = len(report.findings)
    if number:
        return f"{number} proved finding{'' if number == 1 else 's'}"
    return "Nothing was proved" if report.run.complete else "Nothing was proved in what was tried"


def _cards(report: Report, tests: Mapping[str, Test]) -> list[Card]:
    cards, room = [], MOST_EVIDENCE
    for finding in ordered(report.findings):
        exchanges: list[Shown] = []
        for exchange in sorted(finding.exchanges, key=lambda e: e.number):
            found = shown(exchange, attacks=finding.attacks, witness=finding.witness)
            if found.size > room:
                break
            room -= found.size
            exchanges.append(found)
        missing = len(finding.exchanges) - len(exchanges)
        test = tests.get(finding.test)
        doc = test.doc if test else ""
        curl = curl_of(finding)
        cards.append(
            Card(
                finding=finding,
                why=prose(section(doc, "Why it matters")),
                remedy=prose(finding.remediation or section(doc, "Remedy")),
                limits=prose(section(doc, "When it is wrong")),
                exchanges=exchanges,
                left_out=f"{missing} more exchanges are in the JSON report." if missing else "",
                curl=curl,
                pytest=pytest_of(finding),
                variables='"$GW_' in curl,
            )
        )
    return cards


def _threat_rows(report: Report, tests: Mapping[str, Test]) -> list[ThreatRow]:
    known = {finding.test: finding.threat for finding in report.findings} | {id_: t.threat for id_, t in tests.items()}
    found: dict[str, Counter[str]] = {}
    for cell in report.coverage:
        found.setdefault(known.get(cell.cell.test, "other"), Counter())[cell.outcome] += 1
    rows = []
    for threat in sorted(found, key=threat_rank):
        counts = found[threat]
        cells = sum(counts.values())
        bars, x = [], 0.0
        for outcome in REASONS:
            share = 100 * counts[outcome] / cells
            if share:
                bars.append(Bar(outcome, round(x, 3), round(share, 3)))
            x += share
        rows.append(
            ThreatRow(
                short=threat.partition(":")[0],
                name=THREATS.get(threat, "tests that are not loaded now"),
                cells=cells,
                counts={outcome: counts[outcome] for outcome in REASONS},
                bars=bars,
                said=", ".join(f"{counts[outcome]} {OUTCOMES[outcome]}" for outcome in REASONS if counts[outcome]),
            )
        )
    return rows


def _reasons(report: Report) -> list[ReasonRow]:
    counts: dict[tuple[str, str], int] = {}
    example: dict[tuple[str, str], str] = {}
    for cell in report.coverage:
        key = (cell.outcome, cell.reason)
        counts[key] = counts.get(key, 0) + 1
        example.setdefault(key, cell.why)
    order = list(REASONS)
    return [
        ReasonRow(
            outcome=OUTCOMES[key[0]], reason=key[1], cells=counts[key], why=example[key], change=MEANING[key[1]][1]
        )
        for key in sorted(counts, key=lambda key: (next(i for i, o in enumerate(order) if o == key[0]), -counts[key]))
    ]


def _groups(report: Report) -> tuple[list[Group], int]:
    """Cells by endpoint, without the not applicable ones; and how many were left out for size."""
    names = {endpoint.id: endpoint.name for endpoint in report.endpoints}
    found: dict[str, list[Coverage]] = {}
    left_out = shown_cells = 0
    for cell in report.coverage:
        if cell.outcome == "not_applicable":
            continue
        if shown_cells >= MOST_CELLS:
            left_out += 1
            continue
        shown_cells += 1
        found.setdefault(names.get(cell.cell.endpoint, cell.cell.endpoint), []).append(cell)
    groups = []
    for name, rows in found.items():
        counts = Counter(OUTCOMES[row.outcome] for row in rows)
        said = ", ".join(f"{number} {word}" for word, number in counts.most_common())
        groups.append(Group(name=name, said=said, rows=rows))
    return groups, left_out

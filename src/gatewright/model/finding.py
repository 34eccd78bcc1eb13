"""Findings, coverage and runs: what a scan leaves behind. Field names are those of interface.md section 4."""

from __future__ import annotations

import hashlib
import re

from msgspec import Struct, field

from gatewright.model.access import Access
from gatewright.model.endpoint import Endpoint, Place
from gatewright.model.http import Exchange
from gatewright.model.verdict import Control, Outcome, Severity


class Cell(Struct, frozen=True, order=True):
    """Endpoint × test × attacking account. `endpoint` is `Endpoint.id`."""

    endpoint: str
    test: str
    account: str


class Coverage(Struct, frozen=True, kw_only=True):
    """What became of one cell."""

    cell: Cell
    outcome: Outcome
    reason: str
    why: str


class Finding(Struct, frozen=True, kw_only=True):
    """One proved weakness."""

    id: str
    test: str
    threat: str
    title: str
    severity: Severity
    cvss: str | None
    cwe: tuple[str, ...]
    endpoint: Endpoint
    place: Place | None
    account: str
    victim: str = ""
    status: str = "open"
    summary: str
    proof: tuple[str, ...]
    controls: tuple[Control, ...]
    exchanges: tuple[Exchange, ...]
    """Labelled by their purpose; those of `attacks` are the attack."""
    attacks: tuple[int, ...] = ()
    remediation: str = ""
    references: tuple[str, ...] = ()
    also: tuple[str, ...] = ()
    """Names of further endpoints with the same cause."""
    also_tests: tuple[str, ...] = ()
    number: int = 0
    """Short name within a store: F-12. 0 until stored."""
    witness: tuple[str, ...] = ()
    """As in `Verdict.witness`."""
    setup: tuple[Exchange, ...] = ()
    """What made the objects that the attack names, parents first; consumers of the stream fill it in."""


class Question(Struct, frozen=True):
    """Something only the user knows, asked once per resource."""

    ask: str
    answer_with: str


class Leftover(Struct, frozen=True):
    """An object of ours that could not be removed, with the curl line that may."""

    what: str
    curl: str


class AccountState(Struct, frozen=True, kw_only=True):
    """How the log-in of one account went: `ok` or `failed`, and how it was done."""

    name: str
    role: str
    login: str
    how: str
    origin: str = "configured"


class Run(Struct, frozen=True, kw_only=True):
    """One scan, as it stands when it ends."""

    id: str
    target: tuple[str, ...]
    started: str
    """RFC 3339, UTC."""
    seconds: float
    requests: int
    mode: str
    seed: int
    complete: bool
    stopped_because: str | None = None
    insecure: bool = False


class Report(Struct, frozen=True, kw_only=True):
    """Everything that reports are made of."""

    run: Run
    accounts: tuple[AccountState, ...] = ()
    endpoints: tuple[Endpoint, ...] = ()
    exercised: int = 0
    with_2xx_sample: int = 0
    unreached: dict[str, str] = field(default_factory=dict)
    """Endpoint name → why it has no accepted sample."""
    findings: tuple[Finding, ...] = ()
    questions: tuple[Question, ...] = ()
    leftovers: tuple[Leftover, ...] = ()
    coverage: tuple[Coverage, ...] = ()
    """Every planned cell, also the not applicable ones; the JSON report groups those."""
    warnings: tuple[str, ...] = ()
    access: tuple[Access, ...] = ()
    """Account × endpoint × what happened, and what `access.yaml` expected."""
    cost: dict[str, float] = field(default_factory=dict)
    """Requests per purpose group: `explore`, `login`, `tests`, `cleanup`."""
    cost_of: dict[str, int] = field(default_factory=dict)
    """Requests per test."""


def fingerprint(test: str, endpoint: Endpoint, place: Place | None) -> str:
    """The stable id of a finding: 12 hex digits of SHA-256 of test, method, path with `{}`, place and parameter."""
    path = re.sub(r"\{[^}]*\}", "{}", endpoint.shown_path)
    place = endpoint.shown_place(place) if place else None
    parts = [test, endpoint.shown_method, path, place.within if place else "", place.name if place else ""]
    return hashlib.sha256("\0".join(parts).encode()).hexdigest()[:12]

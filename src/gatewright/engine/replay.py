"""Plays a test's case file: the same test, plan and executor, with a scripted server in place of the network.

A case file stands beside its test, `NAME.cases.yaml`: a list of cases, each `fires`, `quiet` or `skipped` with a title,
`given` (what is known; given.py), `server` (rules, the first that matches answers; scripted.py), and if wanted:

- `reason`: the one word that the verdict must have (for `quiet` and `skipped`)
- `test`: which member of a family; without it every test of the file
- `severity`, `parameter`: what the finding must say (`fires`)
- `bites`: controls; with each of them switched off the trap of this quiet case does make a finding
- `todo`: a known gap, with its reason: it is counted, and complained about once it works
"""

from __future__ import annotations

import asyncio
import base64
import importlib
from pathlib import Path
from typing import Literal

import msgspec
import yaml
from msgspec import Struct, field

from gatewright.engine.execute import Executor
from gatewright.engine.given import Given, scene
from gatewright.engine.plan import plan
from gatewright.engine.probe import Bench
from gatewright.engine.scripted import Rule
from gatewright.model.errors import SourceError
from gatewright.model.events import AnyEvent, FindingProved, VerdictReached, Warned
from gatewright.model.finding import Finding
from gatewright.model.http import Exchange
from gatewright.model.json import Json
from gatewright.model.secret import Keyring
from gatewright.model.test import Listener, Test
from gatewright.model.verdict import Control, Verdict

Kind = Literal["fires", "quiet", "skipped"]


class Case(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """One case. Exactly one of `fires`, `quiet` and `skipped` holds its title."""

    given: Given
    server: list[Rule] = field(default_factory=list)
    fires: str = ""
    quiet: str = ""
    skipped: str = ""
    reason: str = ""
    test: str | list[str] = ""
    severity: str = ""
    parameter: str = ""
    bites: list[str] = field(default_factory=list)
    todo: str = ""

    @property
    def kind(self) -> Kind:
        """What must come out."""
        return "fires" if self.fires else "quiet" if self.quiet else "skipped"

    @property
    def title(self) -> str:
        """What the case is about."""
        return self.fires or self.quiet or self.skipped

    def concerns(self, test: str) -> bool:
        """Whether it is a case of that test."""
        return not self.test or test in ([self.test] if isinstance(self.test, str) else self.test)


class Outcome(Struct, frozen=True, kw_only=True):
    """What a played case came to. `problem` is empty when it came out as the case says."""

    verdict: Verdict
    controls: tuple[Control, ...]
    exchanges: tuple[Exchange, ...]
    finding: Finding | None
    problem: str


def path_of(test: Test) -> Path:
    """Where the case file of a native test stands."""
    module = importlib.import_module(test.source)
    return Path(module.__file__ or "").with_suffix(".cases.yaml")


def load(path: Path) -> list[Case]:
    """The cases of a file. Raises SourceError, which names the case that cannot be read."""
    try:
        told: Json = yaml.safe_load(path.read_text(encoding="utf-8"))
    except (OSError, UnicodeDecodeError, yaml.YAMLError) as error:
        raise SourceError(f"no cases could be read: {error}", code="GW-T001", where=str(path)) from error
    if not isinstance(told, list):
        raise SourceError(
            "a case file is a list of cases", code="GW-T002", where=str(path), help="begin with `- fires: …`"
        )
    return [_case(path, number, one) for number, one in enumerate(told, 1)]


def _case(path: Path, number: int, told: Json) -> Case:
    where = f"{path.name}, case {number}"
    help_ = "each case has one of fires, quiet, skipped, and given with an endpoint"
    try:
        case = msgspec.convert(told, Case)
    except msgspec.ValidationError as error:
        raise SourceError(f"the case cannot be read: {error}", code="GW-T003", where=where, help=help_) from error
    if sum(map(bool, (case.fires, case.quiet, case.skipped))) != 1:
        raise SourceError("a case either fires, is quiet or is skipped", code="GW-T004", where=where, help=help_)
    return case


async def run(test: Test, case: Case, *, disabled: frozenset[str] = frozenset()) -> Outcome:
    """Play one case. `disabled` switches controls off, to see that they bite."""
    played = await scene(case.given, case.server, disabled=disabled)
    wanted = case.given.attacker
    jobs = [job for job in plan([test], played.situation) if job.endpoint.id == played.endpoint.id]
    jobs = [job for job in jobs if not wanted or job.cell.account == wanted][:1]
    if not jobs:
        raise SourceError(f"{test.id} has no cell for {wanted or 'anybody'} there", code="GW-T005", where=case.title)
    events: list[AnyEvent] = []

    async def listener() -> Listener | None:
        return played.identities.server.listener if case.given.listener else None

    bench = Bench(
        played.identities,
        played.maker,
        played.specification,
        played.settings,
        knowledge=played.situation.knowledge,
        keyring=Keyring(b"case", case.title),
        pause=_at_once,
        auth_endpoints=played.situation.auth_endpoints,
        listener=listener,
        certificate=lambda _: base64.b64decode(case.given.certificate),
    )
    await Executor(bench, events.append, stop=asyncio.Event()).run(jobs)
    reached = [event for event in events if isinstance(event, VerdictReached)][-1]
    broken = [event.message for event in events if isinstance(event, Warned) and event.code == "GW-E900"]
    finding = next((event.finding for event in events if isinstance(event, FindingProved)), None)
    sent = tuple(played.identities.exchanges)
    problem = broken[0] if broken else _problem(case, reached.verdict, finding)
    if not problem and len(sent) > test.requests:
        problem = f"{len(sent)} requests were sent, {test.id} may send {test.requests}"
    return Outcome(verdict=reached.verdict, controls=reached.controls, exchanges=sent, finding=finding, problem=problem)


async def _at_once(seconds: float) -> None:
    """Waiting takes no time in a case."""


def _problem(case: Case, verdict: Verdict, finding: Finding | None) -> str:
    """In which respect a verdict is not what the case says; empty when it is."""
    seen = f"{verdict.outcome} ({verdict.reason}: {verdict.why})"
    if case.kind == "fires":
        if finding is None:
            return f"should fire, was {seen}"
        if case.severity and finding.severity != case.severity:
            return f"should be {case.severity}, was {finding.severity}"
        if case.parameter and str(finding.place or "") != case.parameter:
            return f"should name {case.parameter}, named {finding.place or 'nothing'}"
        return ""
    if verdict.outcome == "vulnerable":
        return f"should be {case.kind}, fired: {verdict.summary}"
    if case.kind == "skipped" and verdict.outcome not in ("skipped", "not_applicable"):
        return f"should be skipped, was {seen}"
    if case.reason and verdict.reason != case.reason:
        return f"should be {case.reason}, was {seen}"
    return ""

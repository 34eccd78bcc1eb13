"""What the specification alone lets one plan: `scan --plan`. Nothing is sent to the target."""

from __future__ import annotations

from collections.abc import Mapping

from msgspec import Struct

from gatewright.access.classify import auth_endpoints, candidates
from gatewright.app.document import load_specification
from gatewright.app.target import place
from gatewright.app.tests import library
from gatewright.engine.plan import Job, Situation
from gatewright.engine.plan import plan as cells_of
from gatewright.model.account import ANON, Account
from gatewright.model.call import Call
from gatewright.model.endpoint import Specification
from gatewright.model.knowledge import Knowledge
from gatewright.model.settings import Settings

OPEN = frozenset({"baseline_broken", "no_reference", "not_protected"})
"""Reasons that only exploration can settle: such a cell may still be run."""


class PlanRow(Struct, frozen=True, kw_only=True):
    """One test: on how many endpoints it may run, the most requests of that, and what the other cells lack."""

    test: str
    threat: str
    severity: str
    cells: int
    requests: int
    settled: int
    why: str
    """Why the first of the settled cells is settled; empty when none is."""


class Plan(Struct, frozen=True, kw_only=True):
    """The plan of a run, before anything is sent."""

    target: tuple[str, ...]
    specification: str
    endpoints: int
    creating: int
    """Endpoints that may be asked to make objects."""
    accounts: tuple[str, ...]
    mode: str
    most: int
    """Requests that all cells may take together."""
    limit: int
    """Requests that the run may take, exploration included."""
    rows: tuple[PlanRow, ...]


async def plan(settings: Settings) -> Plan:
    """Load the specification (from its own host, where it is a URL) and plan as if every account logged in.

    Raises what loading the specification and choosing the target raise.
    """
    placed = place(await load_specification(settings), settings)
    return compose(placed.specification, settings, targets=placed.targets)


def compose(specification: Specification, settings: Settings, *, targets: tuple[str, ...]) -> Plan:
    """The plan for a specification that stands at its target."""
    expected = Expected(specification, settings)
    situation = Situation(
        knowledge=Knowledge(endpoints={endpoint.id: endpoint for endpoint in specification.endpoints}),
        identities=expected,
        settings=settings,
        auth_endpoints=auth_endpoints(specification),
    )
    jobs: dict[str, list[Job]] = {test: [] for test in sorted(library())}
    for job in cells_of(library().values(), situation):
        jobs[job.test.id].append(job)
    rows = tuple(_row(test, several) for test, several in jobs.items())
    writes = settings.limits.mode != "read-only"
    return Plan(
        target=targets,
        specification=specification.source,
        endpoints=len(specification.endpoints),
        creating=sum(endpoint.method == "POST" for endpoint in specification.endpoints) if writes else 0,
        accounts=tuple(expected.accounts),
        mode=settings.limits.mode,
        most=sum(row.requests for row in rows),
        limit=settings.limits.requests,
        rows=rows,
    )


class Expected:
    """The accounts as they will be if every log-in and sign-up works. Implements `ports.Standing`."""

    def __init__(self, specification: Specification, settings: Settings) -> None:
        made: list[Account] = []
        if settings.limits.mode != "read-only" and candidates(specification, "register"):
            made += [Account(name=f"signed-up-{n + 1}", origin="signed-up") for n in range(settings.sign_up or 0)]
            if settings.sign_up != 0:
                made += [Account(name=f"throw-away-{n}", origin="throw-away") for n in (1, 2)]
        self._accounts = {account.name: account for account in (*settings.accounts, *made)}
        self._roles = settings.roles
        plain = (e for e in specification.endpoints if e.method == "GET" and "{" not in e.path and not e.stream)
        self._probe = next((Call(endpoint=endpoint.id) for endpoint in plain), None)

    @property
    def accounts(self) -> Mapping[str, Account]:
        """The accounts by name."""
        return self._accounts

    def whoami(self, name: str) -> Call | None:
        """Some call that may name the account: which one, only trying tells."""
        return self._probe

    def rank(self, name: str) -> int:
        """Height of the role, as `access` counts it."""
        if name == ANON:
            return -1
        role = self._accounts[name].role if name in self._accounts else ""
        return self._roles.index(role) if role in self._roles else 0


def _row(name: str, jobs: list[Job]) -> PlanRow:
    test = library()[name]
    settled = [job.settled for job in jobs if job.settled is not None and job.settled.reason not in OPEN]
    cells = len(jobs) - len(settled)
    return PlanRow(
        test=name,
        threat=test.threat,
        severity=test.severity,
        cells=cells,
        requests=cells * test.requests,
        settled=len(settled),
        why=settled[0].why if settled else "",
    )

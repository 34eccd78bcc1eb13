"""Executes a plan: phases in turn, cells side by side, one event stream out.

Ends early on a spent budget, on `stop`, or when the target is unwell; every planned cell gets a verdict all the same.
"""

from __future__ import annotations

import asyncio
import traceback
from collections.abc import Callable, Iterable, Mapping
from itertools import groupby

from gatewright.engine.findings import Merger, make
from gatewright.engine.health import REST, RESTS
from gatewright.engine.plan import Job
from gatewright.engine.probe import Bench, CellProbe
from gatewright.explore.words import is_version
from gatewright.model.errors import BudgetError, ScopeError
from gatewright.model.events import (
    AnyEvent,
    Asked,
    BudgetSpent,
    FindingProved,
    JobPlanned,
    JobStarted,
    Left,
    PhaseChanged,
    VerdictReached,
    Warned,
)
from gatewright.model.finding import Cell, Finding, Question
from gatewright.model.test import Phase
from gatewright.model.verdict import Verdict, conclude

TITLES = {
    Phase.READS: "reads",
    Phase.CHANGES: "changes",
    Phase.DELETIONS: "deletions",
    Phase.LIFE_CYCLE: "account life cycle",
    Phase.LADDERS: "cost ladders",
    Phase.BURSTS: "bursts",
    Phase.DEFERRED: "deferred",
}
_TURNS = {Phase.CHANGES, Phase.DELETIONS}
"""Phases in which cells of one resource take turns, since one's change would be the other's unstable baseline."""


_WAITING = 8
"""Workers for each slot: so many jobs wait for a look a second later, and only one works."""
_ALONE = {Phase.LADDERS, Phase.BURSTS}
"""Phases in which one cell runs at a time, since another's requests would be in its measurements."""


class Executor:
    """Runs the jobs of one plan. `emit` receives every event but the first and the last of the run."""

    def __init__(self, bench: Bench, emit: Callable[[AnyEvent], None], *, stop: asyncio.Event) -> None:
        self.bench = bench
        self.emit = emit
        self.stop = stop
        self.spent = ""
        """The budget that ended the run, empty while none did."""
        self.unwell = ""
        """What was wrong with the target when that ended the run, empty while nothing did."""
        self.merger = Merger()
        self._resting = asyncio.Lock()
        self._asked: set[str] = set()

    async def run(
        self, jobs: list[Job], *, done: Mapping[Cell, Verdict] | None = None, findings: Iterable[Finding] = ()
    ) -> None:
        """Work on all jobs; those of `done` (an earlier, interrupted run) keep their verdicts and send nothing."""
        for finding in findings:
            self.merger.findings[finding.id] = finding
        finished = done or {}
        for job in jobs:
            settled = job.settled is not None or job.cell in finished
            self.emit(JobPlanned(cell=job.cell, phase=job.test.phase.value, settled=settled))
        for (
            job
        ) in jobs:  # only once the whole plan is written down: a part of it that is judged is not a run that is done
            verdict = finished.get(job.cell) or job.settled
            if verdict is not None:
                self.emit(VerdictReached(cell=job.cell, verdict=verdict))
        open_jobs = [job for job in jobs if job.settled is None and job.cell not in finished]
        try:
            await self._phases(open_jobs)
        except ExceptionGroup as broken:
            error: Exception = broken
            while isinstance(error, ExceptionGroup):
                error = error.exceptions[0]
            raise error from None

    async def _phases(self, jobs: list[Job]) -> None:
        """The phases in turn, and beside them what need not wait for its turn.

        Patient jobs begin with the first phase that changes anything: reads are not to see their accounts. Deletions,
        which look a second time after a while, and the life cycle of accounts touch nothing of each other's.
        """
        patient = [job for job in jobs if job.test.patient]
        async with asyncio.TaskGroup() as beside:
            deletions: asyncio.Task[None] | None = None
            for phase, group in groupby(jobs, key=lambda job: job.test.phase):
                batch = list(group)
                if deletions is not None and phase is not Phase.LIFE_CYCLE:
                    await deletions
                self.emit(PhaseChanged(phase=f"{phase.value} {TITLES[phase]}", total=len(batch)))
                if phase is not Phase.READS:
                    while patient:
                        job = patient.pop(0)
                        beside.create_task(self._worker(job.test.phase, iter([job])))
                work = beside.create_task(self._phase(phase, [job for job in batch if not job.test.patient]))
                if phase is Phase.DELETIONS:
                    deletions = work
                else:
                    await work

    async def _phase(self, phase: Phase, jobs: list[Job]) -> None:
        queue = iter(jobs)
        concurrency = self.bench.settings.limits.concurrency
        # more workers than slots: a job that waits gives its slot back, and another goes on meanwhile
        async with asyncio.TaskGroup() as group:
            for _ in range(1 if phase in _ALONE else min(len(jobs), _WAITING * concurrency)):
                group.create_task(self._worker(phase, queue))

    async def _worker(self, phase: Phase, queue: Iterable[Job]) -> None:
        for job in queue:
            await self._rest()
            if self.stop.is_set():
                self._settle(job, conclude("stopped", "the run was interrupted before this cell"))
            elif self.spent:
                self._settle(job, conclude("budget", f"the budget of {self.spent} was spent before this cell"))
            elif self.unwell:
                self._settle(
                    job, conclude("target_unwell", f"{self.unwell}, after {RESTS} rests: nothing more is sent")
                )
            else:
                await self._one(phase, job)

    async def _rest(self) -> None:
        """While the target is unwell nothing is begun; the third time nothing is begun any more."""
        async with self._resting:
            health = self.bench.health
            complaint = "" if self.unwell or self.stop.is_set() or self.spent else health.complaint()
            if not complaint:
                return
            if health.rests >= RESTS:
                self.unwell = complaint
                self.emit(Warned(code="GW-W013", message=f"{complaint}: the run ends here"))
                return
            self.emit(Warned(code="GW-W013", message=f"{complaint}: a rest, then half as many requests at once"))
            health.rested()
            await self.bench.rest(REST)

    async def _one(self, phase: Phase, job: Job) -> None:
        if phase in _TURNS:
            async with self.bench.lock(resource_of(job)):
                await self._judge(job)
        elif phase in _ALONE or job.test.patient:
            async with self.bench.quiet:
                await self._judge(job)
        else:
            await self._judge(job)

    async def _judge(self, job: Job) -> None:
        async with self.bench.slots:
            self.emit(JobStarted(cell=job.cell))
            verdict, probe = await self._attempt(job)
            lost = await self._lost(verdict, probe)
            if lost:  # the session died under the attempt: once more with a new one (liveness bracket, C7)
                verdict, probe = await self._attempt(job)
                lost = await self._lost(verdict, probe)
                if lost:
                    verdict = conclude("session_lost", f"the session of {lost} died twice while the test ran")
        self._conclude(job, verdict, probe)
        while self.bench.leftovers:
            self.emit(Left(leftover=self.bench.leftovers.pop()))

    async def _attempt(self, job: Job) -> tuple[Verdict, CellProbe]:
        probe = CellProbe(self.bench, job.cell, job.endpoint, patient=job.test.patient)
        try:
            verdict = await job.test.run(probe)
        except BudgetError as error:
            verdict = self._ended(error)
        except ScopeError as error:
            verdict = conclude("failed", f"not sent: {error.what}")
        except Exception as error:  # a test that breaks must not end the run
            where = traceback.extract_tb(error.__traceback__)[-1]
            message = f"{type(error).__name__}: {error} ({where.name}, line {where.lineno})"
            self.emit(Warned(code="GW-E900", message=f"{job.test.id} on {job.endpoint.name} broke: {message}"))
            verdict = conclude("failed", f"the test itself broke: {message}")
        await probe.take_back()  # when this task is cancelled, the ledger knows what to take back
        return verdict, probe

    async def _lost(self, verdict: Verdict, probe: CellProbe) -> str:
        """The account whose session was dead at the end of the cell; empty when all lived or it does not matter."""
        if (
            verdict.outcome in ("vulnerable", "skipped", "not_applicable")
            or "C7" in self.bench.settings.disabled_controls
        ):
            return ""
        try:
            for account, since in probe.used.items():
                if not await self.bench.identities.bracket(account, since):
                    return account
        except BudgetError as error:
            self._budget(error)
        return ""

    def _ended(self, error: BudgetError) -> Verdict:
        """The verdict of a cell that was under way when a budget was spent, or the run interrupted."""
        if self.stop.is_set():
            return conclude("stopped", "the run was interrupted while this was tried")
        self._budget(error)
        return conclude("budget", f"ended by its budget: {error.what}")

    def _budget(self, error: BudgetError) -> None:
        if not self.spent and not self.stop.is_set():
            self.spent = error.where or "requests"
            limits = self.bench.settings.limits
            limit = {"requests": limits.requests, "time": limits.time, "sent": limits.sent}.get(self.spent, 0)
            self.emit(BudgetSpent(budget=self.spent, limit=float(limit)))

    def _settle(self, job: Job, verdict: Verdict) -> None:
        self.emit(VerdictReached(cell=job.cell, verdict=verdict))

    def _conclude(self, job: Job, verdict: Verdict, probe: CellProbe) -> None:
        if verdict.outcome == "vulnerable":
            finding = make(job, verdict, probe, self.bench.settings)
            merged, replaced = self.merger.add(finding)
            self.emit(FindingProved(finding=merged, replaces=replaced))
        if verdict.question and verdict.question not in self._asked:
            self._asked.add(verdict.question)
            self.emit(Asked(question=Question(verdict.question, verdict.answer_with)))
        self.emit(VerdictReached(cell=job.cell, verdict=verdict, controls=tuple(probe.controls)))


def resource_of(job: Job) -> str:
    """The beginning of the endpoint's path as far as the first parameter behind a noun: cells that share it may touch the same objects.

    A parameter before any noun (`/{tenant}/orders/{id}`) stands in the name, else the whole API would take turns.
    Changes without a parameter in the path are mostly of the caller's own profile: they share one name.
    """
    if "{" not in job.endpoint.path and job.endpoint.method in ("PUT", "PATCH"):
        return "the caller"
    kept: list[str] = []
    noun = False
    for segment in (job.endpoint.base + job.endpoint.path).split("/"):
        literal, parameter, _ = segment.partition("{")
        noun = noun or bool(literal and not is_version(literal))
        if literal or not noun:
            kept.append(literal or parameter)
        if parameter and noun:
            break
    return "/".join(kept).rstrip("/")

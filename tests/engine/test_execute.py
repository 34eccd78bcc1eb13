from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable

import msgspec
import pytest

from gatewright.engine.execute import Executor, resource_of
from gatewright.engine.given import Given, Scene, scene
from gatewright.engine.plan import Job
from gatewright.engine.probe import Bench
from gatewright.engine.scripted import Rule
from gatewright.model.endpoint import Endpoint
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
from gatewright.model.finding import Cell
from gatewright.model.json import Json
from gatewright.model.secret import Keyring
from gatewright.model.settings import Limits, Settings
from gatewright.model.test import Attacker, Effect, Phase, Probe
from gatewright.model.test import Test as Check
from gatewright.model.verdict import Verdict, conclude, proved

Run = Callable[[Probe], Awaitable[Verdict]]


def check(run: Run, name: str = "one", *, phase: Phase = Phase.READS) -> Check:
    return Check(
        id=name, threat="API1:2023", title="", severity="high", cwe=(), attacker=Attacker.PEER, needs=(), phase=phase,
        effect=Effect.NONE, requests=5, tags=(), doc="", run=run,
    )  # fmt: skip


class Stage:
    """An executor over a scripted server, with every event kept."""

    def __init__(self, told: dict[str, Json] | None = None, rules: list[Json] | None = None) -> None:
        given: dict[str, Json] = {"accounts": ["alice", "bob"], "endpoint": "GET /me", **(told or {})}
        asked = [msgspec.convert(rule, Rule) for rule in rules or [{"response": {}}]]
        self.scene: Scene = asyncio.run(scene(msgspec.convert(given, Given), asked))
        self.events: list[AnyEvent] = []

    def jobs(self, *tests: Check, cells: int = 1) -> list[Job]:
        endpoints = [msgspec.structs.replace(self.scene.endpoint, path=f"/me{n or ''}") for n in range(cells)]
        return [Job(cell=Cell(e.id, test.id, "bob"), test=test, endpoint=e) for test in tests for e in endpoints]

    def execute(self, jobs: list[Job], *, stop: bool = False, settings: Settings | None = None, **more: object) -> None:
        async def go() -> None:
            s = self.scene
            bench = Bench(
                s.identities, s.maker, s.specification, settings or s.settings,
                knowledge=s.situation.knowledge, keyring=Keyring(b"k", "r"),
            )  # fmt: skip
            stopped = asyncio.Event()
            if stop:
                stopped.set()
            await asyncio.wait_for(Executor(bench, self.events.append, stop=stopped).run(jobs, **more), 20)  # type: ignore[arg-type]

        asyncio.run(go())

    def execute_resting(self, jobs: list[Job], settings: Settings) -> list[float]:
        """Execute, with rests that take no time: how long they would have been."""
        rests: list[float] = []

        async def go() -> None:
            s = self.scene

            async def pause(seconds: float) -> None:
                rests.append(seconds)

            bench = Bench(
                s.identities, s.maker, s.specification, settings,
                knowledge=s.situation.knowledge, keyring=Keyring(b"k", "r"), pause=pause,
            )  # fmt: skip
            await asyncio.wait_for(Executor(bench, self.events.append, stop=asyncio.Event()).run(jobs), 20)

        asyncio.run(go())
        return rests

    def of(self, kind: type[AnyEvent]) -> list[AnyEvent]:
        return [event for event in self.events if isinstance(event, kind)]

    def reasons(self) -> list[str]:
        return [event.verdict.reason for event in self.events if isinstance(event, VerdictReached)]


async def denied(probe: Probe) -> Verdict:
    await probe.send(probe.knowledge.samples[0].call)
    return conclude("denied", "refused")


async def finds(probe: Probe) -> Verdict:
    exchange = await probe.send(probe.knowledge.samples[0].call)
    return proved(summary="s", proof=("p",), attacks=(exchange.number,))


def test_every_planned_cell_gets_a_verdict() -> None:
    stage = Stage()
    jobs = stage.jobs(check(denied), check(finds, "two"), cells=7)
    settled = msgspec.structs.replace(jobs[0], settled=conclude("mode", "x"))
    stage.execute([settled, *jobs[1:]])
    planned = [e.cell for e in stage.events if isinstance(e, JobPlanned)]
    reached = [e.cell for e in stage.events if isinstance(e, VerdictReached)]
    assert sorted(planned) == sorted(reached) == sorted(job.cell for job in jobs)
    assert len(stage.of(JobStarted)) == 13
    assert len(stage.of(FindingProved)) == 7


@pytest.mark.parametrize(("phase", "most"), [(Phase.READS, 4), (Phase.LADDERS, 1), (Phase.BURSTS, 1)])
def test_who_measures_runs_alone(phase: Phase, most: int) -> None:
    there, seen = 0, []

    async def measuring(probe: Probe) -> Verdict:
        nonlocal there
        there += 1
        await asyncio.sleep(0)
        seen.append(there)
        there -= 1
        return conclude("denied", "")

    stage = Stage()
    stage.execute(stage.jobs(msgspec.structs.replace(check(measuring), phase=phase), cells=4))
    assert max(seen) == most


async def worked(probe: Probe) -> Verdict:
    for _ in range(10):
        await probe.send(probe.knowledge.samples[0].call, purpose="baseline")
    return conclude("denied", "")


async def attacked(probe: Probe) -> Verdict:
    for _ in range(10):
        await probe.send(probe.knowledge.samples[0].call, purpose="attack")
    return conclude("denied", "")


def test_an_unwell_target_is_left_alone_after_two_rests() -> None:
    stage = Stage(rules=[{"times": 2, "response": {}}, {"times": 12, "response": {}}, {"status": 503}])
    settings = Settings(limits=Limits(concurrency=4))
    rested = stage.execute_resting(stage.jobs(check(worked), cells=40), settings)
    assert rested == [10.0, 10.0]
    assert [event.code for event in stage.events if isinstance(event, Warned)] == ["GW-W013"] * 3
    reasons = stage.reasons()
    assert len(reasons) == 40
    assert 10 < reasons.count("target_unwell") < 30


def test_errors_that_attempts_provoke_are_no_illness() -> None:
    stage = Stage(rules=[{"times": 2, "response": {}}, {"status": 503}])
    assert stage.execute_resting(stage.jobs(check(attacked), cells=20), Settings()) == []
    assert stage.reasons() == ["denied"] * 20


def test_phases_run_one_after_the_other() -> None:
    order: list[str] = []

    def noting(name: str) -> Run:
        async def run(probe: Probe) -> Verdict:
            order.append(name)
            await probe.wait(0)
            return conclude("denied", "")

        return run

    stage = Stage()
    reads, writes = check(noting("r"), "a"), check(noting("w"), "b", phase=Phase.CHANGES)
    stage.execute([*stage.jobs(reads, cells=3), *stage.jobs(writes, cells=3)])
    assert order == ["r", "r", "r", "w", "w", "w"]
    phases = [e.phase for e in stage.events if isinstance(e, PhaseChanged)]
    assert phases == ["P2 reads", "P3 changes"]


def test_a_patient_test_waits_beside_the_phases_and_is_quiet_while_another_measures() -> None:
    order: list[str] = []

    def noting(name: str, seconds: float = 0.0) -> Run:
        async def run(probe: Probe) -> Verdict:
            order.append(name)
            await asyncio.sleep(seconds)
            order.append(name)
            return conclude("denied", "")

        return run

    async def waiting(probe: Probe) -> Verdict:
        order.append("patient")
        await probe.wait(0.02)
        order.append("patient")
        return conclude("denied", "")

    stage = Stage()
    patient = msgspec.structs.replace(check(waiting, "p", phase=Phase.LIFE_CYCLE), patient=True)
    tests = [
        check(noting("read"), "a"),
        check(noting("change"), "b", phase=Phase.CHANGES),
        patient,
        check(noting("measure", 0.1), "c", phase=Phase.LADDERS),
    ]
    stage.execute(stage.jobs(*tests))
    # it begins after the reads, and ends neither before the measurement nor within it
    assert order[:2] == ["read", "read"]
    assert order[-3:] == ["measure", "measure", "patient"]
    assert sorted(order[2:-3]) == ["change", "change", "patient"]
    assert len(stage.reasons()) == 4


def test_the_life_cycle_goes_on_beside_deletions_that_wait_and_a_ladder_does_not() -> None:
    order: list[str] = []

    def noting(name: str, seconds: float = 0.0) -> Run:
        async def run(probe: Probe) -> Verdict:
            order.append(name)
            await asyncio.sleep(seconds)
            order.append(name)
            return conclude("denied", "")

        return run

    deletes = check(noting("delete", 0.05), "d", phase=Phase.DELETIONS)
    lives = check(noting("life"), "l", phase=Phase.LIFE_CYCLE)
    measures = check(noting("measure"), "m", phase=Phase.LADDERS)
    stage = Stage()
    stage.execute(stage.jobs(deletes, lives, measures))
    assert order == ["delete", "life", "life", "delete", "measure", "measure"]
    order.clear()
    stage.execute(stage.jobs(deletes, measures))
    assert order == ["delete", "delete", "measure", "measure"]


def test_changes_of_one_resource_take_turns() -> None:
    running, most = 0, 0

    async def run(probe: Probe) -> Verdict:
        nonlocal running, most
        running += 1
        most = max(most, running)
        await asyncio.sleep(0)
        running -= 1
        return conclude("denied", "")

    stage = Stage()
    (job,) = stage.jobs(check(run, phase=Phase.CHANGES))
    stage.execute([job] * 5)
    assert most == 1
    most = 0
    stage.execute([msgspec.structs.replace(job, test=check(run))] * 5)
    assert most > 1


def test_a_stop_settles_the_rest() -> None:
    stage = Stage()
    stage.execute(stage.jobs(check(denied), cells=3), stop=True)
    assert stage.reasons() == ["stopped"] * 3
    assert not stage.of(JobStarted)


def test_a_spent_budget_ends_the_run_and_is_told_once() -> None:
    async def spends(probe: Probe) -> Verdict:
        raise BudgetError("no requests left", code="GW-W001", where="requests")

    stage = Stage()
    stage.execute(stage.jobs(check(spends), cells=40))
    assert stage.reasons() == ["budget"] * 40
    assert [e.budget for e in stage.events if isinstance(e, BudgetSpent)] == ["requests"]
    assert len(stage.of(JobStarted)) < 40


def test_a_test_that_breaks_does_not_end_the_run() -> None:
    async def breaks(probe: Probe) -> Verdict:
        raise RuntimeError("no good")

    stage = Stage()
    stage.execute([*stage.jobs(check(breaks)), *stage.jobs(check(denied, "two"))])
    assert sorted(stage.reasons()) == ["denied", "failed"]
    (warned,) = stage.of(Warned)
    assert isinstance(warned, Warned)
    assert warned.code == "GW-E900"
    assert "RuntimeError: no good (breaks, line" in warned.message


def test_what_leaves_the_scope_fails_its_cell() -> None:
    async def strays(probe: Probe) -> Verdict:
        raise ScopeError("another host", code="GW-W002")

    stage = Stage()
    stage.execute(stage.jobs(check(strays)))
    assert stage.reasons() == ["failed"]


def test_a_session_that_died_is_tried_once_more_then_told() -> None:
    stage = Stage({"dead": ["bob"]})
    stage.execute(stage.jobs(check(denied)))
    assert stage.reasons() == ["session_lost"]
    assert len(stage.scene.identities.exchanges) == 2


def test_a_finding_stands_though_its_session_died_afterwards() -> None:
    stage = Stage({"dead": ["bob"]})
    stage.execute(stage.jobs(check(finds)))
    assert stage.reasons() == ["proved"]


def test_without_the_bracket_a_dead_session_looks_safe() -> None:
    stage = Stage({"dead": ["bob"]})
    off = msgspec.structs.replace(stage.scene.settings, disabled_controls=frozenset({"C7"}))
    stage.execute(stage.jobs(check(denied)), settings=off)
    assert stage.reasons() == ["denied"]


def test_a_question_is_asked_once() -> None:
    async def asks(probe: Probe) -> Verdict:
        return conclude("no_privacy_evidence", "", question="private?", answer_with="policy: {}")

    stage = Stage()
    stage.execute(stage.jobs(check(asks), cells=3))
    assert len(stage.of(Asked)) == 1


def test_what_an_earlier_run_finished_sends_nothing() -> None:
    stage = Stage()
    jobs = stage.jobs(check(denied), cells=2)
    stage.execute(jobs, done={jobs[0].cell: conclude("public", "")})
    assert sorted(stage.reasons()) == ["denied", "public"]
    assert len(stage.scene.identities.exchanges) == 1


def test_changes_are_taken_back_when_the_cell_ends() -> None:
    async def changes(probe: Probe) -> Verdict:
        call = probe.knowledge.samples[0].call
        for what in ("first", "second"):
            probe.undo(what, call, as_="alice" if what == "first" else "bob", endpoint=probe.endpoint)
        raise RuntimeError("in the middle")

    stage = Stage()
    stage.execute(stage.jobs(check(changes)))
    assert [(e.account, e.purpose) for e in stage.scene.identities.exchanges] == [("bob", "undo"), ("alice", "undo")]


@pytest.mark.parametrize(
    ("method", "path", "resource"),
    [
        ("PUT", "/notes/{id}", "/v1/notes"),
        ("PUT", "/notes/{id}/x", "/v1/notes"),
        ("POST", "/notes", "/v1/notes"),
        ("PUT", "/notes({id})/x", "/v1/notes("),
        ("PUT", "/{tenant}/notes/{id}", "/v1/{/notes"),
        ("POST", "/{tenant}/{id}/notes", "/v1/{/{/notes"),
        ("DELETE", "/{tenant}", "/v1/{"),
        ("PATCH", "/me", "the caller"),
    ],
)
def test_the_resource_of_a_job(method: str, path: str, resource: str) -> None:
    endpoint = Endpoint(method=method, base="/v1", path=path)
    job = Job(cell=Cell(endpoint.id, "one", "bob"), test=check(denied), endpoint=endpoint)
    assert resource_of(job) == resource


def test_a_spent_budget_is_told_with_its_limit() -> None:
    async def spends(probe: Probe) -> Verdict:
        raise BudgetError("not sent", code="GW-W011", where="time")

    stage = Stage()
    stage.execute(stage.jobs(check(spends), cells=3), settings=Settings(limits=Limits(time=7)))
    assert [(e.budget, e.limit) for e in stage.of(BudgetSpent)] == [("time", 7.0)]  # type: ignore[union-attr]
    assert stage.reasons() == ["budget"] * 3


def test_what_is_under_way_when_the_run_is_interrupted_is_stopped_and_no_budget_is_blamed() -> None:
    stage = Stage()

    async def go() -> None:
        stop = asyncio.Event()

        async def interrupted(probe: Probe) -> Verdict:
            stop.set()
            raise BudgetError("not sent: the run was interrupted", code="GW-R030", where="stop")

        s = stage.scene
        bench = Bench(
            s.identities, s.maker, s.specification, s.settings,
            knowledge=s.situation.knowledge, keyring=Keyring(b"k", "r"),
        )  # fmt: skip
        await Executor(bench, stage.events.append, stop=stop).run(stage.jobs(check(interrupted), cells=3))

    asyncio.run(go())
    assert stage.reasons() == ["stopped"] * 3
    assert not stage.of(BudgetSpent)


def test_the_whole_plan_is_told_before_the_first_verdict() -> None:
    """A process killed in between must not leave a part of the plan that looks like a run that is done."""
    stage = Stage()
    jobs = [msgspec.structs.replace(job, settled=conclude("mode", "x")) for job in stage.jobs(check(denied), cells=4)]
    stage.execute(jobs)
    assert [type(event) for event in stage.events] == [JobPlanned] * 4 + [VerdictReached] * 4


def test_what_stays_behind_is_told_at_once() -> None:
    seen: list[bool] = []
    stage = Stage()

    async def leaves(probe: Probe) -> Verdict:
        seen.append(bool(stage.of(Left)))
        probe.leave("an account", probe.knowledge.samples[0].call, endpoint=probe.endpoint)
        return conclude("denied", "")

    stage.execute(stage.jobs(check(leaves), cells=2), settings=Settings(limits=Limits(concurrency=1)))
    assert seen == [False, True]
    assert len(stage.of(Left)) == 2

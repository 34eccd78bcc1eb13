from __future__ import annotations

import msgspec

from gatewright.model.collect import Collector, cost_group
from gatewright.model.endpoint import Endpoint
from gatewright.model.events import (
    AccountReady,
    AnyEvent,
    Asked,
    AttemptSent,
    BudgetSpent,
    EndpointLearnt,
    FindingProved,
    JobPlanned,
    Left,
    RunFinished,
    RunStarted,
    VerdictReached,
    Warned,
)
from gatewright.model.finding import AccountState, Cell, Finding, Leftover, Question, Report, Run
from gatewright.model.http import Exchange, Request, Response
from gatewright.model.verdict import conclude

CELL = Cell("GET http://h/a", "cors", "bob")
STARTED = RunStarted(run="r", target=("http://h",), mode="safe", seed=3, started="2026-01-01T00:00:00Z", insecure=True)


def collect(*events: AnyEvent) -> Report:
    collector = Collector()
    collector.start()
    for event in events:
        collector.on(event)
    collector.stop()
    return collector.report()


def finding(**changes: object) -> Finding:
    plain = Finding(
        id="f1",
        test="t",
        threat="API1:2023",
        title="",
        severity="low",
        cvss=None,
        cwe=(),
        endpoint=Endpoint(method="GET", path="/a"),
        place=None,
        account="bob",
        summary="",
        proof=(),
        controls=(),
        exchanges=(),
    )
    return msgspec.structs.replace(plain, **changes)


def test_what_comes_later_replaces_what_came_before() -> None:
    endpoint = Endpoint(method="GET", path="/a", origin="http://h")
    report = collect(
        STARTED,
        EndpointLearnt(endpoint=endpoint, why="not tried"),
        EndpointLearnt(endpoint=endpoint, sampled=True),
        AccountReady(state=AccountState(name="bob", role="", login="failed", how="")),
        AccountReady(state=AccountState(name="bob", role="", login="ok", how="")),
        JobPlanned(cell=CELL, phase="P2"),
        VerdictReached(cell=CELL, verdict=conclude("unstable", "x")),
        VerdictReached(cell=CELL, verdict=conclude("denied", "y")),
        FindingProved(finding=finding()),
        FindingProved(finding=finding(also=("GET /b",))),
    )
    assert (report.exercised, report.with_2xx_sample, report.unreached) == (1, 1, {})
    assert [state.login for state in report.accounts] == ["ok"]
    assert [(c.outcome, c.reason) for c in report.coverage] == [("not_vulnerable", "denied")]
    assert [f.also for f in report.findings] == [("GET /b",)]


def test_doubles_are_told_once() -> None:
    event = [
        Asked(question=Question("a?", "policy: x")),
        Left(leftover=Leftover("w", "curl")),
        Warned(code="GW-1", message="m"),
    ]
    report = collect(STARTED, *event, *event)
    assert (len(report.questions), len(report.leftovers), report.warnings) == (1, 1, ("m",))


def test_two_accounts_that_are_read_alike_both_stay() -> None:
    left = [Left(leftover=Leftover(f"the account {name}", "curl -X GET 'http://h/me'")) for name in ("one", "two")]
    assert len(collect(STARTED, *left).leftovers) == 2


def test_a_run_without_its_last_event_is_incomplete() -> None:
    sent = AttemptSent(exchange=Exchange(1, Request("GET", "http://h", "/"), None, purpose="login"), at=2.5)
    report = collect(STARTED, sent, JobPlanned(cell=CELL, phase="P2"))
    run = report.run
    assert (run.id, run.complete, run.stopped_because, run.requests, run.seconds) == ("r", False, "interrupted", 1, 2.5)
    assert run.insecure
    assert [(c.outcome, c.reason) for c in report.coverage] == [("skipped", "stopped")]
    cut = collect(STARTED, JobPlanned(cell=CELL, phase="P2"), BudgetSpent(budget="requests", limit=5))
    assert [(c.outcome, c.reason) for c in cut.coverage] == [("skipped", "budget")]
    assert cut.run.stopped_because == "budget: requests"
    assert collect().run.id == ""


def test_the_last_event_counts() -> None:
    run = Run(id="r", target=(), started="", seconds=9, requests=8, mode="safe", seed=3, complete=True)
    assert collect(STARTED, RunFinished(run=run)).run == run


def test_requests_are_counted_by_what_they_were_for() -> None:
    words = ("explore", "sign-up", "undo", "baseline", "renewal", "clean-up", "log-in")
    assert [cost_group(word, tested=False) for word in words] == [
        "explore", "login", "cleanup", "explore", "login", "cleanup", "login",
    ]  # fmt: skip
    assert cost_group("undo", tested=True) == "tests"
    exchange = Exchange(1, Request("GET", "http://h", "/"), None, purpose="baseline")
    report = collect(AttemptSent(exchange=exchange), AttemptSent(exchange=exchange, cell=CELL))
    assert report.cost == {"explore": 1, "tests": 1}
    assert report.cost_of == {CELL.test: 1}


def test_a_finding_gets_what_made_its_object() -> None:
    made = Exchange(1, Request("POST", "http://h", "/notes"), Response(201, (), b'{"id": 7}'), "al", "explore")
    attack = Exchange(2, Request("GET", "http://h", "/notes/7"), Response(200), "bob", "attack")
    report = collect(
        AttemptSent(exchange=made),
        AttemptSent(exchange=attack, cell=CELL),
        FindingProved(finding=finding(exchanges=(attack,), attacks=(2,))),
    )
    assert [exchange.number for exchange in report.findings[0].setup] == [1]

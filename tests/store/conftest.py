"""A store in a new folder, and a stream of events with a canary in it."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

import msgspec
import pytest

from gatewright.model.collect import Collector
from gatewright.model.endpoint import Endpoint, Place
from gatewright.model.events import (
    AccountReady,
    AnyEvent,
    Asked,
    AttemptSent,
    BudgetSpent,
    EndpointLearnt,
    FindingProved,
    JobPlanned,
    JobStarted,
    Left,
    PhaseChanged,
    RunFinished,
    RunStarted,
    VerdictReached,
    Warned,
)
from gatewright.model.finding import AccountState, Cell, Finding, Leftover, Question, Report, Run
from gatewright.model.http import Exchange, Request, Response, Timing
from gatewright.model.mask import Mask
from gatewright.model.verdict import Control, conclude, proved
from gatewright.store.store import Store

CANARY = "canary-Qz81LmX0pR47vTnK"
ENDPOINT = Endpoint(method="GET", path="/notes/{id}", origin="http://h", source="s.json:1")


@pytest.fixture
def canary() -> str:
    return CANARY


@pytest.fixture
def store(tmp_path: Path) -> Iterator[Store]:
    opened = Store(str(tmp_path / "new" / "gatewright.db"))
    yield opened
    opened.close()


def exchange(
    number: int, method: str = "GET", target: str = "/notes/7", *, purpose: str = "attack", status: int = 200
) -> Exchange:
    headers = (("Authorization", f"Bearer {CANARY}"), ("X-Odd", "ü"), ("x-odd", ""))
    request = Request(method, "http://h", target, headers, f'{{"password": "{CANARY}", "t": 1}}'.encode(), "exact")
    response = Response(
        status,
        (("Set-Cookie", f"sid={CANARY}"),),
        b'{"id": 7}' if method == "POST" else b'{"id": 7, "raw": "\xff\x00"}',
        "OK",
        "1.1",
        True,
        99,
        ("odd",),
        Timing(0.1, 0.2, 0.3, True),
    )
    sent = f"{method} {target} HTTP/1.1\r\nAuthorization: Bearer {CANARY}\r\n\r\n".encode()
    return Exchange(number, request, response, "bob", purpose, "", 1.5 + number, sent, b"HTTP/1.1 200 OK\r\n\r\nx")


def finding(id_: str = "f00000000001", *, also: tuple[str, ...] = ()) -> Finding:
    return Finding(
        id=id_,
        test="object-access-read",
        threat="API1:2023",
        title="t",
        severity="high",
        cvss=None,
        cwe=("CWE-639",),
        endpoint=ENDPOINT,
        place=Place("path", "id"),
        account="bob",
        victim="alice",
        summary=f"bob used {CANARY}",
        proof=("a", f"Bearer {CANARY}"),
        controls=(Control("C1", "w", "e", CANARY, True),),
        exchanges=(exchange(3),),
        attacks=(3,),
        also=also,
        witness=("w",),
    )


def stream(run: str = "run-1") -> list[AnyEvent]:
    """Every kind of event, the canary where a secret may stand, things that are replaced later."""
    read, other, late = (Cell(ENDPOINT.id, test, "bob") for test in ("object-access-read", "cors", "late"))
    return [
        RunStarted(run=run, target=("http://h",), mode="safe", seed=3, started="2026-01-01T00:00:00Z"),
        PhaseChanged(phase="explore", total=2, at=0.1),
        AttemptSent(exchange=exchange(1, "POST", f"/login?token={CANARY}", purpose="login"), at=0.2),
        AttemptSent(exchange=exchange(2, "POST", "/notes", purpose="explore", status=201), at=0.3),
        AttemptSent(exchange=msgspec.structs.replace(exchange(9), response=None, error=f"timeout: {CANARY}"), at=0.3),
        AccountReady(state=AccountState(name="bob", role="u", login="failed", how="?")),
        AccountReady(state=AccountState(name="alice", role="u", login="ok", how=f"Bearer {CANARY}")),
        AccountReady(state=AccountState(name="bob", role="u", login="ok", how="x")),
        EndpointLearnt(endpoint=ENDPOINT, why="not yet"),
        EndpointLearnt(endpoint=msgspec.structs.replace(ENDPOINT, path="/b"), why=f"refused {CANARY}", exercised=True),
        EndpointLearnt(endpoint=ENDPOINT, sampled=True, exercised=True),
        *(JobPlanned(cell=cell, phase="P2", at=0.5) for cell in (read, other, late)),
        JobStarted(cell=read, at=0.6),
        AttemptSent(exchange=exchange(3), cell=read, at=0.7),
        VerdictReached(cell=other, verdict=conclude("unstable", CANARY, place=Place("query", "x")), at=0.8),
        FindingProved(finding=finding("f00000000002"), at=0.9),
        VerdictReached(cell=read, verdict=proved(summary=CANARY, proof=(CANARY,), attacks=(3,), witness=("w",)), at=1.0),
        FindingProved(finding=finding(), replaces=("f00000000002",), at=1.0),
        FindingProved(finding=finding(also=("GET /c",)), at=1.1),
        VerdictReached(cell=other, verdict=conclude("denied", "no"), controls=(Control("C", "w", "e", "o", False),), at=1.2),
        Asked(question=Question(f"private {CANARY}?", "policy: x")),
        Left(leftover=Leftover("note 7", f"curl -H 'Authorization: Bearer {CANARY}'")),
        Warned(code="GW-X", message=CANARY),
        BudgetSpent(budget="requests", limit=9, at=2.0),
        RunFinished(
            run=Run(
                id=run, target=("http://h",), started="2026-01-01T00:00:00Z", seconds=2.5, requests=4, mode="safe", seed=3,
                complete=False, stopped_because="budget: requests",
            ),
            at=2.5,
        ),
    ]  # fmt: skip


@pytest.fixture
def events() -> list[AnyEvent]:
    return stream()


@pytest.fixture
def make_finding() -> Callable[..., Finding]:
    return finding


@pytest.fixture
def make_exchange() -> Callable[..., Exchange]:
    return exchange


@pytest.fixture
def collected(store: Store) -> Callable[[list[AnyEvent]], Report]:
    """What a collector makes of the masked events, with the numbers of the store."""

    def collect(events: list[AnyEvent]) -> Report:
        collector, mask = Collector(), Mask(store.key, [CANARY])
        for event in events:
            collector.on(mask.event(event))
        report = collector.report()
        return msgspec.structs.replace(report, findings=tuple(store.numbered(f) for f in report.findings))

    return collect

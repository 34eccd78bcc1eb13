from __future__ import annotations

from pathlib import Path

import pytest

from gatewright.model.account import Account
from gatewright.model.call import Call
from gatewright.model.endpoint import Answer, Body, Endpoint, Parameter, Place, Requirement
from gatewright.model.events import (
    AccountReady,
    AnyEvent,
    EndpointLearnt,
    FindingProved,
    JobPlanned,
    RunFinished,
    RunStarted,
    VerdictReached,
)
from gatewright.model.finding import AccountState, Cell, Finding, Run
from gatewright.model.http import Exchange, Request, Response
from gatewright.model.knowledge import Knowledge, OwnedObject, Reference, Sample
from gatewright.model.schema import Schema
from gatewright.model.secret import Secret
from gatewright.model.settings import Limits, Settings
from gatewright.model.verdict import Verdict, conclude
from gatewright.store import open_store

ORIGIN = "http://127.0.0.1:8000"
TEXT = Schema(types=("string",))
NOTE = Endpoint(
    method="GET",
    path="/notes/{id}",
    origin=ORIGIN,
    summary="One note",
    source="openapi.json:7",
    parameters=(Parameter(name="id", within="path", required=True, schema=Schema(types=("integer",))),),
    security=(Requirement((("token", ()),)),),
    answers=(Answer(status="200", description="the note"), Answer(status="404")),
)
CHANGE = Endpoint(
    method="PUT",
    path="/notes/{id}",
    origin=ORIGIN,
    bodies=(Body(content_type="application/json", schema=Schema(properties={"text": TEXT}, required=("text",))),),
)
FINDING = Finding(
    id="a1b2c3d4e5f6",
    test="object-access-read",
    threat="API1:2023",
    title="Any user can read another's note by its id",
    severity="high",
    cvss=None,
    cwe=("CWE-639",),
    endpoint=NOTE,
    place=Place("path", "id"),
    account="bob",
    victim="alice",
    summary="bob read alice's note.",
    proof=("alice owns note 7",),
    controls=(),
    exchanges=(Exchange(9, Request("GET", ORIGIN, "/notes/7"), Response(200), account="bob", purpose="attack"),),
    attacks=(9,),
    remediation="Decide by the owner.",
    references=("https://cwe.mitre.org/data/definitions/639.html",),
)
READ, WRITE = Cell(NOTE.id, "object-access-read", "bob"), Cell(CHANGE.id, "object-access-change", "bob")


def events(run: str) -> list[AnyEvent]:
    """A short run: two endpoints, one of them reached, one finding."""
    finished = Run(
        id=run,
        target=(ORIGIN,),
        started="2026-01-01T00:00:00Z",
        seconds=2.5,
        requests=12,
        mode="safe",
        seed=1,
        complete=True,
    )
    proved = Verdict(outcome="vulnerable", reason="proved", why="shown")
    return [
        RunStarted(run=run, target=(ORIGIN,), mode="safe", seed=1, started="2026-01-01T00:00:00Z"),
        AccountReady(state=AccountState(name="alice", role="user", login="ok", how="POST /login")),
        EndpointLearnt(endpoint=NOTE, sampled=True, exercised=True),
        EndpointLearnt(endpoint=CHANGE, why="answered 403"),
        JobPlanned(cell=READ, phase="P2"),
        JobPlanned(cell=WRITE, phase="P3"),
        VerdictReached(cell=READ, verdict=proved),
        VerdictReached(cell=WRITE, verdict=conclude("baseline_broken", "no accepted request is known")),
        FindingProved(finding=FINDING),
        RunFinished(run=finished),
    ]


@pytest.fixture
def one_finding() -> Finding:
    """object-access-read at GET /notes/{id}."""
    return FINDING


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    """Settings whose store is in an empty folder."""
    return Settings(
        store=str(tmp_path / "gatewright.db"),
        spec=("openapi.json",),
        limits=Limits(requests=500),
        accounts=(Account(name="alice", role="user", username="alice", password=Secret("alice-canary-1")),),
    )


@pytest.fixture
def store(settings: Settings) -> Settings:
    """The same settings, with one run in the store."""
    opened = open_store(settings.store)
    first, *rest = events("run-1")
    assert isinstance(first, RunStarted)
    opened.begin(first, settings)
    writer = opened.consumer("run-1")
    writer.start()
    for event in (first, *rest):
        writer.on(event)
    writer.stop()
    call = Call(endpoint=NOTE.id, path={"id": 7})
    exchange = Exchange(3, Request("GET", ORIGIN, "/notes/7"), Response(200))
    reference = Reference(endpoint=NOTE.id, place=Place("path", "id"), values=((Place("path", "id"), 7),))
    note = OwnedObject(
        key="alice/note/1", resource="note", owner="alice", origin="created", id=7, references=(reference,)
    )
    sample = Sample(endpoint=NOTE.id, account="alice", call=call, exchange=exchange)
    opened.save_knowledge("run-1", Knowledge(endpoints={NOTE.id: NOTE}, samples=(sample,), objects=(note,)))
    opened.close()
    return settings

from __future__ import annotations

from typing import get_args

import pytest

from gatewright.model.endpoint import Endpoint
from gatewright.model.events import (
    VERSION,
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
    decode,
    encode,
    replay,
)
from gatewright.model.finding import AccountState, Cell, Finding, Leftover, Question, Run
from gatewright.model.http import Exchange, Request, Response
from gatewright.model.verdict import Control, conclude

ENDPOINT = Endpoint(method="GET", path="/a", origin="http://h", extensions={"x-a": {"b": [1, None, True]}})
CELL = Cell(ENDPOINT.id, "cors", "anon")
EXCHANGE = Exchange(1, Request("GET", "http://h", "/a", (("A", "\xff"),), b"\x00"), Response(200, body=b"\xff"))
RUN = Run(id="r", target=("http://h",), started="s", seconds=1.0, requests=1, mode="safe", seed=1, complete=True)
FINDING = Finding(
    id="f",
    test="cors",
    threat="API8:2023",
    title="t",
    severity="low",
    cvss=None,
    cwe=(),
    endpoint=ENDPOINT,
    place=None,
    account="anon",
    summary="s",
    proof=(),
    controls=(),
    exchanges=(EXCHANGE,),
)
EVENTS: list[AnyEvent] = [
    RunStarted(run="r", target=("http://h",), mode="safe", seed=1, started="s", at=0.0),
    PhaseChanged(phase="log-in", at=0.1),
    AccountReady(state=AccountState(name="a", role="r", login="ok", how="h")),
    EndpointLearnt(endpoint=ENDPOINT, sampled=True),
    JobPlanned(cell=CELL, phase="P2", settled=True),
    JobStarted(cell=CELL),
    AttemptSent(exchange=EXCHANGE, cell=CELL),
    VerdictReached(cell=CELL, verdict=conclude("denied", "w"), controls=(Control("C", "w", "e", "o", True),)),
    FindingProved(finding=FINDING, replaces=("g",)),
    Asked(question=Question("a", "b")),
    Left(leftover=Leftover("a", "b")),
    Warned(code="GW-R010", message="m"),
    BudgetSpent(budget="requests", limit=9),
    RunFinished(run=RUN),
]


def test_every_kind_of_event_is_tried_here() -> None:
    assert {type(event) for event in EVENTS} == set(get_args(AnyEvent))


@pytest.mark.parametrize("event", EVENTS, ids=lambda event: type(event).__name__)
def test_an_event_is_one_line_that_reads_back(event: AnyEvent) -> None:
    line = encode(event)
    assert b"\n" not in line
    assert decode(line) == event


def test_the_first_event_carries_the_version() -> None:
    first = EVENTS[0]
    assert isinstance(first, RunStarted)
    assert first.version == VERSION == 1


def test_a_recorded_stream_replays_into_any_consumer() -> None:
    class Recorder:
        seen: list[object] = []  # noqa: RUF012

        def start(self) -> None:
            self.seen.append("start")

        def on(self, event: AnyEvent) -> None:
            self.seen.append(event)

        def stop(self) -> None:
            self.seen.append("stop")

    recorder = Recorder()
    replay(map(encode, EVENTS), recorder)
    assert recorder.seen == ["start", *EVENTS, "stop"]

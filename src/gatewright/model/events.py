"""The one stream of a run. Console, store and reports consume it; none of them can stop the engine.

Events are frozen, tagged and versioned: `encode` and `decode` give the JSON line form (`--events -`).
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Protocol, TypeAlias

import msgspec
from msgspec import Struct

from gatewright.model.access import Word
from gatewright.model.endpoint import Endpoint
from gatewright.model.finding import AccountState, Cell, Finding, Leftover, Question, Run
from gatewright.model.http import Exchange
from gatewright.model.verdict import Control, Verdict

VERSION = 1


class Event(Struct, frozen=True, kw_only=True, tag=True):
    """Base of all events: `at` is seconds since the run began."""

    at: float = 0.0


class RunStarted(Event, frozen=True, kw_only=True):
    """The first event."""

    run: str
    target: tuple[str, ...]
    mode: str
    seed: int
    started: str
    version: int = VERSION
    insecure: bool = False
    resumed: bool = False


class EndpointLearnt(Event, frozen=True, kw_only=True):
    """An endpoint is in the inventory; `sampled` once it has an accepted sample, else `why` not."""

    endpoint: Endpoint
    sampled: bool = False
    exercised: bool = False
    why: str = ""
    access: dict[str, Word] = {}
    """Account → whether exploration saw it let in or refused, with what is its own."""
    access_to_others: dict[str, Word] = {}
    """The same with an object of somebody else, for accounts that own none there."""
    bound: bool = False
    """It names objects that belong to an account."""
    expected: dict[str, Word] = {}
    """What `access.yaml` expects there."""


class AccountReady(Event, frozen=True, kw_only=True):
    """An account is logged in, or not."""

    state: AccountState


class JobPlanned(Event, frozen=True, kw_only=True):
    """One cell of the plan. `settled` when its verdict is already known (not applicable, skipped)."""

    cell: Cell
    phase: str
    settled: bool = False


class JobStarted(Event, frozen=True, kw_only=True):
    """A cell is being worked on."""

    cell: Cell


class AttemptSent(Event, frozen=True, kw_only=True):
    """One exchange, exploration and log-in included (`cell` is None there)."""

    exchange: Exchange
    cell: Cell | None = None


class VerdictReached(Event, frozen=True, kw_only=True):
    """A cell is judged."""

    cell: Cell
    verdict: Verdict
    controls: tuple[Control, ...] = ()


class FindingProved(Event, frozen=True, kw_only=True):
    """A finding, as it is proved; one that replaces or extends an earlier one has its id."""

    finding: Finding
    replaces: tuple[str, ...] = ()
    """Ids of findings proved before that are the same effect: they are withdrawn, and stand in `also_tests`."""


class Asked(Event, frozen=True, kw_only=True):
    """A question for the user."""

    question: Question


class Left(Event, frozen=True, kw_only=True):
    """Something of ours stays behind."""

    leftover: Leftover


class Warned(Event, frozen=True, kw_only=True):
    """Something the user should know; `code` is stable."""

    code: str
    message: str


class PhaseChanged(Event, frozen=True, kw_only=True):
    """What is going on, for progress: `log-in`, `explore`, `P2 reads`, …; `total` jobs or endpoints."""

    phase: str
    total: int = 0


class BudgetSpent(Event, frozen=True, kw_only=True):
    """A budget (`requests`, `time`) is used up."""

    budget: str
    limit: float


class RunFinished(Event, frozen=True, kw_only=True):
    """The last event."""

    run: Run


AnyEvent: TypeAlias = (
    RunStarted
    | EndpointLearnt
    | AccountReady
    | JobPlanned
    | JobStarted
    | AttemptSent
    | VerdictReached
    | FindingProved
    | Asked
    | Left
    | Warned
    | PhaseChanged
    | BudgetSpent
    | RunFinished
)


class Consumer(Protocol):
    """Takes events. `on` must be quick; what it raises is reported once and never stops the engine."""

    def start(self) -> None:
        """Before the first event."""

    def on(self, event: AnyEvent) -> None:
        """One event."""

    def stop(self) -> None:
        """After the last event, also after an interruption."""


def encode(event: AnyEvent) -> bytes:
    """One JSON line, without the newline. Secrets in exchanges must have been masked before."""
    return msgspec.json.encode(event)


def decode(line: bytes) -> AnyEvent:
    """The event of one line."""
    return _DECODER.decode(line)


def replay(lines: Iterable[bytes], consumer: Consumer) -> None:
    """Feeds a recorded stream to a consumer: how reporters are tested without a server."""
    consumer.start()
    for line in lines:
        consumer.on(decode(line))
    consumer.stop()


_DECODER: msgspec.json.Decoder[AnyEvent] = msgspec.json.Decoder(AnyEvent)

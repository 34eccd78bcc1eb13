"""The playground on a live API: one test on one endpoint, with everything that was sent for it and why the verdict."""

from __future__ import annotations

import asyncio
import difflib

import msgspec
from msgspec import Struct

from gatewright.app.document import load_specification
from gatewright.app.inventory import find_endpoint
from gatewright.app.scan import scan
from gatewright.app.target import place
from gatewright.app.tests import find_test
from gatewright.model.events import AnyEvent, AttemptSent, VerdictReached
from gatewright.model.finding import Cell
from gatewright.model.http import Exchange
from gatewright.model.mask import Mask, secrets_of
from gatewright.model.settings import Choice, Settings
from gatewright.model.verdict import Control

_LONGEST = 2_000
"""Characters of an answer that are shown."""


class Sent(Struct, frozen=True, kw_only=True):
    """One exchange of the cell, in words."""

    purpose: str
    account: str
    request: str
    answer: str


class Tried(Struct, frozen=True, kw_only=True):
    """One cell: what was sent, what held, what came out."""

    endpoint: str
    account: str
    outcome: str
    reason: str
    why: str
    exchanges: tuple[Sent, ...]
    difference: tuple[str, ...]
    """Lines by which the first attack differs from the sample before it (`-` sample, `+` attack)."""
    controls: tuple[Control, ...]


async def try_endpoint(test: str, endpoint: str, settings: Settings, *, stop: asyncio.Event) -> list[Tried]:
    """Explore the API, then run the test on the endpoint alone. A cell for each account that attacks.

    Raises UsageError for an unknown test or endpoint, and what a scan raises.
    """
    wanted = find_test(test)
    document = await load_specification(settings)
    found = find_endpoint(place(document, settings).specification.endpoints, endpoint)
    narrow = msgspec.structs.replace(settings, choice=Choice(only=(wanted.id, found.name)), formats=())
    mask = None if settings.show_secrets else Mask(b"playground", secrets_of(settings))
    watcher = Watcher(wanted.id, found.id, mask)
    await scan(narrow, [watcher], specification=document, stop=stop)
    return watcher.tried()


class Watcher:
    """Keeps the exchanges and verdicts of one test on one endpoint. `mask` None shows secrets."""

    def __init__(self, test: str, endpoint: str, mask: Mask | None) -> None:
        self._test, self._endpoint, self._mask = test, endpoint, mask
        self._sent: dict[Cell, list[Exchange]] = {}
        self._verdicts: dict[Cell, VerdictReached] = {}

    def start(self) -> None:
        """Nothing to prepare."""

    def on(self, event: AnyEvent) -> None:
        """Keep what belongs to the test on the endpoint."""
        if not isinstance(event, (AttemptSent, VerdictReached)) or event.cell is None:
            return
        if event.cell.test != self._test or event.cell.endpoint != self._endpoint:
            return
        shown = event if self._mask is None else self._mask.event(event)
        if isinstance(shown, AttemptSent):
            self._sent.setdefault(event.cell, []).append(shown.exchange)
        elif isinstance(shown, VerdictReached):
            self._verdicts[event.cell] = shown

    def stop(self) -> None:
        """Nothing to finish."""

    def tried(self) -> list[Tried]:
        """One entry for each cell, in the order of their verdicts."""
        return [self._tried(cell, event) for cell, event in self._verdicts.items()]

    def _tried(self, cell: Cell, event: VerdictReached) -> Tried:
        exchanges = self._sent.get(cell, [])
        attack = next((e for e in exchanges if e.purpose.startswith("attack")), None)
        before = [
            e for e in exchanges if attack and e.number < attack.number and e.request.method == attack.request.method
        ]
        sample = next(
            (e for e in reversed(before) if attack and e.account == attack.account), before[0] if before else None
        )
        return Tried(
            endpoint=cell.endpoint,
            account=cell.account,
            outcome=event.verdict.outcome,
            reason=event.verdict.reason,
            why=event.verdict.why,
            exchanges=tuple(_in_words(exchange) for exchange in exchanges),
            difference=tuple(difference(sample, attack)) if sample and attack else (),
            controls=event.controls,
        )


def difference(sample: Exchange, attack: Exchange) -> list[str]:
    """Changed lines of request and answer, `- ` from the sample and `+ ` from the attack."""
    lines = difflib.ndiff(_lines(sample), _lines(attack))
    return [line for line in lines if line[:1] in "-+"]


def _lines(exchange: Exchange) -> list[str]:
    request, response = exchange.request, exchange.response
    lines = [f"{request.method} {request.target}", *(f"{name}: {value}" for name, value in request.headers)]
    lines += _text(request.body).splitlines()
    if response is None:
        return [*lines, exchange.error]
    return [*lines, str(response.status), *_text(response.body).replace(",", ",\n").splitlines()]


def _in_words(exchange: Exchange) -> Sent:
    response = exchange.response
    body = _text(exchange.request.body)
    return Sent(
        purpose=exchange.purpose,
        account=exchange.account,
        request=f"{exchange.request.method} {exchange.request.target} {body}".rstrip(),
        answer=f"{response.status} {_text(response.body)}".rstrip() if response else exchange.error,
    )


def _text(body: bytes) -> str:
    text = body.decode("utf-8", "replace")
    return text if len(text) <= _LONGEST else f"{text[:_LONGEST]}… ({len(body)} bytes)"

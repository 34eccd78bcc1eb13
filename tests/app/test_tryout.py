from __future__ import annotations

from gatewright.app.tryout import Watcher, difference
from gatewright.model.events import AttemptSent, VerdictReached
from gatewright.model.finding import Cell
from gatewright.model.http import Exchange, Request, Response
from gatewright.model.mask import Mask
from gatewright.model.verdict import Control, conclude

ORIGIN = "http://127.0.0.1:8000"
CANARY = "canary-7f3a9c0e51"
CELL = Cell(f"GET {ORIGIN}/notes/{{id}}", "object-access-read", "bob")
OTHER = Cell(f"GET {ORIGIN}/notes/{{id}}", "cors", "bob")


def _exchange(number: int, target: str, body: bytes, *, account: str = "bob", purpose: str = "baseline") -> Exchange:
    request = Request("GET", ORIGIN, target, (("Authorization", f"Bearer {CANARY}"),))
    return Exchange(number, request, Response(200, body=body), account=account, purpose=purpose)


OWN = _exchange(1, "/notes/8", b'{"id": 8, "text": "mine"}')
ALICES = _exchange(2, "/notes/7", b'{"id": 7, "text": "hers"}', account="alice")
ATTACK = _exchange(3, "/notes/7", b'{"id": 7, "text": "hers"}', purpose="attack")
VERDICT = VerdictReached(
    cell=CELL, verdict=conclude("shared", "everybody sees it"), controls=(Control("C1", "twice", "same", "same", True),)
)


def _watched(mask: Mask | None) -> Watcher:
    watcher = Watcher(CELL.test, CELL.endpoint, mask)
    watcher.start()
    for exchange in (OWN, ALICES, ATTACK):
        watcher.on(AttemptSent(exchange=exchange, cell=CELL))
    watcher.on(AttemptSent(exchange=OWN, cell=OTHER))
    watcher.on(AttemptSent(exchange=OWN))
    watcher.on(VERDICT)
    watcher.on(VerdictReached(cell=OTHER, verdict=conclude("denied", "no")))
    watcher.stop()
    return watcher


def test_it_keeps_one_cell_with_all_that_led_to_its_verdict() -> None:
    [tried] = _watched(None).tried()
    assert (tried.account, tried.outcome, tried.reason, tried.why) == (
        "bob",
        "not_vulnerable",
        "shared",
        "everybody sees it",
    )
    assert [sent.request for sent in tried.exchanges] == ["GET /notes/8", "GET /notes/7", "GET /notes/7"]
    assert tried.controls[0].what == "twice"


def test_the_difference_is_between_the_attackers_own_sample_and_its_attack() -> None:
    [tried] = _watched(None).tried()
    assert [line for line in tried.difference if "notes" in line] == ["- GET /notes/8", "+ GET /notes/7"]
    assert '+  "text": "hers"}' in tried.difference


def test_secrets_are_masked() -> None:
    assert CANARY not in repr(_watched(Mask(b"key")).tried())


def test_an_exchange_without_an_answer_differs_by_its_error() -> None:
    failed = Exchange(4, ATTACK.request, None, account="bob", purpose="attack", error="timeout-total: slow")
    assert "+ timeout-total: slow" in difference(OWN, failed)


def test_long_answers_are_cut() -> None:
    watcher = Watcher(CELL.test, CELL.endpoint, None)
    watcher.on(AttemptSent(exchange=_exchange(1, "/notes/8", b"x" * 5000), cell=CELL))
    watcher.on(VERDICT)
    assert watcher.tried()[0].exchanges[0].answer.endswith("… (5000 bytes)")

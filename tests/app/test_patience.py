from __future__ import annotations

import asyncio
from collections.abc import Sequence

import pytest

from gatewright.app.patience import Patience
from gatewright.model.account import ANON
from gatewright.model.finding import Cell
from gatewright.model.http import Exchange, Request, Response


class Target:
    """Answers with the statuses in turn, the last one for ever; notes what came and when."""

    def __init__(self, *statuses: int) -> None:
        self.statuses = list(statuses)
        self.now = 0.0
        self.seen: list[tuple[str, float]] = []

    async def send(
        self,
        request: Request,
        *,
        account: str = ANON,
        purpose: str = "",
        cell: Cell | None = None,
        burst: bool = False,
    ) -> Exchange:
        self.seen.append((request.method, self.now))
        status = self.statuses.pop(0) if len(self.statuses) > 1 else self.statuses[0]
        return Exchange(len(self.seen), request, Response(status), account=account, purpose=purpose)

    async def sleep(self, seconds: float) -> None:
        self.now += seconds

    def patience(self) -> Patience:
        return Patience(self, clock=lambda: self.now, sleep=self.sleep)


def sent(patience: Patience, method: str, path: str = "/", *, purpose: str = "", burst: bool = False) -> int:
    exchange = asyncio.run(patience.send(Request(method, "http://a", path), purpose=purpose, burst=burst))
    return exchange.response.status if exchange.response else 0


@pytest.mark.parametrize(
    ("method", "purpose", "statuses", "status", "times"),
    [
        ("GET", "", (500, 200), 200, 2),
        ("GET", "attack", (503, 502, 404), 404, 3),
        ("PUT", "", (500, 500, 500), 500, 3),
        ("POST", "", (500, 200), 500, 1),
        ("POST", "log-in", (500, 200), 200, 2),
        ("GET", "", (501, 200), 501, 1),
        ("GET", "", (404, 200), 404, 1),
    ],
)
def test_what_fails_by_chance_is_sent_again(
    method: str, purpose: str, statuses: Sequence[int], status: int, times: int
) -> None:
    target = Target(*statuses)
    assert sent(target.patience(), method, purpose=purpose) == status
    assert len(target.seen) == times


def test_in_a_burst_every_answer_stands() -> None:
    target = Target(500, 200)
    assert sent(target.patience(), "GET", burst=True) == 500


def test_what_fails_every_time_is_not_sent_again_for_ever() -> None:
    target = Target(500)
    patience = target.patience()
    for query in ("", "?a=1", "?a=2"):
        sent(patience, "GET", "/broken" + query)
    assert len(target.seen) == 5


def test_reads_wait_for_writes_once_the_target_was_seen_to_be_behind() -> None:
    target = Target(200)
    patience = target.patience()
    sent(patience, "POST")
    sent(patience, "GET")
    patience.settle(0.5)
    sent(patience, "GET")
    target.now += 0.1
    sent(patience, "PATCH")
    sent(patience, "GET", burst=True)
    sent(patience, "GET")
    assert target.seen == [
        ("POST", 0.0), ("GET", 0.0), ("GET", 0.5), ("PATCH", 0.6), ("GET", 0.6), ("GET", 1.1)
    ]  # fmt: skip

"""What a run may spend."""

from __future__ import annotations

import pytest

from gatewright.model.errors import BudgetError
from gatewright.model.settings import Limits
from gatewright.wire.budget import Budget, Spent


class Clock:
    now = 1000.0

    def __call__(self) -> float:
        return self.now


def budget(clock: Clock, already: Spent = Spent()) -> Budget:  # noqa: B008
    return Budget(Limits(requests=3, time=60, sent=100), clock=clock, already=already)


def test_requests() -> None:
    spending = budget(Clock())
    for _ in range(3):
        spending.take(10)
    with pytest.raises(BudgetError) as caught:
        spending.take(10)
    assert (caught.value.code, caught.value.where) == ("GW-W010", "requests")
    assert spending.spent == Spent(3, 0.0, 30)
    assert spending.left == Spent(0, 60.0, 70)


def test_bytes() -> None:
    spending = budget(Clock())
    spending.take(90)
    with pytest.raises(BudgetError) as caught:
        spending.take(11)
    assert (caught.value.code, caught.value.where) == ("GW-W012", "sent")
    spending.take(10)
    spending.count_again(10)
    assert spending.left == Spent(0, 60.0, 0)


def test_time() -> None:
    clock = Clock()
    spending = budget(clock)
    clock.now += 59
    spending.take(1)
    with pytest.raises(BudgetError) as caught:
        spending.check(1, at=clock.now + 2)
    assert (caught.value.code, caught.value.where) == ("GW-W011", "time")
    assert "60 s" in caught.value.what
    spending.check(1)
    clock.now += 2
    with pytest.raises(BudgetError):
        spending.take(1)
    assert spending.left.seconds == 0


def test_a_resumed_run_goes_on_counting() -> None:
    clock = Clock()
    spending = budget(clock, Spent(2, 50.0, 40))
    assert spending.left == Spent(1, 10.0, 60)
    clock.now += 5
    assert spending.spent == Spent(2, 55.0, 40)


def test_clean_up_may_take_longer() -> None:
    clock = Clock()
    spending = budget(clock)
    clock.now += 61
    spending.extend(30)
    spending.take(1)
    assert spending.spent.seconds == 61
    clock.now += 30
    with pytest.raises(BudgetError):
        spending.take(1)
    early = budget(clock)
    early.extend(30)  # never ends sooner for it
    assert early.left.seconds == 60

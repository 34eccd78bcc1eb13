"""What a run may spend: requests, time, bytes sent. Nothing is sent once one of them is used up."""

from __future__ import annotations

from collections.abc import Callable

from msgspec import Struct

from gatewright.model.errors import BudgetError
from gatewright.model.settings import Limits


class Spent(Struct, frozen=True):
    """Requests, seconds and bytes sent: used up, or left."""

    requests: int = 0
    seconds: float = 0.0
    sent: int = 0


class Budget:
    """Counts against the limits of a run. `already` is what an earlier part of a resumed run has spent."""

    def __init__(self, limits: Limits, *, clock: Callable[[], float], already: Spent) -> None:
        self._limits = limits
        self._clock = clock
        self._began = clock() - already.seconds
        self._ends = self._began + limits.time
        self._most_requests, self._most_sent = limits.requests, limits.sent
        self._requests = already.requests
        self._sent = already.sent

    @property
    def spent(self) -> Spent:
        """Used up so far."""
        return Spent(self._requests, self._clock() - self._began, self._sent)

    @property
    def left(self) -> Spent:
        """Still allowed, never below nothing."""
        limits = self._limits
        seconds = self._ends - self._clock()
        return Spent(max(limits.requests - self._requests, 0), max(seconds, 0.0), max(limits.sent - self._sent, 0))

    def take(self, size: int) -> None:
        """Counts a request of this size, which goes out now. Raises BudgetError when it may not."""
        requests, sent = self._requests + 1, self._sent + size
        if requests > self._most_requests or sent > self._most_sent or self._clock() >= self._ends:
            self.check(size)
        self._requests, self._sent = requests, sent

    def check(self, size: int, at: float = 0.0) -> None:
        """Raises BudgetError when a request of this size may not go out now, or at a later moment of the clock."""
        limits = self._limits
        if self._requests >= limits.requests:
            raise _spent(f"all {limits.requests} requests are spent", "GW-W010", "--max-requests", "requests")
        if self._sent + size > limits.sent:
            raise _spent(
                f"{size} more bytes would pass the {limits.sent} bytes that may be sent",
                "GW-W012",
                "limits.sent",
                "sent",
            )
        if max(self._clock(), at) >= self._ends:
            raise _spent(f"the time of {limits.time:g} s is over", "GW-W011", "--max-time", "time")

    def extend(self, seconds: float) -> None:
        """Lets the time last this many seconds from now on, when it would end before."""
        self._ends = max(self._ends, self._clock() + seconds)

    def count_again(self, size: int) -> None:
        """A request of this size went out once more on another connection."""
        self._requests += 1
        self._sent += size


def _spent(what: str, code: str, raise_by: str, where: str) -> BudgetError:
    return BudgetError(f"not sent: {what}", code=code, where=where, help=f"{raise_by} sets it")

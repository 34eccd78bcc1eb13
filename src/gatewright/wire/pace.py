"""How fast requests go out: a fixed rate, or as fast as the target bears it.

Never more than `concurrency` requests are under way. The window halves when the target says 429 or 503 or its answers
become slow, and grows again by one with every window of good answers. `Retry-After` (at most 60 s, RFC 9110 10.2.3)
holds all requests back; a 429 or 503 without it does so for half a second, then longer each time, up to five.
"""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import Awaitable, Callable
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime

from gatewright.model.http import Response

LONGEST_PAUSE = 60.0
"""Seconds that a Retry-After may hold the run back."""

_SLOW_FACTOR = 5.0
_SLOW_FLOOR = 0.2
_FIRST_PAUSE, _LAST_PAUSE = 0.5, 5.0


class Pace:
    """Admits requests: `enter` waits for its turn, `leave` gives it back and learns from the answer."""

    def __init__(
        self,
        *,
        rate: float | None,
        concurrency: int,
        clock: Callable[[], float],
        sleep: Callable[[float], Awaitable[None]] = asyncio.sleep,
    ) -> None:
        self._interval = 1 / rate if rate else 0.0
        self._most = max(concurrency, 1)
        self._share = float(self._most)
        self.window = self._most
        """Requests that may be under way at once now."""
        self._clock = clock
        self._sleep = sleep
        self._active = 0
        self._waiting: deque[asyncio.Future[None]] = deque()
        self._slot = self._held_until = self._pause = 0.0
        self._usual = self._recent = 0.0
        self._answers = 0

    @property
    def held_until(self) -> float:
        """The moment of the clock before which nothing goes out; 0.0 when nothing is held back."""
        return self._held_until

    def enter_now(self) -> bool:
        """Takes a turn that need not be waited for, when there is one."""
        if self._active < self.window and not (self._waiting or self._interval or self._held_until):
            self._active += 1
            return True
        return False

    async def enter(self) -> None:
        """Waits until one more request may go out."""
        if self._active < self.window and not self._waiting:
            self._active += 1
        else:
            turn: asyncio.Future[None] = asyncio.get_running_loop().create_future()
            self._waiting.append(turn)
            try:
                await turn
            except asyncio.CancelledError:
                if turn.done() and not turn.cancelled():  # the turn came at the same moment: pass it on
                    self.leave()
                raise
        if self._interval or self._held_until:
            try:
                await self._wait()
            except BaseException:
                self.leave()
                raise

    def leave(self, response: Response | None = None) -> None:
        """A request is over. Without a response nothing is learnt."""
        self._active -= 1
        if response is not None:
            self._learn(response)
        if self._waiting:
            self._admit()

    def _admit(self) -> None:
        while self._waiting and self._active < self.window:
            turn = self._waiting.popleft()
            if not turn.done():
                self._active += 1
                turn.set_result(None)

    async def _wait(self) -> None:
        if self._interval:
            now = self._clock()
            slot = max(self._slot, now)
            self._slot = slot + self._interval
            if slot > now:
                await self._sleep(slot - now)
        while (held := self._held_until) > (now := self._clock()):
            await self._sleep(held - now)
        if self._held_until == held:
            self._held_until = 0.0

    def _learn(self, response: Response) -> None:
        self._answers += 1
        if response.status in (429, 503):
            self._hold_back(response)
            return
        if self._pause:
            self._pause = 0.9 * self._pause if self._pause > _FIRST_PAUSE else 0.0
        latency, recent, usual = response.timing.first_byte, self._recent, self._usual
        self._recent = recent = recent + 0.1 * (latency - recent)
        if not usual or latency < usual:
            self._usual = usual = latency
        else:  # drifts, so that a target that stays slow becomes the usual one
            self._usual = usual = usual + 0.002 * (latency - usual)
        if recent > _SLOW_FLOOR and recent > _SLOW_FACTOR * usual:
            self._shrink()
        elif self.window < self._most:
            self._share = min(self._share + 1 / self._share, self._most)
            self.window = int(self._share)

    def _shrink(self) -> None:
        if self._answers >= self.window or self.window == self._most:  # once for all that were under way together
            self._answers = 0
            self._share = max(self._share / 2, 1.0)
            self.window = int(self._share)

    def _hold_back(self, response: Response) -> None:
        self._shrink()
        now = self._clock()
        seconds = retry_after(response)
        if seconds is None:
            if now < self._held_until:
                return
            seconds = self._pause = min(max(self._pause * 2, _FIRST_PAUSE), _LAST_PAUSE)
        self._held_until = max(self._held_until, now + min(seconds, LONGEST_PAUSE))


def retry_after(response: Response, now: datetime | None = None) -> float | None:
    """Seconds that the answer asks to wait; None when it does not say. A date counts from the answer's `Date`, or now."""
    text = (response.header("retry-after") or "").strip()
    if text.isascii() and text.isdigit() and len(text) < 10:
        return float(text)
    until = _date(text)
    if until is None:
        return None
    start = _date(response.header("date") or "") or now or datetime.now(UTC)
    return max((until - start).total_seconds(), 0.0)


def _date(text: str) -> datetime | None:
    try:
        moment = parsedate_to_datetime(text)
    except (ValueError, TypeError, OverflowError):
        return None
    return moment if moment.tzinfo is not None else moment.replace(tzinfo=UTC)

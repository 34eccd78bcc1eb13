"""The health of the target, as its answers to baselines show it (checks-1-5.md 1.2).

Attempts may provoke errors and slow answers; a request that always worked may not. Whether it takes longer is told by
the same endpoint's answer in exploration, so that what is slow by itself is not taken for unwell.
"""

from __future__ import annotations

import statistics
from collections import deque

from gatewright.model.http import Response

REST = 10.0
"""Seconds without a request, once the target is unwell."""
RESTS = 2
"""Rests after which it is not tried again."""
_TIMES, _ANSWERS = 20, 50
_SLOWER, _SLOW = 5.0, 0.2
_FAILED = 0.2


class Health:
    """The last baselines of a run."""

    def __init__(self) -> None:
        self.rests = 0
        """How often the run has rested."""
        self._starts: dict[str, float] = {}
        self._times: deque[tuple[float, float]] = deque(maxlen=_TIMES)
        """Seconds of an answer, and those of the same endpoint at the start."""
        self._failed: deque[bool] = deque(maxlen=_ANSWERS)

    def saw(self, endpoint: str, response: Response | None, *, start: float | None = None) -> None:
        """Remember the answer to a baseline; `start` is the time that exploration saw there, in seconds."""
        self._failed.append(response is None or response.status >= 500)
        if response is not None and response.status < 500:
            took = response.timing.total
            usual = self._starts.setdefault(endpoint, took if start is None else start)
            self._times.append((took, usual))

    def complaint(self) -> str:
        """What is wrong with the target, in words; empty while it is well."""
        if len(self._failed) == _ANSWERS:
            failed = sum(self._failed)
            if failed > _FAILED * _ANSWERS:
                return f"{failed} of the last {_ANSWERS} baselines failed"
        if len(self._times) == _TIMES:
            now = statistics.median(took for took, _ in self._times)
            before = statistics.median(usual for _, usual in self._times)
            if now > _SLOW and now > _SLOWER * before:
                return f"baselines take {1000 * now:.0f} ms, {1000 * before:.0f} ms at the start"
        return ""

    def rested(self) -> None:
        """Look anew: what was seen before the rest counts no longer."""
        self.rests += 1
        self._times.clear()
        self._failed.clear()

"""How often one caller may ask: a quota that is announced everywhere, and a limit where a request costs the clinic something."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from gatewright.lab.endpoint import Endpoint, Refused

PER_MINUTE = 6000
"""Requests to one endpoint that the announced quota leaves a caller: more than any scan sends."""
AGAIN = 5.0
"""Requests per second by which a limit that is used up fills again."""


@dataclass(slots=True)
class _Meter:
    """What one caller has used of one endpoint."""

    minute: int
    used: int
    left: float
    at: float


class Quotas:
    """Counts requests by endpoint and caller. The endpoint's weakness leaves the counting out."""

    def __init__(self, now: Callable[[], float], weak: frozenset[str]) -> None:
        self._now = now
        self._weak = weak
        self._meters: dict[tuple[str, str], _Meter] = {}

    def take(self, endpoint: Endpoint, caller: str) -> dict[str, str]:
        """Count one request; the headers that announce what is left. Raises Refused 429 when it is one too many."""
        if endpoint.unmetered in self._weak:
            return {}
        now = self._now()
        minute = int(now // 60)
        meter = self._meters.setdefault((endpoint.id, caller), _Meter(minute, 0, endpoint.limit, now))
        if meter.minute != minute:
            meter.minute, meter.used = minute, 0
        meter.used += 1
        if endpoint.limit:
            meter.left = min(meter.left + AGAIN * (now - meter.at), endpoint.limit)
            meter.at = now
            if meter.left < 1:
                raise Refused(429, "this is asked for too often")
            meter.left -= 1
        if meter.used > PER_MINUTE:
            raise Refused(429, "this is asked for too often")
        return {
            "RateLimit-Limit": str(PER_MINUTE),
            "RateLimit-Remaining": str(PER_MINUTE - meter.used),
            "RateLimit-Reset": str(60 - int(now % 60)),
        }

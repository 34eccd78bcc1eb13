"""What a burst of equal requests shows: the first sign that somebody counts them (checks-1-5.md 5.1)."""

from __future__ import annotations

import re
import statistics
from collections.abc import Sequence
from itertools import pairwise

from gatewright.model.http import Exchange, Response

_SLOWER = 3.0
_SLOWER_BY = 0.1
"""Seconds by which the last answers must be slower, so that noise is none."""
_ENDS = 10
_CHALLENGE = re.compile(rb"captcha|challenge|are you (a )?human|too many|rate.?limit|quota|throttl", re.IGNORECASE)
_LEFT = ("ratelimit-remaining", "x-ratelimit-remaining", "x-rate-limit-remaining", "x-ratelimit-remaining-minute")
_FIELD = re.compile(r"\br(?:emaining)?=(\d+)")
"""The remaining requests in the one-header forms of RateLimit."""


def left(response: Response | None) -> int | None:
    """The requests that an answer announces to be left; None when it announces none."""
    if response is None:
        return None
    for name in _LEFT:
        text = (response.header(name) or "").partition(",")[0].strip()
        if text.isascii() and text.isdigit() and len(text) < 16:
            return int(text)
    found = _FIELD.search(response.header("ratelimit") or "")
    return int(found[1]) if found else None


def falling(counts: Sequence[int | None]) -> bool:
    """Whether what is announced to be left falls from one answer to a later one: it is counted."""
    told = [count for count in counts if count is not None]
    return any(later < earlier for earlier, later in pairwise(told))


def protection(exchange: Exchange, usual: Response) -> str:
    """The sign of a limit that one answer of a burst shows, next to a usual one; empty when it shows none."""
    response = exchange.response
    if response is None:
        return f"no answer ({exchange.error.partition(':')[0]})"
    if response.meaning in (429, 503):
        return f"status {response.meaning}"
    if response.meaning != usual.meaning and response.meaning < 500 and not response.ok:
        return f"status {response.meaning} instead of {usual.meaning}"
    if _CHALLENGE.search(response.body[:4096]) and not _CHALLENGE.search(usual.body[:4096]):
        return "an answer that speaks of a limit or a challenge"
    return ""


def slowed(seconds: Sequence[float]) -> bool:
    """Whether the last ten answers took three times as long as the first ten, and a tenth of a second more: it is held back."""
    if len(seconds) < 2 * _ENDS:
        return False
    first, last = statistics.median(seconds[:_ENDS]), statistics.median(seconds[-_ENDS:])
    return last >= _SLOWER * first and last - first >= _SLOWER_BY


def from_cache(response: Response | None) -> bool:
    """Whether a cache on the way says that it answered itself."""
    if response is None:
        return False
    told = " ".join(response.header(name) or "" for name in ("x-cache", "cf-cache-status", "x-proxy-cache"))
    age = (response.header("age") or "").strip()
    return "hit" in told.lower() or (age.isascii() and age.isdigit() and int(age[:9]) > 0)

"""What a burst of equal requests shows: the first sign that somebody counts them (checks-1-5.md 5.1)."""

from __future__ import annotations

import re
import statistics
from collections.abc import Sequence
from itertools import pairwise

from gatewright.model.http import Exchange, Response
from gatewright.proof.denied import says_no
from gatewright.proof.leaves import read

_SLOWER = 3.0
_SLOWER_BY = 0.1
"""Seconds by which the last answers must be slower, so that noise is none."""
_ENDS = 10
_CHALLENGE = re.compile(rb"captcha|challenge|are you (a )?human|too many|rate.?limit|quota|throttl", re.IGNORECASE)
_LEFT = re.compile(r"(?=.*(rate.?limit|quota|throttl))(?=.*remaining)", re.IGNORECASE)
"""Names of headers that tell how many requests are left: `X-RateLimit-Remaining`, `X-Rate-Limit-Remaining-Minute`, `X-Quota-Remaining`."""
_FIELD = re.compile(r"\br(?:emaining)?=(\d+)")
"""The remaining requests in the one-header forms of RateLimit."""
_CACHES = re.compile(r"^(?!.*(?:control|key|tag))(?:.*cache.*)$|^server-timing$", re.IGNORECASE)
_HIT = re.compile(r"\bhit\b|tcp_\w*hit", re.IGNORECASE)


def left(response: Response | None) -> int | None:
    """The requests that an answer announces to be left; None when it announces none."""
    if response is None:
        return None
    for name, value in response.headers:
        text = value.partition(",")[0].strip() if _LEFT.match(name) else ""
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
    if response.ok and usual.ok and response.body != usual.body and _less(response, usual):
        return "an answer that has less in it than a usual one"
    return ""


def _less(response: Response, usual: Response) -> bool:
    """Whether an answer says no by its shape where a usual one does not, or lacks most of what that has."""
    now, before = read(response), read(usual)
    if says_no(now) and not says_no(before):
        return True
    known = before.paths()
    return len(known) >= 2 and 2 * len(known & now.paths()) < len(known)


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
    told = [value for name, value in response.headers if _CACHES.match(name)]
    hits = (response.header("x-cache-hits") or "").rpartition(",")[2].strip()
    if any(_HIT.search(value) for value in told) or (hits.isascii() and hits.isdigit() and int(hits[:9]) > 0):
        return True
    if len((response.header("x-varnish") or "").split()) > 1:  # the second number is that of the request that filled it
        return True
    age = (response.header("age") or "").strip()
    return age.isascii() and age.isdigit() and int(age[:9]) > 0

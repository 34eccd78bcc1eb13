"""`no-rate-limit`: nobody counts how often a costly function is called."""

from __future__ import annotations

import asyncio
import re
import time

from gatewright.checks.controls import call_of
from gatewright.explore.words import words
from gatewright.model.call import Call, render
from gatewright.model.endpoint import Endpoint
from gatewright.model.http import Exchange, Request, Response
from gatewright.model.test import Attacker, Phase, Probe, check
from gatewright.model.verdict import Severity, Verdict, conclude, proved
from gatewright.proof.burst import falling, from_cache, left, protection, slowed

BURST = 56
"""Requests of one burst, so that with the controls it is 60."""
_AT_ONCE = 10
_SEARCH = {"search", "find", "lookup", "query", "export", "report", "download", "autocomplete", "suggest", "suggestion"}
_QUERY = {"q", "search", "query", "term", "keyword", "keywords", "searchterm"}
_SENSITIVE: Severity = "medium"


@check(
    "no-rate-limit",
    threat="API4:2023",
    title="Nobody counts how often this is called",
    severity="medium",
    cwe=(770, 799),
    attacker=Attacker.OWNER,
    needs=(),
    phase=Phase.BURSTS,
    requests=60,
)
async def no_rate_limit(probe: Probe) -> Verdict:
    """Call a function many times in a short while, as one account, and see whether anybody minds.

    ## What it does
    One burst for each kind of function that costs something (search and export), and one for a plain read of the host: 56
    equal requests, ten at a time. Where the answers announce a limit and count it down, none is sent.

    ## Why it matters
    What may be called without end can be used to guess, to harvest, and to make the API slow or dear for everybody.

    ## How it is proved
    A path that is not there answers differently, no cache answers, and no limit is announced. Then all requests of the
    burst are answered as usual: no 429 or 503, no challenge, no reset, no refusal, and the last ten not three times
    slower than the first. The finding states how many requests in how many seconds.

    ## When it is wrong
    When the limit is above 56 requests in a burst and is not announced, or counts something else than requests.

    ## Remedy
    Limit requests per account and per address, most where one costs much: log-in, reset, search, export, upload. Answer
    429 with `Retry-After`, and announce the limit with `RateLimit` headers.

    ## References
    - https://cwe.mitre.org/data/definitions/770.html
    - https://www.rfc-editor.org/rfc/rfc6585#section-4
    """
    kind = _kind(probe, probe.endpoint)
    call = call_of(probe, probe.account)
    if not kind or call is None:
        return conclude(
            "no_such_function", "it is neither a search or an export, nor the plain read that stands for all"
        )
    if probe.settings.limits.rate is not None:
        return conclude("needs_configuration", "the rate of this run is limited: a burst needs a scan without --rate")
    usual = await _usual(probe, call)
    if isinstance(usual, Verdict):
        return usual
    if not await _turn(probe, kind):
        return conclude("budget", f"one burst for each kind of function: that for {kind} went to another endpoint")
    began = time.monotonic()
    sent, sign = await _burst(probe, call, usual)
    seconds = time.monotonic() - began
    if sign:
        return conclude("protected", f"{sign} after {len(sent)} requests in {seconds:.2f} s")
    if any(from_cache(e.response) for e in sent):
        return conclude("cache", "a cache answered: how often the API itself would cannot be seen")
    return _proved(probe, kind, sent, seconds)


def _kind(probe: Probe, endpoint: Endpoint) -> str:
    """`search` or `plain read`; empty for an endpoint that stands for nothing."""
    if endpoint.method == "GET":
        named = {word for part in endpoint.path.split("/") if "{" not in part for word in words(part)}
        asked = {re.sub(r"[^a-z]", "", p.name.lower()) for p in endpoint.parameters if p.within == "query"}
        if named & _SEARCH or asked & _QUERY:
            return "search and export"
    return "plain read" if endpoint.id == _plain(probe) else ""


def _plain(probe: Probe) -> str:
    """The read that stands for all others of the host: the one that names the account, else the shortest."""
    for name in probe.accounts:
        call = probe.whoami(name)
        if call is not None:
            return call.endpoint
    reads = [
        (len(s.exchange.response.body) if s.exchange.response else 0, s.endpoint)
        for s in probe.knowledge.samples
        if s.endpoint.startswith("GET ") and "{" not in s.endpoint
    ]
    return min(reads, default=(0, ""))[1]


async def _turn(probe: Probe, kind: str) -> bool:
    """Whether this endpoint is the one of its kind and host that gets the burst: the first that asks."""

    async def first() -> str:
        return probe.endpoint.id

    return await probe.once(f"burst {probe.endpoint.origin} {kind}", first) == probe.endpoint.id


async def _usual(probe: Probe, call: Call) -> Response | Verdict:
    """A usual answer; or the verdict when it is none, anything is answered like it, or a limit is announced."""
    first = await probe.send(call, purpose="baseline")
    second = await probe.send(call, purpose="baseline")
    word = probe.marker()
    third = await probe.send(
        call, purpose="control: a path that is not there", edit=lambda request: _nowhere(request, word)
    )
    answers = [e.response for e in (first, second)]
    if answers[0] is None or answers[1] is None or not (answers[0].ok and answers[1].ok):
        return conclude("baseline_broken", f"{probe.account}'s accepted request is not accepted now")
    told = [left(response) for response in answers]
    if falling(told):
        return conclude("protected", f"a limit is announced and counted: {told[0]}, then {told[1]} requests left")
    refused = third.response is None or not third.response.ok
    if not probe.control(
        "nowhere",
        "a path that is not there",
        expected="refused",
        observed="refused" if refused else f"status {third.response.status if third.response else 0}",
        holds=refused,
    ):
        return conclude("control_failed", "every path is answered alike: that says nothing of the function behind it")
    if from_cache(answers[0]) or from_cache(answers[1]):
        return conclude("cache", "a cache answers: how often the API itself would cannot be seen")
    return answers[1]


def _nowhere(request: Request, word: str) -> Request:
    path = request.target.partition("?")[0].rstrip("/")
    return Request("GET", request.origin, f"{path.rpartition('/')[0]}/{word}/{word}", request.headers)


async def _burst(probe: Probe, call: Call, usual: Response) -> tuple[list[Exchange], str]:
    """The requests in the order of their answers, ten at a time, and the first sign of a limit."""
    sent: list[Exchange] = []
    signs: list[str] = []

    async def some(count: int) -> None:
        for _ in range(count):
            if signs:
                return
            exchange = await probe.send(call, purpose="attack: burst", burst=True)
            sent.append(exchange)
            sign = protection(exchange, usual)
            if sign:
                signs.append(sign)

    share, rest = divmod(BURST, _AT_ONCE)
    try:
        async with asyncio.TaskGroup() as group:
            for index in range(_AT_ONCE):
                group.create_task(some(share + (index < rest)))
    except ExceptionGroup as broken:
        raise broken.exceptions[0] from None
    if not signs and slowed([e.response.timing.total for e in sent if e.response is not None]):
        signs.append("answers three times slower")
    return sent, signs[0] if signs else ""


def _proved(probe: Probe, kind: str, sent: list[Exchange], seconds: float) -> Verdict:
    broken = [e for e in sent if e.response is None or e.response.status >= 500]
    if broken:
        return conclude("unstable", f"{len(broken)} of {len(sent)} requests of the burst failed with a server error")
    plain = kind == "plain read"
    target = render(probe.endpoint, call_of(probe, probe.account) or Call(endpoint=probe.endpoint.id)).target
    return proved(
        summary=f"{probe.account} called {probe.endpoint.name} {len(sent)} times in {seconds:.2f} s, and every call was answered.",
        proof=(
            f"{target} is answered, a path that is not there is refused, no cache answers, and no limit is announced",
            f"{len(sent)} requests in {seconds:.2f} s, {_AT_ONCE} at a time: each was answered as usual, none slower than before",
        ),
        attacks=(sent[0].number, sent[-1].number),
        severity="low" if plain else _SENSITIVE,
    )

"""`no-rate-limit`: nobody counts how often a costly function is called."""

from __future__ import annotations

import asyncio
import re
import time

import msgspec

from gatewright.checks.burst_kinds import PLAIN, RESET, SIGN_UP, Kind, announced_elsewhere, kind_of, prepared, target_of
from gatewright.model.http import Exchange, Request, Response
from gatewright.model.test import Attacker, Effect, Phase, Probe, check
from gatewright.model.verdict import Verdict, conclude, proved
from gatewright.proof.burst import falling, from_cache, left, protection, slowed

_AT_ONCE = 10
_TURNS = 2
"""Endpoints of one kind and host that get a burst: a second one where the first is limited."""
_LONG = 10.0
"""Seconds of a first part after which no second one is sent."""


@check(
    "no-rate-limit",
    threat="API4:2023",
    title="Nobody counts how often this is called",
    severity="medium",
    cwe=(770, 799),
    attacker=Attacker.OWNER,
    needs=(),
    phase=Phase.BURSTS,
    effect=Effect.OWN,
    requests=240,
)
async def no_rate_limit(probe: Probe) -> Verdict:
    """Call a function many times in a short while, as one account, and see whether anybody minds.

    ## What it does
    One burst for each kind of function that costs something (search, export, sign-up, reset, upload), and one for a
    plain read of the host: 56 equal requests, ten at a time, and 54 more where none of them met a limit. Where the
    answers announce a limit and count it down, none is sent. Nothing piles up: sign-ups repeat one whose name is taken, a
    reset is asked for a name that nobody has, files are removed again.

    ## Why it matters
    What may be called without end can be used to guess, to harvest, and to make the API slow or dear for everybody.

    ## How it is proved
    A path that is not there answers differently, no cache answers, and no limit is announced. Then all requests of the
    burst are answered as usual: no 429 or 503, no challenge, no reset, no refusal, no answer of another shape, and the last ten not
    three times slower than the first. The finding states how many requests in how many seconds. Sign-ups and resets,
    whose limits may not show, need more: nearly all other answers of the API announce a limit and theirs do not, or for
    a reset, in full mode, a mail that comes even after the burst.

    ## When it is wrong
    When the limit is above 110 requests in a burst and is not announced, or counts something else than requests.

    ## Remedy
    Limit requests per account and per address, most where one costs much: log-in, reset, search, export, upload. Answer
    429 with `Retry-After`, and announce the limit with `RateLimit` headers.

    ## References
    - https://cwe.mitre.org/data/definitions/770.html
    - https://www.rfc-editor.org/rfc/rfc6585#section-4
    """
    name = kind_of(probe)
    if not name:
        return conclude(
            "no_such_function", "it is no search, export, sign-up, reset or upload, nor the read that stands for all"
        )
    if probe.settings.limits.rate is not None:
        return conclude("needs_configuration", "the rate of this run is limited: a burst needs a scan without --rate")
    turns = await _turns(probe, name)
    if len(turns) >= _TURNS or "proved" in turns:
        return conclude("budget", f"one burst for each kind of function: that for {name} went to another endpoint")
    kind = await prepared(probe, name)
    if isinstance(kind, Verdict):
        return kind
    usual = await _usual(probe, kind)
    if isinstance(usual, Verdict):
        return usual
    turns.append("tried")
    began = time.monotonic()
    sent, sign = await _burst(kind, usual, began)
    seconds = time.monotonic() - began
    if sign:
        return conclude("protected", f"{sign} after {len(sent)} requests in {seconds:.2f} s")
    if any(from_cache(e.response) for e in sent):
        return conclude("cache", "a cache answered: how often the API itself would cannot be seen")
    mailed = await kind.count() if kind.count is not None else ""
    if kind.count is not None and not mailed:
        return conclude("not_visible", "every request was answered, and no mail came for one after the burst")
    turns.append("proved")
    return _proved(probe, kind, sent, seconds, mailed)


async def _turns(probe: Probe, name: str) -> list[str]:
    """What became of the bursts of this kind on this host; the list is the run's own."""

    async def none() -> list[str]:
        return []

    return await probe.once(f"bursts {probe.endpoint.origin} {name}", none)


async def _usual(probe: Probe, kind: Kind) -> Response | Verdict:
    """A usual answer; or the verdict when it is none, anything is answered like it, or a limit is announced."""
    first, second = await kind.send("baseline"), await kind.send("baseline")
    third = await probe.send(
        kind.call, purpose="control: no such path", edit=lambda r: _nowhere(r, probe.marker()), burst=True
    )
    answers = [e.response for e in (first, second) if e.response is not None]
    limited = next((answer for answer in answers if answer.meaning in (429, 503)), None)
    if limited is not None:
        return conclude("protected", f"it is limited already: status {limited.meaning}")
    wrong = next((why for answer in answers if (why := kind.usual(answer))), "" if len(answers) == 2 else "no answer")
    if wrong:
        refused = all(answer.ok for answer in answers)
        return conclude("not_visible" if refused or kind.told else "baseline_broken", f"{wrong}: no burst was sent")
    told = [left(response) for response in answers]
    if falling(told):
        return conclude("protected", f"a limit is announced and counted: {told[0]}, then {told[1]} requests left")
    refused = third.response is None or (not third.response.ok and not _same(third, second))
    if not probe.control(
        "nowhere",
        "a path that is not there",
        expected="refused, and in other words",
        observed="so it is" if refused else f"status {third.response.status if third.response else 0}",
        holds=refused,
    ):
        return conclude("control_failed", "every path is answered alike: that says nothing of the function behind it")
    if any(from_cache(answer) for answer in answers):
        return conclude("cache", "a cache answers: how often the API itself would cannot be seen")
    return _silent(probe, kind, told) or answers[1]


def _same(one: Exchange, other: Exchange) -> bool:
    """Whether two answers are one, but for their own paths and for what has a digit in it: times, and ids of requests."""

    def plain(exchange: Exchange) -> tuple[int, str]:
        response = exchange.response
        if response is None:
            return 0, ""
        path = exchange.request.target.partition("?")[0]
        text = (
            response.body.decode("utf-8", "replace").replace("\\/", "/").replace(path, "").replace(path.strip("/"), "")
        )
        return response.meaning, re.sub(r"[\w-]*\d[\w-]*", "", text)

    return plain(one) == plain(other)


def _silent(probe: Probe, kind: Kind, told: list[int | None]) -> Verdict | None:
    """The verdict where a limit may be kept without a word, and nothing would show it."""
    if not kind.silent or kind.count is not None:
        return None
    aloud = announced_elsewhere(probe) and not any(count is not None for count in told)
    if probe.control(
        "announced",
        "how many requests are left, as this and the other answers tell it",
        expected="told nearly everywhere, and not here",
        observed="so it is" if aloud else "told here, or not elsewhere",
        holds=aloud,
    ):
        return None
    larger = kind.name == RESET and probe.settings.limits.mode != "full"
    return conclude("mode" if larger else "not_visible", kind.silent)


def _nowhere(request: Request, word: str) -> Request:
    """The same request of a path that is not there, without its body: who knows no path reads none."""
    lines = tuple(line for line in request.headers if not line[0].lower().startswith("content-"))
    path = request.target.partition("?")[0].rstrip("/")
    target = f"{path.rpartition('/')[0]}/{word}/{word}"
    return msgspec.structs.replace(request, target=target, headers=lines, body=b"")


async def _burst(kind: Kind, usual: Response, began: float) -> tuple[list[Exchange], str]:
    """The requests in the order of their answers, ten at a time, and the first sign of a limit."""
    sent: list[Exchange] = []
    signs: list[str] = []

    async def some(count: int) -> None:
        for _ in range(count):
            if signs:
                return
            exchange = await kind.send("attack: burst")
            sent.append(exchange)
            sign = protection(exchange, usual)
            if sign:
                signs.append(sign)

    for part in kind.parts:
        if signs or time.monotonic() - began > _LONG:
            break
        share, rest = divmod(part, _AT_ONCE)
        try:
            async with asyncio.TaskGroup() as group:
                for index in range(_AT_ONCE):
                    group.create_task(some(share + (index < rest)))
        except ExceptionGroup as broken:
            raise broken.exceptions[0] from None
    if not signs and slowed([e.response.timing.total for e in sent if e.response is not None]):
        signs.append("answers three times slower")
    return sent, signs[0] if signs else ""


def _proved(probe: Probe, kind: Kind, sent: list[Exchange], seconds: float, mailed: str) -> Verdict:
    broken = [e for e in sent if e.response is None or e.response.status >= 500]
    if broken:
        return conclude("unstable", f"{len(broken)} of {len(sent)} requests of the burst failed with a server error")
    who = "anybody" if kind.name in (SIGN_UP, RESET) else probe.account
    return proved(
        summary=f"{who} called {probe.endpoint.name} {len(sent)} times{kind.told} in {seconds:.2f} s, and every call was answered.",
        proof=(
            f"{target_of(probe, kind)} is answered, a path that is not there is refused, no cache answers, and no limit is announced",
            f"{len(sent)} requests in {seconds:.2f} s, {_AT_ONCE} at a time: each was answered as usual, none slower than before",
            *([mailed] if mailed else []),
        ),
        attacks=(sent[0].number, sent[-1].number),
        severity="low" if kind.name == PLAIN else "medium",
    )

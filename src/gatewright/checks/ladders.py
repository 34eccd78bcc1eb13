"""What the cost ladders share: which places are worth one, how a rung is sent, and what its end means (checks-1-5.md 5.4)."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Sequence

from msgspec import Struct

from gatewright.checks.controls import call_of
from gatewright.explore.policy import SAFE, forbidden
from gatewright.model.call import Call
from gatewright.model.endpoint import Endpoint, Place
from gatewright.model.http import Exchange
from gatewright.model.knowledge import Sample
from gatewright.model.test import Probe
from gatewright.model.verdict import Verdict, conclude, proved
from gatewright.proof.denied import says_no
from gatewright.proof.ladder import GROWTH, TOO_LONG, Asked, Climb, climb
from gatewright.proof.leaves import read

GIVE_UP = 3.0
"""Seconds after which an answer is waited for no longer."""
PLACES = 5
"""Ladders of one kind on one host, at most."""
_MAKES = 3
"""The rank of a call that makes an object."""
_STOPS = {401: "the session ended", 403: "it was refused", 429: "a rate limit answered", 503: "it was unavailable"}


class Ladder(Struct, frozen=True):
    """One ladder: what its attempts hold, the call of an attempt (True) or control of a size, and its sizes."""

    name: str
    make: Callable[[bool, int], Call]
    sizes: Sequence[int]
    kind: str = "additive"
    unit: str = "characters"


class Spot(Struct, frozen=True, order=True):
    """One place of the host that a ladder may stand at, the best first."""

    rank: int
    name: str
    path: str
    endpoint: str
    within: str
    place: str


async def spots(
    probe: Probe,
    kind: str,
    fits: Callable[[Probe, Endpoint, Sample, Place], bool],
    *,
    first: Callable[[Probe, Endpoint], bool] | None = None,
) -> list[Spot]:
    """The places of the host that get a ladder: five, reads before writes, another name before the same once more.

    With `first`, which says the endpoints to prefer, the body itself is the place, and what would make something is left out.
    """
    whole = first is not None

    async def find() -> list[Spot]:
        found: list[Spot] = []
        for endpoint in probe.knowledge.endpoints.values():
            sample = _sample(probe, endpoint)
            if endpoint.origin != probe.endpoint.origin or sample is None:
                continue
            for place in [Place("body", "")] if whole else sample.call.places() + _optional(endpoint, sample):
                if fits(probe, endpoint, sample, place):
                    path = f"{endpoint.path} {endpoint.method}"
                    rank = _rank(probe, endpoint, sample)
                    if first is not None:
                        if rank == _MAKES:
                            continue
                        rank -= _MAKES * first(probe, endpoint)
                    found.append(Spot(rank, place.name, path, endpoint.id, place.within, place.name))
        return _spread(found, by_name=not whole)

    return await probe.once(f"ladders {kind} {probe.endpoint.origin}", find)


def _sample(probe: Probe, endpoint: Endpoint) -> Sample | None:
    """The accepted request that ladders are made of, where one may be sent many times."""
    samples = probe.knowledge.samples_of(endpoint.id)
    mode = probe.settings.limits.mode
    if not samples or endpoint.id in probe.auth_endpoints or forbidden(endpoint, mode):
        return None
    if endpoint.method == "DELETE" or (endpoint.method not in SAFE and mode == "read-only"):
        return None
    return min(samples, key=lambda s: probe.rank(s.account))


def _optional(endpoint: Endpoint, sample: Sample) -> list[Place]:
    """Query parameters of the specification that the sample leaves out."""
    return [p.place for p in endpoint.parameters if p.within == "query" and p.name not in sample.call.query]


def _rank(probe: Probe, endpoint: Endpoint, sample: Sample) -> int:
    """Reads, then calls that make nothing, then changes of what is ours, then calls that would make something."""
    if endpoint.method in SAFE:
        return 0
    if endpoint.method == "POST":
        return 1 if not creates(probe, endpoint, sample) else _MAKES
    return 2


def creates(probe: Probe, endpoint: Endpoint, sample: Sample) -> bool:
    """Whether an accepted request of it makes an object."""
    if endpoint.method != "POST":
        return False
    if sample.made:
        return True
    known = any(purposes.get("create") == endpoint.id for purposes in probe.knowledge.resources.values())
    status = sample.exchange.response.status if sample.exchange.response else 0
    return status == 201 or (
        known and any(o.recipe and o.recipe.endpoint == endpoint.id for o in probe.knowledge.objects)
    )


def _spread(found: list[Spot], *, by_name: bool) -> list[Spot]:
    chosen: list[Spot] = []
    ordered = sorted(found)
    if by_name:
        names: set[str] = set()
        for spot in ordered:
            if spot.name.lower() not in names:
                names.add(spot.name.lower())
                chosen.append(spot)
    chosen += [spot for spot in ordered if spot not in chosen]
    return chosen[:PLACES]


async def judge(probe: Probe, place: Place | None, ladders: Sequence[Ladder], what: str) -> Verdict:
    """Climb each ladder in turn; the first that proves it ends them. `what` says what the cost is of."""
    climbed: list[tuple[Ladder, Climb]] = []
    for ladder in ladders:
        sent: list[Exchange] = []
        accepted: list[str] = []

        async def ask(
            attempt: bool,
            size: int,
            ladder: Ladder = ladder,
            sent: list[Exchange] = sent,
            accepted: list[str] = accepted,
        ) -> Asked:
            return await _rung(probe, ladder, attempt, size, sent, accepted)

        end = await climb(ask, ladder.sizes, least=GROWTH[ladder.kind], rng=probe.random)
        climbed.append((ladder, end))
        if end.slowest >= 1.0 or end.ending == "proved":
            await _well(probe, ladder)
        if end.ending == "proved":
            return _proved(probe, place, ladder, end, sent, what)
        if accepted:
            return conclude("schemaless", f"{accepted[0]}: nothing that costs more is asked of it", place=place)
        if end.ending != "flat":
            break
    return _quiet(place, climbed)


async def _rung(
    probe: Probe, ladder: Ladder, attempt: bool, size: int, sent: list[Exchange], accepted: list[str]
) -> Asked:
    if not attempt and "same size" in probe.settings.disabled_controls:
        return Asked(0.0)
    call = ladder.make(attempt, size)
    purpose = f"{'attack' if attempt else 'control'}: {ladder.name}, {size} {ladder.unit}"
    try:
        exchange = await asyncio.wait_for(probe.send(call, purpose=purpose, burst=True), GIVE_UP)
    except TimeoutError:
        return Asked(GIVE_UP)
    response = exchange.response
    if response is None:
        return Asked(stop=f"no answer ({exchange.error.partition(':')[0]})")
    if attempt:
        sent.append(exchange)
    if response.status in _STOPS:
        return Asked(stop=_STOPS[response.status])
    if response.status >= 500:
        return Asked(stop=f"status {response.status}")
    if response.ok and not says_no(read(response)) and await _kept(probe, call, exchange):
        accepted.append(f"{size} {ladder.unit} of no sense were accepted and kept")
        return Asked(stop="it was accepted")
    return Asked(response.timing.total)


async def _kept(probe: Probe, call: Call, exchange: Exchange) -> bool:
    """Whether an accepted attempt left something: an object made (no more of them then), or a value that is put back."""
    endpoint = probe.endpoint
    sample = probe.knowledge.sample(endpoint.id, probe.account)
    if endpoint.method in SAFE or sample is None:
        return False
    if endpoint.method == "POST":
        if not creates(probe, endpoint, sample):
            return False
        probe.leave(f"what {probe.account} made at {endpoint.name} to measure its cost", call, endpoint=endpoint)
        return True

    async def back() -> bool:
        what = f"{endpoint.name} of {probe.account} as it was"
        probe.undo(what, sample.call, as_=probe.account, endpoint=endpoint)
        return True

    await probe.once(f"undo ladder {endpoint.id} {probe.account}", back)
    return False


async def _well(probe: Probe, ladder: Ladder) -> None:
    """After a slow rung: cheap requests until one is answered quickly, so that the next test meets a server that is well."""
    for _ in range(3):
        try:
            exchange = await asyncio.wait_for(
                probe.send(ladder.make(False, ladder.sizes[0]), purpose="control: well again", burst=True), 2 * GIVE_UP
            )
        except TimeoutError:
            continue
        if exchange.response is not None and exchange.response.timing.total < TOO_LONG:
            return


def _proved(probe: Probe, place: Place | None, ladder: Ladder, end: Climb, sent: list[Exchange], what: str) -> Verdict:
    at = place.name if place else "its body"
    attempts, controls, before = (", ".join(f"{1000 * s:.0f}" for s in t) for t in _shown(end))
    probe.control(
        "same size",
        f"a cheap value of {end.size} {ladder.unit}, in turn with the attempts",
        expected="fast",
        observed=f"{controls} ms",
        holds=True,
    )
    top = [exchange.number for exchange in sent][-2:]
    longest = max(sent, key=lambda e: e.response.timing.total if e.response else 0.0)
    return proved(
        title=f"{what} grows out of proportion with {at}",
        summary=f"{end.size} {ladder.unit} in {at} of {probe.endpoint.name} cost {1000 * min(end.sets.attempts):.0f} ms and more; "
        f"as many that are cheap cost {1000 * max(end.sets.controls):.0f} ms at most.",
        proof=(
            f"{ladder.name}: {end.size} {ladder.unit} took {attempts} ms",
            f"a cheap value of the same size, sent in turn with them, took {controls} ms",
            f"{end.before} {ladder.unit} took {before} ms: {end.growth:.1f} times less beyond the control, in two sets",
        ),
        attacks=(longest.number, *top),
        place=place,
    )


def _shown(end: Climb) -> tuple[tuple[float, ...], tuple[float, ...], tuple[float, ...]]:
    return end.sets.attempts, end.sets.controls, end.sets.before


def _quiet(place: Place | None, climbed: list[tuple[Ladder, Climb]]) -> Verdict:
    ladder, end = climbed[-1]
    slowest = 1000 * max(one.slowest for _, one in climbed)
    if end.ending == "stopped":
        return conclude(
            "blocked", f"{ladder.name}, {end.size} {ladder.unit}: {end.stop}; no more was asked", place=place
        )
    if end.ending == "steep":
        return conclude(
            "no_witness",
            f"{ladder.name}: {end.size} {ladder.unit} took {end.slowest:.1f} s, too long to ask for nine more; look at it by hand",
            place=place,
        )
    if end.ending == "slow":
        return conclude(
            "no_witness",
            f"{ladder.name}: {end.size} {ladder.unit} took {end.slowest:.1f} s, but not as much more than less as a proof needs",
            place=place,
        )
    rungs = sum(one.rungs for _, one in climbed)
    return conclude(
        "protected",
        f"{rungs} requests of up to {end.size} {ladder.unit} ({len(climbed)} kinds) took {slowest:.0f} ms at most",
        place=place,
    )


def own_call(probe: Probe) -> Call | None:
    """The account's working request of the cell's endpoint."""
    return call_of(probe, probe.account)

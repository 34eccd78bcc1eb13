from __future__ import annotations

import asyncio
import random
from collections.abc import Callable

import pytest

from gatewright.proof import ladder
from gatewright.proof.ladder import ADDITIVE, GEOMETRIC, GROWTH, LISTS, Asked, Climb, Sets, at_a_glance, climb, proves

Link = Callable[[random.Random], float]
Cost = Callable[[int], float]

LINKS: dict[str, tuple[float, float, float]] = {
    "quiet": (0.15, 0.0, 0.0),
    "jittery": (0.35, 0.0, 0.0),
    "spiky": (0.15, 0.08, 0.3),
}
"""Name → jitter as a share of the base, share of spikes, seconds of a spike."""
BASE = 0.02


def simulated(cost: Cost, link: str, seed: int, *, sizes: tuple[int, ...] = ADDITIVE, least: float = 1.7) -> Climb:
    """A ladder on a link that takes no time: seconds are drawn, the clock is in the numbers."""
    source = random.Random(f"{link} {seed}")
    jitter, spikes, spike = LINKS[link]

    async def ask(attempt: bool, size: int) -> Asked:
        seconds = BASE * (1 + abs(source.gauss(0, jitter))) + (cost(size) if attempt else 0.0)
        return Asked(seconds + (spike if source.random() < spikes else 0.0))

    return asyncio.run(climb(ask, sizes, least=least, rng=random.Random(seed)))


def exponential(size: int) -> float:
    """An e-mail pattern as measured: 270 ms at 22 characters, 4 times as much for 2 more."""
    return 0.27 * 2.0 ** (size - 22)


def quadratic(size: int) -> float:
    """The mended pattern as measured: 22 ms at 4 KiB."""
    return 0.022 * (size / 4096) ** 2


@pytest.mark.parametrize("link", LINKS)
def test_flat_cost_is_never_reported(link: str) -> None:
    assert not [seed for seed in range(400) if simulated(lambda _: 0.0, link, seed).ending == "proved"]


@pytest.mark.parametrize("link", LINKS)
@pytest.mark.parametrize(("sizes", "kind"), [(ADDITIVE, "additive"), (GEOMETRIC, "geometric"), (LISTS, "geometric")])
def test_linear_cost_is_never_reported(link: str, sizes: tuple[int, ...], kind: str) -> None:
    slope = 0.6 / max(sizes)
    found = [
        s
        for s in range(200)
        if simulated(lambda size: slope * size, link, s, sizes=sizes, least=GROWTH[kind]).ending == "proved"
    ]
    assert len(found) <= 1


@pytest.mark.parametrize("link", LINKS)
def test_the_mended_quadratic_pattern_is_never_reported(link: str) -> None:
    for sizes, kind in ((ADDITIVE, "additive"), (GEOMETRIC, "geometric")):
        ends = {simulated(quadratic, link, seed, sizes=sizes, least=GROWTH[kind]).ending for seed in range(200)}
        assert "proved" not in ends


@pytest.mark.parametrize(("link", "share"), [("quiet", 0.95), ("jittery", 0.95), ("spiky", 0.7)])
@pytest.mark.parametrize("base", [1.6, 2.0, 3.0])
def test_exponential_cost_is_found(link: str, share: float, base: float) -> None:
    ends = [simulated(lambda size: 0.001 * base ** (size - 14), link, seed) for seed in range(100)]
    assert sum(climbed.ending == "proved" for climbed in ends) >= share * len(ends)
    assert all(climbed.slowest < 3.0 for climbed in ends)


def test_quadratic_cost_that_hurts_is_found_by_the_geometric_ladder() -> None:
    found = simulated(lambda size: 0.45 * (size / 4096) ** 2, "quiet", 1, sizes=GEOMETRIC, least=GROWTH["geometric"])
    assert found.ending == "proved" and found.size == 4096 and 9.0 <= found.growth <= 20.0


def test_what_is_too_steep_is_tried_in_between() -> None:
    asked: list[int] = []

    async def ask(attempt: bool, size: int) -> Asked:
        asked.append(size)
        return Asked(0.002 + (0.002 * 6.0 ** (size - 14) if attempt else 0.0))

    found = asyncio.run(climb(ask, ADDITIVE, least=1.7, rng=random.Random(1)))
    assert asked[:5] == [14, 18, 15, 16, 17] and max(asked) == 18
    assert (found.ending, found.size, found.before) == ("proved", 17, 15)


def test_a_rung_that_is_too_long_by_itself_ends_it() -> None:
    async def ask(attempt: bool, size: int) -> Asked:
        return Asked(0.002 if size < 18 else 2.5)

    found = asyncio.run(climb(ask, (14, 18), least=1.7, rng=random.Random(1)))
    assert (found.ending, found.size) == ("flat", 17)
    found = asyncio.run(climb(ask, (18, 22), least=1.7, rng=random.Random(1)))
    assert (found.ending, found.size, found.rungs) == ("steep", 18, 1)


def test_what_cannot_be_measured_ends_it() -> None:
    async def ask(attempt: bool, size: int) -> Asked:
        return Asked(stop="status 429") if size > 16 else Asked(0.001)

    found = asyncio.run(climb(ask, ADDITIVE, least=1.7, rng=random.Random(1)))
    assert (found.ending, found.stop, found.rungs) == ("stopped", "status 429", 2)


def test_long_answers_that_do_not_grow_end_it_without_a_proof() -> None:
    found = simulated(lambda _: 0.7, "quiet", 3)
    assert found.ending in ("slow", "flat") and found.rungs <= 2


def test_the_rule_of_one_set() -> None:
    good = Sets((0.5, 0.5, 0.6), (0.01, 0.01, 0.02), (0.13, 0.14, 0.12))
    assert proves(good, 1.7) and not proves(good, 5.0)
    assert not proves(Sets(good.attempts, (0.01, 0.01, 0.55), good.before), 1.7), "a control as slow as an attempt"
    assert not proves(Sets((0.2, 0.2, 0.2), good.controls, (0.01, 0.01, 0.01)), 1.7), "too little"
    assert not proves(Sets((2.0, 2.0, 2.0), (0.5, 0.5, 0.5), good.before), 1.7), "everything is slow"
    assert at_a_glance(0.3, [0.01]) and not at_a_glance(0.2, [0.001]) and not at_a_glance(0.5, [0.3])


def test_a_fast_ladder_sends_one_request_per_rung() -> None:
    count = 0

    async def ask(attempt: bool, size: int) -> Asked:
        nonlocal count
        count += 1
        return Asked(0.002)

    found = asyncio.run(climb(ask, ADDITIVE, least=1.7, rng=random.Random(1)))
    assert found.ending == "flat" and found.size == 80 and count == found.rungs == 18


def test_a_rung_that_costs_something_is_followed_by_the_next() -> None:
    sizes: list[int] = []

    async def ask(attempt: bool, size: int) -> Asked:
        sizes.append(size)
        return Asked(0.002 if size < 20 else 0.01)

    asyncio.run(climb(ask, ADDITIVE, least=1.7, rng=random.Random(1)))
    assert sizes[:5] == [14, 18, 22, 24, 26]


def twice(*seconds: float, stop: int = 99) -> Climb | None:
    """Two sets of attempts of a rung; the attempts take these seconds in turn, all else next to nothing."""
    taken, asked = list(seconds), 0

    async def ask(attempt: bool, size: int) -> Asked:
        nonlocal asked
        asked += 1
        slow = attempt and size == 24
        return Asked(taken.pop(0) if slow and taken else 0.001, "gone" if asked > stop else "")

    return asyncio.run(ladder._twice(ask, 24, 22, least=1.7, rng=random.Random(1)))


def test_a_proof_takes_two_sets_and_ends_where_nothing_can_be_measured() -> None:
    proved = twice(*[0.9] * 6)
    assert proved is not None
    assert proved.ending == "proved"
    assert twice(*[0.9] * 3) is None
    stopped = twice(*[0.9] * 6, stop=4)
    assert stopped is not None
    assert (stopped.ending, stopped.stop) == ("stopped", "gone")


def test_two_sets_that_each_prove_it_must_also_do_so_together() -> None:
    """A network that slowed down in between: what was an attempt's time then is a control's now."""
    asked = 0

    async def ask(attempt: bool, size: int) -> Asked:
        nonlocal asked
        asked += 1
        base = 0.001 if asked <= 9 else 1.0
        return Asked(
            base
            + (20 * base if attempt and size == 24 else 0.0)
            + (0.5 if attempt and asked <= 9 else 0.0) * (size == 24)
        )

    assert asyncio.run(ladder._twice(ask, 24, 22, least=1.7, rng=random.Random(1))) is None

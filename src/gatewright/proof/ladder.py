"""Whether the cost of a request grows out of proportion with what is sent (checks-1-5.md 5.4). Pure: seconds come from outside.

A ladder has rungs of growing size. On each the attempt stands against a control of the same size that is cheap to the
server. Absolute times say nothing: only what the attempt takes beyond its control, and how that grows from rung to rung.
"""

from __future__ import annotations

import random
import statistics
from collections.abc import Awaitable, Callable, Sequence
from typing import Literal

from msgspec import Struct

ADDITIVE = (*range(14, 46, 2), *range(48, 84, 4))
"""Sizes in characters of the ladder that comes first: an exponential pattern would never come back from 256."""
GEOMETRIC = (128, 256, 512, 1024, 2048, 4096)
"""Sizes in bytes, in full mode only."""
LISTS = (*GEOMETRIC, 8192, 16_384, 32_768)
"""Sizes in bytes of lists, wildcards and wide keys."""
GROWTH = {"additive": 1.7, "geometric": 3.0}
"""How many times the excess of the rung before a proof needs: quadratic cost grows by less on an additive ladder, and 4 is
quadratic on a geometric one. It is measured over two rungs where there are two below, and then needs the square."""

_GLANCE, _GLANCE_TIMES = 0.27, 2.0
"""A little less than a proof needs: what one attempt does not reach, the median of three will not."""
_PROOF, _PROOF_TIMES = 0.3, 5.0
_TOP = 0.5
"""Seconds of an attempt after which nothing larger is sent."""
_STEEP = 1.0
"""Seconds of an attempt after which what lies between it and the rung before is tried instead."""
TOO_LONG = 2.0
"""Seconds of an answer after which no more is asked."""
_NOTHING, _FAST, _SKIP = 0.003, 0.05, 4
"""While an attempt takes less than the first seconds beyond the fastest one, and less than the second in all, the next
size may be four characters more: at four times the cost for each that is less than a second."""
_LEAST = 0.001
"""Seconds: no excess counts for less, so that a growth from nothing is not infinite."""

Ending = Literal["proved", "flat", "slow", "steep", "stopped"]
"""`slow`: long enough to stop, but not growing as a proof needs; `steep`: a single rung took too long to measure it."""


class Asked(Struct, frozen=True):
    """What came of one request: its seconds, or a word why nothing can be measured any more."""

    seconds: float = 0.0
    stop: str = ""


class Sets(Struct, frozen=True):
    """Seconds of attempts, of controls, and of attempts on the rung before."""

    attempts: tuple[float, ...]
    controls: tuple[float, ...]
    before: tuple[float, ...]

    def pooled(self, other: Sets) -> Sets:
        """Both sets as one."""
        return Sets(self.attempts + other.attempts, self.controls + other.controls, self.before + other.before)


class Climb(Struct, frozen=True, kw_only=True):
    """How a ladder ended, at which size."""

    ending: Ending
    size: int = 0
    before: int = 0
    """The size of the rung that it is compared with: the second below it, else the one before."""
    sets: Sets = Sets((), (), ())
    growth: float = 0.0
    stop: str = ""
    rungs: int = 0
    """How many were tried."""
    slowest: float = 0.0
    """Seconds of the longest attempt."""


Ask = Callable[[bool, int], Awaitable[Asked]]
"""Sends an attempt (True) or its control of a size, and says how long the answer took."""


def excess(attempts: Sequence[float], controls: Sequence[float]) -> float:
    """Seconds that attempts take beyond their controls, medians of both."""
    return statistics.median(attempts) - statistics.median(controls)


def at_a_glance(attempt: float, controls: Sequence[float]) -> bool:
    """Whether one attempt is slow enough to measure it properly."""
    usual = statistics.median(controls)
    return attempt - usual >= max(_GLANCE, _GLANCE_TIMES * usual)


def growth(sets: Sets) -> float:
    """How many times the excess of the rung before this one's is."""
    return excess(sets.attempts, sets.controls) / max(excess(sets.before, sets.controls), _LEAST)


def proves(sets: Sets, least: float) -> bool:
    """The rule of one set: a large excess, grown by `least`, and the fastest attempt above the slowest control."""
    usual = statistics.median(sets.controls)
    over = excess(sets.attempts, sets.controls)
    return (
        over >= max(_PROOF, _PROOF_TIMES * usual) and growth(sets) >= least and min(sets.attempts) > max(sets.controls)
    )


async def climb(ask: Ask, sizes: Sequence[int], *, least: float, rng: random.Random) -> Climb:
    """Climb until a rung proves it, the cost is too high to go on, or the ladder ends.

    A rung whose attempt is faster than the excess that a proof needs has no control, since it cannot prove anything.
    """
    rungs, slowest, before, fastest = 0, 0.0, 0, float("inf")
    passed: list[int] = []
    waiting = list(sizes)
    while waiting:
        size = waiting.pop(0)
        rungs += 1
        asked = await ask(True, size)
        slowest, fastest = max(slowest, asked.seconds), min(fastest, asked.seconds)
        if asked.stop:
            return Climb(ending="stopped", stop=asked.stop, size=size, rungs=rungs, slowest=slowest)
        if asked.seconds > _STEEP and before and size - before > 1:
            near = size - before <= _SKIP  # back to what lies between, and no further
            waiting = list(range(before + 1, size)) if near else [size - (size - before) // 2]
            continue
        if asked.seconds > TOO_LONG:
            return Climb(ending="steep", size=size, before=before, rungs=rungs, slowest=slowest)
        if before and asked.seconds >= _GLANCE:
            below = passed[-2:]
            wanted = least ** len(below)
            found = await _measured(ask, size, below[0], asked.seconds, least=wanted, rng=rng)
            if found is not None and found.ending in ("proved", "stopped"):
                return Climb(
                    ending=found.ending,
                    size=size,
                    before=below[0],
                    sets=found.sets,
                    growth=found.growth,
                    stop=found.stop,
                    rungs=rungs,
                    slowest=slowest,
                )
        if asked.seconds >= _TOP:
            return Climb(ending="slow", size=size, before=before, rungs=rungs, slowest=slowest)
        before = size
        passed.append(size)
        free = asked.seconds < _FAST and asked.seconds - fastest < _NOTHING
        if free and len(waiting) > 1 and waiting[1] - size <= _SKIP:
            waiting.pop(0)
    return Climb(ending="flat", size=before, rungs=rungs, slowest=slowest)


async def _measured(
    ask: Ask, size: int, before: int, attempt: float, *, least: float, rng: random.Random
) -> Climb | None:
    """One rung properly: at a glance, then two sets that prove it, and both together; once more where noise spoilt it."""
    control = await ask(False, size)
    if control.stop or not at_a_glance(attempt, [control.seconds]):
        return Climb(ending="stopped", stop=control.stop) if control.stop else None
    for _ in range(2):
        found = await _twice(ask, size, before, least=least, rng=rng)
        if found is not None:
            return found
    return None


async def _twice(ask: Ask, size: int, before: int, *, least: float, rng: random.Random) -> Climb | None:
    """Two sets of three attempts, controls and attempts of the rung before, each and both of which prove it."""
    whole: Sets | None = None
    for _ in range(2):
        one = await _set(ask, size, before, rng)
        if isinstance(one, str):
            return Climb(ending="stopped", stop=one)
        if one is None or not proves(one, least):
            return None
        whole = one if whole is None else whole.pooled(one)
    if whole is None or not proves(whole, least):
        return None
    return Climb(ending="proved", sets=whole, growth=growth(whole))


def _hopeless(attempts: Sequence[float], controls: Sequence[float]) -> bool:
    """Whether a set proves nothing however it goes on: two attempts that are too fast, or one that a control was as slow as."""
    too_fast = sum(seconds < _PROOF for seconds in attempts) > 1
    return too_fast or (bool(attempts and controls) and min(attempts) <= max(controls))


async def _set(ask: Ask, size: int, before: int, rng: random.Random) -> Sets | str | None:
    """Three of each in random order; a word when one of them says that nothing more can be measured.

    None as soon as it cannot prove anything any more: then the rest need not be sent.
    """
    order = [(True, size), (False, size), (True, before)] * 3
    rng.shuffle(order)
    taken: dict[tuple[bool, int], list[float]] = {key: [] for key in order}
    for key in order:
        asked = await ask(*key)
        if asked.stop:
            return asked.stop
        taken[key].append(asked.seconds)
        if _hopeless(taken[True, size], taken[False, size]):
            return None
    return Sets(tuple(taken[True, size]), tuple(taken[False, size]), tuple(taken[True, before]))

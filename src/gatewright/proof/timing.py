"""Whether one kind of request takes longer than another: rank sums and medians, never absolute times (checks-1-5.md 3.6).

All times are seconds. The two kinds alternate in random order on one warm connection; a batch is 15 pairs, of which the
first is dropped. The test is that of Mann and Whitney (Annals of Mathematical Statistics 18, 1947), two-sided, by its
normal approximation with corrections for ties and continuity, which is good from 8 values a side.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from statistics import median, quantiles

from msgspec import Struct

PAIRS = 15
"""Pairs of one batch; the first warms the connection and does not count."""
ALIKE = 0.001
"""A batch proves only with a chance below this that both kinds take equally long."""
SPLIT = 0.01
"""The slower half of the control against the other must be likelier than this: else the link itself drifts."""
LEAST = 0.010
"""Seconds that the medians must be apart at least; and by these shares:"""
OF_MEDIAN, OF_SPREAD = 0.25, 0.5
"""Of the smaller median; of the interquartile range of the control."""


class Batch(Struct, frozen=True):
    """Seconds of the two kinds, in the order of sending, the first pair dropped."""

    tried: tuple[float, ...]
    control: tuple[float, ...]

    @property
    def gap(self) -> float:
        """Seconds by which the median of what was tried is above (or, negative, below) that of the control."""
        return median(self.tried) - median(self.control)


class Timing(Struct, frozen=True, kw_only=True):
    """What one or two batches say."""

    proved: bool
    gap: float
    """Seconds; that of the batch with the smaller one."""
    p: float
    """The largest of the batches' chances that both kinds take equally long."""
    why: str
    """What was measured, for people."""


def batch(pairs: Sequence[tuple[float, float]]) -> Batch:
    """A batch of pairs (tried, control), without the first. At least three pairs."""
    return Batch(tuple(pair[0] for pair in pairs[1:]), tuple(pair[1] for pair in pairs[1:]))


def rank_sum(a: Sequence[float], b: Sequence[float]) -> float:
    """The two-sided chance that two samples come from one distribution; 1.0 where all values are equal."""
    first, second = len(a), len(b)
    pooled = sorted((value, side) for side, values in ((0, a), (1, b)) for value in values)
    total, ranks, ties, index = first + second, 0.0, 0.0, 0
    while index < total:
        end = index
        while end < total and pooled[end][0] == pooled[index][0]:
            end += 1
        shared, count = (index + 1 + end) / 2, end - index
        ranks += shared * sum(1 for _, side in pooled[index:end] if side == 0)
        ties += count**3 - count
        index = end
    u = ranks - first * (first + 1) / 2
    variance = first * second / 12 * (total + 1 - ties / (total * (total - 1)))
    if variance <= 0:
        return 1.0
    z = max(abs(u - first * second / 2) - 0.5, 0.0) / math.sqrt(variance)
    return math.erfc(z / math.sqrt(2))


def apart(one: Batch) -> bool:
    """Whether a batch alone shows that the two kinds take unequally long, by more than its own spread."""
    low, high = sorted((median(one.tried), median(one.control)))
    first, _, third = quantiles(one.control, n=4)
    wanted = max(LEAST, OF_MEDIAN * low, OF_SPREAD * (third - first))
    halves = rank_sum(one.control[::2], one.control[1::2])
    return high - low >= wanted and rank_sum(one.tried, one.control) < ALIKE and halves > SPLIT


def judge(batches: Sequence[Batch]) -> Timing:
    """Proved when two batches both are apart, in the same direction. At least one batch."""
    gaps = [one.gap for one in batches]
    least = min(gaps, key=abs)
    chance = max(rank_sum(one.tried, one.control) for one in batches)
    same_way = all(gap > 0 for gap in gaps) or all(gap < 0 for gap in gaps)
    told = " and ".join(f"{gap * 1000:+.0f} ms" for gap in gaps)
    why = f"medians {told} apart, p = {chance:.1g}"
    return Timing(proved=len(batches) >= 2 and same_way and all(map(apart, batches)), gap=least, p=chance, why=why)

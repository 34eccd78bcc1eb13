from __future__ import annotations

import random
from collections.abc import Callable

import pytest

from gatewright.proof.timing import PAIRS, Batch, apart, batch, judge, rank_sum

Link = Callable[[random.Random, float], float]


def quiet(rng: random.Random, seconds: float) -> float:
    return max(seconds * rng.gauss(1.0, 0.15), 0.0005)


def jittery(rng: random.Random, seconds: float) -> float:
    return max(seconds * rng.gauss(1.0, 0.35), 0.0005)


def spiky(rng: random.Random, seconds: float) -> float:
    return quiet(rng, seconds) + (0.3 if rng.random() < 0.08 else 0.0)


LINKS = {"quiet": quiet, "jittery": jittery, "spiky": spiky}


def measured(rng: random.Random, link: Link, base: float, gap: float) -> Batch:
    return batch([(link(rng, base) + gap, link(rng, base)) for _ in range(PAIRS)])


def proved(rng: random.Random, link: Link, base: float, gap: float) -> bool:
    return judge([measured(rng, link, base, gap) for _ in range(2)]).proved


@pytest.mark.parametrize("link", LINKS)
@pytest.mark.parametrize("base", [0.002, 0.08])
def test_no_false_alarm(link: str, base: float) -> None:
    rng = random.Random(f"{link} {base}")
    assert not any(proved(rng, LINKS[link], base, 0.0) for _ in range(150))


@pytest.mark.slow
@pytest.mark.parametrize("link", LINKS)
@pytest.mark.parametrize("base", [0.002, 0.02, 0.08])
def test_no_false_alarm_in_two_thousand_runs(link: str, base: float) -> None:
    rng = random.Random(f"{link} {base} many")
    assert sum(proved(rng, LINKS[link], base, 0.0) for _ in range(2000)) == 0


@pytest.mark.parametrize(
    ("link", "base", "gap", "least"),
    [
        ("quiet", 0.02, 0.02, 0.95),
        ("jittery", 0.08, 0.06, 0.75),
        ("jittery", 0.08, 0.15, 0.95),
        ("spiky", 0.02, 0.04, 0.5),
    ],
)
def test_power(link: str, base: float, gap: float, least: float) -> None:
    rng = random.Random(f"power {link}")
    assert sum(proved(rng, LINKS[link], base, gap) for _ in range(200)) / 200 >= least


def test_faster_is_a_difference_too() -> None:
    rng = random.Random(7)
    result = judge([measured(rng, quiet, 0.08, -0.05) for _ in range(2)])
    assert result.proved
    assert result.gap == pytest.approx(-0.05, abs=0.015)
    assert "-" in result.why


def test_one_batch_never_proves_and_two_must_agree() -> None:
    rng = random.Random(8)
    slower, faster = measured(rng, quiet, 0.02, 0.05), measured(rng, quiet, 0.07, -0.05)
    assert apart(slower)
    assert apart(faster)
    assert not judge([slower]).proved
    assert not judge([slower, faster]).proved


def spread(start: float, step: float) -> tuple[float, ...]:
    """Fourteen values, so ordered that those of even and of odd places are alike."""
    return tuple(start + step * index for index in range(14))


@pytest.mark.parametrize(
    ("tried", "control"),
    [
        (spread(0.009, 1e-5), spread(0.001, 1e-5)),
        (spread(0.120, 1e-5), spread(0.100, 1e-5)),
        (spread(0.2, 1e-6), (0.0,) * 4 + (0.15,) * 10),
        ((0.1,) * 7 + (0.02,) * 7, spread(0.02, 1e-6)),
        (spread(0.5, 1e-3), (0.05, 0.1) * 7),
    ],
    ids=["less than 10 ms", "less than a quarter", "less than half the spread", "half of it only", "the link drifts"],
)
def test_what_is_not_apart(tried: tuple[float, ...], control: tuple[float, ...]) -> None:
    assert not apart(Batch(tried, control))


def test_what_is_apart() -> None:
    assert apart(Batch(spread(0.5, 1e-3), spread(0.05, 1e-3)))


def test_rank_sum_agrees_with_the_book() -> None:
    """Two samples without ties, U = 1 of 25: exactly 0.0159 two-sided; the approximation is near that."""
    assert rank_sum([1, 2, 3, 4, 6], [5, 7, 8, 9, 10]) == pytest.approx(0.0216, abs=0.001)
    assert rank_sum([1.0] * 14, [1.0] * 14) == 1.0
    assert rank_sum(range(14), range(100, 114)) < 1e-5
    assert rank_sum(range(0, 28, 2), range(1, 29, 2)) > 0.5


def test_the_first_pair_is_dropped() -> None:
    assert batch([(9.0, 9.0), (1.0, 2.0), (3.0, 4.0)]) == Batch((1.0, 3.0), (2.0, 4.0))

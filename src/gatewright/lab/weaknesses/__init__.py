"""What is wrong with the clinic when asked: one row per weakness, one file per threat."""

from __future__ import annotations

from collections.abc import Iterable

from gatewright.lab.weaknesses import api1, api2, api3, api4, api5, api8
from gatewright.lab.weaknesses.weakness import Weakness

__all__ = ["IDS", "WEAKNESSES", "Weakness", "chosen"]

WEAKNESSES: tuple[Weakness, ...] = (*api1.ROWS, *api2.ROWS, *api3.ROWS, *api4.ROWS, *api5.ROWS, *api8.ROWS)
"""In the order of the tests; ids are stable."""

IDS = frozenset(weakness.id for weakness in WEAKNESSES)


def chosen(only: Iterable[str], *, fixed: bool) -> frozenset[str]:
    """The ids that are on: none when fixed, those of `only`, else all. An unknown id raises KeyError with it."""
    wanted = frozenset(only)
    for unknown in sorted(wanted - IDS):
        raise KeyError(unknown)
    if fixed:
        return frozenset()
    return wanted or IDS

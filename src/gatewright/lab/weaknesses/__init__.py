"""What is wrong with the clinic when asked: one row per weakness, one file per threat."""

from __future__ import annotations

from collections.abc import Iterable

from gatewright.lab.weaknesses import accounts, api1, api2, api3, api4, api5, api8, graphql, streams
from gatewright.lab.weaknesses.weakness import Weakness

__all__ = ["IDS", "WEAKNESSES", "Weakness", "chosen"]

WEAKNESSES: tuple[Weakness, ...] = (
    *api1.ROWS,
    *api2.ROWS,
    *accounts.ROWS,
    *api3.ROWS,
    *api4.ROWS,
    *api5.ROWS,
    *api8.ROWS,
    *graphql.ROWS,
    *streams.ROWS,
)
"""In the order of the tests; ids are stable."""

IDS = frozenset(weakness.id for weakness in WEAKNESSES)


def chosen(only: Iterable[str], *, fixed: bool, dialect: str = "bearer") -> frozenset[str]:
    """The ids that are on: none when fixed, those of `only`, else all of the dialect.

    Raises KeyError with an id that is unknown, or that this dialect does not have.
    """
    there = frozenset(weakness.id for weakness in WEAKNESSES if dialect in weakness.dialects)
    wanted = frozenset(only)
    for unknown in sorted(wanted - there):
        raise KeyError(unknown)
    if fixed:
        return frozenset()
    return wanted or there

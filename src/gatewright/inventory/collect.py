"""A stream of exchanges → an inventory; inventories → one. `merge` is associative and commutative."""

from __future__ import annotations

from collections.abc import Iterable

from msgspec import Struct, field

from gatewright.inventory.observed import Observed, join, observe
from gatewright.model.http import Exchange

MOST_ENDPOINTS = 20_000
"""Endpoints kept, the first in alphabetical order: an API that puts free text into paths must not fill the memory."""


class Inventory(Struct, frozen=True, kw_only=True):
    """Every endpoint that traffic shows, by `Endpoint.id`."""

    exchanges: int = 0
    endpoints: dict[str, Observed] = field(default_factory=dict)


def collect(exchanges: Iterable[Exchange]) -> Inventory:
    """The inventory of a stream of exchanges, in one pass."""
    count = 0
    found: dict[str, Observed] = {}
    for exchange in exchanges:
        count += 1
        seen = observe(exchange)
        key = seen.id
        found[key] = join(found[key], seen) if key in found else seen
        if len(found) > 2 * MOST_ENDPOINTS:
            found = _first(found)
    return Inventory(exchanges=count, endpoints=_first(found))


def merge(one: Inventory, other: Inventory) -> Inventory:
    """Both together."""
    found = dict(one.endpoints)
    for key, seen in other.endpoints.items():
        found[key] = join(found[key], seen) if key in found else seen
    return Inventory(exchanges=one.exchanges + other.exchanges, endpoints=_first(found))


def _first(found: dict[str, Observed]) -> dict[str, Observed]:
    if len(found) <= MOST_ENDPOINTS:
        return found
    return {key: found[key] for key in sorted(found)[:MOST_ENDPOINTS]}

"""Objects that are made so that a limit can be seen: a few, of a kind that harms nobody and is removed again (checks-1-5.md 5.2)."""

from __future__ import annotations

from gatewright.explore.policy import outward
from gatewright.explore.words import words
from gatewright.model.knowledge import OwnedObject
from gatewright.model.names import singular
from gatewright.model.test import Probe

MOST = 50
"""Objects made for one list."""
_LISTS = 2
"""Lists of one host that objects are made for."""
_DEAR = {
    *("order", "payment", "booking", "reservation", "purchase", "checkout", "transfer", "refund", "subscription"),
    *("invoice", "appointment", "ticket", "redemption", "charge", "withdrawal", "deposit", "payout", "trade", "loan"),
    *("invitation", "member", "user", "account", "webhook", "message", "job", "task_run", "deployment", "session"),
}
"""Nouns of what costs somebody something: money, stock, a mail, a place."""


async def planted(probe: Probe, count: int) -> bool:
    """Whether so many further objects of the account were made that the cell's list shows."""
    like = _like(probe)
    if like is None or not 0 < count <= MOST or probe.settings.limits.mode == "read-only":
        return False

    async def none() -> list[str]:
        return []

    lists = await probe.once(f"planted {probe.endpoint.origin}", none)
    if len(lists) >= _LISTS:
        return False
    lists.append(probe.endpoint.id)
    for _ in range(count):
        if await probe.fresh(like) is None:
            return False
    return True


def _like(probe: Probe) -> OwnedObject | None:
    """An object of the account that this list shows, made by this run, that more may be made of."""
    for owned in probe.knowledge.objects:
        purposes = probe.knowledge.resources.get(owned.resource, {})
        maker = probe.knowledge.endpoints.get(purposes.get("create", ""))
        if owned.owner != probe.account or owned.origin != "created" or purposes.get("list") != probe.endpoint.id:
            continue
        if maker is None or "delete" not in purposes or outward(maker):
            continue
        if {singular(word) for word in words(owned.resource)} & _DEAR:
            continue
        return owned
    return None

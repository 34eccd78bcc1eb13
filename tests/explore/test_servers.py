"""Five strict APIs, each in another framework's manner: everything that can be reached is, at a bearable cost."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from tests.explore.servers import aspnet, drf, express, rails, spring
from tests.explore.servers.base import Explored, Server, explore

MOST = 15
"""Requests of exploration per endpoint."""
KINDS: dict[str, Callable[[], Server]] = {
    "rails": rails.server,
    "drf": drf.server,
    "spring": spring.server,
    "express": express.server,
    "aspnet": aspnet.server,
}


@pytest.fixture(scope="module")
def explored() -> dict[str, Explored]:
    return {name: explore(server()) for name, server in KINDS.items()}


@pytest.mark.parametrize("name", KINDS)
def test_every_endpoint_is_reached(explored: dict[str, Explored], name: str) -> None:
    assert explored[name].warned == []
    assert explored[name].unreached() == {}


@pytest.mark.parametrize("name", KINDS)
def test_it_costs_little(explored: dict[str, Explored], name: str) -> None:
    out = explored[name]
    assert len(out.sent) <= MOST * len(out.knowledge.endpoints)


@pytest.mark.parametrize("name", KINDS)
def test_only_what_cannot_be_removed_is_left(explored: dict[str, Explored], name: str) -> None:
    left = [left.what for left in explored[name].left if "no way to remove it" not in left.what]
    assert [what for what in left if "(POST /api/Firmware)" not in what] == []  # that API deletes no firmware


@pytest.mark.parametrize(
    ("name", "resources"),
    [
        ("rails", {"venue", "course", "lesson", "enrollment"}),
        ("drf", {"project", "ticket", "comment", "attachment"}),
        ("spring", {"order", "shipment", "line"}),
        ("express", {"event", "session", "coupon", "item"}),
        ("aspnet", {"device", "reading", "firmware", "alert"}),
    ],
)
def test_both_peers_own_objects(explored: dict[str, Explored], name: str, resources: set[str]) -> None:
    for owner in ("ann", "ben"):
        made = {o.resource for o in explored[name].knowledge.objects if o.owner == owner and o.origin == "created"}
        assert resources <= made


def test_ids_in_bodies_that_nothing_declares_are_references(explored: dict[str, Explored]) -> None:
    knowledge = explored["express"].knowledge
    events = [o for o in knowledge.objects if o.resource == "event" and o.origin == "created"]
    named = {(r.endpoint.split(" ")[0], r.place.name) for event in events for r in event.references}
    assert ("POST", "eventId") in named


def test_what_only_a_higher_role_makes_is_borrowed(explored: dict[str, Explored]) -> None:
    knowledge = explored["spring"].knowledge
    assert {o.owner for o in knowledge.objects if o.resource == "warehouse" and o.origin == "created"} == {"mia"}
    assert any(sample.account == "ann" and sample.endpoint.endswith("/v2/orders") for sample in knowledge.samples)


def test_the_kind_of_each_id_is_told(explored: dict[str, Explored]) -> None:
    kinds = {name: {o.resource: o.id_kind for o in explored[name].knowledge.objects} for name in KINDS}
    assert kinds["rails"]["venue"] == "sequential"
    assert kinds["drf"]["project"] == "random"
    assert kinds["aspnet"]["device"] == "sequential"  # a counter in base64


def test_what_cannot_be_made_is_learnt_from_lists(explored: dict[str, Explored]) -> None:
    learned = {(o.owner, str(o.id)) for o in explored["aspnet"].knowledge.objects if o.origin == "learned"}
    assert {("ann", "INV-9001-1"), ("ben", "INV-9002-1")} <= learned

from __future__ import annotations

import pytest

from gatewright.lab.endpoint import Access, Endpoint, Refused
from gatewright.lab.quota import PER_MINUTE, Quotas


class Clock:
    now = 600.0

    def __call__(self) -> float:
        return self.now


def endpoint(path: str = "/search", limit: int = 0, unmetered: str = "") -> Endpoint:
    return Endpoint(
        method="GET",
        path=path,
        tag="",
        summary="",
        access=Access.PUBLIC,
        handler=dict,
        limit=limit,
        unmetered=unmetered,
    )


def test_what_is_left_is_announced_per_caller_and_minute() -> None:
    clock = Clock()
    quotas = Quotas(clock, frozenset())
    told = [quotas.take(endpoint(), who)["RateLimit-Remaining"] for who in ("alice", "alice", "bob")]
    assert told == [str(PER_MINUTE - n) for n in (1, 2, 1)]
    clock.now += 61
    again = quotas.take(endpoint(), "alice")
    assert (again["RateLimit-Remaining"], again["RateLimit-Reset"]) == (str(PER_MINUTE - 1), "59")


def test_the_announced_quota_is_kept() -> None:
    quotas = Quotas(Clock(), frozenset())
    for _ in range(PER_MINUTE):
        quotas.take(endpoint(), "alice")
    with pytest.raises(Refused) as refused:
        quotas.take(endpoint(), "alice")
    assert refused.value.status == 429


def test_a_limit_counts_each_caller_and_fills_again() -> None:
    clock = Clock()
    quotas = Quotas(clock, frozenset())
    for _ in range(45):
        quotas.take(endpoint(limit=45), "alice")
    with pytest.raises(Refused):
        quotas.take(endpoint(limit=45), "alice")
    quotas.take(endpoint(limit=45), "bob")
    quotas.take(endpoint("/other", limit=45), "alice")
    clock.now += 1
    for _ in range(5):
        quotas.take(endpoint(limit=45), "alice")
    with pytest.raises(Refused):
        quotas.take(endpoint(limit=45), "alice")


def test_the_weakness_leaves_it_out() -> None:
    weak = endpoint(limit=2, unmetered="x")
    quotas = Quotas(Clock(), frozenset({"x"}))
    assert [quotas.take(weak, "alice") for _ in range(9)] == [{}] * 9

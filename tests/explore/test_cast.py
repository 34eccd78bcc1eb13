from __future__ import annotations

from gatewright.explore.cast import Cast, cast
from gatewright.model.account import ANON, Account


class Known:
    """Accounts with ranks, in the order of the settings."""

    def __init__(self, *rows):
        self.accounts = {n: Account(name=n, role=r, origin=o) for n, r, _, o in rows}
        self._ranks = {n: rank for n, _, rank, _ in rows}

    def rank(self, name):
        return self._ranks[name]


def row(name, role, rank, origin="configured"):
    return (name, role, rank, origin)


def test_the_lowest_role_with_two_gives_the_peers():
    found = cast(
        Known(
            row("guest", "guest", 0),
            row("bob", "user", 1),
            row("alice", "user", 1),
            row("carl", "user", 1),
            row("root", "admin", 2),
            row("v", "user", 1, "throw-away"),
        )
    )
    assert found == Cast(peers=("bob", "alice"), higher=("root",), lower=("guest",), throwaway=("v",))
    assert found.everyone == ("bob", "alice", "root", "guest", "v")


def test_roles_without_an_order_count_as_higher():
    found = cast(Known(row("alice", "user", 0), row("root", "admin", 0), row("bob", "user", 0)))
    assert (found.peers, found.higher) == (("alice", "bob"), ("root",))


def test_one_account_of_each_role():
    found = cast(Known(row("alice", "user", 0), row("root", "admin", 1)))
    assert (found.peers, found.higher) == (("alice",), ("root",))


def test_nobody():
    assert cast(Known()).makers == (ANON,)
    assert cast(Known(row("v", "", 0, "throw-away"), row("s", "", 0, "throw-away"))).peers == ("v", "s")

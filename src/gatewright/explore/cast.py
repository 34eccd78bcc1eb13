"""Who plays which part in exploration: two peers, one account of each other rank, the throw-away ones."""

from __future__ import annotations

from msgspec import Struct

from gatewright.explore.courier import Sessions
from gatewright.model.account import ANON


class Cast(Struct, frozen=True, kw_only=True):
    """Accounts by part. Without any account, anon makes the objects."""

    peers: tuple[str, ...]
    """Of the lowest rank that has two; the first two of it. One alone when no rank has two."""
    higher: tuple[str, ...] = ()
    """One of each rank above, lowest first."""
    lower: tuple[str, ...] = ()
    """One of each rank below."""
    throwaway: tuple[str, ...] = ()

    @property
    def makers(self) -> tuple[str, ...]:
        """Who makes objects in turn."""
        return self.peers or (ANON,)

    @property
    def everyone(self) -> tuple[str, ...]:
        """All accounts that take samples, makers first."""
        return (*self.makers, *self.higher, *self.lower, *self.throwaway)


def cast(sessions: Sessions) -> Cast:
    """The parts of the accounts that are logged in, in the order of the settings."""
    ranks: dict[int, list[str]] = {}
    throwaway: list[str] = []
    for name, account in sessions.accounts.items():
        if account.origin == "throw-away":
            throwaway.append(name)
        else:
            ranks.setdefault(sessions.rank(name), []).append(name)
    if not ranks:
        return Cast(peers=tuple(throwaway[:2]))
    pairs = [rank for rank in sorted(ranks) if len(ranks[rank]) >= 2]
    chosen = pairs[0] if pairs else min(ranks)
    return Cast(
        peers=tuple(ranks[chosen][:2]),
        higher=tuple(ranks[rank][0] for rank in sorted(ranks) if rank > chosen),
        lower=tuple(ranks[rank][0] for rank in sorted(ranks) if rank < chosen),
        throwaway=tuple(throwaway),
    )

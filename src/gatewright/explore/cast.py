"""Who plays which part in exploration: two peers, one account of each other rank, the throw-away ones."""

from __future__ import annotations

from msgspec import Struct

from gatewright.explore.courier import Sessions
from gatewright.model.account import ANON


class Cast(Struct, frozen=True, kw_only=True):
    """Accounts by part. Without any account, anon makes the objects."""

    peers: tuple[str, ...]
    """The first two of one role, of the lowest that has two. One alone when none has."""
    higher: tuple[str, ...] = ()
    """One of each role above, lowest first."""
    lower: tuple[str, ...] = ()
    """One of each role below."""
    throwaway: tuple[str, ...] = ()

    @property
    def makers(self) -> tuple[str, ...]:
        """Who makes objects in turn."""
        return self.peers or (ANON,)

    @property
    def everyone(self) -> tuple[str, ...]:
        """All accounts that take samples, makers first."""
        return (*self.makers, *self.higher, *self.lower, *self.throwaway)

    def targets(self, account: str) -> tuple[str, ...]:
        """Whose created objects a higher role acts on before anything else: those of accounts that may be broken first."""
        return (*self.throwaway, *self.makers) if account in self.higher else ()


def cast(sessions: Sessions) -> Cast:
    """The parts of the accounts that are logged in, in the order of the settings.

    Where roles have no order, an account of another role than the peers' counts as higher: it is tried where they are
    refused.
    """
    groups: dict[tuple[int, str], list[str]] = {}
    throwaway: list[str] = []
    for name, account in sessions.accounts.items():
        if account.origin == "throw-away":
            throwaway.append(name)
        else:
            groups.setdefault((sessions.rank(name), account.role), []).append(name)
    if not groups:
        return Cast(peers=tuple(throwaway[:2]))
    ranked = sorted(groups, key=lambda group: group[0])  # equal ranks stay in the order of the settings
    chosen = next((group for group in ranked if len(groups[group]) >= 2), ranked[0])
    others = [group for group in ranked if group != chosen]
    return Cast(
        peers=tuple(groups[chosen][:2]),
        higher=tuple(groups[group][0] for group in others if group[0] >= chosen[0]),
        lower=tuple(groups[group][0] for group in others if group[0] < chosen[0]),
        throwaway=tuple(throwaway),
    )

"""Keeps exploration from shutting out the accounts that we were given, and those that tests need.

What is done to accounts is tried on one that exploration may lose: it owns nothing, attacks nobody, and no test knows
of it. What would end the caller's own account, session or membership is not tried at all.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable

import msgspec

from gatewright.explore.cast import Cast
from gatewright.explore.graph import Graph
from gatewright.explore.harm import ends, of_accounts, secret_of, sets_a_state
from gatewright.explore.identity import Identities
from gatewright.explore.places import Filling, Places
from gatewright.explore.policy import administers
from gatewright.model.call import Call
from gatewright.model.endpoint import Endpoint, Place, Specification
from gatewright.model.errors import BudgetError

SignUp = Callable[[], Awaitable[str]]
"""Signs one more account up, for exploration alone: its name; empty when that fails."""


class Care:
    """Decides on whom an endpoint may be tried. The account that may be lost is signed up when it is first wanted."""

    def __init__(
        self,
        graph: Graph,
        specification: Specification,
        identities: Identities,
        places: Places,
        cast: Cast,
        sign_up: SignUp | None = None,
    ) -> None:
        self._graph = graph
        self._specification = specification
        self._identities = identities
        self._places = places
        self._cast = cast
        self._sign_up = sign_up
        self._lock = asyncio.Lock()
        self.spare = ""
        """The account that may be lost; empty until it is there."""

    async def aimed(self, endpoint: Endpoint, account: str, filling: Filling, *, makes: bool = False) -> Filling | str:
        """The filling with which nobody is harmed whom we need; else the sentence that says why there is none.

        `makes`: it is asked to make an object, which endpoints of its own name or list. Raises Spent.
        """
        state = sets_a_state(endpoint)
        word = ends(endpoint) or ("state" if state and endpoint.method == "POST" else "")
        named = self._places.accounts_named(endpoint, filling.values)
        if named:
            on_account = endpoint.method == "POST" and bool(filling.account) and not makes
            if not (word or state or on_account or administers(endpoint)) or set(named.values()) == {self.spare}:
                return filling
            return await self._on_spare(endpoint, account, filling, named, harmful=bool(word) or on_account)
        if any(thing.origin == "created" for thing in filling.things.values()):
            return filling
        if word and (not makes or of_accounts(endpoint)):
            return f"it says {word}, and might end what {account} has or is: not tried with an account that is needed"
        secret = "" if makes else secret_of(endpoint, self._specification)
        return f"it wants {secret}, and would change how {account} logs in" if secret else filling

    def spares(self, endpoint: Endpoint, call: Call) -> bool:
        """Whether the end of a call's path names no account that was given to us: a membership is named by its member."""
        path = [hole for hole in self._graph.holes[endpoint.id] if hole.place.within == "path"]
        ends_in = {hole.place: call.get(hole.place) for hole in path[-1:]}
        named = self._places.accounts_named(endpoint, ends_in).values()
        return all(name in self._cast.throwaway or name == self.spare for name in named)

    async def _on_spare(
        self, endpoint: Endpoint, account: str, filling: Filling, named: dict[Place, str], *, harmful: bool
    ) -> Filling | str:
        ours = set(named.values()) <= {*self._cast.throwaway, self.spare}
        refusal = f"it would act on {' and '.join(sorted(set(named.values())))}, which is not ours to act on"
        may = account in self._cast.higher or (not self._cast.higher and administers(endpoint))
        spare = await self._get() if may else ""
        if not spare:
            return filling if ours and not harmful and account in self._cast.higher else refusal
        values = dict(filling.values)
        for hole in self._graph.holes[endpoint.id]:
            if hole.place in named:
                known = self._places.identity_values(hole, spare)
                if not known:
                    return refusal
                values[hole.place] = [known[0]] if isinstance(values[hole.place], list) else known[0]
        end = spare if filling.account else ""
        return msgspec.structs.replace(filling, values=values, account=end, own=True)

    async def _get(self) -> str:
        async with self._lock:
            sign_up, self._sign_up = self._sign_up, None
            if sign_up is not None and self._cast.throwaway:
                try:
                    self.spare = await sign_up()
                except BudgetError:
                    return ""
                if self.spare:
                    await self._identities.learn(self.spare)
                    self._places.add_ours(self.spare)
        return self.spare

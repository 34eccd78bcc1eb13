"""Endpoints that remove what their body or query names: `POST /memos/bulk-delete`, `DELETE /clips?ids=`.

One that does not understand what it is given may remove all there is. So an account that this run signed up goes first,
with two objects: the one that is named must be gone afterwards, and the other must still be there.
"""

from __future__ import annotations

from gatewright.explore.cast import Cast
from gatewright.explore.compose import Composer
from gatewright.explore.courier import Courier
from gatewright.explore.graph import Graph, Hole
from gatewright.explore.ledger import Ledger
from gatewright.explore.memory import Memory, Thing
from gatewright.explore.objects import Objects
from gatewright.explore.places import Places
from gatewright.explore.policy import removes_several
from gatewright.model.call import Call
from gatewright.model.endpoint import Endpoint
from gatewright.model.json import Json


class Several:
    """Samples of removals by list."""

    def __init__(
        self,
        graph: Graph,
        memory: Memory,
        courier: Courier,
        composer: Composer,
        ledger: Ledger,
        places: Places,
        objects: Objects,
        cast: Cast,
    ) -> None:
        self._graph = graph
        self._memory = memory
        self._courier = courier
        self._composer = composer
        self._ledger = ledger
        self._places = places
        self._objects = objects
        self._cast = cast
        self._proved: set[str] = set()
        """Endpoints that removed what was named, and nothing else."""

    def hole(self, endpoint: Endpoint) -> Hole | None:
        """The place, other than in the path, that names what is removed; None where it is no such endpoint."""
        if not removes_several(endpoint):
            return None
        holes = [hole for hole in self._graph.holes[endpoint.id] if hole.place.within in ("body", "query")]
        for hole in holes:
            likely = [key for key, score in hole.guesses if score >= 0.6 and self._graph.resources[key].creators]
            if likely and any(self._graph.resources[key].read for key in likely[:1]):
                return hole
        return None

    async def sample(self, endpoint: Endpoint, account: str) -> bool:
        """A removal of one object of the account, once it is known that no other goes with it. Raises Spent."""
        hole = self.hole(endpoint)
        if hole is None or (endpoint.id, account) in self._memory.samples:
            return hole is not None
        first = next((name for name in self._cast.throwaway), "")
        if endpoint.id not in self._proved and first and first != account:
            await self._remove(endpoint, hole, first)
        if endpoint.id not in self._proved and first != account and (first or endpoint.method == "DELETE"):
            self._memory.why.setdefault(endpoint.id, "it was not seen to remove only what is named")
            return False
        return await self._remove(endpoint, hole, account)

    async def _remove(self, endpoint: Endpoint, hole: Hole, account: str) -> bool:
        key = hole.guesses[0][0]
        name = self._graph.resources[key].name
        thing = await self._objects.make(key, account, "delete", label=f"{account}/{name}/gone by {endpoint.name}")
        if thing is None:
            self._memory.why.setdefault(endpoint.id, f"no {name} of {account} could be made to be removed")
            return False
        twin = next((t for t in self._memory.owned(account, key) if t.key != thing.key and t.origin == "created"), None)
        value: Json = self._places.value_for(hole, thing)
        listed: Json = [value] if "array" in hole.schema.types else value
        filling = self._places.fillings(endpoint, account, slot="delete")[0]
        composed = self._composer.compose(
            endpoint,
            f"{account}/{endpoint.name}",
            references={**filling.values, hole.place: listed},
            unknown=frozenset(one.place for one in filling.missing if not one.required and one.place != hole.place),
        )
        trial = await self._objects.try_out(endpoint, composed, account)
        if not trial.accepted or trial.call.get(hole.place) is None:
            thing.slot = "spare"
            self._memory.refuse(endpoint.id, trial.why, higher=trial.higher)
            return False
        if twin is not None and not await self._there(twin):
            twin.gone = True
            self._memory.why[endpoint.id] = "it removed more than what was named"
            return False
        if await self._there(thing):
            thing.slot = "spare"
            self._memory.why[endpoint.id] = f"it was accepted, and the {name} of {account} is still there"
            return False
        thing.gone = True
        if thing.entry is not None:
            self._ledger.gone(thing.entry)
        if twin is not None:
            self._proved.add(endpoint.id)
        self._memory.sample(endpoint.id, account, trial.call, trial.reply)
        return True

    async def _there(self, thing: Thing) -> bool:
        """Whether its owner still reads a thing."""
        call: Call | None = self._objects.reader(thing)
        if call is None:
            return False
        reply = await self._courier.send(self._graph.endpoints[call.endpoint], call, as_=thing.owner)
        return reply.accepted

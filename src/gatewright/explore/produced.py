"""Values of things that exist, for places that an API complained about, and the version of what a call would change."""

from __future__ import annotations

import re
from urllib.parse import urlsplit

import msgspec

from gatewright.explore.courier import Courier
from gatewright.explore.graph import Graph, Hole, shape
from gatewright.explore.memory import Memory, Thing
from gatewright.explore.places import Places
from gatewright.explore.policy import SAFE
from gatewright.model.call import Call, render
from gatewright.model.endpoint import Endpoint, Place
from gatewright.model.json import Json

_MOST = 4
"""Values tried at one place."""


class Produced:
    """For one endpoint and account."""

    def __init__(
        self, graph: Graph, memory: Memory, places: Places, courier: Courier, endpoint: Endpoint, account: str
    ) -> None:
        self._graph = graph
        self._memory = memory
        self._places = places
        self._courier = courier
        self._endpoint = endpoint
        self._account = account

    async def __call__(self, place: Place, tried: list[Json], form: str = "") -> Json:
        """A value not tried yet: of the resources that the place may mean, else of any; None when there is none."""
        name = re.sub(r"\[\d*\]", "[]", place.name)
        hole = next(
            (h for h in self._graph.holes[self._endpoint.id] if h.place in (place, Place(place.within, name))), None
        )
        if hole is None:
            hole = self._listed(name) or self._graph.learn(self._endpoint, Place(place.within, name))
        named = bool(hole.guesses)
        if not named:
            value = self._alike(hole, tried)
            if value is not None:
                return value
            guesses = tuple((known, 0.3) for known in self._graph.resources)
            hole = msgspec.structs.replace(hole, guesses=guesses)
        higher = tuple(name for name in self._memory.identity if name != self._account)
        write = self._endpoint.method not in SAFE
        if len(tried) > _MOST:
            return None
        for option in self._places.options(hole, self._account, others=higher, write=write):
            value = option.value if not form or option.thing is None else self._link(option.thing)
            if value is not None and value not in tried and [value] not in tried:
                return value
        return self._person(hole, tried, higher) if not named else None

    def _alike(self, hole: Hole, tried: list[Json]) -> Json:
        """The value that a thing of ours has under the place's own name: `code` of a coupon, its request's or its answer's."""
        things = [one for one in self._memory.things.values() if not one.gone and one.origin == "created"]
        found = [value for one in things if (value := one.leaf(hole.key)) is not None and value not in tried]
        return next((value for value in found if not isinstance(value, (bool, float))), None)

    def _person(self, hole: Hole, tried: list[Json], others: tuple[str, ...]) -> Json:
        """A name of another account: a text that names nothing known may name a person."""
        if not isinstance(tried[0] if tried else None, str):
            return None
        names = [str(value) for other in others for value in self._memory.identity[other].values()]
        plain = sorted(dict.fromkeys(names), key=lambda name: (name.isdigit(), "@" in name))
        return next((name for name in plain if name not in tried), None)

    def _listed(self, name: str) -> Hole | None:
        """The hole of the elements, for a complaint about the list: `labels` for `labels[]`."""
        wanted = Place("body", f"{name}[]")
        return next((hole for hole in self._graph.holes[self._endpoint.id] if hole.place == wanted), None)

    def _link(self, thing: Thing) -> Json:
        """The URL of a thing: as its own answer gave it, else by the endpoint that reads it."""
        resource = self._graph.resources[thing.resource]
        tail = re.escape(urlsplit(resource.collection).path) + r"/[^/]+/?"
        for value in thing.leaves.values():
            if isinstance(value, str) and "/" in value and re.fullmatch(tail, urlsplit(value).path):
                return value
        endpoint = self._graph.endpoints.get(resource.read)
        reference = next((r for r in self._places.references(thing) if r.endpoint == resource.read), None)
        if endpoint is None or reference is None:
            return None
        call = Call(endpoint=endpoint.id, path={place.name: value for place, value in reference.values})
        return endpoint.origin + render(endpoint, call).target

    async def version(self, call: Call) -> str:
        """The ETag of what a call changes, read from the GET of its path, else of a path above. Raises Spent."""
        where = shape(self._endpoint)
        for _ in range(2):
            reader = next((e for e in self._graph.endpoints.values() if e.method == "GET" and shape(e) == where), None)
            if reader is not None:
                path = {name: value for name, value in call.path.items() if "{" + name + "}" in reader.path}
                reply = await self._courier.send(reader, Call(endpoint=reader.id, path=path), as_=self._account)
                return (reply.exchange.response.header("etag") or "") if reply.exchange.response else ""
            where = where.rpartition("/")[0]
        return ""

"""What comes with an object that we made: the receipt of a booking, the account of a member. Nothing else makes such things."""

from __future__ import annotations

import re
from urllib.parse import unquote, urlsplit

from gatewright.explore.answers import Reply
from gatewright.explore.courier import Courier
from gatewright.explore.graph import Graph, Resource
from gatewright.explore.memory import Memory, Thing, leaves_of
from gatewright.explore.objects import Objects
from gatewright.explore.words import noun, same
from gatewright.model.json import Json

_MOST = 2
"""Things of a kind that are kept for each account."""


class Beside:
    """Learns objects of resources that nothing makes, from the answers about objects that we made."""

    def __init__(self, graph: Graph, memory: Memory, courier: Courier, objects: Objects) -> None:
        self._graph = graph
        self._memory = memory
        self._courier = courier
        self._objects = objects

    async def learn(self, accounts: tuple[str, ...]) -> None:
        """Keep what the server made beside the accounts' objects, to be read and never changed. Raises Spent.

        Each object has one of its own, whose id was not sent, and its owner's answer about it names that object: so it
        is no courier that serves many, and no page of a catalogue.
        """
        for resource in self._graph.resources.values():
            made = set(resource.creators) - {resource.replace}
            known = any(thing.resource == resource.collection for thing in self._memory.things.values())
            if made or known or not resource.read or "{}" in resource.collection:
                continue
            for account in accounts:
                kept = 0
                for value, parent in self._found(resource, account):
                    if kept < _MOST and await self._adopt(resource, account, value, parent, kept + 1):
                        kept += 1

    def _found(self, resource: Resource, account: str) -> list[tuple[Json, Thing]]:
        """Ids of such things with the objects that show them; nothing that two objects share."""
        shown: dict[str, list[tuple[Json, Thing]]] = {}
        for thing in self._memory.things.values():
            if thing.origin == "created" and not thing.gone:
                sent = {str(value) for value in leaves_of(thing.recipe.body if thing.recipe else None).values()}
                for value in self._named(resource, thing):
                    if str(value) not in sent:
                        shown.setdefault(str(value), []).append((value, thing))
        identities = {str(value) for leaves in self._memory.identity.values() for value in leaves.values()}
        alone = [rows[0] for text, rows in shown.items() if len(rows) == 1 and text not in identities]
        return [(value, thing) for value, thing in alone if thing.owner == account and thing.slot != "delete"]

    def _named(self, resource: Resource, thing: Thing) -> list[Json]:
        """Values of a thing's leaves that name something of the resource, by their name or as a link."""
        parameter = re.findall(r"\{([^}]*)\}", self._graph.endpoints[resource.read].path)[-1]
        pattern = re.compile(re.escape(urlsplit(resource.collection).path) + "/([^/]+)")
        vocabulary = self._graph.vocabulary
        found: list[Json] = []
        for place, value in thing.leaves.items():
            above, _, key = place.rpartition(".")
            bare = vocabulary.generic(key)
            link = pattern.fullmatch(urlsplit(value).path.rstrip("/")) if isinstance(value, str) else None
            if link is not None:
                text = unquote(link[1])
                found.append(int(text) if text.isdigit() and text[0] != "0" else text)
            elif (
                (same(key, parameter) and not bare)
                or vocabulary.prefix(key) == resource.name
                or (bare and above and noun(above.rpartition(".")[2]) == resource.name)
            ):
                found.append(value)
        return list(dict.fromkeys(one for one in found if isinstance(one, (str, int)) and not isinstance(one, bool)))

    async def _adopt(self, resource: Resource, account: str, value: Json, parent: Thing, number: int) -> bool:
        endpoint = self._graph.endpoints[resource.read]
        chain = {resource.collection: value}
        thing = Thing(
            f"{account}/{resource.name}/beside-{number}",
            resource.collection,
            account,
            "learned",
            "read",
            value,
            {},
            chain,
        )
        thing.parent = parent.key
        self._memory.add(thing)
        call = self._objects.call_on(endpoint, account, thing)
        reply = await self._courier.send(endpoint, call, as_=account) if call is not None else None
        if reply is None or call is None or not reply.accepted or not _names(reply, parent):
            del self._memory.things[thing.key]
            return False
        self._memory.exercised.add(endpoint.id)
        thing.leaves = leaves_of(reply.body)
        if (endpoint.id, account) not in self._memory.samples:
            self._memory.sample(endpoint.id, account, call, reply)
        return True


def _names(reply: Reply, parent: Thing) -> bool:
    """Whether an answer is about an object: it shows a marker of it, or its id as a value of its own."""
    return any(map(reply.says, parent.markers)) or str(parent.id) in {str(v) for v in leaves_of(reply.body).values()}

"""The accounts themselves as objects: which places of the API name them, and by which of their values."""

from __future__ import annotations

import random

from gatewright.explore.answers import Reply, read, scalars
from gatewright.explore.chance import random_like
from gatewright.explore.compose import Composer
from gatewright.explore.courier import Courier, Sessions
from gatewright.explore.graph import Graph, Hole, path_keys
from gatewright.explore.memory import Memory, Thing, leaves_of
from gatewright.explore.places import Places
from gatewright.explore.words import words
from gatewright.model.account import ANON
from gatewright.model.endpoint import Endpoint
from gatewright.model.json import Json
from gatewright.model.knowledge import OwnedObject, Reference

USER = "user"
"""The resource of accounts."""


class Identities:
    """Learns the values that name each account, and fits them into paths that no object of ours fills."""

    def __init__(
        self,
        graph: Graph,
        memory: Memory,
        courier: Courier,
        composer: Composer,
        places: Places,
        sessions: Sessions,
        *,
        seed: int,
    ) -> None:
        self._graph = graph
        self._memory = memory
        self._courier = courier
        self._composer = composer
        self._places = places
        self._sessions = sessions
        self._seed = seed
        self._tried: dict[str, list[tuple[str, Json]]] = {}
        """Endpoint → what was tried there, so that it is not asked again."""

    async def learn(self, account: str) -> None:
        """Ask the account's probe, and keep the leaves that hold a value of its identity. Raises Spent."""
        values = self._sessions.identity(account)
        leaves: dict[str, Json] = {}
        call = self._sessions.whoami(account)
        if call is not None and call.endpoint in self._graph.endpoints:
            reply = await self._courier.send(self._graph.endpoints[call.endpoint], call, as_=account)
            if reply.accepted:
                self._memory.sample(call.endpoint, account, call, reply)
                leaves = {name: value for name, _, _, value in scalars(reply.body) if _names(value, values)}
                self._memory.belongs[account] = {
                    name: value
                    for name, key, _, value in scalars(reply.body)
                    if name not in leaves and "[" not in name and self._is_key(name, key, value)
                }
        known = {str(value) for value in leaves.values()}
        one = self._sessions.accounts.get(account)
        for name, value in one.registered.items() if one else ():
            if _names(value, values) and str(value) not in known:
                leaves[name] = value
                known.add(str(value))
        for index, text in enumerate(sorted(values - known)):
            leaves[
                f"identity.{'id' if text.isdigit() or _opaque(text) else 'email' if '@' in text else f'value{index}'}"
            ] = int(text) if text.isdigit() and len(text) < 16 else text
        self._memory.identity[account] = leaves

    def _is_key(self, name: str, key: str, value: Json) -> bool:
        """Whether a leaf is an id of something else by its name: `firmId`, `firm.id`."""
        vocabulary = self._graph.vocabulary
        told = vocabulary.prefix(key) or (vocabulary.generic(key) and "." in name)
        return bool(told) and isinstance(value, (str, int)) and not isinstance(value, bool) and value != ""

    async def fit(self, account: str) -> None:
        """Try the account's values at each path place that its own objects cannot fill. Raises Spent."""
        for endpoint in self._graph.endpoints.values():
            keys = path_keys(endpoint)
            if endpoint.method != "GET" or len(keys) != 1 or keys[0][1] in self._memory.identity_keys:
                continue
            resource = self._graph.resources[keys[0][1]]
            own = resource.read == endpoint.id
            if not own and (resource.read or self._memory.owned(account, resource.collection)):
                continue
            hole = next((h for h in self._graph.holes[endpoint.id] if h.place.within == "path"), None)
            values = self._places.identity_guesses(hole, account) if hole is not None else []
            if hole is not None and values != self._tried.get(endpoint.id):
                self._tried[endpoint.id] = values
                await self._try(endpoint, hole, account)

    async def _try(self, endpoint: Endpoint, hole: Hole, account: str) -> None:
        key = path_keys(endpoint)[0][1]
        for name, value in self._places.identity_guesses(hole, account):
            composed = self._composer.compose(endpoint, f"{account}/{endpoint.name}", references={hole.place: value})
            reply = await self._courier.send(endpoint, composed.call, as_=account)
            self._memory.exercised.add(endpoint.id)
            if not reply.accepted or not (self._places.alias(hole) == name or self._about(reply, account, name, value)):
                continue
            wrong = random_like(value, random.Random(f"{self._seed} {endpoint.id}"), highest=10_000)
            other = await self._courier.send(
                endpoint, composed.call.with_value(hole.place, wrong), as_=account, purpose="explore: random id"
            )
            if other.accepted and (other.body == reply.body or self._about(other, account, name, value)):
                self._memory.refuted.add((endpoint.id, hole.place))
                continue
            self._memory.identity_keys[key] = name
            self._memory.sample(endpoint.id, account, composed.call, reply)
            for consumer, place in self._graph.naming(key):
                if place.place.within == "path":
                    self._memory.confirmed.add((consumer.id, place.place))
            return

    def _about(self, reply: Reply, account: str, name: str, value: Json) -> bool:
        """The answer is about the account: it shows another of its values (or the place's own name says whom it wants)."""
        own = {n: str(v) for n, v in self._memory.identity[account].items() if n != name and len(str(v)) >= 4}
        others = [text for text in own.values() if text not in str(value)]  # an echo of an address shows the name in it
        if any(reply.says(other) for other in others):
            return True
        return not isinstance(value, int) and len(str(value)) >= 4 and not others

    def alias(self, accounts: tuple[str, ...]) -> None:
        """Names of leaves that hold each account's own identity in its own answers: `patient_id`, `owner`.

        A name counts when every account's answers hold its own value there and none holds anything else.
        """
        found: dict[str, set[tuple[str, str]]] = {}
        wrong: set[str] = set()
        for account in accounts:
            own = {str(value): name for name, value in self._memory.identity.get(account, {}).items()}
            for name, value in self._own_leaves(account):
                if value in own:
                    found.setdefault(name, set()).add((account, own[value]))
                else:
                    wrong.add(name)
        wanted = {account for account in accounts if self._memory.identity.get(account)}
        for name, held in found.items():
            leaves = {leaf for _, leaf in held}
            if name not in wrong and {account for account, _ in held} == wanted and len(leaves) == 1:
                self._memory.aliases[name] = leaves.pop()

    def _own_leaves(self, account: str) -> list[tuple[str, str]]:
        """Leaves of the account's samples and objects: name in words, value as text; `id` and the like left out."""
        bodies: list[dict[str, Json]] = [t.leaves for t in self._memory.things.values() if t.owner == account]
        for (_, who), sample in self._memory.samples.items():
            if who == account:
                bodies.append(leaves_of(read(sample.exchange).body))
        found = []
        for body in bodies:
            for name, value in body.items():
                key = name.rpartition(".")[2]
                if not isinstance(value, bool) and not self._graph.vocabulary.generic(key):
                    found.append(("_".join(words(key)), str(value)))
        return found

    def objects(self, accounts: tuple[str, ...]) -> list[OwnedObject]:
        """One object for each account: every place that one of its values fits."""
        found = []
        for account in accounts:
            leaves = self._memory.identity.get(account)
            if not leaves or account == ANON:
                continue
            thing = Thing(f"{account}/{USER}/0", "", account, "identity", "read", next(iter(leaves.values())), leaves)
            references = tuple(self._references(account))
            found.append(
                OwnedObject(
                    key=thing.key,
                    resource=USER,
                    owner=account,
                    origin="identity",
                    id=thing.id,
                    references=references,
                    markers=tuple(self._sessions.accounts[account].private),
                )
            )
        return found

    def _references(self, account: str) -> list[Reference]:
        found = []
        for endpoint_id, holes in self._graph.holes.items():
            path = [hole for hole in holes if hole.place.within == "path"]
            for hole in holes:
                if hole.place.within == "path" and hole.place != path[-1].place:
                    continue
                if hole.place.within == "path" and len(path) > 1:
                    continue
                values = self._places.identity_values(hole, account)
                if values:
                    confirmed = (endpoint_id, hole.place) in self._memory.confirmed
                    found.append(
                        Reference(
                            endpoint=endpoint_id,
                            place=hole.place,
                            values=((hole.place, values[0]),),
                            confirmed=confirmed,
                        )
                    )
        return found


def _names(value: Json, values: frozenset[str]) -> bool:
    return not isinstance(value, (bool, dict, list)) and value is not None and str(value) in values


def _opaque(text: str) -> bool:
    return len(text) >= 20 and "@" not in text and " " not in text

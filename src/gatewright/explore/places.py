"""Which known object or value goes into which place of an endpoint, for one account."""

from __future__ import annotations

from collections.abc import Mapping

from msgspec import UNSET, Struct

from gatewright.explore.graph import Graph, Hole
from gatewright.explore.memory import Memory, Thing
from gatewright.explore.policy import asks
from gatewright.explore.words import noun, same, words
from gatewright.model.endpoint import Endpoint, Place
from gatewright.model.json import Json
from gatewright.model.knowledge import OwnedObject, Reference

_USERS = frozenset({"user", "account", "customer", "member", "owner", "person", "profile", "author", "client", "me"})
_CALLERS = frozenset({"user", "me", "owner"})
"""Words that mean the caller even where a resource bears their name."""
_MOST = 4


class Option(Struct, frozen=True):
    """One value for one place: the thing it names (None: a bare identity value), and whether it is ours to change."""

    value: Json
    thing: Thing | None
    own: bool
    account: str = ""
    """The account that it names, for an identity value."""


class Filling(Struct, frozen=True):
    """Values for the reference places of one endpoint."""

    values: dict[Place, Json]
    things: dict[Place, Thing]
    missing: tuple[Hole, ...]
    own: bool
    """Everything that the path names was made by this run: objects, or accounts."""
    account: str = ""
    """The account that the end of the path names."""


class Places:
    """Chooses values for places from what is known. `ours` are the accounts that this run made."""

    def __init__(self, graph: Graph, memory: Memory, ours: frozenset[str]) -> None:
        self._graph = graph
        self._ours = set(ours)
        self._memory = memory
        self._vocabulary = graph.vocabulary

    def add_ours(self, account: str) -> None:
        """One more account that this run made."""
        self._ours.add(account)

    def accounts_named(self, endpoint: Endpoint, values: Mapping[Place, Json]) -> dict[Place, str]:
        """Place → the account that these values name there; of two that share a value the one that is not ours."""
        known = sorted(self._memory.identity, key=lambda name: name in self._ours)
        found: dict[Place, str] = {}
        for hole in self._graph.holes[endpoint.id]:
            value = values.get(hole.place)
            one = value[0] if isinstance(value, list) and value else value
            owner = next((n for n in known if str(one) in map(str, self.identity_values(hole, n))), "")
            if one is not None and owner:
                found[hole.place] = owner
        return found

    def fillings(
        self, endpoint: Endpoint, account: str, *, slot: str, others: tuple[str, ...] = (), most: int = 3
    ) -> list[Filling]:
        """Ways to fill the endpoint's reference places, best first; at least one, which may have gaps.

        `others` are accounts whose objects may be named too, when this one has none (a higher role's view).
        """
        holes = self._graph.holes[endpoint.id]
        path = [hole for hole in holes if hole.place.within == "path"]
        write = not asks(endpoint)
        rest = [hole for hole in holes if hole.place.within != "path"]
        values, things, missing = self._rest(rest, account, others, write, slot)
        if not path:
            return [Filling(values, things, missing, True)]
        found = []
        for option in self.options(path[-1], account, slot=slot, others=others, write=write)[:most]:
            above = self._above(path, account, others, option)
            if above is not None:
                ends = {path[-1].place: option.thing} if option.thing else {}
                placed = {**above, path[-1].place: option.value, **values}
                found.append(Filling(placed, {**ends, **things}, missing, option.own, option.account))
        if found:
            return found
        above = self._above(path, account, others, None) or {}
        gaps = tuple(hole for hole in path if hole.place not in above)
        return [Filling({**above, **values}, things, (*gaps, *missing), False)]

    def blind(self, filling: Filling) -> str:
        """What must be known before something is written there: a write never names objects that are not ours by guess.

        A place with listed or default values, or whose resource nobody can make or list, may keep what its schema says.
        """
        for hole in filling.missing:
            if not hole.required or hole.schema.enum or hole.schema.default is not UNSET:
                continue
            resource = self._graph.resources[hole.guesses[0][0]]
            if hole.place.within == "path" or resource.creators or resource.lists:
                return resource.name
        return ""

    def _above(
        self, path: list[Hole], account: str, others: tuple[str, ...], end: Option | None
    ) -> dict[Place, Json] | None:
        """Values for the places before the end of a path: the parents of what stands at its end; None when one is unknown."""
        values: dict[Place, Json] = {}
        chain = end.thing.chain if end and end.thing else {}
        for hole, key in zip(path[:-1], path[-1].chain, strict=False):
            if key in chain:
                values[hole.place] = chain[key]
                continue
            known = self.options(hole, account, slot="read", others=others)
            if known:
                values[hole.place] = known[0].value
            elif end is not None:
                return None
        return values

    def _rest(
        self, holes: list[Hole], account: str, others: tuple[str, ...], write: bool, slot: str
    ) -> tuple[dict[Place, Json], dict[Place, Thing], tuple[Hole, ...]]:
        """Values of the places outside the path, the things they name, and the places that nothing is known for.

        A weak guess keeps the value that its schema gives.
        """
        values: dict[Place, Json] = {}
        things: dict[Place, Thing] = {}
        missing = []
        for hole in holes:
            found = self.options(hole, account, slot=slot if write else "read", others=others, write=write)
            weak = not hole.guesses or hole.guesses[0][1] < 0.6
            narrows = (
                not write and hole.place.within == "query" and not hole.required
            )  # a filter: all is more than some
            if found and not narrows and (hole.required or not weak or not hole.guesses):
                values[hole.place] = _listed(hole, found[0].value)
                if found[0].thing is not None:
                    things[hole.place] = found[0].thing
            elif not weak:
                missing.append(hole)
        return values, things, tuple(missing)

    def options(
        self,
        hole: Hole,
        account: str,
        *,
        slot: str = "read",
        others: tuple[str, ...] = (),
        borrow: bool = True,
        write: bool = False,
    ) -> list[Option]:
        """Values for one place, best first: own objects (the slot's first), the account itself, others' objects, seen items.

        A write borrows only what several accounts see: what a catalogue shows, not an older object of its own account.
        """
        found: list[Option] = []
        for guess, _ in hole.guesses:
            own = sorted(self._memory.owned(account, guess), key=lambda t: (t.slot != slot, t.slot == "delete"))
            found += [Option(self.value_for(hole, thing), thing, True) for thing in own if thing.origin != "learned"]
        found += [self._identity(value, account) for value in self.identity_values(hole, account)]
        if hole.place.within == "path" and not found:
            found += self._above_own(hole, account)
        for guess, _ in hole.guesses:
            learnt = [t for t in self._memory.owned(account, guess) if t.origin == "learned"]
            found += [Option(self.value_for(hole, thing), thing, False) for thing in learnt]
            for other in others:
                found += [
                    Option(self.value_for(hole, thing), thing, True)
                    for thing in sorted(self._memory.owned(other, guess), key=lambda t: t.slot != slot)
                    if thing.origin == "created"
                ][:1]
                found += [self._identity(value, other) for value in self.identity_values(hole, other)]
            if borrow:
                found += [Option(self.value_for(hole, item), item, False) for item in self._seen(guess, account, write)]
        unique: dict[str, Option] = {}
        for option in found:
            if option.value is not None:
                unique.setdefault(str(option.value), option)
        return list(unique.values())[:_MOST]

    def _above_own(self, hole: Hole, account: str) -> list[Option]:
        """What the account's own objects stand below: `/products/{}/reviews` shows a review only there."""
        chains = [t.chain for t in self._memory.things.values() if t.owner == account and not t.gone]
        return [Option(chain[guess], None, False) for guess, _ in hole.guesses for chain in chains if guess in chain]

    def _seen(self, resource: str, account: str, write: bool) -> list[Thing]:
        items = self._memory.seen.get((resource, account), [])
        lists = [things for (key, who), things in self._memory.seen.items() if key == resource and who != account]
        shared = {str(thing.id) for things in lists for thing in things}
        alone = len(self._memory.identity) <= 1
        return [item for item in items if not write or alone or str(item.id) in shared][:3]

    def _identity(self, value: Json, account: str) -> Option:
        return Option(value, None, account in self._ours, account)

    def value_for(self, hole: Hole, thing: Thing) -> Json:
        """The value by which the place names the thing; None when no value of it fits."""
        if hole.leaf:
            return thing.leaf(hole.leaf)
        if thing.chain.get(thing.resource) is not None and hole.place.within == "path" and self._learnt(hole):
            return thing.chain[thing.resource]
        if not self._vocabulary.generic(hole.key):
            named = thing.leaf(hole.key)
            if named is not None and fits(hole, named):
                return named
        if thing.id is not None and fits(hole, thing.id):
            return thing.id
        return next(
            (
                value
                for name, value in thing.leaves.items()
                if self._vocabulary.generic(name.rpartition(".")[2]) and fits(hole, value)
            ),
            None,
        )

    def _learnt(self, hole: Hole) -> bool:
        return bool(hole.guesses) and (hole.guesses[0][0] in self._memory.learnt)

    def identity_values(self, hole: Hole, account: str) -> list[Json]:
        """Values of the account itself that the place may want, best first."""
        leaves = self._memory.identity.get(account, {})
        if hole.leaf:
            return [value for name, value in leaves.items() if same(name.rpartition(".")[2], hole.leaf)]
        if not leaves:
            return []
        for guess, _ in hole.guesses:
            leaf = self._memory.identity_keys.get(guess, "")
            if leaf in leaves and fits(hole, leaves[leaf]):
                return [leaves[leaf]]
        alias = self.alias(hole)
        named = (
            [leaves[alias]]
            if alias in leaves and not (hole.place.within == "body" and "@" in str(leaves[alias]))
            else []
        )
        if hole.guesses or hole.place.within != "body":
            own = [name for name in leaves if same(name.rpartition(".")[2], hole.key)]
            named += [leaves[name] for name in own if not self._vocabulary.generic(hole.key)]
        user = {self._vocabulary.prefix(hole.key), noun(hole.key)}
        if user & _CALLERS or (user & _USERS and not hole.guesses):
            named += [value for name, value in leaves.items() if self._vocabulary.generic(name.rpartition(".")[2])]
        if not named and not hole.guesses and hole.place.within != "path":
            named = self._belonging(hole, account)
        return [value for value in dict.fromkeys(named) if fits(hole, value)]

    def _belonging(self, hole: Hole, account: str) -> list[Json]:
        """What the account belongs to, where the place bears its name: `X-Firm-Id`, `firm` and the account's `firmId`."""
        asked = words(hole.key)
        asked = asked[1:] if len(asked) > 1 and asked[0] == "x" else asked
        found = []
        for name, value in self._memory.belongs.get(account, {}).items():
            above, _, key = name.rpartition(".")
            told = words(key) if self._vocabulary.prefix(key) else [*words(above.rpartition(".")[2]), *words(key)]
            if asked == told or (asked == told[:-1] and hole.place.within != "body"):
                found.append(value)
        return found

    def alias(self, hole: Hole) -> str:
        """The identity leaf that the place's name holds in the accounts' own answers; `X-Patient-Id` as `patient_id`."""
        parts = words(hole.key)
        while parts:
            leaf = self._memory.aliases.get("_".join(parts), "")
            if leaf or len(parts) <= 2:
                return leaf
            parts = parts[1:]
        return ""

    def identity_guesses(self, hole: Hole, account: str) -> list[tuple[str, Json]]:
        """Identity leaves to try at a path place that nothing is known for: name and value, likeliest first; at most three."""
        leaves, alias = self._memory.identity.get(account, {}), self.alias(hole)

        def likely(pair: tuple[str, Json]) -> tuple[bool, bool, bool]:
            key = pair[0].rpartition(".")[2]
            return (pair[0] != alias, not same(key, hole.key), not self._vocabulary.generic(key))

        return [(name, value) for name, value in sorted(leaves.items(), key=likely) if fits(hole, value)][:3]

    def references(self, thing: Thing) -> tuple[Reference, ...]:
        """Every endpoint and place that can name the thing, with the values of its parents."""
        found = []
        for endpoint, hole in self._graph.naming(thing.resource):
            reference = self._reference(endpoint, hole, thing)
            if reference is not None:
                found.append(reference)
        return tuple(found)

    def _reference(self, endpoint: Endpoint, hole: Hole, thing: Thing) -> Reference | None:
        value = self.value_for(hole, thing)
        if value is None:
            return None
        values: list[tuple[Place, Json]] = []
        if hole.place.within == "path":
            path = [one for one in self._graph.holes[endpoint.id] if one.place.within == "path"]
            if hole.place != path[-1].place and not self._under(hole, path, thing):
                return None
            for above, key in zip(path, hole.chain, strict=False):
                upper = thing.chain.get(key)
                if upper is None:
                    known = self.options(above, thing.owner, slot="read", borrow=False)
                    upper = known[0].value if known else None
                if upper is None:
                    return None
                values.append((above.place, upper))
        values.append((hole.place, _listed(hole, value)))
        confirmed = (endpoint.id, hole.place) in self._memory.confirmed
        return Reference(endpoint=endpoint.id, place=hole.place, values=tuple(values), confirmed=confirmed)

    def chain_of(self, owned: OwnedObject) -> dict[str, Json]:
        """Resource key → id for an object and its parents, read from its references."""
        chain: dict[str, Json] = {}
        for reference in owned.references:
            path = [hole for hole in self._graph.holes.get(reference.endpoint, ()) if hole.place.within == "path"]
            values = dict(reference.values)
            if path and path[-1].place == reference.place and path[-1].guesses[0][1] >= 0.9:
                keys = (*path[-1].chain, path[-1].guesses[0][0])
                chain |= {key: values[hole.place] for hole, key in zip(path, keys, strict=True) if hole.place in values}
        return chain

    def _under(self, hole: Hole, path: list[Hole], thing: Thing) -> bool:
        """A place in the middle of a path names a thing only when nothing of its own stands below it there."""
        below = path[path.index(hole) + 1 :]
        return not any(self._memory.owned(thing.owner, guess) for one in below for guess, _ in one.guesses)


def _listed(hole: Hole, value: Json) -> Json:
    """A value in a list where the place is one (`ids`)."""
    return [value] if "array" in hole.schema.types and not isinstance(value, list) else value


def fits(hole: Hole, value: Json) -> bool:
    """Whether a value has the type that the place wants."""
    types, text = set(hole.schema.types), str(value)
    if isinstance(value, (dict, list, bool)):
        return False
    if types & {"integer", "number"} and "string" not in types:
        return isinstance(value, (int, float)) or text.isdigit()
    if hole.schema.format == "uuid":
        return len(text.replace("-", "")) == 32
    if hole.schema.format == "email":
        return "@" in text
    return "email" not in words(hole.key) or "@" in text

"""Which known object or value goes into which place of an endpoint, for one account."""

from __future__ import annotations

from msgspec import Struct

from gatewright.explore.graph import Graph, Hole
from gatewright.explore.memory import Memory, Thing
from gatewright.explore.words import noun, same, words
from gatewright.model.endpoint import Endpoint, Place
from gatewright.model.json import Json
from gatewright.model.knowledge import Reference

_USERS = frozenset({"user", "account", "customer", "member", "owner", "person", "profile", "author", "client", "me"})
_MOST = 4


class Option(Struct, frozen=True):
    """One value for one place: the thing it names (None: a bare identity value), and whether it is ours to change."""

    value: Json
    thing: Thing | None
    own: bool


class Filling(Struct, frozen=True):
    """Values for the reference places of one endpoint."""

    values: dict[Place, Json]
    things: dict[Place, Thing]
    missing: tuple[Hole, ...]
    own: bool
    """Everything that the path names is ours: made by us, or the account itself."""


class Places:
    """Chooses values for places from what is known."""

    def __init__(self, graph: Graph, memory: Memory) -> None:
        self._graph = graph
        self._memory = memory
        self._vocabulary = graph.vocabulary

    def fillings(
        self, endpoint: Endpoint, account: str, *, slot: str, others: tuple[str, ...] = (), most: int = 3
    ) -> list[Filling]:
        """Ways to fill the endpoint's reference places, best first; at least one, which may have gaps.

        `others` are accounts whose objects may be named too, when this one has none (a higher role's view).
        """
        holes = self._graph.holes[endpoint.id]
        path = [hole for hole in holes if hole.place.within == "path"]
        if not path:
            return [self._rest(holes, account, slot, others, {}, {}, True)]
        last = path[-1]
        found = []
        for option in self.options(last, account, slot=slot, others=others)[:most]:
            values, things = {last.place: option.value}, {last.place: option.thing} if option.thing else {}
            chain = option.thing.chain if option.thing else {}
            own, missing = option.own, False
            for hole, key in zip(path[:-1], last.chain, strict=False):
                above = (
                    [Option(chain[key], None, own)]
                    if key in chain
                    else self.options(hole, account, slot="read", others=others)
                )
                if above:
                    values[hole.place] = above[0].value
                else:
                    missing = True
            if not missing:
                found.append(self._rest(holes, account, slot, others, values, things, own))
        return found or [self._rest(holes, account, slot, others, self._above(path, account, others), {}, False)]

    def _above(self, path: list[Hole], account: str, others: tuple[str, ...]) -> dict[Place, Json]:
        """Values for the first places of a path whose last one nothing is known for."""
        values: dict[Place, Json] = {}
        for hole in path[:-1]:
            found = self.options(hole, account, slot="read", others=others)
            if found:
                values[hole.place] = found[0].value
        return values

    def _rest(
        self,
        holes: tuple[Hole, ...],
        account: str,
        slot: str,
        others: tuple[str, ...],
        values: dict[Place, Json],
        things: dict[Place, Thing],
        own: bool,
    ) -> Filling:
        values, things, missing = dict(values), dict(things), []
        for hole in holes:
            if hole.place in values:
                continue
            found = [] if hole.place.within == "path" else self.options(hole, account, slot="read", others=others)
            weak = not hole.guesses or hole.guesses[0][1] < 0.6
            if found and (hole.required or not weak or not hole.guesses):
                values[hole.place] = _listed(hole, found[0].value)
                if found[0].thing is not None:
                    things[hole.place] = found[0].thing
            elif hole.place.within == "path" or not weak:
                missing.append(hole)
        return Filling(values, things, tuple(missing), own)

    def options(
        self, hole: Hole, account: str, *, slot: str = "read", others: tuple[str, ...] = (), borrow: bool = True
    ) -> list[Option]:
        """Values for one place, best first: own objects (the slot's first), the account itself, seen items, others' objects."""
        found: list[Option] = []
        for guess, _ in hole.guesses:
            own = sorted(self._memory.owned(account, guess), key=lambda t: (t.slot != slot, t.slot == "delete"))
            found += [Option(self.value_for(hole, thing), thing, True) for thing in own if thing.origin != "learned"]
        found += [Option(value, None, True) for value in self.identity_values(hole, account)]
        for guess, _ in hole.guesses:
            learnt = [t for t in self._memory.owned(account, guess) if t.origin == "learned"]
            found += [Option(self.value_for(hole, thing), thing, False) for thing in learnt]
            for other in others:
                found += [
                    Option(self.value_for(hole, thing), thing, True)
                    for thing in sorted(self._memory.owned(other, guess), key=lambda t: t.slot != slot)
                    if thing.origin == "created"
                ][:1]
                found += [Option(value, None, False) for value in self.identity_values(hole, other)]
            if borrow:
                found += [
                    Option(self.value_for(hole, item), item, False)
                    for item in self._memory.seen.get((guess, account), [])[:3]
                ]
        unique: dict[str, Option] = {}
        for option in found:
            if option.value is not None:
                unique.setdefault(str(option.value), option)
        return list(unique.values())[:_MOST]

    def value_for(self, hole: Hole, thing: Thing) -> Json:
        """The value by which the place names the thing; None when no value of it fits."""
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
        if not leaves:
            return []
        for guess, _ in hole.guesses:
            leaf = self._memory.identity_keys.get(guess, "")
            if leaf in leaves and fits(hole, leaves[leaf]):
                return [leaves[leaf]]
        alias = self._memory.aliases.get("_".join(words(hole.key)), "")
        named = (
            [leaves[alias]]
            if alias in leaves and not (hole.place.within == "body" and "@" in str(leaves[alias]))
            else []
        )
        if hole.guesses or hole.place.within != "body":
            own = [name for name in leaves if same(name.rpartition(".")[2], hole.key)]
            named += [leaves[name] for name in own if not self._vocabulary.generic(hole.key)]
        if self._vocabulary.prefix(hole.key) in _USERS or noun(hole.key) in _USERS:
            named += [value for name, value in leaves.items() if self._vocabulary.generic(name.rpartition(".")[2])]
        return [value for value in dict.fromkeys(named) if fits(hole, value)]

    def identity_guesses(self, hole: Hole, account: str) -> list[tuple[str, Json]]:
        """Identity leaves to try at a path place that nothing is known for: name and value, likeliest first; at most three."""
        leaves = self._memory.identity.get(account, {})
        ranked = sorted(
            leaves.items(),
            key=lambda pair: (not same(pair[0].rpartition(".")[2], hole.key), not self._vocabulary.generic(pair[0])),
        )
        return [(name, value) for name, value in ranked if fits(hole, value)][:3]

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

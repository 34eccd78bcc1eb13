"""What exploration knows while it works: things, seen items, identities, samples. Becomes `Knowledge` at the end."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field

from gatewright.access.lessons import Lessons
from gatewright.explore.answers import Reply, read, scalars
from gatewright.explore.compose import Recipe
from gatewright.explore.ledger import Entry
from gatewright.explore.words import Vocabulary, same
from gatewright.model.call import Call
from gatewright.model.endpoint import Place
from gatewright.model.http import Exchange
from gatewright.model.json import Json
from gatewright.model.knowledge import Origin, Sample

_KEPT = 20
ROUNDS = 24
"""Most repairs of one call: strict servers name one wrong value at a time."""
_RETRY = 6
_TRIES = 2


@dataclass(slots=True)
class Thing:
    """One object that we know: made, learnt from a list, or an account itself."""

    key: str
    resource: str
    """Key of its resource in the graph."""
    owner: str
    origin: Origin
    slot: str
    id: Json = None
    leaves: dict[str, Json] = field(default_factory=dict)
    """Its own scalars by place name, `data.` and other wrappers kept."""
    chain: dict[str, Json] = field(default_factory=dict)
    """Resource key → id: its own and those of the objects that it stands below."""
    markers: tuple[str, ...] = ()
    parent: str = ""
    recipe: Call | None = None
    entry: Entry | None = None
    creation: Exchange | None = None
    gone: bool = False

    def leaf(self, name: str) -> Json:
        """The value under a key of this name, the shallowest first; None when it has none."""
        found = [
            (place.count(".") + place.count("["), value) for place, value in self.leaves.items() if _is(place, name)
        ]
        return min(found, key=lambda pair: pair[0])[1] if found else None


def _is(place: str, name: str) -> bool:
    return same(place.rpartition(".")[2], name)


@dataclass(slots=True)
class Learnt:
    """How the id of a resource's objects is found in the answer that makes one, once that is confirmed."""

    producer: str
    """The endpoint that makes them."""
    leaf: str
    """Place of the value in the answer, `data.id`; `location`, `link`, `request:slug`, `list:id`."""
    confirmed: bool


class Memory:
    """The mutable state of one exploration."""

    def __init__(self) -> None:
        self.things: dict[str, Thing] = {}
        self.seen: dict[tuple[str, str], list[Thing]] = {}
        """(resource, account) → items that the account's lists showed, at most 20."""
        self.identity: dict[str, dict[str, Json]] = {}
        """Account → leaves of the answer that names it, which hold one of its identity values."""
        self.belongs: dict[str, dict[str, Json]] = {}
        """Account → further ids in that answer, by name: of its company, its plan."""
        self.identity_keys: dict[str, str] = {}
        """Resource key → the identity leaf by which its endpoints name an account."""
        self.aliases: dict[str, str] = {}
        """Name of a leaf, in words → the identity leaf whose value it holds in each account's own answers."""
        self.samples: dict[tuple[str, str], Sample] = {}
        self.recipes: dict[str, Recipe] = {}
        self.drafts: dict[str, Recipe] = {}
        """Calls that came far but were not accepted: the next try goes on from there."""
        self.lessons: dict[str, Lessons] = {}
        self.failed: dict[str, int] = {}
        """Endpoint → tries that ended without a reason that another account or object could change."""
        self.wanting: dict[str, tuple[Place, ...]] = {}
        """Endpoint → places that wanted something that exists, when nothing was known."""
        self.learnt: dict[str, Learnt] = {}
        self.confirmed: set[tuple[str, Place]] = set()
        self.refuted: set[tuple[str, Place]] = set()
        self.why: dict[str, str] = {}
        """Endpoint → the last reason why it could not be sampled."""
        self.exercised: set[str] = set()
        self.protected: set[str] = set()
        self.higher: set[str] = set()
        """Endpoints that refused a lower account."""
        self.leaks: dict[str, set[str]] = {}
        """Thing key → endpoints that showed its id to another account."""

    def known(self, endpoint: str) -> Recipe | None:
        """What the next call of an endpoint is made from: its recipe, else the best draft."""
        return self.recipes.get(endpoint) or self.drafts.get(endpoint)

    def tried(self, endpoint: str, accepted: bool, *, higher: bool, wanting: tuple[Place, ...]) -> None:
        """Keep how a try ended."""
        if wanting:
            self.wanting[endpoint] = tuple(dict.fromkeys(wanting))
        else:
            self.wanting.pop(endpoint, None)
        if not accepted and not higher and not wanting:
            self.failed[endpoint] = self.failed.get(endpoint, 0) + 1
        elif accepted:
            self.failed.pop(endpoint, None)

    def rounds(self, endpoint: str, higher: bool) -> int:
        """Repairs that the next try is worth: all, until one try came to nothing; then few, from where that ended."""
        return ROUNDS if not self.failed.get(endpoint) else _RETRY if higher else 1

    def hopeless(self, endpoint: str, higher: bool) -> bool:
        """Whether another try could only come to nothing again."""
        return endpoint not in self.recipes and self.failed.get(endpoint, 0) >= (_TRIES + 2 if higher else _TRIES)

    def owned(self, account: str, resource: str) -> list[Thing]:
        """Things of an account that still stand, in the order of making."""
        return [t for t in self.things.values() if t.owner == account and t.resource == resource and not t.gone]

    def add(self, thing: Thing) -> None:
        """Keep a thing."""
        self.things[thing.key] = thing

    def see(self, resource: str, account: str, things: Iterable[Thing]) -> None:
        """Keep items of a list, at most 20 per resource and account."""
        kept = self.seen.setdefault((resource, account), [])
        known = {str(one.id) for one in kept}
        for thing in things:
            if len(kept) < _KEPT and str(thing.id) not in known:
                kept.append(thing)
                known.add(str(thing.id))

    def sample(self, endpoint: str, account: str, call: Call, reply: Reply, *, made: str = "") -> None:
        """Keep an accepted call; a later one stands for an earlier."""
        old = self.samples.get((endpoint, account))
        self.samples[endpoint, account] = Sample(
            endpoint=endpoint,
            account=account,
            call=call,
            exchange=reply.exchange,
            made=made or (old.made if old and old.call == call else ""),
        )

    def own_leaves(self, account: str) -> dict[str, Json]:
        """What the answers that show an account's identity say of it, by place name."""
        found: dict[str, Json] = {}
        known = {str(value) for value in self.identity.get(account, {}).values() if len(str(value)) >= 4}
        for (_, who), sample in self.samples.items():
            if who == account and sample.call.body is None and not sample.call.path:
                body = read(sample.exchange).body
                if isinstance(body, dict) and known & {str(value) for value in leaves_of(body).values()}:
                    found |= {name: value for name, value in leaves_of(body).items() if "[" not in name}
        return found

    def because(self, endpoint: str, what: str, makers: tuple[str, ...]) -> None:
        """Keep that an endpoint was not reached for want of an object, and why none was made."""
        reason = next((self.why[maker] for maker in makers if maker in self.why), "")
        self.why.setdefault(endpoint, f"{what}: {reason}" if reason else what)

    def refuse(self, endpoint: str, why: str, *, higher: bool = False) -> None:
        """Keep why an endpoint was not reached, and whether a higher account might."""
        self.why[endpoint] = why
        if higher:
            self.higher.add(endpoint)

    def sampled(self, endpoint: str) -> bool:
        """Whether any account has a sample of the endpoint."""
        return any(known == endpoint for known, _ in self.samples)


def leaves_of(body: Json) -> dict[str, Json]:
    """Scalars of an answer by place name, lists by their first element."""
    return {name: value for name, _, _, value in scalars(body)}


def id_candidates(
    body: Json, parameter: str, noun_of: str, vocabulary: Vocabulary, *, sent: frozenset[str] = frozenset()
) -> list[tuple[float, str, Json]]:
    """Leaves of an answer that may be the object's id: score, place name, value; best first, at most four.

    `parameter` is the name of the path parameter that names such an object, `noun_of` the resource's name, `sent` the
    values of the request as text: an id is rather a value that the server made.
    """
    found: list[tuple[float, str, Json]] = []
    for name, key, depth, value in scalars(body):
        if isinstance(value, (bool, float)) or (isinstance(value, str) and not 0 < len(value) <= 100):
            continue
        score, stem = 0.0, vocabulary.prefix(key)
        if parameter and same(key, parameter):
            score = 1.0
        elif vocabulary.plain_id(key):
            score = 0.9
        elif stem and (stem == noun_of or noun_of.endswith("_" + stem)):
            score = 0.88
        elif vocabulary.generic(key):
            score = 0.6
        elif isinstance(value, int) or _like_id(str(value)):
            score = 0.4 if str(value) not in sent else 0.2
        if score:
            found.append((score - 0.05 * depth, name, value))
    found.sort(key=lambda row: -row[0])
    return found[:4]


def _like_id(value: str) -> bool:
    """Text that looks made by a machine: 8 characters or more, no blank, some digits, not a clock."""
    digits = sum(character.isdigit() for character in value)
    return len(value) >= 8 and " " not in value and "@" not in value and digits >= 2 and value[4:5] != "-"

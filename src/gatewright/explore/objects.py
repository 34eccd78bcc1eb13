"""Makes objects as an account: the accepted body, the new id, the owner's first read, the way to remove it."""

from __future__ import annotations

import copy
import random
import re
from collections.abc import Mapping
from urllib.parse import unquote, urlsplit

import msgspec

from gatewright.explore import answers
from gatewright.explore.answers import Reply
from gatewright.explore.care import Care
from gatewright.explore.cast import Cast
from gatewright.explore.chance import random_like
from gatewright.explore.compose import Composed, Composer
from gatewright.explore.courier import Courier, sending
from gatewright.explore.graph import TEXTUAL, Graph, Hole, Resource, shape
from gatewright.explore.ledger import Entry, Ledger
from gatewright.explore.memory import Learnt, Memory, Thing, id_candidates, leaves_of
from gatewright.explore.places import Filling, Places
from gatewright.explore.produced import Produced
from gatewright.explore.trial import Settle, Trial, attempt, with_references
from gatewright.explore.words import words
from gatewright.model.call import Call, leaves
from gatewright.model.endpoint import Endpoint, Place
from gatewright.model.json import Json
from gatewright.model.knowledge import Edge

_REMOVING = frozenset({"delete", "remove", "destroy", "archive"})


class Objects:
    """Makes objects of the graph's resources. Everything made is in the ledger before its request is sent."""

    def __init__(
        self,
        graph: Graph,
        memory: Memory,
        courier: Courier,
        composer: Composer,
        ledger: Ledger,
        places: Places,
        care: Care,
        cast: Cast,
        *,
        seed: int,
    ) -> None:
        self._graph = graph
        self._memory = memory
        self._courier = courier
        self._composer = composer
        self._ledger = ledger
        self._places = places
        self._care = care
        self._cast = cast
        self._seed = seed

    async def make(
        self, key: str, account: str, slot: str, *, label: str = "", extra: Mapping[str, Json] | None = None
    ) -> Thing | None:
        """One more object of a resource; None when the API lets nobody see that one was made. Raises Spent.

        `extra` properties go into the body as they are, beside those of the recipe.
        """
        resource = self._graph.resources[key]
        label = label or f"{account}/{resource.name}/{slot}"
        for creator in resource.creators:
            if creator == resource.replace and not self._may_put(resource):
                continue
            thing = await self._by(self._graph.endpoints[creator], resource, account, slot, label, extra or {})
            if thing is not None:
                return thing
            if self._memory.recipes.get(creator) is not None:
                break  # it accepts, but shows no new object: another way in will not either
        return None

    def remember(self, thing: Thing) -> None:
        """Take up a thing of an earlier part of the run: its entry in the ledger, and its call as the recipe of more."""
        ours, remove = set(thing.markers), self.remover(thing)
        made = [entry for entry in self._ledger.entries if entry.kind == "object"]
        thing.entry = next((e for e in made if ours & set(e.markers) or (remove and e.remove == remove)), None)
        self._memory.add(thing)
        endpoint = self._graph.endpoints.get(thing.recipe.endpoint) if thing.recipe else None
        if endpoint is None or thing.recipe is None or endpoint.id in self._memory.recipes:
            return
        references = self._filling(endpoint, thing.owner).values
        composed = self._composer.compose(endpoint, thing.key, references=references)
        composed.values.markers.extend(thing.markers)
        self._memory.recipes[endpoint.id] = self._composer.recipe(endpoint, composed, thing.recipe)

    def _filling(self, endpoint: Endpoint, account: str) -> Filling:
        """References for a new object: of the account itself, or for a higher role of those below; else of higher roles."""
        filling = self._places.fillings(endpoint, account, slot="read", others=self._cast.targets(account))[0]
        if self._places.blind(filling) and self._cast.higher:
            return self._places.fillings(endpoint, account, slot="read", others=self._cast.higher)[0]
        return filling

    def ready(self, endpoint: Endpoint, account: str) -> bool:
        """Whether everything that an endpoint must name is known for an account."""
        return not self._places.blind(self._filling(endpoint, account))

    def _may_put(self, resource: Resource) -> bool:
        """Whether PUT may make one under a key of ours: not where accounts are named, and where a key is text or 201 is documented.

        A server that ignores the key would change the caller instead.
        """
        endpoint = self._graph.endpoints[resource.replace]
        hole = [one for one in self._graph.holes[endpoint.id] if one.place.within == "path"][-1]
        text = "integer" not in hole.schema.types and "number" not in hole.schema.types
        documented = any(answer.status == "201" for answer in endpoint.answers)
        return resource.collection not in self._memory.identity_keys and (documented or text)

    async def _by(
        self,
        endpoint: Endpoint,
        resource: Resource,
        account: str,
        slot: str,
        label: str,
        extra: Mapping[str, Json],
    ) -> Thing | None:
        if self._memory.hopeless(endpoint.id, account in self._cast.higher):
            return None
        made, known = resource.named or bool(resource.lists), self._filling(endpoint, account)
        unknown = "" if endpoint.id == resource.replace else self._places.blind(known)
        why = f"no {unknown} that {account} may name is known" if unknown else ""
        filling = why or await self._care.aimed(endpoint, account, known, makes=made)
        if isinstance(filling, str):
            self._memory.refuse(endpoint.id, filling)
            return None
        composed = self._compose(endpoint, resource, filling, label)
        for name, value in extra.items():
            composed = msgspec.structs.replace(composed, call=composed.call.with_value(Place("body", name), value))
        entry = self._ledger.intend(
            composed.call,
            account=account,
            what=f"{resource.name} of {account} ({endpoint.name})",
            markers=tuple(composed.values.markers),
            lists=resource.lists[:1],
            item=resource.delete,
            parent=self._parent_entry(filling),
        )
        with sending(self._ledger, entry):
            trial = await self.try_out(endpoint, composed, account, apart=bool(extra))
        if not trial.accepted:
            self._refused(endpoint, trial, entry, apart=bool(extra))
            return None
        thing = await self._adopt(endpoint, resource, account, slot, trial, filling)
        if not extra:
            self._memory.sample(endpoint.id, account, trial.call, trial.reply, made=thing.key if thing else "")
        if thing is None:
            if self._new(trial):
                self._ledger.made(entry)
            elif not (entry.lists and entry.markers):  # else clean-up looks for it once more
                self._ledger.void(entry)
            return None
        self._memory.add(thing)
        thing.creation = trial.reply.exchange
        remove = self.remover(thing)
        if remove is None and not self._new(trial):
            self._ledger.void(entry)  # it acts on what there is, or looks it up
            return thing
        thing.entry = self._ledger.made(entry, remove=remove, read=self.reader(thing), markers=thing.markers)
        return thing

    def _new(self, trial: Trial) -> bool:
        """Whether an answer shows something new: it says so (201), has an id that was not sent, or repeats our markers.

        What holds the markers of a thing that was there, and none of this call, is that thing.
        """
        if trial.reply.status == 201:
            return True
        mine = set(trial.composed.values.markers)
        others = {marker for thing in self._memory.things.values() for marker in thing.markers} - mine
        if not any(map(trial.reply.says, mine)) and any(map(trial.reply.says, others)):
            return False
        leaves, sent = leaves_of(trial.reply.body), leaves_of(trial.call.body)
        ids = {str(v) for k, v in leaves.items() if v and k.rpartition(".")[2].lower() in ("id", "_id", "uuid")}
        if ids:
            named = {str(value) for value in (*sent.values(), *trial.call.path.values(), *trial.call.query.values())}
            return bool(ids - named)
        return any(map(trial.reply.says, mine))

    def _compose(self, endpoint: Endpoint, resource: Resource, filling: Filling, label: str) -> Composed:
        recipe = self._memory.known(endpoint.id)
        unknown = frozenset(hole.place for hole in filling.missing if not hole.required)
        twice, compose = bool(set(words(self._parameter(resource))) & TEXTUAL), self._composer.compose
        named = filling.values
        composed = compose(endpoint, label, references=named, unknown=unknown, recipe=recipe, twice=twice)
        if endpoint.method == "PUT" and endpoint.id == resource.replace:  # we choose the id ourselves
            hole = [one for one in self._graph.holes[endpoint.id] if one.place.within == "path"][-1]
            value = composed.call.get(hole.place)
            chosen = composed.values.value(msgspec.structs.replace(hole.schema, examples=()), hole.key + " key")
            fresh = chosen if isinstance(chosen, str) else random_like(value, random.Random(label))
            call = composed.call.with_value(hole.place, fresh)
            return msgspec.structs.replace(composed, call=call)
        return composed

    def _parent_entry(self, filling: Filling) -> int:
        entries = [
            thing.entry.number for place, thing in filling.things.items() if place.within == "path" and thing.entry
        ]
        return entries[-1] if entries else 0

    async def try_out(
        self,
        endpoint: Endpoint,
        composed: Composed,
        account: str,
        *,
        rounds: int | None = None,
        settle: Settle | None = None,
        apart: bool = False,
    ) -> Trial:
        """One call tried until it is accepted, with what earlier tries of the endpoint taught. Raises Spent.

        `apart`: it holds what a test put there, and its refusal teaches nothing about calls without that.
        """
        produced = Produced(self._graph, self._memory, self._places, self._courier, endpoint, account)
        lessons = self._memory.lessons.setdefault(endpoint.id, self._composer.lessons(endpoint))
        lessons = copy.deepcopy(lessons) if apart else lessons
        trial = await attempt(
            self._courier,
            endpoint,
            composed,
            as_=account,
            produce=produced,
            version=produced.version,
            rounds=self._memory.rounds(endpoint.id, account in self._cast.higher) if rounds is None else rounds,
            lessons=lessons,
            settle=settle,
        )
        self._memory.exercised.add(endpoint.id)
        if apart:
            return trial
        self._memory.tried(endpoint.id, trial.accepted, higher=trial.higher, wanting=trial.wanting)
        learnt = trial.accepted or (trial.tries > 1 and trial.reply.status != 415)
        if learnt and endpoint.id not in self._memory.recipes and trial.call.raw is None:
            kept = self._memory.recipes if trial.accepted else self._memory.drafts
            kept[endpoint.id] = self._composer.recipe(
                endpoint, with_references(composed, trial), trial.call, lessons=lessons
            )
        return trial

    def _refused(self, endpoint: Endpoint, trial: Trial, entry: Entry, *, apart: bool) -> None:
        if not apart:
            self._memory.refuse(endpoint.id, trial.why, higher=trial.higher)
        if trial.reply.refuses:
            self._ledger.void(entry)

    async def _adopt(
        self, endpoint: Endpoint, resource: Resource, account: str, slot: str, trial: Trial, filling: Filling
    ) -> Thing | None:
        """The new object of an accepted call: its id found, read at once by its owner."""
        key = self._key(account, resource)
        markers = trial.composed.markers or tuple(trial.composed.values.markers)
        chain = self._chain(endpoint, trial.call, resource)
        thing = Thing(key, resource.collection, account, "created", slot, None, {}, chain, markers, recipe=trial.call)
        thing.leaves = {**leaves_of(trial.call.body), **leaves_of(trial.reply.body)}
        thing.parent = next((t.key for p, t in reversed(filling.things.items()) if p.within == "path"), "")
        leaf = await self._identified(endpoint, resource, account, thing, trial)
        if leaf is None and await self._courier.doubt():
            leaf = await self._identified(endpoint, resource, account, thing, trial)
            if leaf is not None:
                self._courier.settles()
        if leaf is None:
            return None
        await self._confirm(endpoint, resource, account, thing, leaf)
        return thing

    async def _identified(
        self, endpoint: Endpoint, resource: Resource, account: str, thing: Thing, trial: Trial
    ) -> str | None:
        """Where its id stands, once its owner was shown it under that id, which is kept; None when nothing fits."""
        chain = dict(thing.chain)
        for leaf, value in await self._candidates(endpoint, resource, account, thing, trial):
            thing.id = value
            thing.chain = {**chain, resource.collection: value}
            if await self._stands(resource, account, thing):
                return leaf
        thing.chain = chain
        return None

    def _key(self, account: str, resource: Resource) -> str:
        count = sum(1 for t in self._memory.things.values() if t.owner == account and t.resource == resource.collection)
        return f"{account}/{resource.name}/{count + 1}"

    def _chain(self, endpoint: Endpoint, call: Call, resource: Resource) -> dict[str, Json]:
        path = [hole for hole in self._graph.holes[endpoint.id] if hole.place.within == "path"]
        keys = list(path[-1].chain) if path else []
        keys += [hole.guesses[0][0] for hole in path[-1:]] if resource.replace != endpoint.id else []
        return {key: call.path[hole.place.name] for hole, key in zip(path, keys, strict=False)}

    async def _candidates(
        self, endpoint: Endpoint, resource: Resource, account: str, thing: Thing, trial: Trial
    ) -> list[tuple[str, Json]]:
        """Where the new id may stand, best first: where it stood before, else Location, links, leaves, the request, the list."""
        learnt = self._memory.learnt.get(resource.collection)
        parameter = self._parameter(resource)
        found: list[tuple[str, Json]] = []
        if endpoint.id == resource.replace:
            return [("request", trial.call.path[parameter])]
        found += [("link", value) for value in self._linked(resource, trial.reply)]
        values = frozenset(str(value) for _, value in leaves(trial.call.body))
        scored = id_candidates(trial.reply.body, parameter, resource.name, self._graph.vocabulary, sent=values)
        found += [(name, value) for score, name, value in scored if score >= 0.35]
        sent = id_candidates(trial.call.body, parameter, resource.name, self._graph.vocabulary)
        found += [("request:" + name, value) for score, name, value in sent if score >= 0.8]
        if not found or (not resource.read and not any(score >= 0.6 for score, _, _ in scored)):
            found += [("list:" + name, value) for name, value in await self._listed(resource, account, thing)]
        if learnt is not None:
            found.sort(key=lambda pair: pair[0] != learnt.leaf)
        return list(dict.fromkeys((name, value) for name, value in found))[:4]

    def _parameter(self, resource: Resource) -> str:
        for id_ in (resource.read, resource.replace, resource.update, resource.delete):
            if id_:
                return str(re.findall(r"\{([^}]*)\}", self._graph.endpoints[id_].path)[-1])
        for holes in self._graph.holes.values():
            for hole in holes:
                if hole.place.within == "path" and hole.guesses and (resource.collection, 0.95) in hole.guesses:
                    return hole.key
        return ""

    def _linked(self, resource: Resource, reply: Reply) -> list[Json]:
        """Ids in Location and links that match the path of the resource."""
        response = reply.exchange.response
        location = (response.header("location") or "") if response else ""
        found: list[Json] = []
        for link in answers.links(reply.body, location):
            path = urlsplit(link).path.rstrip("/")
            if not path.startswith("/"):
                base = urlsplit(reply.exchange.request.url).path.rstrip("/")
                path = base + "/" + path if path else ""
            pattern = re.escape(urlsplit(resource.collection).path + "/{}").replace(r"\{\}", "([^/]+)")
            match = re.fullmatch(pattern, path)
            if match:
                value = unquote(match.groups()[-1])
                found.append(int(value) if value.isdigit() and not value.startswith("0") else value)
        return found

    async def _listed(self, resource: Resource, account: str, thing: Thing) -> list[tuple[str, Json]]:
        """The new object's id from the owner's list: the item that holds a marker of it."""
        for list_id in resource.lists[:2]:
            endpoint = self._graph.endpoints[list_id]
            filling = self._places.fillings(endpoint, account, slot="read")[0]
            values = {**filling.values}
            for hole in self._graph.holes[list_id]:
                if hole.place.within == "path" and hole.guesses and hole.guesses[0][0] in thing.chain:
                    values[hole.place] = thing.chain[hole.guesses[0][0]]
            composed = self._composer.compose(endpoint, f"{account}/{list_id}", references=values)
            reply = await self._courier.send(endpoint, composed.call, as_=account)
            for item in answers.items(reply.body):
                text = msgspec.json.encode(item).decode()
                if any(marker in text for marker in thing.markers):
                    thing.leaves = {**thing.leaves, **leaves_of(item)}
                    scored = id_candidates(item, self._parameter(resource), resource.name, self._graph.vocabulary)
                    return [(name, value) for score, name, value in scored if score >= 0.35]
        return []

    async def _stands(self, resource: Resource, account: str, thing: Thing) -> bool:
        """The owner reads it at once; without a way to read it the id is taken as it is."""
        if not resource.read:
            return True
        endpoint = self._graph.endpoints[resource.read]
        call = self.call_on(endpoint, account, thing)
        if call is None:
            return False
        reply = await self._courier.send(endpoint, call, as_=account)
        self._memory.exercised.add(endpoint.id)
        if not reply.accepted:
            self._memory.why.setdefault(
                endpoint.id, f"one request as {account}; the API answered {answers.summary(reply.exchange)}"
            )
            return resource.collection in self._memory.learnt and thing.id is not None and reply.status != 404
        shown = any(reply.says(marker) for marker in thing.markers)
        if thing.markers and not shown and not reply.says(str(thing.id)):
            return False
        thing.leaves = {**thing.leaves, **leaves_of(reply.body)}
        if (endpoint.id, account) not in self._memory.samples or thing.slot == "read":
            self._memory.sample(endpoint.id, account, call, reply)
        return True

    def call_on(self, endpoint: Endpoint, account: str, thing: Thing) -> Call | None:
        """The account's call of an endpoint (one that takes no body) on one thing; None when the path cannot be filled."""
        reference = next((r for r in self._places.references(thing) if r.endpoint == endpoint.id), None)
        if reference is None:
            return None
        filling = self._places.fillings(endpoint, account, slot="read")[0]
        values = {**{p: v for p, v in filling.values.items() if p.within != "path"}, **dict(reference.values)}
        return self._composer.compose(endpoint, f"{account}/{endpoint.name}", references=values).call

    async def _confirm(self, endpoint: Endpoint, resource: Resource, account: str, thing: Thing, leaf: str) -> None:
        """The control of the edge, once per resource: the owner's read with a random id must not show the object."""
        if resource.collection in self._memory.learnt:
            return
        confirmed = False
        if resource.read:
            reader = self._graph.endpoints[resource.read]
            hole = [one for one in self._graph.holes[reader.id] if one.place.within == "path"][-1]
            confirmed = await self.control(reader, hole, account, thing)
        self._memory.learnt[resource.collection] = Learnt(endpoint.id, leaf, confirmed)
        for consumer, hole in self._graph.naming(resource.collection):
            below = (
                shape(consumer).startswith(resource.collection + "/{}") and hole.guesses[0][0] == resource.collection
            )
            if confirmed and hole.place.within == "path" and below:
                self._memory.confirmed.add((consumer.id, hole.place))

    def edges(self) -> list[Edge]:
        """Every link from a creation's answer to a place that names its objects, confirmed or not."""
        found = []
        for key, learnt in self._memory.learnt.items():
            for consumer, hole in self._graph.naming(key):
                found.append(
                    Edge(
                        producer=learnt.producer,
                        leaf=learnt.leaf,
                        consumer=consumer.id,
                        place=hole.place,
                        resource=self._graph.resources[key].name,
                        score=dict(hole.guesses)[key],
                        confirmed=(consumer.id, hole.place) in self._memory.confirmed,
                    )
                )
        return found

    async def control(self, endpoint: Endpoint, hole: Hole, account: str, thing: Thing) -> bool:
        """Whether a safe endpoint, given a random value instead, no longer shows the thing."""
        call = self.call_on(endpoint, account, thing)
        if call is None:
            return False
        source = random.Random(f"{self._seed} {endpoint.id} {hole.place}")
        highest = max((t.id for t in self._memory.things.values() if isinstance(t.id, int)), default=0)
        value = random_like(call.get(hole.place), source, highest=highest)
        reply = await self._courier.send(
            endpoint, call.with_value(hole.place, value), as_=account, purpose="explore: random id"
        )
        if not reply.accepted:
            return True
        known = self._memory.samples.get((endpoint.id, account))
        shown = [
            m for m in thing.markers if known and known.exchange.response and m.encode() in known.exchange.response.body
        ]
        return bool(shown) and not any(reply.says(marker) for marker in shown)

    def remover(self, thing: Thing) -> Call | None:
        """The call that removes a thing: DELETE of its path, else a POST below it that says so."""
        resource = self._graph.resources[thing.resource]
        ways = [resource.delete] if resource.delete else []
        for endpoint, hole in self._graph.naming(thing.resource):
            last = words(endpoint.path.rpartition("/")[2])
            if (
                endpoint.method in ("POST", "DELETE")
                and hole.place.within == "path"
                and (set(last) & _REMOVING or (endpoint.method == "DELETE" and shape(endpoint).endswith("/{}")))
            ):
                ways.append(endpoint.id)
        for way in ways:
            call = self.call_on(self._graph.endpoints[way], thing.owner, thing)
            if call is not None:
                return call
        return None

    def told(self, endpoint: Endpoint, reply: Reply) -> bool:
        """Whether an answer shows the id of something new, where those of its kind show theirs."""
        return any(
            learnt.producer == endpoint.id and leaves_of(reply.body).get(learnt.leaf) is not None
            for learnt in self._memory.learnt.values()
        )

    def way_out(self, endpoint: Endpoint, call: Call, reply: Reply) -> Call | None:
        """The call that removes what a call has just made; None when it is not known.

        By what was learnt of its kind, else by a link of the answer that something can be removed at.
        """
        for key, learnt in self._memory.learnt.items():
            if learnt.producer == endpoint.id:
                resource = self._graph.resources[key]
                value = next(iter(self._linked(resource, reply)), None) if learnt.leaf == "link" else None
                value = value if value is not None else leaves_of(reply.body).get(learnt.leaf)
                if value is not None:
                    return self._removal(key, value, self._chain(endpoint, call, resource), reply.exchange.account)
        own = {thing.resource for thing in self._memory.things.values()}
        for key, resource in self._graph.resources.items():
            if resource.delete and key not in own:
                for value in self._linked(resource, reply):
                    return self._removal(key, value, {}, reply.exchange.account)
        return None

    def _removal(self, key: str, value: Json, above: dict[str, Json], account: str) -> Call | None:
        return self.remover(Thing("", key, account, "created", "spare", value, {}, {**above, key: value}))

    def reader(self, thing: Thing) -> Call | None:
        """The call by which its owner reads a thing."""
        read = self._graph.resources[thing.resource].read
        return self.call_on(self._graph.endpoints[read], thing.owner, thing) if read else None

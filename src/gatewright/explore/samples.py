"""An accepted request of each endpoint for each account, as far as the mode allows; and why not, where there is none."""

from __future__ import annotations

import random

import msgspec

from gatewright.explore import policy
from gatewright.explore.answers import Reply
from gatewright.explore.care import Care
from gatewright.explore.cast import Cast
from gatewright.explore.chance import random_like
from gatewright.explore.compose import Composed, Composer
from gatewright.explore.courier import Courier, sending
from gatewright.explore.graph import Graph, Hole, Resource, path_keys, shape
from gatewright.explore.ledger import Entry, Ledger
from gatewright.explore.lists import Lists
from gatewright.explore.memory import Memory, Thing
from gatewright.explore.objects import Objects
from gatewright.explore.places import Filling, Places
from gatewright.explore.selves import Selves
from gatewright.explore.several import Several
from gatewright.explore.streams import learnt
from gatewright.explore.words import same
from gatewright.model.account import ANON
from gatewright.model.call import Call
from gatewright.model.endpoint import Endpoint
from gatewright.model.json import Json
from gatewright.model.knowledge import Sample
from gatewright.model.settings import Mode
from gatewright.proof.witness import markers_in


class Samples:
    """Takes samples. What changes something does so on objects of ours only."""

    def __init__(
        self,
        graph: Graph,
        memory: Memory,
        courier: Courier,
        composer: Composer,
        ledger: Ledger,
        places: Places,
        objects: Objects,
        lists: Lists,
        selves: Selves,
        care: Care,
        cast: Cast,
        *,
        mode: Mode,
        seed: int,
    ) -> None:
        self._graph = graph
        self._memory = memory
        self._courier = courier
        self._composer = composer
        self._ledger = ledger
        self._places = places
        self._objects = objects
        self._lists = lists
        self._selves = selves
        self._care = care
        self._cast = cast
        self._mode: Mode = mode
        self._seed = seed
        self.several = Several(graph, memory, courier, composer, ledger, places, objects, cast)
        self._blind: set[str] = set()
        """Endpoints that were asked for something made up."""
        self._restored: set[tuple[str, str]] = set()
        """Endpoint and account whose own data clean-up puts back."""

    async def read(self, endpoint: Endpoint, account: str, *, again: bool = False) -> bool:
        """A sample of a safe endpoint for one account. Raises Spent."""
        if not again and (endpoint.id, account) in self._memory.samples:
            return True
        others = self._others(account)
        if self._blindly(endpoint, account, others):
            return False
        endpoint = self._graph.endpoints.get(endpoint.id, endpoint)  # it may have turned out to be a stream
        for filling in self._places.fillings(endpoint, account, slot="read", others=others):
            composed = self._composer.compose(
                endpoint,
                f"{account}/{endpoint.name}",
                references=filling.values,
                unknown=frozenset(hole.place for hole in filling.missing if not hole.required),
                recipe=None if any(hole.required for hole in filling.missing) else self._memory.known(endpoint.id),
                plant=False,
            )
            rounds = 0 if account == ANON or self._memory.sampled(endpoint.id) else None
            trial = await self._objects.try_out(endpoint, composed, account, rounds=rounds)
            if stream := learnt(endpoint, trial.reply.exchange.response):
                endpoint = msgspec.structs.replace(endpoint, stream=stream)
                self._graph.endpoints[endpoint.id] = endpoint
                trial = await self._objects.try_out(endpoint, composed, account, rounds=0)
            if account == ANON and trial.higher:
                self._memory.protected.add(endpoint.id)
            if trial.accepted:
                self._memory.sample(endpoint.id, account, trial.call, trial.reply)
                self._lists.see(endpoint, account, trial.reply)
                self._lists.harvest(account, trial.reply)
                return True
            if account != ANON or not self._cast.peers:
                self._memory.refuse(endpoint.id, trial.why, higher=trial.higher)
            if trial.higher or account == ANON:
                break
        return False

    def _blindly(self, endpoint: Endpoint, account: str, others: tuple[str, ...]) -> bool:
        """Whether the path would be filled by made-up values, as it was before: once is enough to see how it refuses."""
        filling = self._places.fillings(endpoint, account, slot="read", others=others)[0]
        if not any(hole.place.within == "path" for hole in filling.missing):
            return False
        known = endpoint.id in self._blind
        self._blind.add(endpoint.id)
        return known

    def _others(self, account: str) -> tuple[str, ...]:
        if account in self._cast.higher or account == ANON:
            return tuple(name for name in self._cast.makers if name != account)
        return self._cast.higher

    async def change(self, endpoint: Endpoint, account: str) -> bool:
        """A sample of an endpoint that changes, on an object of ours. Raises Spent."""
        if (endpoint.id, account) in self._memory.samples:
            return True
        if self.several.hole(endpoint) is not None:
            return await self.several.sample(endpoint, account)
        if endpoint.method == "DELETE":
            return await self._delete(endpoint, account)
        slot = "change" if endpoint.method in ("PUT", "PATCH") else "spare"
        ways = self._places.fillings(endpoint, account, slot=slot, others=self._cast.targets(account), most=4)
        if all(self._places.blind(way) for way in ways) and self._cast.higher:
            ways = self._places.fillings(endpoint, account, slot=slot, others=self._cast.higher, most=4)
        filling = next((way for way in ways if way.own), ways[0])
        gaps = any(hole.place.within == "path" for hole in filling.missing)
        if "{" in endpoint.path and (gaps or not (filling.own or self._makes(endpoint))):
            self._none(endpoint, f"no object of {account} that it may change is known")
            return False
        return await self._on(endpoint, account, filling)

    def _none(self, endpoint: Endpoint, what: str) -> None:
        keys = path_keys(endpoint)
        makers = self._graph.resources[keys[-1][1]].creators if keys else ()
        self._memory.because(endpoint.id, what, makers)

    def _made_there(self, endpoint: Endpoint) -> bool:
        """Whether it makes objects that other endpoints name or list."""
        made = [r for r in self._graph.resources.values() if endpoint.id in r.creators]
        return any(r.named or r.lists for r in made)

    def _makes(self, endpoint: Endpoint) -> bool:
        return endpoint.method == "POST" and any(
            endpoint.id in resource.creators for resource in self._graph.resources.values()
        )

    async def _on(self, endpoint: Endpoint, account: str, filling: Filling) -> bool:
        if self._memory.hopeless(endpoint.id, account in self._cast.higher):
            return False
        careful = await self._care.aimed(endpoint, account, filling, makes=self._made_there(endpoint))
        if isinstance(careful, str):
            self._memory.why.setdefault(endpoint.id, careful)
            return False
        filling = careful
        unknown = self._places.blind(filling)
        if unknown:
            self._memory.why.setdefault(endpoint.id, f"no {unknown} that {account} may name is known")
            return False
        composed = self._composer.compose(
            endpoint,
            f"{account}/{endpoint.name}",
            references=filling.values,
            unknown=frozenset(hole.place for hole in filling.missing if not hole.required),
            recipe=self._memory.known(endpoint.id),
        )
        if filling.account:
            composed = self._as_it_is(endpoint, composed, filling.account)
        target = next((thing for place, thing in filling.things.items() if place.within == "path"), None)
        entry = None
        own = bool(filling.account) and endpoint.method in ("PUT", "PATCH")  # `composed` is what stands there now
        if target is None or target.entry is None:
            entry = self._ledger.intend(
                composed.call,
                account=account,
                what=f"what {endpoint.name} made for {account}",
                markers=tuple(composed.values.markers),
                kind="value" if own else "object",
                remove=composed.call if own else None,
            )
        with sending(self._ledger, entry):
            trial = await self._objects.try_out(endpoint, composed, account)
        if not trial.accepted:
            if entry is not None and trial.reply.refuses:
                self._ledger.void(entry)
            self._memory.refuse(endpoint.id, trial.why, higher=trial.higher)
            return False
        if entry is not None and own:
            self._ledger.made(entry, remove=trial.call)  # sent again at clean-up: tests may change it until then
        elif entry is not None:
            self._settle(entry, endpoint, trial.reply)
        elif (remove := self._objects.way_out(endpoint, trial.call, trial.reply)) is not None:
            what = f"what {endpoint.name} made for {account}"
            self._ledger.made(self._ledger.intend(trial.call, account=account, what=what), remove=remove)
        self._memory.sample(endpoint.id, account, trial.call, trial.reply)
        self._lists.harvest(account, trial.reply)
        if target is not None and target.origin == "created":
            self._retell(target, tuple(trial.composed.values.markers))
        return True

    def _as_it_is(self, endpoint: Endpoint, composed: Composed, account: str) -> Composed:
        """The call with the properties that the account has now: a sample must not give it another role."""
        call, own = composed.call, self._memory.own_leaves(account)
        for place in call.places():
            shown = [value for name, value in own.items() if same(name.rpartition(".")[2], place.name)]
            if place.within == "body" and shown:
                call = call.with_value(place, shown[0])
        return msgspec.structs.replace(composed, call=call)

    def _settle(self, entry: Entry, endpoint: Endpoint, reply: Reply) -> None:
        """After a request that may have made something: what can be named goes into the ledger with its way out.

        What nothing can name stays in the ledger only when the answer says that something was made.
        """
        if not reply.accepted:
            if reply.refuses:
                self._ledger.void(entry)
            return
        remove = self._objects.way_out(endpoint, entry.create, reply)
        if remove is not None:
            self._ledger.made(entry, remove=remove)
        elif reply.status == 201:
            self._ledger.made(entry)
        else:
            self._ledger.void(entry)

    def writes(self, call: Call, body: bytes, account: str) -> Entry | None:
        """A test is about to send what may make an object: written down before, so that a killed run knows of it."""
        endpoint = self._graph.endpoints.get(call.endpoint)
        resource = next((r for r in self._graph.resources.values() if call.endpoint in r.creators), None)
        if endpoint is None or endpoint.method != "POST" or resource is None or self._selves.own(endpoint):
            return None
        return self._ledger.intend(
            call,
            account=account,
            what=f"{resource.name} of {account} ({endpoint.name})",
            markers=tuple(sorted(markers_in(body.decode("utf-8", "replace")))),
            lists=resource.lists[:1],
            item=resource.delete,
        )

    def unsent(self, begun: Entry | None) -> None:
        """What `writes` wrote down never left: nothing is there, and nothing is kept back for it."""
        if begun is not None:
            self._ledger.void(begun)

    def wrote(self, call: Call, reply: Reply, begun: Entry | None) -> None:
        """What a test's accepted request has made or changed goes into the ledger with its way out.

        A POST made something when its answer shows the id by which objects of this kind were known, or says so (201).
        """
        endpoint = self._graph.endpoints.get(call.endpoint)
        if endpoint is None or not reply.accepted or endpoint.method != reply.exchange.request.method:
            if begun is not None and (reply.refuses or reply.accepted):
                self._ledger.void(begun)
            return
        if self._selves.own(endpoint):
            self._changed(endpoint, call, reply.exchange.account)
        elif endpoint.method == "POST":
            self._created(endpoint, call, reply, begun)

    def _changed(self, endpoint: Endpoint, call: Call, account: str) -> None:
        """An account's own data: its sample wrote what stood there before, and is sent again at clean-up, once."""
        for (id_, owner), sample in self._memory.samples.items():
            aimed = sample.call.path == call.path if call.path else owner == account
            if (
                id_ == endpoint.id
                and aimed
                and (id_, owner) not in self._restored
                and owner not in self._cast.throwaway
            ):
                self._restored.add((id_, owner))
                what = f"data of {owner} ({endpoint.name})"
                self._ledger.made(self._ledger.intend(call, account=owner, what=what, kind="value", remove=sample.call))

    def _created(self, endpoint: Endpoint, call: Call, reply: Reply, begun: Entry | None) -> None:
        resource = next((r for r in self._graph.resources.values() if endpoint.id in r.creators), None)
        remove = self._objects.way_out(endpoint, call, reply)
        if remove is None and not (self._objects.told(endpoint, reply) or (resource and reply.status == 201)):
            if begun is not None:
                self._ledger.void(begun)
            return
        if begun is not None:
            self._ledger.made(begun, remove=remove)
            return
        account = reply.exchange.account
        entry = self._ledger.intend(
            call,
            account=account,
            what=f"{resource.name if resource else 'what was made'} of {account} ({endpoint.name})",
            markers=tuple(sorted(markers_in(reply.exchange.request.body.decode("utf-8", "replace")))),
            lists=resource.lists[:1] if resource else (),
            item=resource.delete if resource else "",
        )
        self._ledger.made(entry, remove=remove)

    def _retell(self, thing: Thing, markers: tuple[str, ...]) -> None:
        """A changed thing carries the markers of its change; older ones stay known until they are seen to be gone."""
        thing.markers = tuple(dict.fromkeys((*markers, *thing.markers)))

    async def _delete(self, endpoint: Endpoint, account: str) -> bool:
        """A thing made for it, deleted by its owner: the sample, and the proof that clean-up works."""
        resource = self._deletes(endpoint)
        if resource is None or not resource.creators:
            self._memory.why.setdefault(endpoint.id, "no object of ours that it may delete can be made")
            return False
        maker = account
        label = f"{account}/{resource.name}/gone"
        thing = await self._objects.make(resource.collection, maker, "delete", label=label)
        if thing is None and account in self._cast.higher:
            thing = await self._objects.make(resource.collection, self._cast.makers[0], "delete", label=label)
        if thing is None:
            self._none(endpoint, f"no object of {account} could be made to be deleted")
            return False
        thing.gone = True
        call = self._objects.call_on(endpoint, account, thing)
        if call is None:
            return False
        if not self._care.spares(endpoint, call):
            self._none(endpoint, f"what {account} could make to be deleted is named by an account that is needed")
            return False
        composed = self._composer.compose(endpoint, f"{account}/{endpoint.name}", references={})
        trial = await self._objects.try_out(endpoint, msgspec.structs.replace(composed, call=call), account)
        if not trial.accepted:
            thing.gone = False
            thing.slot = "spare"
            self._memory.refuse(endpoint.id, trial.why, higher=trial.higher)
            return False
        self._memory.sample(endpoint.id, account, trial.call, trial.reply)
        if thing.entry is not None:
            self._ledger.gone(thing.entry)
        return True

    def _deletes(self, endpoint: Endpoint) -> Resource | None:
        keys = path_keys(endpoint)
        if not keys or not shape(endpoint).endswith("/{}"):
            return None
        return self._graph.resources[keys[-1][1]]

    async def confirm(self, endpoint: Endpoint, account: str) -> None:
        """The control of references outside the path: with a random value the answer is another. Raises Spent.

        A POST is asked only about values that name things; what it makes all the same goes into the ledger.
        """
        sample = self._memory.samples.get((endpoint.id, account))
        if sample is None or endpoint.method not in (*policy.SAFE, "POST"):
            return
        for hole in self._graph.holes[endpoint.id]:
            value: Json = sample.call.get(hole.place)
            known = (endpoint.id, hole.place)
            if value is None or known in self._memory.confirmed or known in self._memory.refuted:
                continue
            if endpoint.method in policy.SAFE and hole.place.within != "body":
                if hole.guesses or self._places.identity_values(hole, account):
                    await self._control(endpoint, account, hole, sample)
            elif hole.place.within != "path" and hole.guesses and hole.guesses[0][1] >= 0.6:
                await self._control(endpoint, account, hole, sample)

    async def _control(self, endpoint: Endpoint, account: str, hole: Hole, sample: Sample) -> None:
        value = sample.call.get(hole.place)
        wrong = random_like(value, random.Random(f"{self._seed} {endpoint.id} {hole.place}"), highest=10_000)
        call = sample.call.with_value(hole.place, wrong)
        what = f"what {endpoint.name} made for {account}"
        entry = None if endpoint.method in policy.SAFE else self._ledger.intend(call, account=account, what=what)
        with sending(self._ledger, entry):
            reply = await self._courier.send(endpoint, call, as_=account, purpose="explore: random id")
        if entry is not None:
            self._settle(entry, endpoint, reply)
        held = not reply.accepted or (
            endpoint.method in policy.SAFE and await self._differs(endpoint, account, sample, reply)
        )
        (self._memory.confirmed if held else self._memory.refuted).add((endpoint.id, hole.place))

    async def _differs(self, endpoint: Endpoint, account: str, sample: Sample, wrong: Reply) -> bool:
        """Whether the answer to a random value is another than that to the right one, asked again where it seems so."""
        first, other = sample.exchange.response, wrong.exchange.response
        if first is None or other is None or first.body == other.body:
            return False
        again = await self._courier.send(endpoint, sample.call, as_=account)
        return again.exchange.response is not None and again.exchange.response.body != other.body

    def skipped(self, endpoint: Endpoint) -> str:
        """Why the endpoint must not be called in this mode; empty when it may be."""
        reason = policy.forbidden(endpoint, self._mode)
        if reason:
            return reason
        if endpoint.method in policy.SAFE or "{" in endpoint.path or endpoint.method == "POST":
            return ""
        if self._selves.own(endpoint) or (self.several.hole(endpoint) is not None and self._cast.throwaway):
            return ""
        return f"mode: nothing shows that {endpoint.name} changes only what is ours"

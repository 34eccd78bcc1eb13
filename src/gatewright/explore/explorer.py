"""The plan of exploration: what is asked in which order, and what comes out of it."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Collection, Coroutine, Iterable, Mapping
from datetime import UTC, datetime

import msgspec

from gatewright.access.classify import auth_endpoints
from gatewright.explore import answers
from gatewright.explore import graph as graphs
from gatewright.explore.beside import Beside
from gatewright.explore.care import Care, SignUp
from gatewright.explore.cast import cast
from gatewright.explore.compose import Composer
from gatewright.explore.courier import Courier, Sessions, Spent
from gatewright.explore.identity import Identities
from gatewright.explore.ids import id_kind
from gatewright.explore.ledger import Entry, Ledger
from gatewright.explore.lists import Lists
from gatewright.explore.memory import Memory, Thing
from gatewright.explore.objects import Objects
from gatewright.explore.paging import PAGES, following
from gatewright.explore.places import Places
from gatewright.explore.policy import SAFE, administers
from gatewright.explore.samples import Samples
from gatewright.explore.selves import Selves
from gatewright.model.access import cells_of
from gatewright.model.account import ANON
from gatewright.model.call import Call
from gatewright.model.endpoint import Endpoint, Specification
from gatewright.model.errors import BudgetError
from gatewright.model.events import AnyEvent, EndpointLearnt, PhaseChanged, Warned
from gatewright.model.http import Exchange
from gatewright.model.json import Json
from gatewright.model.knowledge import Knowledge, OwnedObject, Sample
from gatewright.model.secret import Keyring
from gatewright.model.settings import Settings

_CHANCES = 4
"""Rounds in which what was short of a reference is tried again: chains of that length are reached."""
_SHARE = 3
"""Exploration takes at most a third of the run's requests and time."""


class Explorer:
    """Explores one target once. `ways_in` are the endpoints left to access (default: log-in, sign-up and the like)."""

    def __init__(
        self,
        sessions: Sessions,
        specification: Specification,
        settings: Settings,
        *,
        keyring: Keyring,
        emit: Callable[[AnyEvent], None],
        ledger: Ledger,
        ways_in: frozenset[str] | None = None,
        now: datetime | None = None,
        settle: Callable[[float], None] = lambda seconds: None,
        sign_up: SignUp | None = None,
    ) -> None:
        """`settle` is told how many seconds the target is behind its own writes; `sign_up` makes an account to lose."""
        self._specification = specification
        self._settings = settings
        self._emit = emit
        self._cast = cast(sessions)
        self._ways_in = _ways_in(specification) if ways_in is None else ways_in
        self._graph = graphs.build(specification, self._ways_in)
        self._memory = Memory()
        limits = settings.limits
        self._courier = Courier(
            sessions,
            requests=limits.requests // _SHARE,
            seconds=limits.time / _SHARE,
            width=min(limits.concurrency, 8),
            settle=settle,
        )
        if ledger.entries:  # taken up again: new values must not meet those of the part before
            keyring = Keyring(keyring.key, f"{keyring.run} {len(ledger.entries)}")
        composer = Composer(specification, keyring, now or datetime.now(UTC))
        ours = frozenset(name for name, one in sessions.accounts.items() if one.origin != "configured")
        places = self._places = Places(self._graph, self._memory, ours)
        seed = settings.seed
        shared = (self._graph, self._memory, self._courier, composer)
        self._identities = Identities(*shared, places, sessions, seed=seed)
        care = self._care = Care(self._graph, specification, self._identities, places, self._cast, sign_up)
        self._objects = Objects(*shared, ledger, places, care, self._cast, seed=seed)
        self._beside = Beside(self._graph, self._memory, self._courier, self._objects)
        self._lists = Lists(self._graph, self._memory)
        self._selves = Selves(*shared, ledger, places, self._objects, sessions, specification)
        self._samples = Samples(
            *shared,
            ledger,
            places,
            self._objects,
            self._lists,
            self._selves,
            care,
            self._cast,
            mode=limits.mode,
            seed=seed,
        )
        self._sessions = sessions
        self._access = settings.access

    async def explore(self) -> Knowledge:
        """Everything that can be learnt within the share of the budget. Never raises for what the target does."""
        self._emit(PhaseChanged(phase="explore", total=len(self._graph.endpoints)))
        self._courier.start()
        try:
            await self._identify()
            await self._plain_reads()
            await self._identities_fit()
            await self._make_objects()
            await self._beside.learn(self._cast.peers)
            await self._plain_reads(again=True)
            await self._take_samples()
            knowledge = self.knowledge()
        except Spent:
            self._spent()
            knowledge = msgspec.structs.replace(self.knowledge(), partial=True)
        self._learnt(knowledge)
        return knowledge

    def _learnt(self, knowledge: Knowledge) -> None:
        for endpoint in self._graph.endpoints.values():
            sampled = self._memory.sampled(endpoint.id)
            self._emit(
                EndpointLearnt(
                    endpoint=endpoint,
                    sampled=sampled,
                    exercised=sampled or endpoint.id in self._memory.exercised,
                    why="" if sampled else knowledge.unreached.get(endpoint.id, ""),
                    access=knowledge.let_in(endpoint.id, "own"),
                    access_to_others=knowledge.let_in(endpoint.id, "others"),
                    bound=bool(knowledge.named_by(endpoint.id)),
                    expected=cells_of(self._access, endpoint),
                )
            )

    def _spent(self) -> None:
        ended = self._courier.ended
        if ended == "stop":
            return
        share = f"the run's budget of {ended} was spent in exploration" if ended else ""
        share = share or "exploration used up its third of the budget"
        self._emit(Warned(code="GW-E002", message=f"{share}: not every endpoint was tried"))

    async def resume(self, knowledge: Knowledge) -> Knowledge:
        """Take up what an earlier part of the same run learnt, so that `fresh` can make more.

        Sends each account's probe once, and samples again what could not be stored because of a secret in it.
        """
        learned: list[Thing] = []
        for thing in self._things(knowledge):
            if thing.origin == "learned":  # as in exploration: they come last, so that nothing is done to them
                learned.append(thing)
            else:
                self._objects.remember(thing)
        self._memory.protected |= set(knowledge.protected)
        for sample in knowledge.samples:
            self._memory.samples[sample.endpoint, sample.account] = sample
            self._look_again(sample)
        self._courier.start()
        try:
            await self._identify()
            self._identities.alias(self._cast.peers)
            await self._resample(knowledge)
        except Spent:
            self._spent()
        for thing in learned:
            self._memory.things.setdefault(thing.key, thing)
        samples = tuple(self._memory.samples[key] for key in sorted(self._memory.samples) if key[1] != self._care.spare)
        knowledge = msgspec.structs.replace(knowledge, samples=samples)
        self._learnt(knowledge)
        return knowledge

    def _things(self, knowledge: Knowledge) -> Iterable[Thing]:
        """The objects of the knowledge as memory holds them; accounts themselves are found out again."""
        keys = {resource.name: key for key, resource in self._graph.resources.items()}
        for owned in knowledge.objects:
            if owned.origin != "identity" and owned.resource in keys:
                yield Thing(
                    owned.key,
                    keys[owned.resource],
                    owned.owner,
                    owned.origin,
                    owned.slot,
                    owned.id,
                    chain=self._places.chain_of(owned),
                    markers=owned.markers,
                    parent=owned.parent,
                    recipe=owned.recipe,
                )

    def _look_again(self, sample: Sample) -> None:
        """What lists and links of a stored answer showed."""
        endpoint, reply = self._graph.endpoints.get(sample.endpoint), answers.read(sample.exchange)
        if endpoint is not None and endpoint.method in SAFE:
            self._lists.see(endpoint, sample.account, reply)
        self._lists.harvest(sample.account, reply)

    async def _resample(self, knowledge: Knowledge) -> None:
        """Samples of what was reached before, and is not known any more."""
        groups: dict[str, list[Endpoint]] = {}
        for endpoint in self._callable():
            if not self._memory.sampled(endpoint.id) and endpoint.id not in knowledge.unreached:
                groups.setdefault(self._group(endpoint), []).append(endpoint)
        await self._together(self._sample_group(group) for group in groups.values())
        await self._late(knowledge.unreached)

    async def _identify(self) -> None:
        for account in self._cast.everyone:
            if account != ANON:
                await self._identities.learn(account)

    async def _plain_reads(self, *, again: bool = False) -> None:
        """Reads that need no reference: lists, the caller's own pages, public ones. As everyone, and as anon.

        Again, once there are objects: what lists something, since it shows more now.
        """
        plain = [e for e in self._callable() if e.method in SAFE and "{" not in e.path]
        await self._together(self._read_as(endpoint, (*self._cast.everyone, ANON), again=again) for endpoint in plain)

    async def _read_as(self, endpoint: Endpoint, accounts: Iterable[str], *, again: bool) -> None:
        for account in accounts:
            known = self._memory.samples.get((endpoint.id, account))
            if not again or (known is not None and answers.is_list(answers.read(known.exchange).body)):
                await self._samples.read(endpoint, account, again=again)

    async def _identities_fit(self) -> None:
        self._identities.alias(self._cast.peers)
        for account in self._cast.peers[:1]:
            await self._identities.fit(account)  # one is enough: the places are the same for all

    async def _make_objects(self) -> None:
        """Objects of every resource, those first that others need; what was short of a reference gets a second chance."""
        if self._settings.limits.mode == "read-only":
            return
        for level in self._graph.levels():
            await self._together(self._make(key) for key in level)
        await self._identities_fit()
        for _ in range(_CHANCES):
            short = [key for level in self._graph.levels() for key in level if self._short(key)]
            if not short:
                break
            for key in short:  # in the order of levels, one after another: each may be what the next is short of
                if self._short(key):
                    await self._make(key)

    def _short(self, key: str) -> bool:
        """Whether objects could not be made for want of a reference that is known now."""
        if any(thing.resource == key for thing in self._memory.things.values()):
            return False
        for id_ in self._graph.resources[key].creators[:1]:
            creator = self._graph.endpoints[id_]
            for place in self._memory.wanting.get(id_, ()):
                self._graph.learn(creator, place)
            wanted = id_ in self._memory.wanting or self._memory.why.get(id_, "").startswith("no ")
            return wanted and any(self._objects.ready(creator, one) for one in self._cast.everyone)
        return False

    async def _make(self, key: str) -> None:
        """Objects of one resource: the peers in turn, slot by slot; a higher role when none of them may."""
        resource = self._graph.resources[key]
        creators = [self._graph.endpoints[id_] for id_ in resource.creators]
        if not creators or all(self._samples.skipped(creator) for creator in creators) or not self._wanted(key):
            return
        made = 0
        slots = resource.slots()
        for slot in slots:
            for account in self._cast.makers:
                thing = await self._objects.make(key, account, slot)
                made += thing is not None
            if not made:
                break
        if made:
            for account in self._cast.throwaway:
                await self._objects.make(key, account, "read")
            return
        for account in self._cast.higher:
            for slot in slots:
                thing = await self._objects.make(key, account, slot)
                if thing is None:
                    break
                made += 1
            if made:
                return

    def _wanted(self, key: str) -> bool:
        """Whether objects of a resource serve anything: some endpoint names or lists them."""
        resource = self._graph.resources[key]
        return resource.named or bool(resource.lists)

    async def _take_samples(self) -> None:
        self._identities.alias(self._cast.peers)
        groups: dict[str, list[Endpoint]] = {}
        for endpoint in self._callable():
            groups.setdefault(self._group(endpoint), []).append(endpoint)
        await self._together(self._sample_group(group) for group in groups.values())
        await self._late()
        # controls last, while nothing else changes what lists show
        for safe in (True, False):
            chosen = [e for e in self._callable() if (e.method in SAFE) is safe]
            await self._together(self._samples.confirm(endpoint, self._cast.makers[0]) for endpoint in chosen)
        await self._together(self._further(*one) for one in self._lists.unfinished((*self._cast.peers, ANON)))
        for account in self._cast.peers:
            others = (*[name for name in self._cast.peers if name != account], ANON)
            for thing in self._lists.learned(account, others):
                if self._graph.resources[thing.resource].named:
                    self._memory.things.setdefault(thing.key, thing)

    async def _late(self, hopeless: Collection[str] = ()) -> None:
        """Reads that only other samples pointed to."""
        late = [e for e in self._callable() if e.method in SAFE and "{" in e.path and not self._memory.sampled(e.id)]
        late = [endpoint for endpoint in late if endpoint.id not in hopeless]
        await self._together(self._sample(endpoint) for endpoint in late)

    async def _further(self, id_: str, account: str) -> None:
        """The next pages of a list that says that there are more, three in all."""
        endpoint, sample = self._graph.endpoints[id_], self._memory.samples.get((id_, account))
        if sample is None:
            return
        call, reply = sample.call, answers.read(sample.exchange)
        for _ in range(PAGES - 1):
            following_call = following(endpoint, call, reply)
            if following_call is None:
                return
            call = following_call
            reply = await self._courier.send(endpoint, call, as_=account)
            if not reply.accepted or not self._lists.see_more(endpoint, account, reply):
                return

    def _group(self, endpoint: Endpoint) -> str:
        """Endpoints that touch the same objects are sampled one after another."""
        keys = graphs.path_keys(endpoint)
        return keys[0][1] if keys else graphs.shape(endpoint)

    async def _sample_group(self, endpoints: list[Endpoint]) -> None:
        order = {"GET": 0, "HEAD": 0, "OPTIONS": 0, "POST": 2, "PUT": 3, "PATCH": 4, "DELETE": 5}
        for endpoint in sorted(endpoints, key=lambda e: order.get(e.method, 1)):
            await self._sample(endpoint)

    async def _sample(self, endpoint: Endpoint) -> None:
        take = self._take(endpoint)
        if endpoint.method not in SAFE and self._selves.own(endpoint):
            for account in self._cast.throwaway:
                await take(endpoint, account)
        reached = False
        for account in self._cast.makers:
            reached = await take(endpoint, account) or reached
        if endpoint.method not in SAFE and self._selves.by_path(endpoint):
            take = self._samples.change  # a higher role does to others what each may do to itself
        for account in (*self._cast.lower, *self._cast.higher):
            if account in self._cast.lower or not reached or endpoint.method in SAFE or administers(endpoint):
                await take(endpoint, account)
        if endpoint.method in SAFE:
            await self._samples.read(endpoint, ANON)

    def _take(self, endpoint: Endpoint) -> Callable[[Endpoint, str], Awaitable[bool]]:
        if endpoint.method in SAFE:
            return self._samples.read
        return self._selves.change if self._selves.own(endpoint) else self._samples.change

    def _callable(self) -> list[Endpoint]:
        """Endpoints that this mode lets us call; the others get their reason."""
        found = []
        for endpoint in self._graph.endpoints.values():
            reason = (
                "a way in: log-in, sign-up and the like belong to the accounts"
                if endpoint.id in self._ways_in
                else self._samples.skipped(endpoint)
            )
            if reason:
                self._memory.why.setdefault(endpoint.id, reason)
            else:
                found.append(endpoint)
        return found

    async def _together(self, jobs: Iterable[Coroutine[None, None, None]]) -> None:
        """Run jobs side by side; the courier bounds how many requests are under way. Raises Spent when all have ended."""
        async with asyncio.TaskGroup() as tasks:
            ended = [tasks.create_task(self._guarded(job)) for job in jobs]
        if not all(task.result() for task in ended):
            raise Spent

    async def _guarded(self, job: Coroutine[None, None, None]) -> bool:
        """Whether the share lasted. One endpoint or resource that breaks us must not end the exploration of the others."""
        try:
            await job
        except Spent:
            return False
        except Exception as error:
            self._emit(Warned(code="GW-E003", message=f"a step of exploration broke: {type(error).__name__}: {error}"))
        return True

    def knowledge(self) -> Knowledge:
        """What is known now."""
        memory, graph = self._memory, self._graph
        leaks = self._leaks()
        objects = [self._owned(thing, leaks.get(thing.key, ())) for thing in memory.things.values() if not thing.gone]
        objects += self._identities.objects(self._cast.everyone)
        unreached = {
            id_: memory.why.get(id_, "it was not tried: exploration's share of the budget was used up before")
            for id_ in graph.endpoints
            if not memory.sampled(id_)
        }
        return Knowledge(
            endpoints=dict(graph.endpoints),
            samples=tuple(memory.samples[key] for key in sorted(memory.samples) if key[1] != self._care.spare),
            objects=tuple(objects),
            edges=tuple(self._objects.edges()),
            unreached=unreached,
            refused={
                id_: tuple(sorted(who - {name for one, name in memory.samples if one == id_}))
                for id_, who in sorted(self._courier.refusals.items())
            },
            protected=tuple(sorted(memory.protected)),
            resources={r.name: r.purposes() for r in graph.resources.values() if r.purposes()},
        )

    def _leaks(self) -> dict[str, tuple[str, ...]]:
        """Thing → endpoints whose answer gave its id to another account or to anon. Ids that are hard to guess only."""
        owners = {
            str(thing.id): thing
            for thing in self._memory.things.values()
            if isinstance(thing.id, str) and len(thing.id) >= 8 and not thing.id.isdigit()
        }
        found: dict[str, set[str]] = {}
        for (endpoint, account), sample in self._memory.samples.items():
            if account in self._cast.higher or not owners:
                continue
            for value in answers.texts(answers.read(sample.exchange).body) & owners.keys():
                if owners[value].owner != account and value not in sample.exchange.request.url:
                    found.setdefault(owners[value].key, set()).add(endpoint)
        return {key: tuple(sorted(endpoints)) for key, endpoints in found.items()}

    def _owned(self, thing: Thing, leaked_in: tuple[str, ...] = ()) -> OwnedObject:
        return OwnedObject(
            key=thing.key,
            resource=self._graph.resources[thing.resource].name,
            owner=thing.owner,
            origin=thing.origin,
            slot=thing.slot,
            id=thing.id,
            references=self._places.references(thing),
            markers=thing.markers,
            parent=thing.parent,
            recipe=thing.recipe,
            leaked_in=leaked_in,
            id_kind=id_kind(thing.id) if thing.id is not None else "",
        )

    @property
    def protected(self) -> frozenset[str]:
        """Endpoints that refused a request without a credential and accepted the same with one."""
        return frozenset(self._memory.protected)

    async def fresh(
        self, knowledge: Knowledge, like: OwnedObject, *, owner: str, extra: Mapping[str, Json] | None = None
    ) -> OwnedObject | None:
        """Another object of the same kind for an account, its parents reused; None when that fails.

        `extra` properties go into its body. Exploration's share of the budget does not bind here: tests ask for it.
        """
        key = next((key for key, r in self._graph.resources.items() if r.name == like.resource), None)
        if key is None or like.origin != "created":
            return None
        count = sum(1 for t in self._memory.things.values() if t.owner == owner and t.resource == key)
        label = f"{owner}/{like.resource}/fresh {count}"
        self._courier.release()
        try:
            thing = await self._objects.make(key, owner, "spare", label=label, extra=extra)
        except Spent as spent:
            raise BudgetError("the budget is spent", code="GW-W010", where=self._courier.ended or "requests") from spent
        if thing is None:
            return None
        return msgspec.structs.replace(self._owned(thing), creation=thing.creation)

    def writes(self, call: Call, body: bytes, account: str) -> Entry | None:
        """Write down what a test's own request is about to make; None where it makes nothing."""
        return None if call.endpoint in self._ways_in else self._samples.writes(call, body, account)

    def unsent(self, begun: Entry | None) -> None:
        """What was written down never left: nothing is there."""
        self._samples.unsent(begun)

    def wrote(self, call: Call, exchange: Exchange, begun: Entry | None = None) -> None:
        """Write down what a test's own request has made, so that clean-up removes or lists it."""
        if call.endpoint not in self._ways_in:
            self._samples.wrote(call, answers.read(exchange), begun)


def _ways_in(specification: Specification) -> frozenset[str]:
    found = auth_endpoints(specification).items()
    return frozenset(id_ for id_, kind in found if kind not in ("health", "docs", "jwks", "csrf"))

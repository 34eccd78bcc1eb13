"""What is needed to hear something on a stream: whose it is, what its owner can do that is told there, and what was heard."""

from __future__ import annotations

from collections.abc import Sequence

import msgspec
from msgspec import Struct

from gatewright.checks.controls import bind, call_of
from gatewright.explore.words import words
from gatewright.model.account import ANON, Credential
from gatewright.model.call import Call
from gatewright.model.endpoint import Endpoint, Place
from gatewright.model.http import Exchange
from gatewright.model.knowledge import OwnedObject, Reference
from gatewright.model.test import Probe
from gatewright.proof.leaves import as_text, read
from gatewright.proof.witness import is_strong, markers_in

_MOST_TRIGGERS = 3
"""Things that an owner does to find out what its stream tells."""
TRIGGER = "trigger"
"""The purpose of what is done while somebody listens."""


class Subject(Struct, frozen=True, kw_only=True):
    """An account with the call that opens its own stream, and the object that the call names."""

    account: str
    call: Call
    owned: OwnedObject | None = None
    reference: Reference | None = None

    @property
    def noun(self) -> str:
        """What is watched."""
        return f"{self.owned.noun}" if self.owned is not None else "stream"


class Trigger(Struct, frozen=True, kw_only=True):
    """What an owner does: writes at an endpoint that names what is watched, or makes another object like one."""

    writer: Endpoint | None = None
    like: OwnedObject | None = None

    @property
    def told(self) -> str:
        """In words."""
        if self.writer is not None:
            return f"sends {self.writer.name}"
        return f"makes a {self.like.noun}" if self.like is not None else "does nothing"


class Planted(Struct, frozen=True, kw_only=True):
    """What was done, and the texts that tell it from all else."""

    account: str
    trigger: Trigger
    texts: tuple[str, ...]
    owned: OwnedObject | None = None
    """The object that was made or changed."""


def subject(probe: Probe, account: str, place: Place | None, resource: str = "") -> Subject | None:
    """An account's own stream: at a place that names its objects the first of them (of that resource); None without one."""
    call = call_of(probe, account)
    if call is None:
        return None
    if place is None:
        return Subject(account=account, call=call)
    owned = [o for o in probe.knowledge.owned(account, probe.endpoint.id) if o.slot != "delete"]
    for one in sorted(owned, key=lambda o: (o.slot != "read", o.origin != "created")):
        reference = one.reference(probe.endpoint.id, place)
        if reference is not None and resource in ("", one.resource):
            return Subject(account=account, call=bind(call, reference), owned=one, reference=reference)
    return None


async def apart(probe: Probe, one: Subject) -> Subject:
    """The same with a fresh object, which nobody else is looking at, where one can be made."""
    owned, reference = one.owned, one.reference
    if owned is None or reference is None or owned.origin != "created":
        return one
    fresh = await probe.fresh(owned)
    again = fresh.reference(probe.endpoint.id, reference.place) if fresh else None
    if fresh is None or again is None:
        return one
    return Subject(account=one.account, call=bind(one.call, again), owned=fresh, reference=again)


def triggers(probe: Probe, one: Subject) -> list[Trigger]:
    """What may be told on a stream, likeliest first: writing what it names; else making what the account made before."""
    found: list[Trigger] = []
    if one.owned is not None and one.owned.origin == "created":
        for endpoint in (probe.knowledge.endpoints.get(r.endpoint) for r in one.owned.references):
            writes = endpoint is not None and endpoint.method in ("PATCH", "PUT", "POST")
            if endpoint is not None and writes and endpoint.id not in probe.auth_endpoints:
                call = call_of(probe, one.account, endpoint=endpoint)
                if call is not None and _marked(call):
                    found.append(Trigger(writer=endpoint))
        found.sort(key=lambda t: ("PATCH", "PUT", "POST").index(t.writer.method) if t.writer else 3)
    said = words(" ".join([probe.endpoint.path, probe.endpoint.summary, *probe.endpoint.tags]))
    about = {word.removesuffix("s") for word in said}
    made: dict[str, OwnedObject] = {}
    for owned in probe.knowledge.objects:
        if owned.owner == one.account and owned.origin == "created" and owned.slot != "delete" and owned.markers:
            made.setdefault(owned.resource, owned)
    near = sorted(made.values(), key=lambda o: -len(about & {w.removesuffix("s") for w in words(o.resource)}))
    found += [Trigger(like=owned) for owned in near]
    return found[:_MOST_TRIGGERS]


def _marked(call: Call) -> list[Place]:
    return [p for p in call.places() if p.within == "body" and markers_in(as_text(call.get(p)))]


async def pull(probe: Probe, trigger: Trigger, one: Subject) -> Planted | None:
    """Do it, with something new; None when it is refused."""
    if trigger.writer is not None:
        return await _write(probe, trigger, trigger.writer, one)
    if trigger.like is None:
        return None
    made = await probe.fresh(trigger.like, owner=one.account)
    if made is None:
        return None
    probe.cite(*([made.creation] if made.creation is not None else []))
    key = (as_text(made.id),) if made.id is not None and is_strong(as_text(made.id)) else ()
    texts = (*made.markers, *key)
    return Planted(account=one.account, trigger=trigger, texts=texts, owned=made) if texts else None


async def _write(probe: Probe, trigger: Trigger, writer: Endpoint, one: Subject) -> Planted | None:
    call = call_of(probe, one.account, endpoint=writer)
    reference = one.owned.reference(writer.id) if one.owned is not None else None
    if call is None or reference is None:
        return None
    fresh = probe.marker()
    for place in _marked(call):
        text = as_text(call.get(place))
        for marker in markers_in(text):
            text = text.replace(marker, fresh)
        call = call.with_value(place, text)
    exchange = await probe.send(bind(call, reference), as_=one.account, purpose=TRIGGER, endpoint=writer)
    if exchange.response is None or not exchange.response.ok:
        return None
    return Planted(account=one.account, trigger=trigger, texts=(fresh,), owned=one.owned)


class Heard(Struct, frozen=True, kw_only=True):
    """A listening: the exchange, what was done meanwhile, and which of it was heard."""

    exchange: Exchange
    planted: tuple[Planted, ...]

    @property
    def open(self) -> bool:
        """Whether the stream was opened."""
        return self.exchange.response is not None and self.exchange.response.ok

    def of(self, account: str) -> tuple[Planted, ...]:
        """What was heard of an account's doings."""
        text = read(self.exchange.response).text.lower()
        return tuple(p for p in self.planted if p.account == account and any(t.lower() in text for t in p.texts))


async def hear(
    probe: Probe,
    call: Call,
    *,
    as_: str,
    pulls: Sequence[tuple[Trigger, Subject]],
    until: str,
    purpose: str,
    credentials: tuple[Credential, ...] | None = None,
) -> Heard:
    """Listen as an account while all that is done, one after the other, until something of `until`'s is heard."""
    planted: list[Planted] = []

    async def meanwhile() -> None:
        for trigger, one in pulls:
            done = await pull(probe, trigger, one)
            planted.extend([done] if done is not None else [])

    def enough(heard: str) -> bool:
        lowered = heard.lower()
        return any(t.lower() in lowered for p in planted if p.account == until for t in p.texts)

    held = () if as_ == ANON and credentials is None else credentials
    exchange = await probe.listen(call, meanwhile=meanwhile, enough=enough, as_=as_, purpose=purpose, credentials=held)
    return Heard(exchange=exchange, planted=tuple(planted))


class Tuned(Struct, frozen=True, kw_only=True):
    """An owner that hears its own doings: its stream, what is told there, and the listening that showed it."""

    subject: Subject
    trigger: Trigger | None
    heard: Heard
    tried: tuple[str, ...] = ()


async def tune(probe: Probe, one: Subject) -> Tuned:
    """C2: the owner listens to its own stream and does what may be told there. Once per run and stream."""

    async def make() -> Tuned:
        own = await apart(probe, one)
        tries = triggers(probe, own)
        heard = await hear(
            probe, own.call, as_=own.account, pulls=[(t, own) for t in tries], until=own.account, purpose="baseline"
        )
        hits = heard.of(own.account)
        told = tuple(t.told for t in tries)
        return Tuned(subject=own, trigger=hits[0].trigger if hits else None, heard=heard, tried=told)

    place = one.reference.place if one.reference else ""
    tuned = await probe.once(f"stream {probe.endpoint.id} {one.account} {place}", make)
    probe.cite(tuned.heard.exchange)
    return tuned


def of_kind(probe: Probe, trigger: Trigger, one: Subject) -> Trigger | None:
    """The same for another account: the same endpoint, or an object of its own like it."""
    if trigger.like is None:
        return trigger
    like = next(
        (
            o
            for o in probe.knowledge.objects
            if o.owner == one.account and o.resource == trigger.like.resource and o.origin == "created"
        ),
        None,
    )
    return msgspec.structs.replace(trigger, like=like) if like is not None else None

"""Effects on objects that this run made, as others than the writer see them (checks-1-5.md 1.10).

One who may do it (`able`) rehearses, so that the request is known to be good and the effect to be visible; then the
attacker does it, twice, each time with something new. The writer's own answer never proves anything.
"""

from __future__ import annotations

from collections.abc import Callable, Collection

from msgspec import Struct

from gatewright.checks.controls import bind, free_text, holds_value, in_list, look
from gatewright.checks.object_access_delete import gone
from gatewright.explore.words import words
from gatewright.model.account import ANON
from gatewright.model.call import Call
from gatewright.model.endpoint import Endpoint, Place
from gatewright.model.http import Exchange, Request
from gatewright.model.json import Json
from gatewright.model.knowledge import OwnedObject, Reference
from gatewright.model.test import Probe
from gatewright.model.verdict import Verdict, conclude
from gatewright.proof.compare import stable
from gatewright.proof.denied import DeniedFamily
from gatewright.proof.leaves import Answer, as_text, read
from gatewright.proof.witness import markers_in

POLLS = (0.0, 0.5, 2.0)
"""Seconds before each look for an effect; the first that shows it ends the wait."""
_NOT_TEXT = (
    "pass",
    "pwd",
    "secret",
    "token",
    "email",
    "user",
    "phone",
    "url",
    "date",
    "time",
    "base64",
    "content_type",
)


class Effect(Struct, frozen=True, kw_only=True):
    """What the attacker did to an object, twice."""

    attacks: tuple[int, ...]
    facts: tuple[str, ...]
    owned: OwnedObject
    before: Answer
    path: str = ""
    """Of an action: the leaf that moved, and to what."""
    value: str = ""
    by: str = ""
    """Who did it, where that was another than the cell's attacker: an account that was signed up in its place."""


async def strike(
    probe: Probe,
    call: Call,
    *,
    as_: str,
    purpose: str,
    endpoint: Endpoint | None = None,
    edit: Callable[[Request], Request] | None = None,
) -> Exchange:
    """Send a call as an account, or as nobody."""
    credentials = () if as_ == ANON else None
    return await probe.send(call, as_=as_, purpose=purpose, endpoint=endpoint, credentials=credentials, edit=edit)


async def target(probe: Probe, owned: OwnedObject, reference: Reference) -> tuple[OwnedObject, Reference]:
    """A fresh object of that kind with its reference at the same place, so that nobody else is disturbed; else itself."""
    made = await probe.fresh(owned)
    again = made.reference(reference.endpoint, reference.place) if made else None
    return (made, again) if made and again else (owned, reference)


async def steady(probe: Probe, owned: OwnedObject, *, viewer: str = "") -> tuple[Answer, Answer] | Verdict:
    """C9: the owner (or a viewer) reads the object twice; the verdict when it sees it nowhere or it moves by itself."""
    first = await look(probe, owned, as_=viewer, purpose="control: before")
    second = await look(probe, owned, as_=viewer, purpose="control: before")
    if first is None or second is None:
        return conclude("not_visible", f"nowhere does {owned.owner} see its {owned.noun}")
    if gone(first) or not 200 <= first.status < 300:
        return conclude("baseline_broken", f"{owned.owner} does not find its own {owned.noun}: {first.status}")
    unmoved = first.status == second.status and bool(stable([first, second]))
    if not unmoved:
        return conclude("unstable", f"{owned.owner}'s {owned.noun} moves by itself between two reads")
    return first, second


def text_places(call: Call, answer: Answer) -> list[Place]:
    """Body places that may take a marker and are seen again: those whose value is shown, then those whose name is."""
    seen = free_text(call, answer)
    names = {path.rpartition(".")[2] for path in answer.paths()}
    named = [
        place
        for place in call.places()
        if place.within == "body"
        and isinstance(value := call.get(place), str)
        and len(value) >= 3
        and "@" not in value
        and place.name.rpartition(".")[2] in names
    ]
    places = [*seen, *[place for place in named if place not in seen]]
    places.sort(key=lambda place: not markers_in(as_text(call.get(place))))  # what took a marker before is free text
    return [p for p in places if not any(word in p.name.lower() for word in _NOT_TEXT)]


async def seen(probe: Probe, owned: OwnedObject, marker: str, write: Exchange, *, viewer: str = "") -> bool:
    """Whether the owner (or a viewer) sees a marker in its object; waited for where the write was accepted."""
    refused = write.response is None or DeniedFamily().denied(read(write.response))
    for pause in POLLS:
        if pause:
            await probe.wait(pause)
        if holds_value(await look(probe, owned, as_=viewer), marker):
            return True
        if refused:
            return False
    return False


async def changes(
    probe: Probe, owned: OwnedObject, reference: Reference, call: Call, *, able: str, attacker: str, viewer: str = ""
) -> Effect | Verdict:
    """Whether the attacker's marker stays in an object, twice, as its owner (or a viewer) sees it."""
    turned_away = await _scouted(probe, owned, bind(call, reference), attacker=attacker, able=able, viewer=viewer)
    if turned_away is not None:
        return turned_away
    owned, reference = await target(probe, owned, reference)
    before = await steady(probe, owned, viewer=viewer)
    if isinstance(before, Verdict):
        return before
    call = bind(call, reference)
    field = await rehearsed(probe, owned, call, before[0], able=able, viewer=viewer)
    if field is None:
        return conclude(
            "not_visible", f"no text that {able} writes there is seen again in {owned.owner}'s {owned.noun}"
        )
    attacks: list[int] = []
    for again in ("", ", confirmed"):
        marker = probe.marker()
        exchange = await strike(probe, call.with_value(field, marker), as_=attacker, purpose=f"attack{again}")
        if not await seen(probe, owned, marker, exchange, viewer=viewer):
            if attacks:
                return conclude("unstable", "the first change was seen, a second one was not")
            return refused(exchange, attacker, f"{owned.owner}'s {owned.noun}")
        attacks.append(exchange.number)
    return Effect(
        attacks=tuple(attacks),
        facts=(
            f"{owned.owner} owns {owned.noun} {as_text(owned.id)}; it did not move between two reads",
            f"{attacker} wrote a new marker into {field.name}; {owned.owner} then read it there",
            "the same with a second marker",
        ),
        owned=owned,
        before=before[0],
    )


async def _scouted(
    probe: Probe, owned: OwnedObject, call: Call, *, attacker: str, able: str, viewer: str
) -> Verdict | None:
    """One attempt and one look before anything is made: the verdict where the attacker is plainly turned away."""
    marker = probe.marker()
    text = next((p for p in call.places() if p.within == "body" and markers_in(as_text(call.get(p)))), None)
    exchange = await strike(
        probe, call.with_value(text, marker) if text else call, as_=attacker, purpose="attack: first"
    )
    if not turned_away(exchange):
        probe.undo(f"{owned.owner}'s {owned.noun} as it was", call, as_=able, endpoint=probe.endpoint)
        return None
    if holds_value(await look(probe, owned, as_=viewer), marker):
        return None
    return refused(exchange, attacker, f"{owned.owner}'s {owned.noun}")


def turned_away(exchange: Exchange) -> bool:
    """Refused for who asks, and not for what is asked: 401 or 403."""
    return exchange.response is not None and exchange.response.meaning in (401, 403)


async def rehearsed(
    probe: Probe,
    owned: OwnedObject,
    call: Call,
    before: Answer,
    *,
    able: str,
    viewer: str = "",
    endpoint: Endpoint | None = None,
) -> Place | None:
    """C3: the first of three text places in which the one who may write is seen to have written."""
    for field in text_places(call, before)[:3]:
        marker = probe.marker()
        exchange = await strike(
            probe, call.with_value(field, marker), as_=able, purpose="control: by one who may", endpoint=endpoint
        )
        accepted = exchange.response is not None and not DeniedFamily().denied(read(exchange.response))
        if accepted and await seen(probe, owned, marker, exchange, viewer=viewer):
            probe.control("C3", f"{able} writes {field.name}", expected="seen again", observed="seen again", holds=True)
            return field
    return None


def refused(exchange: Exchange, attacker: str, what: str) -> Verdict:
    """Why an attempt had no effect."""
    if exchange.response is None:
        return conclude("control_failed", f"no answer to the attempt: {exchange.error}")
    status, meant = exchange.response.status, exchange.response.meaning
    told = f"status {status}" if status == meant else f"status {status}, and a body that means {meant}"
    if DeniedFamily().denied(read(exchange.response)):
        return conclude("denied", f"{attacker} was refused: {told}, and {what} stayed as it was")
    return conclude("no_effect", f"answered with {told}, but {what} stayed as it was")


async def deletes(
    probe: Probe, owned: OwnedObject, reference: Reference, call: Call, *, attacker: str, viewer: str = ""
) -> Effect | Verdict:
    """Whether the attacker removes two objects made for it, while a third one stays where it is."""
    sent: list[int] = []
    names: list[str] = []
    before: Answer | None = None
    for again in ("", ", confirmed"):
        one, at_one = await target(probe, owned, reference)
        if one.key == owned.key:
            return conclude("baseline_broken", f"no further {owned.noun} could be made to delete")
        sight = await look(probe, one, as_=viewer)
        if sight is None:
            return conclude("not_visible", f"nowhere does {one.owner} see its {one.resource}")
        if gone(sight):
            return conclude("baseline_broken", f"{one.owner} does not find its own {one.resource}")
        before = before or sight
        exchange = await strike(probe, bind(call, at_one), as_=attacker, purpose=f"attack{again}")
        if not gone(await look(probe, one, as_=viewer)):
            return _not_again() if again else refused(exchange, attacker, f"{one.owner}'s {one.resource}")
        intact = not gone(await look(probe, owned, as_=viewer))
        if not probe.control(
            "twin",
            f"{owned.owner}'s other {owned.noun}",
            expected="still there",
            observed="still there" if intact else "gone",
            holds=intact,
        ):
            return conclude("control_failed", "another one is gone as well: such objects vanish by themselves")
        sent.append(exchange.number)
        names.append(as_text(one.id))
    return Effect(
        attacks=tuple(sent),
        facts=(
            f"{owned.owner} owned {owned.noun} {' and '.join(names)}, and read each before",
            f"{attacker} deleted the one and then the other; {owned.owner} no longer finds them",
            f"another {owned.noun} is still there",
        ),
        owned=owned,
        before=before or Answer(0, "empty", (), "", ()),
    )


async def acts(
    probe: Probe, owned: OwnedObject, reference: Reference, call: Call, *, attacker: str, viewer: str = ""
) -> Effect | Verdict:
    """Whether a call without text of its own (approve, cancel, …) moves the same leaf of two objects, one by one."""
    moved: list[set[tuple[str, str]]] = []
    attacks: list[int] = []
    first: tuple[OwnedObject, Answer] | None = None
    for again in ("", ", confirmed"):
        one, at_one = await target(probe, owned, reference)
        if one.key == owned.key:
            return conclude("baseline_broken", f"no further {owned.noun} could be made to act on")
        before = await steady(probe, one, viewer=viewer)
        if isinstance(before, Verdict):
            return before
        first = first or (one, before[0])
        exchange = await strike(probe, bind(call, at_one), as_=attacker, purpose=f"attack{again}")
        now = moved_leaves(before, await look(probe, one, as_=viewer))
        if not now:
            return _not_again() if again else refused(exchange, attacker, f"{one.owner}'s {one.resource}")
        moved.append(now)
        attacks.append(exchange.number)
    both = moved[0] & moved[1]
    if not both or first is None:
        return _not_again()
    path, value = min(both)
    return Effect(
        attacks=tuple(attacks),
        facts=(
            f"{first[0].owner} read {first[0].resource} {as_text(first[0].id)} twice: it did not move",
            f"{attacker} sent {probe.endpoint.name}; {first[0].owner} then read {path} = {value}",
            "the same with another one, which had not moved until then",
        ),
        owned=first[0],
        before=first[1],
        path=path,
        value=value,
    )


def _not_again() -> Verdict:
    return conclude("unstable", "the effect was seen once, and not again on another object")


def moved_leaves(before: tuple[Answer, Answer], after: Answer | None) -> set[tuple[str, str]]:
    """Path and new value of leaves that stood still before and differ now."""
    if after is None or not 200 <= after.status < 300:
        return set()
    old = {(leaf.path, leaf.value) for leaf in stable(before)}
    paths = {path for path, _ in old}
    return {(leaf.path, leaf.value) for leaf in after.leaves if leaf.path in paths} - old


async def creates(probe: Probe, call: Call, *, able: str, attacker: str) -> Effect | Verdict:
    """Whether what the attacker creates is there for the one who may, twice, each time with a marker of its own."""
    sent: list[int] = []
    where = ""
    for again in ("", ", confirmed"):
        exchange, marker = await _create(probe, call, as_=attacker, purpose=f"attack{again}")
        if exchange is None:
            return conclude("not_visible", "the accepted request has no text that could be found again")
        if turned_away(exchange):
            return refused(exchange, attacker, "what there is")
        where = await found(probe, marker, exchange, as_=able)
        if not where and again:
            return _not_again()
        if not where:  # C3: would it be seen at all?
            control, own = await _create(probe, call, as_=able, purpose="control: by one who may")
            if control is None or not await found(probe, own, control, as_=able):
                return conclude("not_visible", f"what {able} creates there is seen nowhere, or was refused")
            return refused(exchange, attacker, "what there is")
        sent.append(exchange.number)
    return Effect(
        attacks=tuple(reversed(sent)),
        facts=(
            f"{attacker} created one at {probe.endpoint.name} with a new marker; {able} found it at {where}",
            "the same with a second marker",
        ),
        owned=OwnedObject(key="", resource=_created(probe), owner=able, origin="created"),
        before=Answer(0, "empty", (), "", ()),
    )


async def _create(probe: Probe, call: Call, *, as_: str, purpose: str) -> tuple[Exchange | None, str]:
    """One creation with a new marker; no exchange where the call has no place for one."""
    marker = probe.marker()
    made = renewed(call, marker, but=naming(probe, call))
    return (await strike(probe, made, as_=as_, purpose=purpose) if made else None), marker


def naming(probe: Probe, call: Call) -> frozenset[Place]:
    """Places of a call that hold the id of a known object: a slug made from a marker looks like free text."""
    known = {as_text(owned.id) for owned in probe.knowledge.objects if owned.id is not None}
    return frozenset(place for place in call.places() if as_text(call.get(place)) in known)


def renewed(call: Call, marker: str, *, but: Collection[Place] = ()) -> Call | None:
    """The call with the marker in its texts: where an old marker was, and in what must differ each time; None: nowhere.

    Places of `but` keep what they hold.
    """
    places = [p for p in call.places() if p.within == "body" and isinstance(call.get(p), str) and p not in but]
    marked = [p for p in places if markers_in(as_text(call.get(p)))]
    plain = [p for p in places if len(as_text(call.get(p))) >= 3 and not any(w in p.name.lower() for w in _NOT_TEXT)]
    if not (marked or plain):
        return None
    for place in marked or plain[:1]:
        call = call.with_value(place, marker)
    for place in places:
        if "@" in as_text(call.get(place)) and place not in marked:
            call = call.with_value(place, f"gw-{marker[2:12]}@example.com")
    return call


def _created(probe: Probe) -> str:
    for resource, purposes in probe.knowledge.resources.items():
        if purposes.get("create") == probe.endpoint.id:
            return resource
    return probe.endpoint.path.rstrip("/").rpartition("/")[2]


async def found(probe: Probe, marker: str, write: Exchange, *, as_: str) -> str:
    """Where an account sees the marker: the resource's list, or its read endpoint by an id of the answer. Empty: nowhere."""
    answer = read(write.response)
    purposes = probe.knowledge.resources.get(_created(probe), {})
    made = OwnedObject(key="", resource=_created(probe), owner=as_, origin="created", markers=(marker,))
    item = await in_list(probe, made, as_=as_)
    if holds_value(item, marker) and item is not None:
        await take_back(probe, purposes, item, as_=as_)
        return probe.knowledge.endpoints[purposes["list"]].name
    reader = probe.knowledge.endpoints.get(purposes.get("read", ""))
    if reader is None:
        return ""
    for value in _ids(answer, reader):
        place = Place("path", reader.path.rpartition("{")[2].partition("}")[0])
        call = Call(endpoint=reader.id).with_value(place, value)
        exchange = await strike(probe, call, as_=as_, purpose="read-back", endpoint=reader)
        if holds_value(read(exchange.response), marker):
            await take_back(probe, purposes, answer, as_=as_)
            return reader.name
    return ""


def _ids(answer: Answer, item: Endpoint) -> list[Json]:
    """Values of an answer that may be the new object's id, the likeliest first, at most two.

    The last word of the last place in the path of one object is a word for its id, too: `{order_beilur}`, `beilur`.
    """
    own = words(item.path.rpartition("{")[2].partition("}")[0])[-1:]
    named = {"id", "uuid", "key", "slug", *own}
    found = [leaf for leaf in answer.leaves if leaf.path.rpartition(".")[2].lower().strip("_[]") in named]
    return [leaf.value for leaf in sorted(found, key=lambda leaf: leaf.path.count("."))[:2]]


async def take_back(probe: Probe, purposes: dict[str, str], item: Answer, *, as_: str) -> None:
    """Register the deletion of what was created, where there is one."""
    endpoint = probe.knowledge.endpoints.get(purposes.get("delete", ""))
    ids = _ids(item, endpoint) if endpoint is not None else []
    if endpoint is not None and ids and endpoint.path.count("{") == 1:
        place = Place("path", endpoint.path.partition("{")[2].partition("}")[0])
        call = Call(endpoint=endpoint.id).with_value(place, ids[0])
        probe.undo(f"created at {probe.endpoint.name}", call, as_=as_, endpoint=endpoint)

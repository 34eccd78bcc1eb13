"""Effects on values other than text: a number, a mark or one of a few words that somebody else sets (checks-1-5.md 1.10)."""

from __future__ import annotations

from gatewright.checks.controls import bind, call_of, look
from gatewright.checks.effects import Effect, refused, strike, turned_away
from gatewright.explore.schemas import body_of, fields
from gatewright.model.call import Call
from gatewright.model.endpoint import Place
from gatewright.model.json import Json
from gatewright.model.knowledge import OwnedObject, Reference
from gatewright.model.test import Probe
from gatewright.model.verdict import Verdict, conclude
from gatewright.proof.compare import stable
from gatewright.proof.leaves import Answer, as_text, read


async def sets(
    probe: Probe, owned: OwnedObject, reference: Reference, call: Call, *, able: str, attacker: str
) -> Effect | Verdict:
    """Whether the attacker sets one value of an object to two values of its choice, one after the other.

    `able` is who may do it and sees the object; empty: nobody whom we know, and the owner looks itself.
    """
    call = bind(call, reference)
    before = [await _view(probe, owned, able), await _view(probe, owned, able)]
    if before[0] is None or before[1] is None or not 200 <= before[0].status < 300:
        return conclude("not_visible", f"nowhere does {able or owned.owner} see {owned.owner}'s {owned.noun}")
    still = {leaf.path for leaf in stable([before[0], before[1]])}
    place, values = next(iter(_choices(probe, call, before[0], still)), (None, ()))
    if place is None:
        return conclude("not_visible", "no number, mark or choice that it writes is seen again")
    sent: list[int] = []
    for value in values:
        exchange = await strike(probe, call.with_value(place, value), as_=attacker, purpose="attack")
        if turned_away(exchange):
            return refused(exchange, attacker, f"{owned.owner}'s {owned.noun}")
        if not sent:
            _restore(probe, owned, call, place, before[0], as_=able or attacker)
        if not _shows(await _view(probe, owned, able), place, value):
            if sent:
                return conclude("unstable", "the first change was seen, a second one was not")
            return refused(exchange, attacker, f"{owned.owner}'s {owned.noun}")
        sent.append(exchange.number)
    told = " and then ".join(as_text(value) for value in values)
    viewer = able or owned.owner
    return Effect(
        attacks=tuple(sent),
        facts=(
            f"{viewer} read {owned.owner}'s {owned.noun} twice: it did not move",
            f"{attacker} set {place.name} to {told}; {viewer} read each value after it was sent",
        ),
        owned=owned,
        before=before[0],
    )


def _restore(probe: Probe, owned: OwnedObject, call: Call, place: Place, before: Answer, *, as_: str) -> None:
    former = _former(before, place, call.get(place))
    what = f"{owned.owner}'s {owned.noun} as it was"
    probe.undo(what, call.with_value(place, former), as_=as_, endpoint=probe.endpoint)


async def _view(probe: Probe, owned: OwnedObject, able: str) -> Answer | None:
    """The object at the GET of the same path, by who may; else as its owner sees it."""
    for reference in owned.references if able else ():
        endpoint = probe.knowledge.endpoints.get(reference.endpoint)
        if endpoint is not None and endpoint.method == "GET" and endpoint.path == probe.endpoint.path:
            call = call_of(probe, able, endpoint=endpoint) or Call(endpoint=endpoint.id)
            exchange = await probe.send(bind(call, reference), as_=able, purpose="read-back", endpoint=endpoint)
            return read(exchange.response)
    if owned.origin != "identity":
        return await look(probe, owned, as_=able)
    own = probe.whoami(owned.owner)
    endpoint = probe.knowledge.endpoints.get(own.endpoint) if own else None
    if own is None or endpoint is None:
        return None
    return read((await probe.send(own, as_=owned.owner, purpose="read-back", endpoint=endpoint)).response)


def _choices(probe: Probe, call: Call, answer: Answer, still: set[str]) -> list[tuple[Place, tuple[Json, Json]]]:
    """Places with the two values to set, unlike the present one at first: numbers, then marks, then choices."""
    body = body_of(probe.endpoint)
    listed = {f.name: f.schema.enum for f in fields(body.schema, probe.specification)} if body else {}
    found: list[tuple[int, Place, tuple[Json, Json]]] = []
    for place in call.places():
        now = [leaf.value for leaf in answer.leaves if _same(leaf.path, place) and leaf.path in still]
        sent = call.get(place)
        if place.within != "body" or len(now) != 1:
            continue
        if isinstance(sent, bool):
            found.append((1, place, (now[0] != "true", now[0] == "true")))
        elif isinstance(sent, (int, float)):
            number = int(float(now[0])) if now[0].replace(".", "", 1).isdigit() else 0
            found.append((0, place, (number + 7, number + 14)))
        else:
            others = [v for v in listed.get(place.name, ()) if isinstance(v, str) and v != now[0]]
            if others:
                found.append((2, place, (others[0], others[1] if len(others) > 1 else now[0])))
    return [(place, values) for _, place, values in sorted(found, key=lambda row: row[0])]


def _same(path: str, place: Place) -> bool:
    return path.rpartition(".")[2] == place.name.rpartition(".")[2]


def _shows(answer: Answer | None, place: Place, value: Json) -> bool:
    """As a number too where it is one: some write 7 as 7.0."""
    if answer is None:
        return False
    told = (
        {as_text(value), f"{value}.0"} if isinstance(value, int) and not isinstance(value, bool) else {as_text(value)}
    )
    return any(_same(leaf.path, place) and leaf.value in told for leaf in answer.leaves)


def _former(answer: Answer, place: Place, sent: Json) -> Json:
    """The value from before, in the type that was sent."""
    text = next(leaf.value for leaf in answer.leaves if _same(leaf.path, place))
    if isinstance(sent, bool):
        return text == "true"
    if isinstance(sent, int):
        return int(float(text)) if text.replace(".", "", 1).isdigit() else text
    return float(text) if isinstance(sent, float) and text.replace(".", "", 1).isdigit() else text

"""Functions that act on accounts (suspend, delete, set a mark), whatever they answer (checks-1-5.md 1.10, 6.1).

Who is acted on is signed up for it, and so is who acts: a function that ignores the reference then hurts nobody else,
and an account that is locked out was meant to be.
"""

from __future__ import annotations

import msgspec
from msgspec import Struct

from gatewright.checks.controls import bind, call_of, random_like, readers
from gatewright.checks.effects import Effect, strike, turned_away
from gatewright.checks.newcomers import Newcomer, leave, newcomer, sees_itself, there
from gatewright.checks.values import sets
from gatewright.model.call import Call
from gatewright.model.knowledge import OwnedObject, Reference
from gatewright.model.test import Probe
from gatewright.model.verdict import Verdict, conclude
from gatewright.proof.compare import stable
from gatewright.proof.denied import DeniedFamily
from gatewright.proof.leaves import Answer, as_text, read

Mark = tuple[str, str, str]
"""What an effect is seen by: who looks (`able`, or the account itself), the leaf that moved, its new value."""


class Aim(Struct, frozen=True, kw_only=True):
    """A function that names an account, and who looks for its effect besides the account itself."""

    like: OwnedObject
    """A throw-away account that the function can name, as exploration knows it."""
    reference: Reference
    call: Call
    able: str = ""
    """Who may, and sees accounts; empty where nobody above is known."""


class Seen(Struct, frozen=True):
    """One account made for it, and what was seen of it twice before anything was done."""

    who: Newcomer
    owned: OwnedObject
    reference: Reference
    before: dict[str, tuple[Answer, Answer]]


async def acts_on(probe: Probe, aim: Aim) -> Effect | Verdict:
    """Whether the attacker acts on an account by its name. Newcomers take both parts where they are of the attacker's rank.

    Else, and where nobody can be signed up, a value of a throw-away account is set and put back: nothing worse.
    """
    effect: Effect | Verdict = conclude("not_visible", "no account of the attacker's role can be signed up for it")
    if probe.rank(aim.like.owner) == probe.rank(probe.account):
        effect = await _on_newcomers(probe, aim)
        if isinstance(effect, Effect) or effect.reason != "not_visible":
            return effect
    if probe.endpoint.method == "DELETE":
        return effect
    attacker = probe.account  # names of people are identity, and no text of a user is free
    return await sets(probe, aim.like, aim.reference, aim.call, able=aim.able, attacker=attacker)


async def _on_newcomers(probe: Probe, aim: Aim) -> Effect | Verdict:
    """Whether the function moves, locks out or removes two accounts that were signed up for it, one by one."""
    attacker: Newcomer | None = await probe.once(
        f"who acts on accounts {probe.account}", lambda: newcomer(probe, aim.like, aim.reference)
    )
    if attacker is None:
        return conclude("not_visible", "no further account could be signed up that is named there")
    refusal = await _scouted(probe, aim, attacker)
    if refusal is not None:
        return refusal
    if probe.endpoint.method in ("PUT", "PATCH", "POST"):
        effect = await _set(probe, aim, attacker)
        if isinstance(effect, Effect) or effect.reason != "not_visible":
            return effect
    return await _acted(probe, aim, attacker)


async def _scouted(probe: Probe, aim: Aim, attacker: Newcomer) -> Verdict | None:
    """C4 and the gate in one: a name that nobody has. Where the role is looked at first, that is all it costs.

    Refused alike for who may, it tells nothing of the role: then the account is tried itself.
    """
    place = aim.reference.place
    wrong = bind(aim.call, aim.reference).with_value(place, random_like(probe, attacker.value))
    sent = await strike(probe, wrong, as_=attacker.name, purpose="control: random account")
    if turned_away(sent):
        may = await strike(probe, wrong, as_=aim.able, purpose="control: random account") if aim.able else None
        if may is None or not turned_away(may):
            status = sent.response.status if sent.response else 0
            return conclude("denied", f"{attacker.name}, signed up for it, was refused: status {status}")
    if not there(await sees_itself(probe, attacker.name), attacker):
        leave(probe, aim.reference, attacker)
        return conclude("own_object", "the reference is ignored: the caller itself was acted on")
    return None


async def _set(probe: Probe, aim: Aim, attacker: Newcomer) -> Effect | Verdict:
    """A value of an account that the function takes and that is seen again, set to two values in turn."""
    body = aim.call.body
    if not isinstance(body, dict) or not body:
        return conclude("not_visible", "its accepted request carries no value")
    victim = await _one(probe, aim)
    if victim is None:
        return conclude("not_visible", "no further account could be signed up that is named there")
    leave(probe, aim.reference, victim.who)
    effect = await sets(probe, victim.owned, victim.reference, aim.call, able=aim.able, attacker=attacker.name)
    return msgspec.structs.replace(effect, by=attacker.name) if isinstance(effect, Effect) else effect


async def _acted(probe: Probe, aim: Aim, attacker: Newcomer) -> Effect | Verdict:
    """One call for each of two accounts; the second stays as it was until its own turn."""
    first = await _one(probe, aim)
    second = await _one(probe, aim) if first else None
    if first is None or second is None:
        return conclude("not_visible", "no further account could be signed up that is named there")
    marks: list[set[Mark]] = []
    sent: list[int] = []
    for one in (first, second):
        exchange = await strike(probe, bind(aim.call, one.reference), as_=attacker.name, purpose="attack")
        moved = await _moved(probe, aim, one)
        if not moved:
            leave(probe, aim.reference, *(first.who, second.who) if one is first else (second.who,))
            return _quiet(exchange.response is not None and DeniedFamily().denied(read(exchange.response)), one, marks)
        marks.append(moved)
        sent.append(exchange.number)
        if one is first:
            early = bool(await _moved(probe, aim, second))
            if not probe.control(
                "twin",
                "another account, which was not named",
                expected="as it was",
                observed="moved as well" if early else "as it was",
                holds=not early,
            ):
                return conclude("control_failed", "an account that was not named moved as well")
    both = marks[0] & marks[1]
    if not both:
        return conclude("unstable", "the two accounts did not move in the same way")
    if not there(await sees_itself(probe, attacker.name), attacker):
        return conclude("own_object", "the caller itself was acted on as well")
    who, path, value = min(both, key=lambda mark: (mark[1] != _GONE, mark))
    told = f"{path} = {value}" if path != _GONE else value
    return Effect(
        attacks=tuple(sent),
        facts=(
            f"two accounts were signed up for it, {first.who.name} and {second.who.name}; neither moved between two reads",
            f"{attacker.name}, another such account, sent {probe.endpoint.name} for the first: {who or 'it'} then saw {told}",
            "the second one stayed as it was until the same was sent for it; a random name had no effect",
        ),
        owned=first.owned,
        before=next(iter(first.before.values()))[0],
        path="" if path == _GONE else path,
        value=value,
        by=attacker.name,
    )


_GONE = ""
"""In the place of a leaf: the account is refused or not found where it was found before."""


def _quiet(denied: bool, one: Seen, marks: list[set[Mark]]) -> Verdict:
    if marks:
        return conclude("unstable", "the effect was seen once, and not again on another account")
    if denied:
        return conclude("denied", f"it was refused, and {one.who.name} is as it was")
    return conclude("no_effect", f"it was answered, and {one.who.name} is as it was")


async def _one(probe: Probe, aim: Aim) -> Seen | None:
    """An account made for it, with two looks at it."""
    who = await newcomer(probe, aim.like, aim.reference)
    if who is None:
        return None
    known = dict(aim.reference.values)[aim.reference.place]
    named = {as_text(known): who.value}

    def renamed(reference: Reference) -> Reference:
        values = tuple((place, named.get(as_text(value), value)) for place, value in reference.values)
        return msgspec.structs.replace(reference, values=values)

    references = tuple(renamed(r) for r in aim.like.references if as_text(dict(r.values)[r.place]) in named)
    owned = OwnedObject(
        key=f"{who.name}/user/0",
        resource=aim.like.resource,
        owner=who.name,
        origin="identity",
        id=who.value,
        references=references,
    )
    first, second = await _looks(probe, aim, owned), await _looks(probe, aim, owned)
    before = {name: (first[name], second[name]) for name in first if name in second}
    usable = {n: b for n, b in before.items() if all(200 <= a.status < 300 for a in b) and stable(b)}
    return Seen(who, owned, renamed(aim.reference), usable) if usable else None


async def _looks(probe: Probe, aim: Aim, owned: OwnedObject) -> dict[str, Answer]:
    """The account as it sees itself, and as who may sees it, where that one has a page of it."""
    found: dict[str, Answer] = {}
    own = await sees_itself(probe, owned.owner)
    if own is not None:
        found[""] = own
    rows = [row for row in readers(probe, owned) if aim.able and probe.knowledge.sample(row[0].id, aim.able)]
    for endpoint, reference in sorted(rows, key=lambda row: -_common(row[0].path, probe.endpoint.path))[:1]:
        call = call_of(probe, aim.able, endpoint=endpoint) or Call(endpoint=endpoint.id)
        exchange = await strike(probe, bind(call, reference), as_=aim.able, purpose="read-back", endpoint=endpoint)
        if exchange.response is not None:
            found[aim.able] = read(exchange.response)
    return found


def _common(one: str, other: str) -> int:
    """How many segments two paths have in common at their start."""
    pairs = zip(one.split("/"), other.split("/"), strict=False)
    return next((i for i, (a, b) in enumerate(pairs) if a != b), min(one.count("/"), other.count("/")))


async def _moved(probe: Probe, aim: Aim, one: Seen) -> set[Mark]:
    """What is no longer as it was, looked for again after a while where nothing is."""
    for pause in (0.0, 1.0):
        if pause:
            await probe.wait(pause)
        now = await _looks(probe, aim, one.owned)
        found = {mark for name, before in one.before.items() for mark in _marks(name, before, now.get(name))}
        if found:
            return found
    return set()


def _marks(name: str, before: tuple[Answer, Answer], now: Answer | None) -> set[Mark]:
    if now is None or now.status == 429 or now.status >= 500:
        return set()
    if not 200 <= now.status < 300 or DeniedFamily().denied(now):
        return {(name, _GONE, f"the account refused or gone (status {now.status})")}
    old = {(leaf.path, leaf.value) for leaf in stable(before)}
    paths = {path for path, _ in old}
    return {(name, x.path, x.value) for x in now.leaves if x.path in paths and (x.path, x.value) not in old}

"""A function that the server refuses to the attacker's role, asked for by another method or an override (checks-1-5.md 6.2).

The attacker's own objects will do: it is the function that is not for it, whosever the object is. Each attempt has an
object made for it; its owner looks for the effect.
"""

from __future__ import annotations

from collections.abc import Sequence

from msgspec import Struct

from gatewright.checks.controls import bind, call_of, look
from gatewright.checks.effects import moved_leaves, steady, strike, turned_away
from gatewright.checks.object_access_delete import gone
from gatewright.checks.overrides import NOTHING, Way, all_of, overrides
from gatewright.model.account import ANON
from gatewright.model.call import Call
from gatewright.model.endpoint import Endpoint
from gatewright.model.http import Exchange
from gatewright.model.knowledge import OwnedObject, Reference
from gatewright.model.test import Probe
from gatewright.model.verdict import Verdict, conclude, proved
from gatewright.proof.leaves import Answer, as_text

_ACTING = ("GET", "PUT", "PATCH")
"""Other methods for what a POST does: a handler that takes any, behind a rule for one."""
Mark = tuple[str, str]
"""Path and new value of a leaf that moved; both empty: the object is gone."""


class Barred(Struct, frozen=True, kw_only=True):
    """A documented function that a higher account may use and the attacker may not."""

    endpoint: Endpoint
    call: Call
    able: str
    like: OwnedObject
    """An object that it can name, the attacker's own where there is one."""
    reference: Reference
    carriers: tuple[str, ...]
    """Methods of the same path that the attacker may use."""


class Subject(Struct, frozen=True):
    """An object made for one attempt, as its owner saw it twice before."""

    owned: OwnedObject
    reference: Reference
    before: tuple[Answer, Answer]


def barred(probe: Probe, alike: Sequence[Endpoint]) -> Barred | None:
    """The first of these endpoints that is kept from the attacker and names an object of this run in its path."""
    if probe.account == ANON:
        return None
    for endpoint in sorted(alike, key=lambda e: ("DELETE", "POST", "PATCH", "PUT", e.method).index(e.method)):
        able = _able(probe, endpoint)
        if not able or endpoint.method in ("GET", "HEAD", "OPTIONS") or endpoint.id in probe.auth_endpoints:
            continue
        rows = [
            (owned, r)
            for owned in probe.knowledge.named_by(endpoint.id)
            for r in owned.references
            if owned.origin == "created" and r.endpoint == endpoint.id and r.place.within == "path"
        ]
        if not rows:
            continue
        owned, reference = min(
            rows, key=lambda row: (row[0].owner != probe.account, row[0].slot == "delete", row[0].key)
        )
        call = call_of(probe, able, endpoint=endpoint) or Call(endpoint=endpoint.id)
        own = tuple(
            e.method for e in alike if e.method in ("PUT", "PATCH") and probe.knowledge.sample(e.id, probe.account)
        )
        return Barred(endpoint=endpoint, call=call, able=able, like=owned, reference=reference, carriers=own)
    return None


def _able(probe: Probe, endpoint: Endpoint) -> str:
    """Who may use an endpoint that the attacker was not seen to use; empty when nobody above was seen to."""
    if probe.knowledge.sample(endpoint.id, probe.account) is not None:
        return ""
    own = probe.rank(probe.account)
    above = [s.account for s in probe.knowledge.samples_of(endpoint.id) if probe.rank(s.account) > own]
    return min((n for n in above if n in probe.accounts), key=lambda n: (probe.rank(n), n), default="")


async def passed_by(probe: Probe, one: Barred) -> Verdict:
    """Whether another method, or an override, does what is refused to the attacker."""
    subject = await _subject(probe, one)
    if isinstance(subject, Verdict):
        return subject
    call = bind(one.call, subject.reference)
    direct = await strike(probe, call, as_=probe.account, purpose="control: as it is documented", endpoint=one.endpoint)
    if not turned_away(direct):
        return conclude("no_effect", f"{probe.account} is not refused for its role: function-access judges that")
    groups = _groups(one)
    for group in groups:
        await _ask(probe, one, subject, group)
    if not await _effect(probe, one, subject):
        return conclude("denied", f"no other method or override did what {one.endpoint.name} does")
    found = await _which(probe, one, groups)
    if found is None:
        return conclude("unstable", "the effect was seen once, and not again on another object")
    return await _controls(probe, one, *found)


def _groups(one: Barred) -> list[list[Way]]:
    """Ways that are tried at once, those of one carrier together."""
    method = one.endpoint.method
    groups = [[Way(method=method.lower(), carrier=method.lower())]]
    if method == "POST":
        groups += [[Way(method=other, carrier=other)] for other in _ACTING]
    carriers = [c for c in ("POST", "GET", *one.carriers) if c != method]
    return groups + [overrides(method, carrier) for carrier in carriers]


async def _subject(probe: Probe, one: Barred) -> Subject | Verdict:
    made = await probe.fresh(one.like)
    reference = made.reference(one.endpoint.id, one.reference.place) if made else None
    if made is None or reference is None:
        return conclude("no_reference", f"no further {one.like.noun} could be made to try it on")
    before = await steady(probe, made)
    return before if isinstance(before, Verdict) else Subject(made, reference, before)


async def _ask(probe: Probe, one: Barred, subject: Subject, ways: Sequence[Way], purpose: str = "attack") -> Exchange:
    told = ways[0].told() if len(ways) == 1 else f"overrides on {ways[0].carrier}"
    return await strike(
        probe,
        bind(one.call, subject.reference),
        as_=probe.account,
        purpose=f"{purpose}: {told}",
        endpoint=one.endpoint,
        edit=all_of(ways),
    )


async def _effect(probe: Probe, one: Barred, subject: Subject) -> frozenset[Mark]:
    """What the function was seen to do to the object: it is gone, or leaves of it moved."""
    now = await look(probe, subject.owned)
    if one.endpoint.method == "DELETE" or gone(now):
        return frozenset([("", "")]) if gone(now) else frozenset()
    return frozenset(moved_leaves(subject.before, now))


async def _which(
    probe: Probe, one: Barred, groups: Sequence[Sequence[Way]]
) -> tuple[Way, Exchange, frozenset[Mark]] | None:
    for group in groups:
        rows: list[Sequence[Way]] = [group] if len(group) == 1 else [group, *([way] for way in group)]
        for ways in rows:
            subject = await _subject(probe, one)
            if isinstance(subject, Verdict):
                return None
            sent = await _ask(probe, one, subject, ways)
            marks = await _effect(probe, one, subject)
            if marks and len(ways) == 1:
                return ways[0], sent, marks
            if not marks and len(ways) > 1:
                break
    return None


async def _controls(probe: Probe, one: Barred, way: Way, first: Exchange, marks: frozenset[Mark]) -> Verdict:
    """Not by a method that nobody knows, nor by the carrier alone; and once more on another object."""
    others = [("a method that nobody knows", way.instead(NOTHING))]
    if way.header or way.query or way.body:
        others.append((f"{way.carrier} alone", Way(method=way.carrier, carrier=way.carrier)))
    for name, other in others:
        subject = await _subject(probe, one)
        if isinstance(subject, Verdict):
            return subject
        await _ask(probe, one, subject, [other], "control")
        same = bool(await _effect(probe, one, subject) & marks)
        if not probe.control(
            "GWNOOP",
            name,
            expected="no effect",
            observed="the same effect" if same else "no effect",
            holds=not same,
        ):
            return conclude("control_failed", f"{name} has the same effect: the method is not what decides")
    subject = await _subject(probe, one)
    if isinstance(subject, Verdict):
        return subject
    again = await _ask(probe, one, subject, [way], "attack, confirmed")
    both = await _effect(probe, one, subject) & marks
    if not both:
        return conclude("unstable", f"{way.told()} had the effect once, and not again")
    return _proved(probe, one, way, (again, first), min(both), [name for name, _ in others])


def _proved(
    probe: Probe, one: Barred, way: Way, attacks: tuple[Exchange, Exchange], mark: Mark, others: Sequence[str]
) -> Verdict:
    role = probe.accounts[probe.account].role or "account"
    done = "is gone" if not mark[0] else f"shows {mark[0]} = {mark[1]}"
    noun = one.like.noun
    return proved(
        title=f"Any {role} can do by {way.told()} what {one.endpoint.name} refuses to it",
        summary=f"{probe.account} is refused at {one.endpoint.name}, and had the same done by {way.told()}.",
        proof=(
            f"{probe.account} sent {one.endpoint.name} for {noun} {as_text(one.like.id)} and others, and was refused for its role",
            f"{probe.account} sent {way.told()} for two that were made for it: each {done} since, as its owner sees it",
            *(f"{name} has no such effect" for name in others),
        ),
        attacks=tuple(exchange.number for exchange in attacks),
        also=(one.endpoint.name,),
        severity="high",
        cvss="CVSS:4.0/AV:N/AC:L/AT:N/PR:L/UI:N/VC:N/VI:H/VA:N/SC:N/SI:N/SA:N",
    )

"""Two changes that write no text into somebody else's object: one is made in another's name, one is acted on (2.2)."""

from __future__ import annotations

import msgspec

from gatewright.checks.controls import (
    bind,
    call_of,
    documented_values,
    holds_value,
    in_list,
    look,
    peers,
    random_like,
    texts,
)
from gatewright.checks.effects import acts, moved_leaves, naming, renewed, steady, strike, take_back, target
from gatewright.checks.evidence import judge_privacy
from gatewright.checks.further import named, owner_names
from gatewright.checks.reading import elsewhere, severity
from gatewright.explore.schemas import body_of, fields
from gatewright.explore.words import words
from gatewright.model.account import ANON
from gatewright.model.call import Call
from gatewright.model.endpoint import Place
from gatewright.model.http import Exchange
from gatewright.model.knowledge import OwnedObject, Reference
from gatewright.model.test import Probe
from gatewright.model.verdict import Verdict, conclude, proved
from gatewright.proof.denied import DeniedFamily
from gatewright.proof.leaves import Answer, as_text, read
from gatewright.proof.witness import witnesses

_MEANT = {"recipient", "receiver", "to", "assignee", "target", "invitee", "friend", "member", "participant", "guest"}
"""Words of properties by which one account rightly gives something to another."""
_MOST = 3


async def made_for_another(probe: Probe) -> Verdict | None:
    """Whether an object can be made in another account's name; None where nothing there says whose one is."""
    if probe.endpoint.method != "POST":
        return None
    like = next((o for o in probe.knowledge.objects if _from_here(probe, o) and o.owner == probe.account), None)
    mine = probe.knowledge.sample(probe.endpoint.id, probe.account)
    victim = next((n for n in peers(probe) if call_of(probe, n, endpoint=probe.endpoint) is not None), "")
    if like is None or mine is None or not victim or "list" not in probe.knowledge.resources.get(like.resource, {}):
        return None
    verdict = None
    for name in owner_names(probe, read(mine.exchange.response))[:_MOST]:
        value = named(probe, victim, name)
        if value is None or (words(name) and set(words(name)) & _MEANT):
            continue
        verdict = await _in_the_name_of(probe, victim, like, mine.call.with_value(Place("body", name), value), name)
        if verdict.outcome == "vulnerable":
            return verdict
    return verdict


def makes(probe: Probe) -> bool:
    """Whether the endpoint is known to make objects."""
    return any(_from_here(probe, owned) for owned in probe.knowledge.objects)


def _from_here(probe: Probe, owned: OwnedObject) -> bool:
    return (
        owned.recipe is not None and owned.recipe.endpoint == probe.endpoint.id and isinstance(owned.recipe.body, dict)
    )


async def _in_the_name_of(probe: Probe, victim: str, like: OwnedObject, call: Call, name: str) -> Verdict:
    place = Place("body", name)
    first = await _made(probe, victim, like, call, purpose="attack")
    if isinstance(first, Verdict):
        return first
    plain_call = call_of(probe, probe.account) or call
    plain = await _made(probe, victim, like, plain_call, purpose="control: in its own name")
    alone = isinstance(plain, Verdict)
    if not probe.control(
        "plain",
        f"{probe.account} makes one in its own name",
        expected=f"not in {victim}'s list",
        observed="not there" if alone else "there as well",
        holds=alone,
    ):
        return conclude("shared", f"{victim} sees what {probe.account} makes in its own name as well", place=place)
    if _documented(probe, name) and await _sees(probe, like, first[1], as_=probe.account):
        why = f"`{name}` is documented, and {probe.account} still sees what it gave {victim}: it may be meant so"
        return conclude("shared", why, place=place)
    nobody = await _made(probe, victim, like, call, purpose="control: no credential", as_=ANON)
    open_ = not isinstance(nobody, Verdict)
    seen = "there" if open_ else "not there"
    if not probe.control("C5", "without a credential", expected="not there", observed=seen, holds=not open_):
        return conclude("public", "anybody makes it without a credential; auth-missing judges that", place=place)
    second = await _made(probe, victim, like, call, purpose="attack: confirmed")
    if isinstance(second, Verdict):
        return conclude("unstable", f"{victim}'s list showed one of two that were made in its name", place=place)
    return proved(
        title=f"A {like.noun} can be made in another account's name by `{name}`",
        summary=f"{probe.account} made a {like.noun} at {probe.endpoint.name} that belongs to {victim}.",
        proof=(
            f"{probe.account} sent {probe.endpoint.name} with {name} = {as_text(call.get(place))}, which names {victim}, and a new marker",
            f"{victim} then found the marker in its own list",
            f"what {probe.account} makes in its own name is not in {victim}'s list",
            "the same with a second marker",
        ),
        attacks=(second[0].number,),
        place=place,
        cvss="CVSS:4.0/AV:N/AC:L/AT:N/PR:L/UI:N/VC:N/VI:H/VA:N/SC:N/SI:N/SA:N",
        victim=victim,
    )


async def _made(
    probe: Probe, victim: str, like: OwnedObject, call: Call, *, purpose: str, as_: str = ""
) -> tuple[Exchange, str] | Verdict:
    """One creation with a new marker that the victim then finds in its list; the verdict where it does not."""
    marker = probe.marker()
    made = renewed(call, marker, but=naming(probe, call))
    if made is None:
        return conclude("not_visible", "the accepted request has no text that could be found again")
    who = as_ or probe.account
    exchange = await strike(probe, made, as_=who, purpose=purpose)
    answer, purposes = read(exchange.response), probe.knowledge.resources.get(like.resource, {})
    if exchange.response is None or DeniedFamily().denied(answer):
        return conclude("denied", f"{who} was refused: status {answer.status}")
    wanted = OwnedObject(key="", resource=like.resource, owner=victim, origin="created", markers=(marker,))
    item = await in_list(probe, wanted, as_=victim)
    if not holds_value(item, marker) or item is None:
        await take_back(probe, purposes, answer, as_=probe.account)
        return conclude("own_object", f"what {who} made is not in {victim}'s list: who makes it owns it")
    await take_back(probe, purposes, item, as_=victim)
    return exchange, marker


async def _sees(probe: Probe, like: OwnedObject, marker: str, *, as_: str) -> bool:
    wanted = OwnedObject(key="", resource=like.resource, owner=as_, origin="created", markers=(marker,))
    return holds_value(await in_list(probe, wanted, as_=as_), marker)


def _documented(probe: Probe, name: str) -> bool:
    body = body_of(probe.endpoint)
    return any(field.key == name for field in (fields(body.schema, probe.specification) if body else []))


async def acted_on(
    probe: Probe, owned: OwnedObject, own: OwnedObject | None, reference: Reference, call: Call
) -> Verdict:
    """Whether a call without text of its own (cancel, approve, …) moves the state of two objects of another account."""
    place = reference.place
    effect = await acts(probe, owned, reference, call, attacker=probe.account)
    if isinstance(effect, Verdict):
        return conclude(effect.reason, effect.why, place=place)
    if effect.value.lstrip("-").replace(".", "", 1).isdigit():
        why = f"it only counts: {effect.path} = {effect.value}; anybody may be meant to vote or to look"
        return conclude("no_effect", why, place=place)
    nobody = await acts(probe, owned, reference, call, attacker=ANON)
    open_ = not isinstance(nobody, Verdict)
    seen = "the same effect" if open_ else "no effect"
    if not probe.control("C5", "without a credential", expected="no effect", observed=seen, holds=not open_):
        return conclude("public", "anybody does it without a credential; auth-missing judges that", place=place)
    if await _any_id(probe, owned, reference, call):
        return conclude("parameter_ignored", "a random reference has the same effect: it names no object", place=place)
    verdict = await _meant_for_all(probe, effect.owned, own, effect.before, place)
    if isinstance(verdict, Verdict):
        return verdict
    value = as_text(dict(reference.values)[place])
    return proved(
        title=f"Any {probe.accounts[probe.account].role or 'account'} can act on another's {owned.noun} by its {place.name}",
        summary=f"{probe.account} moved {owned.owner}'s {owned.noun} to {effect.path} = {effect.value} at {probe.endpoint.name}.",
        proof=(*effect.facts, f"private: {verdict}"),
        attacks=effect.attacks[-1:],
        place=place,
        severity=severity(owned, value),
        cvss="CVSS:4.0/AV:N/AC:L/AT:N/PR:L/UI:N/VC:N/VI:H/VA:N/SC:N/SI:N/SA:N",
        victim=owned.owner,
    )


async def _any_id(probe: Probe, owned: OwnedObject, reference: Reference, call: Call) -> bool:
    """C4: whether an object moves when a random reference is acted on."""
    one, at_one = await target(probe, owned, reference)
    before = await steady(probe, one)
    if isinstance(before, Verdict):
        return False
    values = tuple((p, random_like(probe, v) if p == at_one.place else v) for p, v in at_one.values)
    stray = msgspec.structs.replace(at_one, values=values)
    await strike(probe, bind(call, stray), as_=probe.account, purpose="control: random id")
    moved = bool(moved_leaves(before, await look(probe, one)))
    told = "the same effect" if moved else "no effect"
    return not probe.control("C4", "a random reference", expected="no effect", observed=told, holds=not moved)


async def _meant_for_all(
    probe: Probe, owned: OwnedObject, own: OwnedObject | None, before: Answer, place: Place
) -> Verdict | str:
    """Why the object is private; the verdict where it may be meant to be acted on by all: nobody, or everybody's lists, show it."""
    mine = await look(probe, own) if own else None
    named = [text for reference in owned.references for text in texts(reference)]  # refusals repeat what was asked for
    found = witnesses([before], [mine] if mine else [], references=named, known=documented_values(probe))
    anon = await look(probe, owned, as_=ANON, purpose="control: no credential")
    if found and not await elsewhere(probe, owned, found):
        return conclude("shared", f"{probe.account} sees the object in its ordinary lists", place=place)
    private, evidence, why = await judge_privacy(
        probe, owned, action="change", owner_sees=before, attacker_sees=mine, found=found, anon=anon
    )
    if evidence.codes & {"X1", "X3"}:
        return conclude("public", why if not private else "the object is public", place=place)
    if private or "privacy" in probe.settings.disabled_controls:
        return why
    if evidence.codes & {"X4", "X5", "X6"}:
        return conclude("shared", why, place=place)
    return conclude(
        "no_privacy_evidence",
        why,
        place=place,
        question=f"{probe.account} acted on {owned.owner}'s {owned.noun} at {probe.endpoint.name}: private?",
        answer_with=f'policy: {{"{probe.endpoint.shown_path}": private}}',
    )

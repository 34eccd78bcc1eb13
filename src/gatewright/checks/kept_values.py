"""A function within a function: one value of a choice (`status: approved`, `action: refund`) that is kept for a higher role."""

from __future__ import annotations

import re

from gatewright.checks.controls import bind, call_of, look
from gatewright.checks.effects import moved_leaves, refused, steady, strike, target, turned_away
from gatewright.checks.meant import roles_of
from gatewright.explore.policy import ADMINISTRATION
from gatewright.explore.schemas import body_of, fields
from gatewright.model.account import ANON
from gatewright.model.call import Call
from gatewright.model.endpoint import Place
from gatewright.model.knowledge import OwnedObject, Reference
from gatewright.model.test import Probe
from gatewright.model.verdict import Verdict, conclude, proved
from gatewright.proof.leaves import as_text
from gatewright.proof.privacy import words


async def kept_value(probe: Probe) -> Verdict | None:
    """Whether the attacker may choose a value that the specification keeps for a higher role; None where none is kept."""
    found = _kept(probe)
    call = call_of(probe, probe.account)
    if found is None or call is None:
        return None
    place, value, said = found
    rows = [
        (owned, reference)
        for owned in probe.knowledge.named_by(probe.endpoint.id)
        for reference in owned.references
        if owned.origin == "created" and reference.endpoint == probe.endpoint.id and reference.place.within == "path"
    ]
    if not rows:
        return None
    owned, reference = min(rows, key=lambda row: (row[0].owner != probe.account, row[0].slot == "delete", row[0].key))
    plain = call.without(place) if as_text(call.get(place)) == value else call
    return await _chosen(probe, owned, reference, plain, place, value, said)


def _kept(probe: Probe) -> tuple[Place, str, str] | None:
    """The first value of a choice in the body that a sentence keeps for a higher role, and the sentence."""
    body = body_of(probe.endpoint)
    if body is None or probe.account == ANON or probe.endpoint.method == "GET":
        return None
    above, own = roles_of(probe)
    for field in fields(body.schema, probe.specification):
        choices = [value for value in field.schema.enum if isinstance(value, str)]
        texts = (field.schema.description, probe.endpoint.description, probe.endpoint.summary)
        for sentence in (part for text in texts for part in re.split(r"[.;\n]", text)):
            said = words(sentence)
            named = [v for v in choices if re.search(rf"(?<!\w){re.escape(v)}(?!\w)", sentence, re.IGNORECASE)]
            roles = said & (above | ADMINISTRATION)
            meant = not said & (own - above) and any(_reserves(sentence, role) for role in roles)
            if meant and 0 < len(named) < len(choices):
                return Place("body", field.name), named[0], sentence.strip()
    return None


_BETWEEN = r"(?:(?!(?:when|if|after|once|until|unless)\b)\w+\s+)"


def _reserves(sentence: str, role: str) -> bool:
    """Whether a sentence lets nobody but a role do it; `an admin is told only when …` does not."""
    rules = (
        rf"\b(?:only|requires?|needs?)\s+{_BETWEEN}{{0,3}}{role}",
        rf"\b{role}s?[\s-]+only\b",
        rf"\b(?:restricted|reserved|limited|kept)\s+(?:to|for)\s+{_BETWEEN}{{0,2}}{role}",
    )
    return any(re.search(rule, sentence, re.IGNORECASE) for rule in rules)


async def _chosen(
    probe: Probe, owned: OwnedObject, reference: Reference, plain: Call, place: Place, value: str, said: str
) -> Verdict:
    """Sent for two objects that are made for it; what the same request without the value moves in a third does not count."""
    moved: list[set[tuple[str, str]]] = []
    sent: list[int] = []
    for purpose, call in (
        ("attack", plain.with_value(place, value)),
        ("control: without the value", plain),
        ("attack, confirmed", plain.with_value(place, value)),
    ):
        one, at_one = await target(probe, owned, reference)
        if one.key == owned.key:
            return conclude("not_visible", f"no further {owned.noun} could be made to try it on")
        before = await steady(probe, one)
        if isinstance(before, Verdict):
            return before
        exchange = await strike(probe, bind(call, at_one), as_=probe.account, purpose=purpose)
        if turned_away(exchange) and purpose == "attack":
            return refused(exchange, probe.account, f"{one.owner}'s {one.noun}")
        leaves = moved_leaves(before, await look(probe, one))
        if purpose == "attack" and not leaves:
            return refused(exchange, probe.account, f"{one.owner}'s {one.noun}")
        moved.append(leaves)
        if purpose != "control: without the value":
            sent.append(exchange.number)
    alone = not moved[0] & moved[2] <= moved[1]
    if not probe.control(
        "plain",
        f"the same request without {place.name} = {value}",
        expected="another effect",
        observed="another effect" if alone else "the same effect",
        holds=alone,
    ):
        return conclude(
            "no_effect", f"{place.name} = {value} changes nothing that the request does not change without it"
        )
    path, now = min(moved[0] & moved[2] - (moved[1] if alone else set()), default=("", ""))
    if not path:
        return conclude("unstable", "the effect was seen once, and not again on another object")
    role = probe.accounts[probe.account].role or "account"
    return proved(
        title=f"Any {role} can choose {place.name} = {value}, which is kept for a higher role",
        summary=f"{probe.account} sent {place.name} = {value} at {probe.endpoint.name}, and {path} = {now} since.",
        proof=(
            f"{owned.owner} read two {owned.noun}s twice before: they did not move",
            f"{probe.account} sent {probe.endpoint.name} with {place.name} = {value} for each; {owned.owner} then read {path} = {now}",
            "the same request without the value has no such effect on a third",
            f"the specification says: {said}",
        ),
        attacks=tuple(reversed(sent)),
        place=place,
        severity="high",
        cvss="CVSS:4.0/AV:N/AC:L/AT:N/PR:L/UI:N/VC:N/VI:H/VA:N/SC:N/SI:N/SA:N",
        victim=owned.owner if owned.owner != probe.account else "",
    )

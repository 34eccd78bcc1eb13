"""`object-access-change`: another account's object, changed by naming it."""

from __future__ import annotations

from gatewright.checks.bare_id import bare_id
from gatewright.checks.below import put_below
from gatewright.checks.changing import Write, has_text, judge, prepare, self_view
from gatewright.checks.controls import account_key, aims, bind, call_of, peers
from gatewright.checks.further import owner_names
from gatewright.checks.making import acted_on, made_for_another, makes
from gatewright.checks.newcomers import named_accounts, secret_places, take_over
from gatewright.checks.object_access_read import pairs
from gatewright.checks.reading import Forged
from gatewright.model.endpoint import Place
from gatewright.model.json import Json
from gatewright.model.knowledge import OwnedObject, Reference
from gatewright.model.test import Attacker, Effect, Need, Phase, Probe, check
from gatewright.model.verdict import Verdict, conclude, strongest


@check(
    "object-access-change",
    threat="API1:2023",
    title="Another account's object can be changed",
    severity="high",
    cwe=(639, 862),
    attacker=Attacker.PEER,
    needs=(Need.CHANGES,),
    phase=Phase.CHANGES,
    effect=Effect.OWN,
    requests=60,
)
async def object_access_change(probe: Probe) -> Verdict:
    """Change an object of an equal account by putting its reference into one's own working request.

    ## What it does
    Takes the attacker's own accepted request, replaces the reference to the object (in path, query, header or body)
    by that of an object which belongs to another account, and writes a fresh marker into a free text property. Then
    the owner reads its object. The identity in the body of a profile update counts as a reference too, also where no
    specification names it. What is created is created in the other account's name as well, and a call without any text
    of its own (cancel, approve) is sent for the other's object.

    ## Why it matters
    Anyone with an account can overwrite what belongs to others: addresses, orders, profiles, and with a changed
    e-mail address whole accounts.

    ## How it is proved
    The owner reads the object twice before (it does not move by itself), the attacker's marker stands in the owner's
    object afterwards, the attacker's own object keeps its value, and the same holds with a second marker. The
    answer to the write itself proves nothing. A random reference must not have the effect. Only objects that this run
    made are changed, and they are restored. Where a password is set for an account that the path names, two accounts are
    signed up for it: the victim then logs in with the new password and no longer with its own, twice. What is made in
    another's name stands in that account's list, and what is made in one's own does not. An action moves the same state
    of two objects that stood still before; what only counts (a vote) is none.

    ## When it is wrong
    When objects are meant to be edited by all accounts, as in a wiki, and nothing in the API says so.

    ## Remedy
    Load the object together with its owner before writing (`WHERE id = :id AND owner_id = :caller`), and never take
    the identity of the caller from the request: take it from the session.

    ## References
    - https://owasp.org/API-Security/editions/2023/en/0xa1-broken-object-level-authorization/
    - https://cwe.mitre.org/data/definitions/639.html
    """
    changes = probe.endpoint.method in ("PUT", "PATCH") and call_of(probe, probe.account) is not None
    if not probe.knowledge.named_by(probe.endpoint.id) and not makes(probe) and not changes:
        return conclude("no_reference", "no value of it names an object of ours, and it makes none")
    if call_of(probe, probe.account) is None:
        for owned, reference in named_accounts(probe) if secret_places(probe) else []:
            return await take_over(probe, owned, reference)
        why = probe.knowledge.unreached.get(probe.endpoint.id, "exploration did not reach it")
        return conclude("baseline_broken", f"no accepted request is known: {why}")
    verdicts = []
    for owned, own, reference in [*changeable(probe), *_trusted_identity(probe)]:
        for aimed in aims(reference, own):
            verdict = await _one(probe, owned, own, aimed)
            if verdict.outcome == "vulnerable":
                return verdict
            verdicts.append(verdict)
    for found in (await _hidden_identity(probe), await bare_id(probe), await made_for_another(probe)):
        if found is not None and (found.outcome == "vulnerable" or not verdicts):
            verdicts.append(found)
    if not verdicts:
        return conclude("no_reference", "no place of it names an object of an equal account that this run made")
    return strongest(verdicts)


def changeable(probe: Probe) -> list[tuple[OwnedObject, OwnedObject | None, Reference]]:
    """The references of objects that this run made, with the attacker's own twin."""
    return [(owned, own, ref) for owned, own, ref in pairs(probe, slot="change") if owned.origin == "created"]


def _trusted_identity(probe: Probe) -> list[tuple[OwnedObject, OwnedObject | None, Reference]]:
    """Places of the body that hold the caller's own identity, with that of the throw-away victim to put there."""
    thrown = [n for n in peers(probe) if probe.accounts[n].origin == "throw-away"]
    victim = next((n for n in thrown if "victim" in n), thrown[0] if thrown else None)
    if victim is None:
        return []
    rows = []
    for owned in probe.knowledge.owned(victim, probe.endpoint.id):
        for reference in owned.references:
            if owned.origin == "identity" and reference.endpoint == probe.endpoint.id:
                mine = probe.knowledge.owned(probe.account, probe.endpoint.id)
                own = next(
                    (o for o in mine if o.origin == "identity" and o.reference(probe.endpoint.id, reference.place)),
                    None,
                )
                rows.append((owned, own, reference))
    return rows


async def _one(probe: Probe, owned: OwnedObject, own: OwnedObject | None, reference: Reference) -> Verdict:
    below = await put_below(probe, owned, own, reference)
    if below is not None:
        return below
    acting = call_of(probe, probe.account)
    acts = probe.endpoint.id not in probe.knowledge.resources.get(owned.resource, {}).values() and not makes(probe)
    wordless = acting is not None and not has_text(acting, but=reference.place)
    if acting is not None and wordless and (acts or reference.place.within == "path"):
        return await acted_on(probe, owned, own, reference, acting)
    ready = await prepare(probe, owned, own, reference)
    if isinstance(ready, Verdict):
        if acting is None or not acts or ready.reason != "not_visible":
            return ready
        acted = await acted_on(probe, owned, own, reference, acting)  # its text, a reason say, is shown nowhere
        return acted if acted.outcome == "vulnerable" else ready
    call, field, before = ready
    return await judge(
        probe,
        Write(
            owned=owned,
            own=own,
            reference=reference,
            call=call,
            field=field,
            before=before,
            forge=lambda target, marker: Forged(bind(call, target).with_value(field, marker)),
            told=f"by putting its reference into {reference.place}",
        ),
    )


async def _hidden_identity(probe: Probe) -> Verdict | None:
    """Where one changes oneself: the throw-away victim named in the body, under the names by which the API tells an owner.

    All names go in one request first; each alone once the victim sees an effect.
    """
    if probe.endpoint.method not in ("PUT", "PATCH") or "{" in probe.endpoint.path:
        return None
    thrown = sorted(n for n in peers(probe) if probe.accounts[n].origin == "throw-away")
    victim = next((n for n in thrown if "victim" in n), thrown[0] if thrown else "")
    call, known = call_of(probe, probe.account), probe.knowledge.objects
    owned = next((o for o in known if o.owner == victim and o.origin == "identity"), None)
    own = next((o for o in known if o.owner == probe.account and o.origin == "identity"), None)
    mine = await self_view(probe, probe.account) if owned and call and isinstance(call.body, dict) else None
    if owned is None or mine is None or not {leaf.value for leaf in mine.leaves} & probe.identity(probe.account):
        return None
    names = [name for name in owner_names(probe, mine)[:3] if call and call.get(Place("body", name)) is None]
    key = account_key(probe, victim)
    if not names or key is None:
        return None
    verdict = await _named(probe, owned, own, names, key)
    for name in names if verdict.outcome == "vulnerable" else ():
        alone = await _named(probe, owned, own, [name], key)
        if alone.outcome == "vulnerable":
            return alone
    return verdict


async def _named(probe: Probe, owned: OwnedObject, own: OwnedObject | None, names: list[str], key: Json) -> Verdict:
    """The attacker's change of itself, with another account's key under some names."""
    place = Place("body", names[0])
    reference = Reference(endpoint=probe.endpoint.id, place=place, values=((place, key),))
    ready = await prepare(probe, owned, own, reference)
    if isinstance(ready, Verdict):
        return ready
    call, field, before = ready

    def forge(target: Reference, marker: str) -> Forged:
        made = call.with_value(field, marker)
        for name in names:
            made = made.with_value(Place("body", name), dict(target.values)[place])
        return Forged(made)

    told = f"by naming it as {place.name} in the body, which nothing documents"
    return await judge(
        probe,
        Write(owned=owned, own=own, reference=reference, call=call, field=field, before=before, forge=forge, told=told),
    )

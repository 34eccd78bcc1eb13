"""Functions of a higher role where no account of one is known: two sign-ups are all there is (checks-1-5.md 6.1).

What a higher account would see or do cannot be compared then. Left are the signs that the function is not meant for
everybody, and what it reaches: data of several other accounts, or a change of another one that this run made.
"""

from __future__ import annotations

from gatewright.checks.account_functions import Aim, acts_on
from gatewright.checks.controls import call_of, peers, random_like
from gatewright.checks.effects import Effect, acts, creates, deletes, refused, strike, turned_away
from gatewright.checks.evidence import ordinary
from gatewright.checks.meant import EVIDENCE, stated
from gatewright.checks.ranks import enough, neighbours_forbid, shows_others
from gatewright.checks.values import sets
from gatewright.model.account import ANON
from gatewright.model.call import Call
from gatewright.model.knowledge import OwnedObject, Reference
from gatewright.model.test import Probe
from gatewright.model.verdict import Verdict, conclude, proved, strongest
from gatewright.proof.denied import DeniedFamily
from gatewright.proof.leaves import Answer, read


async def unranked(probe: Probe) -> Verdict:
    """The verdict of a cell whose attacker has nobody above."""
    codes = stated(probe)
    if not codes or not enough(probe, {*codes, "F2", "F5"}):
        return conclude("no_such_function", "nothing says that it is meant for a higher role")
    call = call_of(probe, probe.account)
    tried = probe.knowledge.sample(probe.endpoint.id, probe.account) is not None
    if probe.endpoint.method == "DELETE":  # trying it out would use the object up: a reference is enough to ask with
        call, tried = call or Call(endpoint=probe.endpoint.id), True
    if call is None or not tried:
        return conclude("needs_configuration", "needs an account of a higher role: --account NAME/ROLE=USER:PASSWORD")
    if probe.endpoint.method in ("GET", "HEAD"):
        return await _reads(probe, call, codes)
    return await _writes(probe, call, codes)


async def _reads(probe: Probe, call: Call, codes: set[str]) -> Verdict:
    attack = await strike(probe, call, as_=probe.account, purpose="attack")
    if turned_away(attack):
        return refused(attack, probe.account, "what it reads")
    may = await ordinary(probe, OwnedObject(key="", resource="", owner=probe.account, origin="learned"))
    if not _others(probe, read(attack.response), may):
        return conclude("no_effect", f"it shows {probe.account} nothing of two other accounts")
    if not enough(probe, {*codes, "F5"}):
        return conclude("no_such_function", "too little says that it is meant for a higher role")
    for name, wrong, as_ in _controls(probe, call):
        answer = read((await strike(probe, wrong, as_=as_, purpose=f"control: {name}")).response)
        clean = not _others(probe, answer, may)
        if not probe.control(
            "C5" if as_ == ANON else "C4",
            name,
            expected="shows nothing of them",
            observed="nothing" if clean else "the same",
            holds=clean,
        ):
            return conclude("public" if as_ == ANON else "parameter_ignored", f"with {name} it shows the same")
    again = await strike(probe, call, as_=probe.account, purpose="attack: again")
    if not _others(probe, read(again.response), may):
        return conclude("unstable", "it was shown once, and not again")
    facts = (
        f"{probe.account} sent it with its own credential and got data of at least two other accounts",
        "a second time it got them again",
        "its own lists do not show them, nor does the same request without a credential",
    )
    return _proved(probe, {*codes, "F5"}, "read", facts, (again.number, attack.number))


def _others(probe: Probe, answer: Answer, may: list[Answer]) -> bool:
    return 200 <= answer.status < 300 and not DeniedFamily().denied(answer) and shows_others(probe, answer, may)


def _controls(probe: Probe, call: Call) -> list[tuple[str, Call, str]]:
    wrong = [call.with_value(p, random_like(probe, call.get(p))) for p in call.places() if p.within == "path"]
    return [("no credential", call, ANON), *(("a random id", one, probe.account) for one in wrong)]


async def _writes(probe: Probe, call: Call, codes: set[str]) -> Verdict:
    rows = [
        (owned, reference)
        for owned in probe.knowledge.objects
        for reference in owned.references
        if owned.origin == "identity"
        and owned.owner != probe.account
        and owned.owner in probe.accounts
        and probe.accounts[owned.owner].origin == "throw-away"
        and reference.endpoint == probe.endpoint.id
    ]
    if not enough(probe, codes):
        neighbour = await neighbours_forbid(probe)
        codes = codes | ({"F2"} if neighbour else set())
    if not enough(probe, codes):
        return conclude("no_such_function", "too little says that it is meant for a higher role")
    verdicts: list[Verdict] = []
    done = "delete" if probe.endpoint.method == "DELETE" else "change"
    for owned, reference in rows[:2]:
        effect = await acts_on(probe, Aim(like=owned, reference=reference, call=call))
        if isinstance(effect, Effect):
            return _proved(
                probe, codes, done, effect.facts, effect.attacks, victim=owned.owner, by=effect.by or probe.account
            )
        verdicts.append(effect)
    for owned, reference in _objects(probe):
        effect = await _on_object(probe, owned, reference, call)
        if isinstance(effect, Effect):
            victim = owned.owner if owned.owner != probe.account else ""
            return _proved(probe, codes, done, effect.facts, effect.attacks, victim=victim)
        verdicts.append(effect)
    beside = next((n for n in peers(probe) if probe.accounts[n].origin != "throw-away"), "")
    if not verdicts and probe.endpoint.method == "POST" and beside:
        effect = await creates(probe, call, able=beside, attacker=probe.account)
        if isinstance(effect, Effect):
            return _proved(probe, codes, "create", effect.facts, effect.attacks)
        verdicts.append(effect)
    return strongest(
        verdicts or [conclude("no_reference", "no value of it names a user or an object that this run made")]
    )


def _objects(probe: Probe) -> list[tuple[OwnedObject, Reference]]:
    """An object of this run of somebody else, and one of the attacker's own, as the end of the path names them."""
    rows: dict[bool, tuple[OwnedObject, Reference]] = {}
    for owned in sorted(probe.knowledge.named_by(probe.endpoint.id), key=lambda o: (o.slot == "delete", o.key)):
        reference = owned.reference(probe.endpoint.id)
        if owned.origin == "created" and reference is not None and reference.place.within == "path":
            rows.setdefault(owned.owner == probe.account, (owned, reference))
    return [rows[own] for own in sorted(rows)]


async def _on_object(probe: Probe, owned: OwnedObject, reference: Reference, call: Call) -> Effect | Verdict:
    """Deleted, set or acted upon, as its owner sees it."""
    if probe.endpoint.method == "DELETE":
        return await deletes(probe, owned, reference, call, attacker=probe.account)
    effect = await sets(probe, owned, reference, call, able="", attacker=probe.account)
    if isinstance(effect, Effect) or effect.reason == "denied":
        return effect
    return await acts(probe, owned, reference, call, attacker=probe.account)


def _proved(
    probe: Probe,
    codes: set[str],
    done: str,
    facts: tuple[str, ...],
    attacks: tuple[int, ...],
    *,
    victim: str = "",
    by: str = "",
) -> Verdict:
    told = "; ".join(EVIDENCE[code] for code in sorted(codes))
    impact = "VC:H/VI:N" if done == "read" else "VC:N/VI:H"
    return proved(
        title=f"Any account can {done} what is meant for a higher role",
        summary=f"{by or probe.account} could {done} at {probe.endpoint.name}, which is meant for a higher role, with its own credential.",
        proof=(*facts, f"meant for a higher role: {told}"),
        attacks=attacks,
        severity="high",
        cvss=f"CVSS:4.0/AV:N/AC:L/AT:N/PR:L/UI:N/{impact}/VA:N/SC:N/SI:N/SA:N",
        victim=victim,
    )

"""`object-access-read`: another account's object, read by naming it."""

from __future__ import annotations

from gatewright.checks.controls import (
    Baseline,
    aims,
    anonymous,
    baseline,
    bind,
    call_of,
    documented_values,
    family,
    own_parents,
    peers,
    random_like,
    texts,
)
from gatewright.checks.evidence import judge_privacy, ordinary
from gatewright.model.call import Call, render
from gatewright.model.endpoint import Place
from gatewright.model.http import Exchange
from gatewright.model.knowledge import OwnedObject, Reference
from gatewright.model.test import Attacker, Need, Phase, Probe, check
from gatewright.model.verdict import Severity, Verdict, conclude, proved, strongest
from gatewright.proof.compare import same
from gatewright.proof.leaves import Answer, as_text, read
from gatewright.proof.witness import Witness, longest, looks_random, sent_text, shown, unechoed, witnesses


@check(
    "object-access-read",
    threat="API1:2023",
    title="Another account's object can be read",
    severity="high",
    cwe=(639, 862),
    attacker=Attacker.PEER,
    needs=(Need.READS, Need.REFERENCE, Need.SAMPLE),
    phase=Phase.READS,
    requests=18,
)
async def object_access_read(probe: Probe) -> Verdict:
    """Read an object of an equal account by putting its reference into one's own working request.

    ## What it does
    Takes the attacker's own accepted request and replaces nothing but the reference to an object (in path, query,
    header or body) by that of an object which belongs to another account of the same role. Then it looks for values
    that only the other object holds.

    ## Why it matters
    Anyone with an account can read what belongs to others by changing an id. It is the most common and most costly
    flaw of APIs, and no firewall sees it: each request is well-formed and authenticated.

    ## How it is proved
    The owner's answer, asked for three times, gives the values that identify the object (witnesses); what varies by
    itself, what the request carries, and what stands in the attacker's own object are left out. The attacker's answer
    must show one strong witness or two weak ones, twice, the second time on a fresh object that the owner has not
    read yet. A random reference, no credential and a corrupted credential must not show them. There must be evidence
    that the object is private: lists scoped by owner, another way that is refused, planted personal values.

    ## When it is wrong
    When objects are meant to be seen by all accounts and nothing in the API says so. Say it in `policy`.

    ## Remedy
    Decide by the owner, on the server, at every access: load the object together with the caller
    (`WHERE id = :id AND owner_id = :caller`), and answer 404 when that finds nothing. Unguessable ids are no
    substitute. Test it with two accounts.

    ## References
    - https://owasp.org/API-Security/editions/2023/en/0xa1-broken-object-level-authorization/
    - https://cwe.mitre.org/data/definitions/639.html
    """
    verdicts = []
    for owned, own, reference in pairs(probe, slot="read"):
        for aimed in aims(reference, own):
            verdict = await _one(probe, owned, own, reference, aimed)
            if verdict.outcome == "vulnerable":
                return verdict
            verdicts.append(verdict)
    if not verdicts:
        return conclude("no_reference", "no place of it names an object of an equal account")
    return strongest(verdicts)


def pairs(probe: Probe, *, slot: str) -> list[tuple[OwnedObject, OwnedObject | None, Reference]]:
    """For each place that names objects: one of a peer, one of the attacker's own of that kind, and the peer's reference.

    Objects kept for the slot come first, those that this run made before learnt ones.
    """
    endpoint = probe.endpoint.id
    rows: dict[Place, tuple[OwnedObject, OwnedObject | None, Reference]] = {}
    for victim in peers(probe):
        for owned in _by_slot(probe.knowledge.owned(victim, endpoint), slot):
            for reference in owned.references:
                if reference.endpoint == endpoint and reference.place not in rows:
                    mine = _by_slot(probe.knowledge.owned(probe.account, endpoint), slot)
                    own = next(
                        (o for o in mine if o.resource == owned.resource and o.reference(endpoint, reference.place)),
                        None,
                    )
                    rows[reference.place] = (owned, own, reference)
    return list(rows.values())


def _by_slot(objects: list[OwnedObject], slot: str) -> list[OwnedObject]:
    usable = [o for o in objects if o.slot != "delete" or slot == "delete"]
    return sorted(usable, key=lambda o: (o.slot != slot, o.origin != "created"))


async def _one(
    probe: Probe, owned: OwnedObject, own: OwnedObject | None, reference: Reference, aimed: Reference
) -> Verdict:
    place = reference.place
    owner_call = call_of(probe, owned.owner)
    attacker_call = call_of(probe, probe.account) or owner_call
    if owner_call is None or attacker_call is None:
        return conclude("baseline_broken", "no accepted request is known", place=place)
    key = f"{owned.key} {place}"
    first = await baseline(probe, bind(owner_call, reference), owned.owner, key=key)
    if not (first.answers and 200 <= first.answers[0].status < 300):
        return conclude(
            "baseline_broken",
            f"{owned.owner} cannot read its own object: status {first.answers[0].status}",
            place=place,
        )
    if not first.holds:
        return conclude("unstable", "the owner's own answers differ in status or kind", place=place)
    mine, able = await _own(probe, attacker_call, own, place)
    if mine is not None and not able:
        return conclude(
            "control_failed", f"{probe.account} cannot read its own object either: status {mine.status}", place=place
        )
    attempt = bind(attacker_call, aimed)
    exchange = await probe.send(attempt, purpose="attack")
    found = witnesses(
        first.answers, [mine] if mine else [], references=texts(reference), known=documented_values(probe)
    )
    if not found:
        return conclude(
            "no_witness", f"the owner's answer holds no value that only {owned.owner}'s object has", place=place
        )
    leak = _leak(probe, found, exchange, attempt)
    if not leak:
        return await _quiet(probe, owned, own, aimed, found, exchange, mine)
    return await _controls(probe, owned, own, aimed, first=first, mine=mine, found=found, exchange=exchange)


async def _own(probe: Probe, call: Call, own: OwnedObject | None, place: Place) -> tuple[Answer | None, bool]:
    """C3: the attacker reads its own object of this kind, and whether it could; None when it has none.

    What its own object shows as well is no sign of the victim's: without it every common value would be one.
    """
    reference = own.reference(probe.endpoint.id, place) if own else None
    if own is None or reference is None:
        return None, True
    found = await baseline(probe, bind(call, reference), probe.account, key=f"{own.key} {place}")
    answer = found.answers[0]
    able = probe.control(
        "C3",
        f"{probe.account} reads its own object",
        expected="accepted",
        observed=f"status {answer.status}",
        holds=200 <= answer.status < 300,
    )
    return answer, able


def _leak(probe: Probe, found: tuple[Witness, ...], exchange: Exchange, call: Call) -> tuple[Witness, ...]:
    guard = "" if "echo" in probe.settings.disabled_controls else sent_text(render(probe.endpoint, call))
    return shown(found, read(exchange.response), sent=guard)


async def _quiet(
    probe: Probe,
    owned: OwnedObject,
    own: OwnedObject | None,
    reference: Reference,
    found: tuple[Witness, ...],
    exchange: Exchange,
    mine: Answer | None,
) -> Verdict:
    """No leak: why not."""
    place, answer = reference.place, read(exchange.response)
    if exchange.response is None:
        return conclude("control_failed", f"no answer to the attempt: {exchange.error}", place=place)
    if shown(found, answer):
        return conclude("echo", "the answer only repeats what the request carried", place=place)
    if mine is not None and mine.leaves and same(mine, answer):  # before `denied`: a random id gives it just so
        return conclude("own_object", f"the reference is ignored: {probe.account} got its own object", place=place)
    call = call_of(probe, probe.account) or Call(endpoint=probe.endpoint.id)
    refused = await family(probe, call, reference, account=probe.account)
    if refused.denied(answer, texts(reference)):
        return conclude(
            "denied", f"{probe.account} was refused {owned.owner}'s object: status {answer.status}", place=place
        )
    return conclude(
        "no_effect", f"the answer (status {answer.status}) shows nothing of {owned.owner}'s object", place=place
    )


async def _controls(
    probe: Probe,
    owned: OwnedObject,
    own: OwnedObject | None,
    reference: Reference,
    *,
    first: Baseline,
    mine: Answer | None,
    found: tuple[Witness, ...],
    exchange: Exchange,
) -> Verdict:
    """A leak was seen: the controls that must hold before it counts."""
    place = reference.place
    call = call_of(probe, probe.account) or first.call
    wrong = bind(call, reference).with_value(place, random_like(probe, dict(reference.values)[place]))
    nothing = await probe.send(wrong, purpose="control: random id")
    clean = not _leak(probe, found, nothing, wrong)
    wrong_values = [as_text(wrong.get(at)) for at, _ in reference.values]
    if "C4" not in probe.settings.disabled_controls:
        found = unechoed(found, texts(reference), read(nothing.response), wrong_values)
    if not probe.control(
        "C4",
        "a random reference",
        expected="shows nothing of the object",
        observed="nothing" if clean else "the same",
        holds=clean,
    ):
        return conclude(
            "parameter_ignored", "a random reference shows the same: the place does not name the object", place=place
        )
    anon, public = await _open(probe, first, found, key=f"{owned.key} {place}")
    if public:
        why = "it is shown without a credential that is anybody's as well; the tests of authentication judge that"
        return conclude("public", why, place=place)
    if not _leak(probe, found, exchange, bind(call, reference)):
        return conclude("echo", "the answer only words the reference: a random one is worded alike", place=place)
    hidden = found if "X2" in probe.settings.disabled_controls else await _elsewhere(probe, owned, found)
    leak = _leak(probe, hidden, exchange, bind(call, reference))
    if not leak:
        return conclude("shared", f"{probe.account} sees the same values in its ordinary lists", place=place)
    private, evidence, why = await judge_privacy(
        probe,
        owned,
        action="read",
        owner_sees=first.answers[0],
        attacker_sees=mine,
        found=hidden,
        anon=None if "C5" in probe.settings.disabled_controls else anon,
    )
    if not private and "privacy" not in probe.settings.disabled_controls:
        return _ask(probe, owned, reference, evidence.codes, why)
    return await _confirm(probe, owned, own, reference, call=call, leak=leak, mine=mine, why=why)


async def _open(probe: Probe, first: Baseline, found: tuple[Witness, ...], *, key: str) -> tuple[Answer, bool]:
    """C5 and C6: the answer to nobody, and whether it is shown without a credential that somebody was given."""
    anon, bad = await anonymous(probe, first.call, key=key)
    public, unasked = bool(shown(found, anon)), bool(shown(found, bad))
    held = probe.control(
        "C5",
        "without a credential",
        expected="refused",
        observed="shown" if public else f"status {anon.status}",
        holds=not public,
    )
    held &= probe.control(
        "C6",
        "with a credential that nobody was given",
        expected="refused",
        observed="shown" if unasked else f"status {bad.status}",
        holds=not unasked,
    )
    return anon, not held


async def _elsewhere(probe: Probe, owned: OwnedObject, found: tuple[Witness, ...]) -> tuple[Witness, ...]:
    """X2: the witnesses that the attacker's ordinary lists do not show. None when each is shown somewhere.

    One weak value alone, such as the number of the owner, names no object: a list shows the object when one item has a
    strong witness or two weak ones.
    """
    shared: set[str] = set()
    seen: set[str] = set()
    for answer in await ordinary(probe, owned):
        items: dict[str, set[str]] = {}
        for leaf in answer.leaves:
            items.setdefault(leaf.item, set()).add(leaf.value)
        for values in items.values():
            hits = [witness for witness in found if witness.value in values]
            seen |= {witness.value for witness in hits}
            if any(witness.strong for witness in hits) or len(hits) >= 2:
                shared |= {witness.value for witness in hits}
    kept = tuple(witness for witness in found if witness.value not in shared)
    return kept if any(witness.value not in seen for witness in kept) else ()


def _ask(probe: Probe, owned: OwnedObject, reference: Reference, codes: frozenset[str], why: str) -> Verdict:
    contrary = {"X1": "public", "X2": "shared", "X3": "public", "X4": "shared", "X5": "shared"}
    reason = next((contrary[code] for code in sorted(codes) if code in contrary), "")
    if reason:
        return conclude(reason, why, place=reference.place)
    value = as_text(dict(reference.values)[reference.place])
    return conclude(
        "no_privacy_evidence",
        why,
        place=reference.place,
        question=f"{probe.account} read {owned.owner}'s {owned.noun} {value} at {probe.endpoint.name}: private?",
        answer_with=f'policy: {{"{probe.endpoint.shown_path}": private}}',
    )


async def _confirm(
    probe: Probe,
    owned: OwnedObject,
    own: OwnedObject | None,
    reference: Reference,
    *,
    call: Call,
    leak: tuple[Witness, ...],
    mine: Answer | None,
    why: str,
) -> Verdict:
    """C8: the same on a fresh object, the attacker first, so that no cache of the owner's can answer."""
    place = reference.place
    fresh = await probe.fresh(owned) if owned.origin == "created" else None
    target = (fresh or owned).reference(probe.endpoint.id, place) or reference
    aimed = target if reference == owned.reference(probe.endpoint.id, place) else own_parents(target, own) or reference
    attempt = bind(call, aimed)
    again = await probe.send(attempt, purpose="attack: confirmed")
    owner_call = bind(call_of(probe, owned.owner) or call, target)
    owner = await probe.send(owner_call, as_=owned.owner, purpose="control: owner afterwards")
    second = witnesses(
        [read(owner.response)], [mine] if mine else [], references=texts(target), known=documented_values(probe)
    )
    confirmed = _leak(probe, second, again, attempt)
    what = f"{probe.account} reads a fresh object before its owner does" if fresh else f"{probe.account} reads it again"
    if not probe.control(
        "C8", what, expected="shown again", observed="shown" if confirmed else "not shown", holds=bool(confirmed)
    ):
        return conclude(
            "cache", "only an object that its owner had read before was shown: a shared cache answers", place=place
        )
    value = as_text(dict(reference.values)[place])
    return proved(
        title=f"Any {probe.accounts[probe.account].role or 'account'} can read another's {owned.noun} by its {place.name}",
        summary=f"{probe.account} read {owned.owner}'s {owned.noun} at {probe.endpoint.name} by putting its reference into {place}.",
        proof=(
            f"{owned.owner} owns {owned.noun} {value}; three reads by {owned.owner} agree",
            f"{probe.account} sent its own request with {place} = {value} and got {longest(leak)}",
            f"{'a fresh object, read by ' + probe.account + ' first' if fresh else 'a second request'}, showed {longest(confirmed)}",
            f"private: {why}",
        ),
        attacks=(again.number,),
        place=place,
        severity=_severity(probe, owned, value),
        cvss=_cvss(value),
        victim=owned.owner,
    )


def _severity(probe: Probe, owned: OwnedObject, value: str) -> Severity:
    """One band down for an id that cannot be guessed and was shown nowhere to others."""
    return "medium" if looks_random(value) and not owned.leaked_in else "high"


def _cvss(value: str) -> str:
    requirement = "P" if looks_random(value) else "N"
    return f"CVSS:4.0/AV:N/AC:L/AT:{requirement}/PR:L/UI:N/VC:H/VI:N/VA:N/SC:N/SI:N/SA:N"

"""`object-access-change`: another account's object, changed by naming it."""

from __future__ import annotations

from gatewright.checks.controls import aims, bind, call_of, free_text, holds_value, look, peers, random_like, texts
from gatewright.checks.evidence import judge_privacy
from gatewright.checks.newcomers import named_accounts, secret_places, take_over
from gatewright.checks.object_access_read import pairs
from gatewright.model.account import ANON
from gatewright.model.call import Call, leaves
from gatewright.model.endpoint import Place
from gatewright.model.http import Exchange
from gatewright.model.knowledge import OwnedObject, Reference
from gatewright.model.test import Attacker, Effect, Need, Phase, Probe, check
from gatewright.model.verdict import Verdict, conclude, proved, strongest
from gatewright.proof.compare import stable
from gatewright.proof.denied import DeniedFamily
from gatewright.proof.leaves import Answer, as_text, read
from gatewright.proof.witness import looks_random

_POLLS = (0.0, 0.5, 2.0)
"""Seconds before each look for an effect (checks-1-5.md 1.10); the first that shows it ends the wait."""


@check(
    "object-access-change",
    threat="API1:2023",
    title="Another account's object can be changed",
    severity="high",
    cwe=(639, 862),
    attacker=Attacker.PEER,
    needs=(Need.CHANGES, Need.REFERENCE),
    phase=Phase.CHANGES,
    effect=Effect.OWN,
    requests=26,
)
async def object_access_change(probe: Probe) -> Verdict:
    """Change an object of an equal account by putting its reference into one's own working request.

    ## What it does
    Takes the attacker's own accepted request, replaces the reference to the object (in path, query, header or body)
    by that of an object which belongs to another account, and writes a fresh marker into a free text property. Then
    the owner reads its object. The identity in the body of a profile update counts as a reference too.

    ## Why it matters
    Anyone with an account can overwrite what belongs to others: addresses, orders, profiles, and with a changed
    e-mail address whole accounts.

    ## How it is proved
    The owner reads the object twice before (it does not move by itself), the attacker's marker stands in the owner's
    object afterwards, the attacker's own object keeps its value, and the same holds with a second marker. The
    answer to the write itself proves nothing. A random reference must not have the effect. Only objects that this run
    made are changed, and they are restored. Where a password is set for an account that the path names, two accounts are
    signed up for it: the victim then logs in with the new password and no longer with its own, twice.

    ## When it is wrong
    When objects are meant to be edited by all accounts, as in a wiki, and nothing in the API says so.

    ## Remedy
    Load the object together with its owner before writing (`WHERE id = :id AND owner_id = :caller`), and never take
    the identity of the caller from the request: take it from the session.

    ## References
    - https://owasp.org/API-Security/editions/2023/en/0xa1-broken-object-level-authorization/
    - https://cwe.mitre.org/data/definitions/639.html
    """
    if call_of(probe, probe.account) is None:
        for owned, reference in named_accounts(probe) if secret_places(probe) else []:
            return await take_over(probe, owned, reference)
        why = probe.knowledge.unreached.get(probe.endpoint.id, "exploration did not reach it")
        return conclude("baseline_broken", f"no accepted request is known: {why}")
    verdicts = []
    for owned, own, reference in [*_changeable(probe), *_trusted_identity(probe)]:
        for aimed in aims(reference, own):
            verdict = await _one(probe, owned, own, aimed)
            if verdict.outcome == "vulnerable":
                return verdict
            verdicts.append(verdict)
    if not verdicts:
        return conclude("no_reference", "no place of it names an object of an equal account that this run made")
    return strongest(verdicts)


def _changeable(probe: Probe) -> list[tuple[OwnedObject, OwnedObject | None, Reference]]:
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
    place = reference.place
    call = call_of(probe, probe.account)
    if call is None:
        return conclude("baseline_broken", "no accepted request is known", place=place)
    before = await _twice(probe, owned)
    if before is None:
        return conclude("not_visible", f"nowhere does {owned.owner} see its {owned.noun}", place=place)
    if not before:
        return conclude("unstable", f"{owned.owner}'s {owned.noun} moves by itself between two reads", place=place)
    if own is not None and (mine := own.reference(probe.endpoint.id, place)):
        call = bind(call, mine)
    field, held = await _writable(probe, call, own, place)
    if field is None:
        return conclude("not_visible", f"no property that {probe.account} writes is seen again: {held}", place=place)
    marker = probe.marker()
    exchange = await probe.send(bind(call, reference).with_value(field, marker))
    after = await _seen(probe, owned, marker, exchange)
    if after is None:
        return await _quiet(probe, own, reference, marker, exchange)
    restore = _restore(owned.reference(probe.endpoint.id, place) or reference, call, field, before)
    probe.undo(f"{owned.owner}'s {owned.noun} as it was", restore, as_=owned.owner, endpoint=probe.endpoint)
    return await _controls(probe, owned, own, reference, call=call, field=field, before=before[0], after=after)


async def _twice(probe: Probe, owned: OwnedObject) -> tuple[Answer, Answer] | tuple[()] | None:
    """C9: the owner reads twice; None when it sees the object nowhere, empty when it moves."""
    first = await _owner_view(probe, owned, purpose="control: owner before")
    second = await _owner_view(probe, owned, purpose="control: owner before")
    if first is None or second is None or not 200 <= first.status < 300:
        return None
    unmoved = first.status == second.status and len(stable([first, second])) > 0
    return (first, second) if unmoved else ()


async def _writable(probe: Probe, call: Call, own: OwnedObject | None, aimed: Place) -> tuple[Place | None, str]:
    """C3: a text property that the attacker changes in its own object and sees again; the sentence when there is none."""
    found = [p for p in _candidates(probe, call, own, await _mine(probe, own)) if p != aimed]
    for field in found[:3]:
        marker = probe.marker()
        exchange = await probe.send(call.with_value(field, marker), purpose="control: own object")
        if exchange.response is None or not exchange.response.ok:
            continue
        if holds_value(await _mine(probe, own), marker):
            seen = probe.control(
                "C3",
                f"{probe.account} changes its own in the same way",
                expected="seen again",
                observed="seen again",
                holds=True,
            )
            _undo_own(probe, call)
            return (field, "") if seen else (None, "switched off")
    return None, "its own change was refused or not shown"


def _undo_own(probe: Probe, call: Call) -> None:
    probe.undo(f"{probe.account}'s own object as it was", call, as_=probe.account, endpoint=probe.endpoint)


async def _mine(probe: Probe, own: OwnedObject | None) -> Answer | None:
    """The attacker's own object, or for an identity the answer that names the caller."""
    if own is not None and own.origin != "identity":
        return await look(probe, own)
    return await _self(probe, probe.account)


async def _self(probe: Probe, account: str, *, purpose: str = "read-back") -> Answer | None:
    """What an account sees of itself: at a GET of the same path, else at its own probe."""
    for endpoint in probe.knowledge.endpoints.values():
        if endpoint.method == "GET" and endpoint.path == probe.endpoint.path and "{" not in endpoint.path:
            call = call_of(probe, account, endpoint=endpoint)
            if call is not None:
                return read((await probe.send(call, as_=account, purpose=purpose, endpoint=endpoint)).response)
    call = probe.whoami(account)
    if call is None or call.endpoint not in probe.knowledge.endpoints:
        return None
    endpoint = probe.knowledge.endpoints[call.endpoint]
    return read((await probe.send(call, as_=account, purpose=purpose, endpoint=endpoint)).response)


def _candidates(probe: Probe, call: Call, own: OwnedObject | None, answer: Answer | None) -> list[Place]:
    """Free text places: those whose value is seen in the object come first; never identity, secrets, or the reference.

    A text that is empty now is one as well: accounts are born with an empty biography.
    """
    identity = probe.identity(probe.account)
    references = {r.place for r in own.references if r.endpoint == probe.endpoint.id} if own else set()
    if own is not None and own.origin == "identity":  # what one is called names nobody for certain
        references -= {place for place in references if _plain_name(probe, place, call)}
    seen = free_text(call, answer) if answer else []
    rest = [
        Place("body", name)
        for name, value in leaves(call.body)
        if name and isinstance(value, str) and (len(value) >= 3 or not value)
    ]
    ordered = [*seen, *[place for place in rest if place not in seen]]
    return [
        place
        for place in ordered
        if place not in references
        and (as_text(call.get(place)) not in identity or _plain_name(probe, place, call))
        and "@" not in as_text(call.get(place))
        and not any(word in place.name.lower() for word in ("pass", "pwd", "secret", "token", "email", "user"))
    ]


def _plain_name(probe: Probe, place: Place, call: Call) -> bool:
    """Whether a place holds what a person is called, and not what it logs in with."""
    account = probe.accounts.get(probe.account)
    return place.name.lower().endswith("name") and account is not None and as_text(call.get(place)) != account.username


async def _seen(probe: Probe, owned: OwnedObject, marker: str, write: Exchange) -> Answer | None:
    """The owner's view once it holds the marker; None when it never does. A refused write is looked for once only."""
    refused = write.response is not None and write.response.status >= 400
    for pause in _POLLS:
        if pause:
            await probe.wait(pause)
        answer = await _owner_view(probe, owned)
        if holds_value(answer, marker):
            return answer
        if answer is None or refused:
            return None
    return None


async def _owner_view(probe: Probe, owned: OwnedObject, *, purpose: str = "read-back") -> Answer | None:
    if owned.origin == "identity":  # what names a user in some path may be another role's view of it
        return await _self(probe, owned.owner, purpose=purpose)
    return await look(probe, owned, purpose=purpose)


async def _quiet(
    probe: Probe, own: OwnedObject | None, reference: Reference, marker: str, exchange: Exchange
) -> Verdict:
    place, answer = reference.place, read(exchange.response)
    if exchange.response is None:
        return conclude("control_failed", f"no answer to the attempt: {exchange.error}", place=place)
    if holds_value(await _mine(probe, own), marker):
        return conclude("own_object", f"the reference is ignored: {probe.account} changed its own object", place=place)
    if DeniedFamily().denied(answer, texts(reference)):
        return conclude(
            "denied", f"{probe.account} was refused: status {answer.status}, and the object kept its value", place=place
        )
    return conclude(
        "no_effect", f"accepted (status {answer.status}), but the owner's object kept its value", place=place
    )


def _restore(reference: Reference, call: Call, field: Place, before: tuple[Answer, ...]) -> Call:
    """The owner's own request that writes the former value back."""
    name = field.name.rpartition(".")[2]
    former = next(
        (leaf.value for leaf in before[0].leaves if leaf.path.rpartition(".")[2] == name), as_text(call.get(field))
    )
    return bind(call, reference).with_value(field, former)


async def _controls(
    probe: Probe,
    owned: OwnedObject,
    own: OwnedObject | None,
    reference: Reference,
    *,
    call: Call,
    field: Place,
    before: Answer,
    after: Answer,
) -> Verdict:
    """The marker stands in the victim's object: what must hold before that counts."""
    place = reference.place
    stray = probe.marker()
    wrong = bind(call, reference).with_value(place, random_like(probe, dict(reference.values)[place]))
    await probe.send(wrong.with_value(field, stray), purpose="control: random id")
    ignored = holds_value(await _owner_view(probe, owned), stray)
    seen = "the same effect" if ignored else "no effect"
    if not probe.control("C4", "a random reference", expected="no effect", observed=seen, holds=not ignored):
        why = "a random reference has the same effect: the place does not name the object"
        return conclude("parameter_ignored", why, place=place)
    if await _anybody(probe, owned, reference, call, field):
        return conclude("public", "anybody changes it without a credential; auth-missing judges that", place=place)
    mine = await _mine(probe, own)
    private, evidence, why = await judge_privacy(
        probe,
        owned,
        action="change",
        owner_sees=before,
        attacker_sees=mine if own and own.origin != "identity" else None,
    )
    if owned.origin == "identity":  # another account is nobody's shared object
        why = why if private else f"{owned.owner} is another account, and the caller is named by its session"
    elif not private and "privacy" not in probe.settings.disabled_controls:
        if evidence.codes & {"X4", "X5"}:
            return conclude("shared", why, place=place)
        value = as_text(dict(reference.values)[place])
        return conclude(
            "no_privacy_evidence",
            why,
            place=place,
            question=f"{probe.account} changed {owned.owner}'s {owned.noun} {value} at {probe.endpoint.name}: private?",
            answer_with=f'policy: {{"{probe.endpoint.shown_path}": private}}',
        )
    return await _confirm(probe, owned, own, reference, call=call, field=field, why=why)


async def _confirm(
    probe: Probe,
    owned: OwnedObject,
    own: OwnedObject | None,
    reference: Reference,
    *,
    call: Call,
    field: Place,
    why: str,
) -> Verdict:
    """C8: the same with a second marker."""
    place = reference.place
    value = as_text(dict(reference.values)[place])
    marker = probe.marker()
    again = await probe.send(bind(call, reference).with_value(field, marker), purpose="attack: confirmed")
    confirmed = await _seen(probe, owned, marker, again)
    moved = holds_value(await _mine(probe, own), marker)
    if not probe.control(
        "C8",
        "again with a second marker",
        expected="seen by the owner, not in the attacker's own",
        observed=_told(confirmed, moved),
        holds=confirmed is not None and not moved,
    ):
        return conclude("control_failed", f"the second marker was {_told(confirmed, moved)}", place=place)
    return proved(
        title=f"Any {probe.accounts[probe.account].role or 'account'} can change another's {owned.noun} by its {place.name}",
        summary=f"{probe.account} changed {owned.owner}'s {owned.noun} at {probe.endpoint.name} by putting its reference into {place}.",
        proof=(
            f"{owned.owner} owns {owned.noun} {value}; it did not move between two reads",
            f"{probe.account} sent its own request with {place} = {value} and {field.name} = a new marker",
            f"{owned.owner} then read the marker in its {owned.noun}; {probe.account}'s own did not change",
            "the same with a second marker",
            f"private: {why}",
        ),
        attacks=(again.number,),
        place=place,
        severity="medium" if looks_random(value) and not owned.leaked_in else "high",
        cvss=f"CVSS:4.0/AV:N/AC:L/AT:{'P' if looks_random(value) else 'N'}/PR:L/UI:N/VC:N/VI:H/VA:N/SC:N/SI:N/SA:N",
        victim=owned.owner,
    )


async def _anybody(probe: Probe, owned: OwnedObject, reference: Reference, call: Call, field: Place) -> bool:
    """C5: the same change without any credential."""
    marker = probe.marker()
    changed = bind(call, reference).with_value(field, marker)
    await probe.send(changed, as_=ANON, purpose="control: no credential", credentials=())
    effect = holds_value(await _owner_view(probe, owned), marker)
    observed = "the same effect" if effect else "no effect"
    return not probe.control("C5", "without a credential", expected="no effect", observed=observed, holds=not effect)


def _told(confirmed: Answer | None, moved: bool) -> str:
    seen = "seen by the owner" if confirmed is not None else "not seen by the owner"
    return f"{seen}, {'also' if moved else 'not'} in the attacker's own"

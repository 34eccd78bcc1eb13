"""`object-access-delete`: another account's object, deleted by naming it."""

from __future__ import annotations

from gatewright.checks.controls import aims, bind, call_of, in_list, look, random_like, texts
from gatewright.checks.evidence import judge_privacy
from gatewright.checks.newcomers import delete_account, named_accounts
from gatewright.checks.object_access_read import pairs
from gatewright.explore.policy import removes_several
from gatewright.model.account import ANON
from gatewright.model.call import Call
from gatewright.model.endpoint import Place
from gatewright.model.http import Exchange
from gatewright.model.knowledge import OwnedObject, Reference
from gatewright.model.test import Attacker, Effect, Need, Phase, Probe, check
from gatewright.model.verdict import Verdict, conclude, proved, strongest
from gatewright.proof.denied import DeniedFamily
from gatewright.proof.leaves import Answer, as_text, read
from gatewright.proof.witness import looks_random

_DELETED = {"deleted", "is_deleted", "deleted_at", "archived", "cancelled", "removed"}


@check(
    "object-access-delete",
    threat="API1:2023",
    title="Another account's object can be deleted",
    severity="high",
    cwe=(639, 862),
    attacker=Attacker.PEER,
    needs=(Need.DELETES, Need.REFERENCE),
    phase=Phase.DELETIONS,
    effect=Effect.OWN,
    requests=24,
)
async def object_access_delete(probe: Probe) -> Verdict:
    """Delete an object of an equal account by naming it.

    ## What it does
    Makes two objects for the owner, lets the attacker delete one of them with the attacker's own credentials, and
    then lets the owner look for both.

    ## Why it matters
    Anyone with an account can destroy what belongs to others, one id after the other.

    ## How it is proved
    The owner reads both before. After the attack the one is gone for its owner, in two reads two seconds apart, and
    its twin is still there: so it did not expire by itself. A random reference deleted before has no such effect. The
    answer to the deletion proves nothing: many APIs say 204 to everything. Only objects that this run made are deleted;
    where the path names an account, accounts that are signed up for it. An endpoint that removes what a list names is
    tried only where it was seen, with an account that this run signed up, to leave alone what is not named.

    ## When it is wrong
    When every account is meant to delete every such object, and nothing in the API says so.

    ## Remedy
    Delete with the owner in the condition (`DELETE … WHERE id = :id AND owner_id = :caller`) and answer 404 when no
    row was touched.

    ## References
    - https://owasp.org/API-Security/editions/2023/en/0xa1-broken-object-level-authorization/
    - https://cwe.mitre.org/data/definitions/639.html
    """
    verdicts: list[Verdict] = []
    if removes_several(probe.endpoint) and call_of(probe, probe.account) is None:
        why = probe.knowledge.unreached.get(probe.endpoint.id, "it was not seen to remove only what is named")
        return conclude("baseline_broken", f"no accepted request is known: {why}")
    for owned, own, reference in pairs(probe, slot="delete"):
        if owned.origin != "created":
            continue
        owned, reference = await _standing(probe, owned, reference)
        for number in range(len(aims(reference, own))):
            if number and verdicts[-1].reason != "denied":  # the attempt before may have removed it
                owned, reference = await _standing(probe, owned, reference)
            verdict = await _one(probe, owned, own, aims(reference, own)[number])
            if verdict.outcome == "vulnerable":
                return verdict
            verdicts.append(verdict)
    for owned, reference in [] if verdicts else named_accounts(probe):
        return await delete_account(probe, owned, reference)
    if not verdicts:
        return conclude("no_reference", "no place of it names an object of an equal account that this run made")
    return strongest(verdicts)


async def _standing(probe: Probe, owned: OwnedObject, reference: Reference) -> tuple[OwnedObject, Reference]:
    """The object, or a fresh one of its kind where it is gone: a killed run may have deleted it before it was judged.

    Where a list names what is removed always a fresh one: what is kept to be deleted is deleted at its own path.
    """
    seen = await look(probe, owned, purpose="control: owner before")
    if seen is None or not (gone(seen) or removes_several(probe.endpoint)):
        return owned, reference
    fresh = await probe.fresh(owned)
    again = fresh.reference(probe.endpoint.id, reference.place) if fresh else None
    return (fresh, again) if fresh is not None and again is not None else (owned, reference)


async def _one(probe: Probe, owned: OwnedObject, own: OwnedObject | None, reference: Reference) -> Verdict:
    place = reference.place
    twin = await probe.fresh(owned)
    call = call_of(probe, probe.account) or Call(endpoint=probe.endpoint.id)
    if twin is None:
        return conclude("baseline_broken", f"no second {owned.noun} could be made to compare with", place=place)
    before, beside = (
        await look(probe, owned, purpose="control: owner before"),
        await look(probe, twin, purpose="control: twin before"),
    )
    if before is None or beside is None:
        return conclude("not_visible", f"nowhere does {owned.owner} see its {owned.noun}", place=place)
    if gone(before) or gone(beside):
        return conclude("baseline_broken", f"{owned.owner} does not find its own {owned.noun}", place=place)
    wrong = bind(call, reference).with_value(place, random_like(probe, dict(reference.values)[place]))
    nothing = await probe.send(wrong, purpose="control: random id")
    if gone(await look(probe, owned)):
        return conclude(
            "parameter_ignored",
            "deleting a random reference removed it: the place does not name the object",
            place=place,
        )
    probe.control("C4", "a random reference is deleted first", expected="no effect", observed="no effect", holds=True)
    exchange = await probe.send(bind(call, reference))
    after = await look(probe, owned)
    if not gone(after):
        return _quiet(probe, owned, reference, exchange, nothing)
    await probe.wait(2.0)
    still, other = await look(probe, owned), await look(probe, twin)
    if not probe.control(
        "twin",
        f"{owned.owner}'s twin object",
        expected="still there",
        observed="gone" if gone(other) else "still there",
        holds=not gone(other),
    ):
        return conclude(
            "control_failed",
            "the twin is gone as well: such objects vanish by themselves, or the deletion hit more",
            place=place,
        )
    if not gone(still):
        return conclude("no_effect", "it was gone for a moment and came back", place=place)
    if await _anybody(probe, twin, place):
        return conclude("public", "anybody deletes it without a credential; auth-missing judges that", place=place)
    return await _private(probe, owned, own, reference, before=before, exchange=exchange)


async def _anybody(probe: Probe, twin: OwnedObject, place: Place) -> bool:
    """C5: the twin is deleted without any credential."""
    reference = twin.reference(probe.endpoint.id, place)
    if reference is None or gone(await look(probe, twin)):
        return False
    call = bind(call_of(probe, probe.account) or Call(endpoint=probe.endpoint.id), reference)
    await probe.send(call, as_=ANON, purpose="control: no credential", credentials=())
    effect = gone(await look(probe, twin))
    observed = "gone" if effect else "still there"
    return not probe.control("C5", "without a credential", expected="still there", observed=observed, holds=not effect)


def gone(answer: Answer | None) -> bool:
    """Whether an owner's view says that the object is not there: refused, an error, or marked as deleted."""
    if answer is None:
        return False
    if answer.status in (401, 403, 429) or answer.status >= 500:
        return False
    if DeniedFamily().denied(answer):
        return True
    return any(
        leaf.path.rpartition(".")[2].lower() in _DELETED and leaf.value.lower() not in ("false", "null", "0", "")
        for leaf in answer.leaves
    )


def _quiet(probe: Probe, owned: OwnedObject, reference: Reference, exchange: Exchange, nothing: Exchange) -> Verdict:
    answer = read(exchange.response)
    if exchange.response is None:
        return conclude("control_failed", f"no answer to the attempt: {exchange.error}", place=reference.place)
    same = DeniedFamily().with_answer(read(nothing.response), texts(reference)).denied(answer, texts(reference))
    words = f"status {answer.status}, and {owned.owner} still has its {owned.noun}"
    if same or answer.status >= 400:
        return conclude("denied", f"{probe.account} was refused: {words}", place=reference.place)
    return conclude("no_effect", f"answered with {words}", place=reference.place)


async def _private(
    probe: Probe,
    owned: OwnedObject,
    own: OwnedObject | None,
    reference: Reference,
    *,
    before: Answer,
    exchange: Exchange,
) -> Verdict:
    place = reference.place
    value = as_text(dict(reference.values)[place])
    mine = await look(probe, own) if own else None
    fresh = await probe.fresh(owned)  # privacy is asked about one that is still there
    private, evidence, why = await judge_privacy(
        probe, fresh or owned, action="delete", owner_sees=before, attacker_sees=mine
    )
    if not private and "privacy" not in probe.settings.disabled_controls:
        if evidence.codes & {"X4", "X5", "X6"}:
            return conclude("shared", why, place=place)
        return conclude(
            "no_privacy_evidence",
            why,
            place=place,
            question=f"{probe.account} deleted {owned.owner}'s {owned.noun} {value} at {probe.endpoint.name}: private?",
            answer_with=f'policy: {{"{probe.endpoint.shown_path}": private}}',
        )
    listed = await in_list(probe, owned, as_=owned.owner)
    return proved(
        title=f"Any {probe.accounts[probe.account].role or 'account'} can delete another's {owned.noun} by its {place.name}",
        summary=f"{probe.account} deleted {owned.owner}'s {owned.noun} at {probe.endpoint.name} by putting its reference into {place}.",
        proof=(
            f"{owned.owner} owned {owned.noun} {value} and its twin, and read both",
            f"{probe.account} sent {probe.endpoint.name} with {place} = {value}",
            f"{owned.owner} no longer finds it, twice, two seconds apart{'; its list lacks it too' if listed and gone(listed) else ''}",
            "the twin is still there",
            f"private: {why}",
        ),
        attacks=(exchange.number,),
        place=place,
        severity="medium" if looks_random(value) and not owned.leaked_in else "high",
        cvss=f"CVSS:4.0/AV:N/AC:L/AT:{'P' if looks_random(value) else 'N'}/PR:L/UI:N/VC:N/VI:H/VA:H/SC:N/SI:N/SA:N",
        victim=owned.owner,
    )

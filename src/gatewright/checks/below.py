"""Something new put below, or into, an object of another account by naming it: a comment, an invoice (2.2).

The new object is the attacker's own making, so nothing of the other's is overwritten; but it stands where only the other
may put things, and the other sees it there.
"""

from __future__ import annotations

from msgspec import Struct

from gatewright.checks.controls import bind, call_of, holds_value, random_like, readers
from gatewright.checks.effects import naming, renewed, strike, take_back
from gatewright.checks.evidence import contradiction, said
from gatewright.checks.reading import severity
from gatewright.explore.words import words
from gatewright.model.account import ANON
from gatewright.model.call import Call
from gatewright.model.endpoint import Endpoint
from gatewright.model.http import Exchange
from gatewright.model.knowledge import OwnedObject, Reference
from gatewright.model.test import Probe
from gatewright.model.verdict import Verdict, conclude, proved
from gatewright.proof.denied import DeniedFamily
from gatewright.proof.leaves import Answer, as_text, read

_GIVEN = {
    "recipient", "receiver", "to", "assignee", "target", "invitee", "friend", "member", "participant", "guest",
    "destination", "beneficiary", "payee",
}  # fmt: skip
"""Words of places by which one account rightly gives something to another."""
_OFFERED = {
    "request", "application", "invitation", "invite", "join", "report", "complaint", "contact", "message", "feedback",
    "response", "answer", "submission", "subscription", "vote", "like", "follow", "order", "booking", "reservation",
    "review", "rating", "payment", "donation", "transfer", "event", "ticket", "reaction", "bid", "offer",
}  # fmt: skip
"""What one may rightly hand in at things that one may not see."""


class View(Struct, frozen=True):
    """Where new things below an object are seen: an endpoint, which may name the object."""

    endpoint: Endpoint
    named: bool


async def put_below(probe: Probe, owned: OwnedObject, own: OwnedObject | None, reference: Reference) -> Verdict | None:
    """Whether the attacker can make something below an object of another; None where nothing is made below such objects."""
    like = next((o for o in probe.knowledge.objects if _made_here(probe, o)), None)
    acting, place = call_of(probe, probe.account), reference.place
    mine = own.reference(probe.endpoint.id, place) if own else None
    if like is None or like.resource == owned.resource or acting is None or own is None or mine is None:
        return None
    told = set(words(place.name))
    if told & _GIVEN or (set(words(like.resource)) | set(words(probe.endpoint.path.rpartition("/")[2]))) & _OFFERED:
        why = f"a {like.noun} may rightly be handed in at what one may not see"
        return conclude("no_effect", why, place=place)
    attack = await _made(probe, bind(acting, reference), purpose="attack")
    if attack is None:
        return None  # nothing that is made there could be found again; that it does something to the object may be seen
    if DeniedFamily().denied(read(attack[0].response)):
        status = attack[0].response.status if attack[0].response else attack[0].error
        return conclude("denied", f"{probe.account} was refused: status {status}", place=place)
    view = await _seen(probe, owned, like, attack[1])
    if view is None:
        why = f"{owned.owner} does not see in its {owned.noun} what {probe.account} made there"
        return conclude("no_effect", why, place=place)
    held = await _controls(probe, view, owned, like, bind(acting, reference), bind(acting, mine))
    if held is not None:
        return held
    return await _proved(probe, view, owned, like, reference, bind(acting, reference))


def _made_here(probe: Probe, owned: OwnedObject) -> bool:
    made = owned.recipe is not None and owned.recipe.endpoint == probe.endpoint.id and owned.owner == probe.account
    return made and probe.endpoint.method == "POST"


async def _made(probe: Probe, call: Call, *, purpose: str, as_: str = "") -> tuple[Exchange, str] | None:
    """One more, with a new marker in its texts; None where the call has no place for one."""
    marker = probe.marker()
    made = renewed(call, marker, but=naming(probe, call))
    return (await strike(probe, made, as_=as_ or probe.account, purpose=purpose), marker) if made else None


def _views(probe: Probe, owned: OwnedObject, like: OwnedObject) -> list[View]:
    """The list of such things, then what shows the object or stands below it; at most four."""
    listed = probe.knowledge.endpoints.get(probe.knowledge.resources.get(like.resource, {}).get("list", ""))
    found = [View(listed, owned.reference(listed.id) is not None)] if listed is not None else []
    found += [View(endpoint, True) for endpoint, _ in readers(probe, owned) if endpoint is not listed]
    return found[:4]


async def _seen(probe: Probe, owned: OwnedObject, like: OwnedObject, marker: str) -> View | None:
    """Where the owner sees a marker, which is taken back then."""
    for view in _views(probe, owned, like):
        answer = await _look(probe, view, owned)
        if holds_value(answer, marker) and answer is not None:
            await _take_back(probe, owned, like, answer, marker)
            return view
    return None


async def _look(probe: Probe, view: View, owned: OwnedObject) -> Answer | None:
    call = call_of(probe, owned.owner, endpoint=view.endpoint) or Call(endpoint=view.endpoint.id)
    reference = owned.reference(view.endpoint.id)
    if view.named and reference is not None:
        call = bind(call, reference)
    exchange = await probe.send(call, as_=owned.owner, purpose="read-back", endpoint=view.endpoint)
    return read(exchange.response)


async def _take_back(probe: Probe, owned: OwnedObject, like: OwnedObject, answer: Answer, marker: str) -> None:
    item = next((leaf.item for leaf in answer.leaves if marker in leaf.value), "")
    one = Answer(answer.status, answer.kind, tuple(x for x in answer.leaves if x.item == item), "", ())
    await take_back(probe, probe.knowledge.resources.get(like.resource, {}), one, as_=owned.owner)


async def _controls(
    probe: Probe, view: View, owned: OwnedObject, like: OwnedObject, theirs: Call, ours: Call
) -> Verdict | None:
    """What must not be seen there: what is made below one's own, below nothing that exists, and by nobody."""
    place = next(p for p in theirs.places() if theirs.get(p) != ours.get(p))
    stray = theirs.with_value(place, random_like(probe, theirs.get(place)))
    rows: tuple[tuple[str, str, Call, str, str], ...] = (
        ("C4", "a random reference", stray, "", "parameter_ignored"),
        ("plain", f"{probe.account} makes one below its own {owned.noun}", ours, "", "shared"),
        ("C5", "without a credential", theirs, ANON, "public"),
    )
    for name, what, call, account, reason in rows:
        made = await _made(probe, call, purpose=f"control: {what}", as_=account)
        answer = await _look(probe, view, owned)
        there = made is not None and answer is not None and holds_value(answer, made[1])
        seen = "there" if there else "not there"
        if there and made is not None and answer is not None:
            await _take_back(probe, owned, like, answer, made[1])
        if not probe.control(name, what, expected="not there", observed=seen, holds=not there):
            return conclude(reason, f"{what}: {owned.owner} sees that as well", place=place)
    return None


async def _proved(
    probe: Probe, view: View, owned: OwnedObject, like: OwnedObject, reference: Reference, call: Call
) -> Verdict:
    place, value = reference.place, as_text(dict(reference.values)[reference.place])
    policy = said(probe)
    closed = "S4" in policy or await contradiction(probe, owned, writes=False)
    if policy & {"X1", "X6"}:
        return conclude("shared", "it was said to be meant for all", place=place)
    if not closed and "privacy" not in probe.settings.disabled_controls:
        return conclude(
            "no_privacy_evidence",
            f"{probe.account} may see that {owned.noun} as well: all may be meant to add to it",
            place=place,
            question=f"{probe.account} made a {like.noun} in {owned.owner}'s {owned.noun} {value}: forbidden?",
            answer_with=f'policy: {{"{probe.endpoint.shown_path}": private}}',
        )
    again = await _made(probe, call, purpose="attack: confirmed")
    answer = await _look(probe, view, owned)
    if again is None or answer is None or not holds_value(answer, again[1]):
        return conclude("unstable", f"{owned.owner} saw one of two that were made there", place=place)
    await _take_back(probe, owned, like, answer, again[1])
    who = probe.accounts[probe.account].role or "account"
    return proved(
        title=f"Any {who} can put a {like.noun} into another's {owned.noun} by its {place.name}",
        summary=f"{probe.account} made a {like.noun} in {owned.owner}'s {owned.noun} at {probe.endpoint.name}.",
        proof=(
            f"{owned.owner} owns {owned.noun} {value}, and {probe.account} is refused to look at it",
            f"{probe.account} sent its own request with {place} = {value} and a new marker",
            f"{owned.owner} then found the marker at {view.endpoint.name}, and a second one as well",
            f"what {probe.account} makes in its own {owned.noun} is not there",
        ),
        attacks=(again[0].number,),
        place=place,
        severity=severity(owned, value),
        cvss="CVSS:4.0/AV:N/AC:L/AT:N/PR:L/UI:N/VC:N/VI:H/VA:N/SC:N/SI:N/SA:N",
        victim=owned.owner,
    )

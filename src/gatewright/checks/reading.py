"""One reading of somebody else's object, judged: the pipeline that all ways to name an object share (checks-1-5.md 2.1).

An `Aim` says what is asked for and how; `judge` sends it with all its controls and concludes.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Iterable

import msgspec
from msgspec import Struct

from gatewright.checks.contents import contained, shows
from gatewright.checks.controls import (
    Baseline,
    anonymous,
    baseline,
    documented_values,
    family,
    random_like,
    side_by_side,
    texts,
)
from gatewright.checks.evidence import judge_privacy, ordinary
from gatewright.checks.records import only_properties
from gatewright.model.account import Credential
from gatewright.model.call import Call
from gatewright.model.endpoint import Endpoint, Place
from gatewright.model.http import Exchange, Request
from gatewright.model.knowledge import OwnedObject, Reference
from gatewright.model.test import Probe
from gatewright.model.verdict import Severity, Verdict, conclude, proved
from gatewright.proof.compare import same
from gatewright.proof.leaves import Answer, as_text, read
from gatewright.proof.witness import Witness, longest, looks_random, markers_in, sent_text, shown, unechoed, witnesses

Edit = Callable[[Request], Request]


class Forged(Struct, frozen=True):
    """A request of the attacker: the call, and what is done to its bytes before it goes out."""

    call: Call
    edit: Edit | None = None
    credentials: tuple[Credential, ...] | None = None
    """In place of the attacker's own."""


class Aim(Struct, frozen=True, kw_only=True):
    """One way to ask for one object of another account."""

    owned: OwnedObject
    own: OwnedObject | None
    """The attacker's own object of the kind; None when it has none."""
    reference: Reference
    """The value (and its parents') that names the object; its place is what a finding is about."""
    place: Place
    owner_call: Call
    """The owner's request that shows the object."""
    own_call: Call | None
    """The attacker's own working request for its own object; None when it has none."""
    forge: Callable[[Reference], Forged]
    """The attacker's request for what a reference names."""
    owner_asks: Callable[[Reference], Call]
    """The owner's request for what a reference names."""
    refer: Callable[[OwnedObject], Reference | None]
    """How another object of the owner's is asked for in this way; None when it cannot be."""
    told: str
    """What the attacker did: `by putting its reference into path id`."""
    title: str = ""
    """Of a finding, when another than that one can read another's object."""
    endpoint: Endpoint | None = None
    """When it is another than the cell's."""
    own_endpoint: Endpoint | None = None
    """Where the attacker's own one is, when that is elsewhere."""


async def judge(probe: Probe, aim: Aim) -> Verdict:
    """The verdict on one aim. At most eighteen requests, of which the baselines are sent once per run."""
    place = aim.place
    first = await _first(probe, aim)
    if not (first.answers and 200 <= first.answers[0].status < 300):
        why = f"{aim.owned.owner} cannot read its own object: status {first.answers[0].status}"
        return conclude("baseline_broken", why, place=place)
    if not first.holds:
        return conclude("unstable", "the owner's own answers differ in status or kind", place=place)
    mine, able = await _own(probe, aim)
    if mine is not None and not able:
        return conclude(
            "control_failed", f"{probe.account} cannot read its own object either: status {mine.status}", place=place
        )
    found = await seen(probe, first, mine, aim.reference)
    exchange = await send(probe, aim, aim.reference, purpose="attack")
    if not found:
        return conclude(
            "no_witness", f"the owner's answer holds no value that only {aim.owned.owner}'s object has", place=place
        )
    if not leaks(probe, found, exchange):
        return await _quiet(probe, aim, found, exchange, mine)
    return await controls(probe, aim, first=first, mine=mine, found=found, exchange=exchange)


async def ahead(probe: Probe, aims: Iterable[Aim]) -> None:
    """The baselines of all aims side by side, kept for `judge`: the second that each of them waits passes but once."""
    asked: list[Awaitable[Baseline]] = []
    for aim in aims:
        asked.append(_first(probe, aim))
        if aim.own_call is not None:
            asked.append(_mine(probe, aim, aim.own_call))
    await side_by_side(asked)


async def _first(probe: Probe, aim: Aim) -> Baseline:
    return await baseline(probe, aim.owner_call, aim.owned.owner, key=aim.owned.key, endpoint=aim.endpoint)


async def _mine(probe: Probe, aim: Aim, call: Call) -> Baseline:
    key = aim.own.key if aim.own else "own"
    return await baseline(probe, call, probe.account, key=key, endpoint=aim.own_endpoint or aim.endpoint)


def _key(aim: Aim) -> str:
    return f"{aim.owned.key} {aim.reference.place}"


async def seen(probe: Probe, first: Baseline, mine: Answer | None, reference: Reference) -> tuple[Witness, ...]:
    """The witnesses of the victim's object."""
    others = [mine] if mine else []
    return witnesses(first.answers, others, references=texts(reference), known=documented_values(probe))


async def send(probe: Probe, aim: Aim, reference: Reference, *, purpose: str) -> Exchange:
    """The attacker asks for what a reference names."""
    forged = aim.forge(reference)
    return await probe.send(
        forged.call, purpose=purpose, endpoint=aim.endpoint, edit=forged.edit, credentials=forged.credentials
    )


async def _own(probe: Probe, aim: Aim) -> tuple[Answer | None, bool]:
    """C3: the attacker reads its own object of this kind, and whether it could; None when it has none.

    What its own object shows as well is no sign of the victim's: without it every common value would be one.
    """
    if aim.own_call is None:
        return None, True
    answer = (await _mine(probe, aim, aim.own_call)).answers[0]
    able = probe.control(
        "C3",
        f"{probe.account} reads its own object",
        expected="accepted",
        observed=f"status {answer.status}",
        holds=200 <= answer.status < 300,
    )
    return answer, able


def leaks(probe: Probe, found: tuple[Witness, ...], exchange: Exchange) -> tuple[Witness, ...]:
    """The witnesses that an answer shows; what its request carried proves nothing (echo guard)."""
    guard = "" if "echo" in probe.settings.disabled_controls else sent_text(exchange.request)
    return shown(found, read(exchange.response), sent=guard)


async def _quiet(
    probe: Probe, aim: Aim, found: tuple[Witness, ...], exchange: Exchange, mine: Answer | None
) -> Verdict:
    """No leak: why not."""
    place, answer = aim.place, read(exchange.response)
    if exchange.response is None:
        return conclude("control_failed", f"no answer to the attempt: {exchange.error}", place=place)
    if shown(found, answer):
        return conclude("echo", "the answer only repeats what the request carried", place=place)
    if mine is not None and mine.leaves and same(mine, answer):  # before `denied`: a random id gives it just so
        return conclude("own_object", f"the reference is ignored: {probe.account} got its own object", place=place)
    if await _refused(probe, aim, answer):
        why = f"{probe.account} was refused {aim.owned.owner}'s object: status {answer.status}"
        return conclude("denied", why, place=place)
    why = f"the answer (status {answer.status}) shows nothing of {aim.owned.owner}'s object"
    return conclude("no_effect", why, place=place)


async def _refused(probe: Probe, aim: Aim, answer: Answer) -> bool:
    call = aim.own_call or aim.owner_call
    refused = await family(probe, call, aim.reference, account=probe.account, endpoint=aim.endpoint)
    return refused.denied(answer, texts(aim.reference))


async def controls(
    probe: Probe, aim: Aim, *, first: Baseline, mine: Answer | None, found: tuple[Witness, ...], exchange: Exchange
) -> Verdict:
    """A leak was seen: the controls that must hold before it counts."""
    place = aim.place
    wrong = _random(probe, aim)
    nothing = await send(probe, aim, wrong, purpose="control: random id")
    clean = not leaks(probe, found, nothing)
    if "C4" not in probe.settings.disabled_controls:
        found = unechoed(found, texts(aim.reference), read(nothing.response), texts(wrong))
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
    anon, public = await _open(probe, aim, first, found)
    if public:
        why = "it is shown without a credential that is anybody's as well; the tests of authentication judge that"
        return conclude("public", why, place=place)
    if not leaks(probe, found, exchange):
        return conclude("echo", "the answer only words the reference: a random one is worded alike", place=place)
    hidden = found if "X2" in probe.settings.disabled_controls else await elsewhere(probe, aim.owned, found)
    leak = leaks(probe, hidden, exchange)
    if not leak:
        return conclude("shared", f"{probe.account} sees the same values in its ordinary lists", place=place)
    inner = contained(probe, aim.owned, leak)
    named = inner is not None and aim.owned.origin == "identity"  # an account is named, and what it owns is read
    about = inner if inner is not None and named else aim.owned
    private, evidence, why = await judge_privacy(
        probe,
        about,
        action="read",
        owner_sees=first.answers[0],
        attacker_sees=mine,
        found=hidden,
        anon=None if "C5" in probe.settings.disabled_controls else anon,
        attacker_got=read(exchange.response),
        asked_by=aim.place,
    )
    aim = msgspec.structs.replace(aim, owned=about)
    if private and named and not evidence.strong:  # posts by author, say, may be for all who are logged in
        private, why = False, f"no strong sign that what {about.owner} owns is for it alone"
    if not private and "privacy" not in probe.settings.disabled_controls:
        return _ask(probe, aim, evidence.codes, why)
    if aim.endpoint in (None, probe.endpoint) and only_properties(probe, aim.owned, aim.reference, exchange, leak):
        why = f"{probe.account} is meant to see the record; what it shows beyond that is judged by data-exposure"
        return conclude("shared", why, place=place)
    return await _confirm(probe, aim, made=inner, leak=leak, mine=mine, why=why)


def _random(probe: Probe, aim: Aim) -> Reference:
    """The same reference with a value that names nothing."""
    at = aim.reference.place
    values = tuple((p, random_like(probe, v) if p == at else v) for p, v in aim.reference.values)
    return Reference(endpoint=aim.reference.endpoint, place=at, values=values)


async def _open(probe: Probe, aim: Aim, first: Baseline, found: tuple[Witness, ...]) -> tuple[Answer, bool]:
    """C5 and C6: the answer to nobody, and whether it is shown without a credential that somebody was given."""
    anon, bad = await anonymous(probe, first.call, key=_key(aim), endpoint=aim.endpoint)
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


async def elsewhere(probe: Probe, owned: OwnedObject, found: tuple[Witness, ...]) -> tuple[Witness, ...]:
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


def _ask(probe: Probe, aim: Aim, codes: frozenset[str], why: str) -> Verdict:
    contrary = {"X1": "public", "X2": "shared", "X3": "public", "X4": "shared", "X5": "shared", "X6": "public"}
    reason = next((contrary[code] for code in sorted(codes) if code in contrary), "")
    if reason:
        return conclude(reason, why, place=aim.place)
    path = (aim.endpoint or probe.endpoint).shown_path
    name = (aim.endpoint or probe.endpoint).name
    return conclude(
        "no_privacy_evidence",
        why,
        place=aim.place,
        question=f"{probe.account} read {aim.owned.owner}'s {aim.owned.noun} {value_of(aim)} at {name}: private?",
        answer_with=f'policy: {{"{path}": private}}',
    )


def value_of(aim: Aim) -> str:
    """The value that names the object, as text."""
    return as_text(dict(aim.reference.values)[aim.reference.place])


async def _confirm(
    probe: Probe, aim: Aim, *, made: OwnedObject | None, leak: tuple[Witness, ...], mine: Answer | None, why: str
) -> Verdict:
    """C8: the same on a fresh object, the attacker first, so that no cache of the owner's can answer.

    Where the answer shows what stands below the object (`made`), another of those is made, and the same is asked for.
    """
    place, owned = aim.place, aim.owned
    fresh = await probe.fresh(made or owned) if (made or owned).origin == "created" else None
    target = (aim.refer(fresh) if fresh and not made else None) or aim.reference
    again = await send(probe, aim, target, purpose="attack: confirmed")
    owner = await probe.send(
        aim.owner_asks(target), as_=owned.owner, purpose="control: owner afterwards", endpoint=aim.endpoint
    )
    others = [mine] if mine else []
    seen_by_owner = read(owner.response)
    second = witnesses([seen_by_owner], others, references=texts(target), known=documented_values(probe))
    if made is not None and fresh is not None and shows(seen_by_owner, fresh):
        second = tuple(one for one in second if markers_in(one.value) & set(fresh.markers))
    confirmed = leaks(probe, second, again)
    what = f"{probe.account} reads a fresh object before its owner does" if fresh else f"{probe.account} reads it again"
    if not probe.control(
        "C8", what, expected="shown again", observed="shown" if confirmed else "not shown", holds=bool(confirmed)
    ):
        return conclude(
            "cache", "only an object that its owner had read before was shown: a shared cache answers", place=place
        )
    value, name = value_of(aim), (aim.endpoint or probe.endpoint).name
    return proved(
        title=aim.title
        or f"Any {probe.accounts[probe.account].role or 'account'} can read another's {owned.noun} by its {place.name}",
        summary=f"{probe.account} read {owned.owner}'s {owned.noun} at {name} {aim.told}.",
        proof=(
            f"{owned.owner} owns {owned.noun} {value}; three reads by {owned.owner} agree",
            f"{probe.account} sent its own request with {place} = {value} and got {longest(leak)}",
            f"{'a fresh object, read by ' + probe.account + ' first' if fresh else 'a second request'}, showed {longest(confirmed)}",
            f"private: {why}",
        ),
        attacks=(again.number,),
        place=place,
        severity=severity(owned, value),
        cvss=_cvss(value),
        victim=owned.owner,
    )


def severity(owned: OwnedObject, value: str) -> Severity:
    """One band down for an id that cannot be guessed and was shown nowhere to others."""
    return "medium" if looks_random(value) and not owned.leaked_in else "high"


def _cvss(value: str) -> str:
    requirement = "P" if looks_random(value) else "N"
    return f"CVSS:4.0/AV:N/AC:L/AT:{requirement}/PR:L/UI:N/VC:H/VI:N/VA:N/SC:N/SI:N/SA:N"

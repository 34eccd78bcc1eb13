"""One change of somebody else's object, judged: the pipeline of all ways to name it (checks-1-5.md 2.2).

A `Write` says what is written and how the object is named; `prepare` finds where a marker would be seen, `judge` proves.
"""

from __future__ import annotations

import re
from collections.abc import Awaitable, Callable

from msgspec import Struct

from gatewright.checks.controls import bind, call_of, free_text, holds_value, look, random_like, texts
from gatewright.checks.evidence import judge_privacy
from gatewright.checks.reading import Forged
from gatewright.explore.schemas import body_of, fields
from gatewright.model.account import ANON
from gatewright.model.call import Call, leaves
from gatewright.model.endpoint import Place
from gatewright.model.http import Exchange
from gatewright.model.knowledge import OwnedObject, Reference
from gatewright.model.test import Probe
from gatewright.model.verdict import Verdict, conclude, proved
from gatewright.proof.compare import stable
from gatewright.proof.denied import DeniedFamily
from gatewright.proof.leaves import Answer, as_text, read
from gatewright.proof.witness import looks_random, markers_in

_POLLS = (0.0, 0.5, 2.0)
"""Seconds before each look for an effect (checks-1-5.md 1.10); the first that shows it ends the wait."""


class Write(Struct, frozen=True, kw_only=True):
    """One way to write into one object of another account."""

    owned: OwnedObject
    own: OwnedObject | None
    reference: Reference
    call: Call
    """The attacker's own working request, for its own object where it has one."""
    field: Place
    """Where the marker goes."""
    before: Answer
    """What the owner saw of it before."""
    forge: Callable[[Reference, str], Forged]
    """The attacker's request that writes a marker into what a reference names."""
    told: str
    title: str = ""

    @property
    def place(self) -> Place:
        """What a finding is about."""
        return self.reference.place


async def prepare(
    probe: Probe, owned: OwnedObject, own: OwnedObject | None, reference: Reference
) -> tuple[Call, Place, Answer] | Verdict:
    """The attacker's call, where its marker is seen again, and what the owner sees now; else why there is nothing to try."""
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
    return call, field, before[0]


def has_text(call: Call, *, but: Place) -> bool:
    """Whether a call carries any text in its body: one that does not can only move what the server itself writes.

    What stands at `but`, or in the list there, names an object, and is none.
    """
    texts_ = [p for p in call.places() if p.within == "body" and isinstance(call.get(p), str)]
    return any(p.within != but.within or _plain(p) != _plain(but) for p in texts_) or call.raw is not None


def _plain(place: Place) -> str:
    return re.sub(r"\[\d*\]", "", place.name)


async def strike(probe: Probe, write: Write, marker: str, *, purpose: str = "attack", anon: bool = False) -> Exchange:
    """One write of a marker."""
    forged = write.forge(write.reference, marker)
    if anon:
        return await probe.send(forged.call, as_=ANON, purpose=purpose, credentials=(), edit=forged.edit)
    return await probe.send(forged.call, purpose=purpose, edit=forged.edit)


async def judge(probe: Probe, write: Write) -> Verdict:
    """Write a marker, look whether the owner sees it, and prove it. At most twenty requests."""
    marker = probe.marker()
    exchange = await strike(probe, write, marker)
    after = await seen(probe, write.owned, marker, exchange, mine=lambda: mine_of(probe, write.own))
    if after is None:
        return await _quiet(probe, write.own, write.reference, marker, exchange)
    return await prove(probe, write)


async def _twice(probe: Probe, owned: OwnedObject) -> tuple[Answer, Answer] | tuple[()] | None:
    """C9: the owner reads twice; None when it sees the object nowhere, empty when it moves."""
    first = await owner_view(probe, owned, purpose="control: owner before")
    second = await owner_view(probe, owned, purpose="control: owner before")
    if first is None or second is None or not 200 <= first.status < 300:
        return None
    unmoved = first.status == second.status and len(stable([first, second])) > 0
    return (first, second) if unmoved else ()


async def _writable(probe: Probe, call: Call, own: OwnedObject | None, aimed: Place) -> tuple[Place | None, str]:
    """C3: a text property that the attacker changes in its own object and sees again; the sentence when there is none."""
    found = [p for p in _candidates(probe, call, own, await mine_of(probe, own)) if p != aimed]
    for field in found[:3]:
        marker = probe.marker()
        exchange = await probe.send(call.with_value(field, marker), purpose="control: own object")
        if exchange.response is None or not exchange.response.ok:
            continue
        undo_own(probe, call)  # also where the change is not shown: it may be there
        if holds_value(await mine_of(probe, own), marker):
            seen = probe.control(
                "C3",
                f"{probe.account} changes its own in the same way",
                expected="seen again",
                observed="seen again",
                holds=True,
            )
            return (field, "") if seen else (None, "switched off")
    return None, "its own change was refused or not shown"


def undo_own(probe: Probe, call: Call) -> None:
    """Register the attacker's own accepted request, which puts its own object back."""
    probe.undo(f"{probe.account}'s own object as it was", call, as_=probe.account, endpoint=probe.endpoint)


async def mine_of(probe: Probe, own: OwnedObject | None) -> Answer | None:
    """The attacker's own object, or for an identity the answer that names the caller."""
    if own is not None and own.origin != "identity":
        return await look(probe, own)
    return await self_view(probe, probe.account)


async def self_view(probe: Probe, account: str, *, purpose: str = "read-back") -> Answer | None:
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


def texts_of(probe: Probe, call: Call, answer: Answer, account: str) -> list[Place]:
    """Free text places of an account's change of itself, what a person is called included."""
    own = next((o for o in probe.knowledge.objects if o.owner == account and o.origin == "identity"), None)
    return _candidates(probe, call, own, answer, account=account)


def _candidates(
    probe: Probe, call: Call, own: OwnedObject | None, answer: Answer | None, *, account: str = ""
) -> list[Place]:
    """Free text places: those that hold a text of ours, then those whose value is seen in the object, come first.

    Never identity, secrets, or what names an object; nor what the specification bounds to certain values or a form. A text
    that is empty now is one as well: accounts are born with an empty biography.
    """
    account = account or probe.account
    identity = probe.identity(account)
    references = {r.place for r in own.references if r.endpoint == probe.endpoint.id} if own else set()
    if own is not None and own.origin == "identity":  # what one is called names nobody for certain
        references -= {place for place in references if _plain_name(probe, place, call, account)}
    seen = free_text(call, answer) if answer else []
    rest = [
        Place("body", name)
        for name, value in leaves(call.body)
        if name and isinstance(value, str) and (len(value) >= 3 or not value)
    ]
    ordered = sorted(dict.fromkeys([*seen, *rest]), key=lambda place: not markers_in(as_text(call.get(place))))
    bound, known = _bounded(probe), {as_text(o.id) for o in probe.knowledge.objects if o.id is not None}
    return [
        place
        for place in ordered
        if place not in references
        and place not in bound
        and as_text(call.get(place)) not in known
        and (as_text(call.get(place)) not in identity or _plain_name(probe, place, call, account))
        and "@" not in as_text(call.get(place))
        and not any(word in place.name.lower() for word in ("pass", "pwd", "secret", "token", "email", "user"))
    ]


def _bounded(probe: Probe) -> set[Place]:
    """Places of the body that take only certain values, or texts of a certain form: a choice, a date, a number as text."""
    body = body_of(probe.endpoint)
    return {
        Place("body", field.name)
        for field in (fields(body.schema, probe.specification) if body else [])
        if field.schema.enum or field.schema.format or field.schema.pattern
    }


def _plain_name(probe: Probe, place: Place, call: Call, name: str) -> bool:
    """Whether a place holds what a person is called, and not what it logs in with."""
    account = probe.accounts.get(name)
    return place.name.lower().endswith("name") and account is not None and as_text(call.get(place)) != account.username


async def seen(
    probe: Probe,
    owned: OwnedObject,
    marker: str,
    write: Exchange,
    *,
    mine: Callable[[], Awaitable[Answer | None]] | None = None,
) -> Answer | None:
    """The owner's view once it holds the marker; None when it never does.

    A refused write is looked for once only, and so is one that went into the attacker's own object, as `mine` shows it.
    """
    refused = write.response is not None and write.response.meaning >= 400
    for number, pause in enumerate(_POLLS):
        if number == 1 and mine is not None and holds_value(await mine(), marker):
            return None
        if pause:
            await probe.wait(pause)
        answer = await owner_view(probe, owned)
        if holds_value(answer, marker):
            return answer
        if answer is None or refused:
            return None
    return None


async def owner_view(probe: Probe, owned: OwnedObject, *, purpose: str = "read-back") -> Answer | None:
    """The object as its owner sees it now."""
    if owned.origin == "identity":  # what names a user in some path may be another role's view of it
        return await self_view(probe, owned.owner, purpose=purpose)
    return await look(probe, owned, purpose=purpose)


async def _quiet(
    probe: Probe, own: OwnedObject | None, reference: Reference, marker: str, exchange: Exchange
) -> Verdict:
    place, answer = reference.place, read(exchange.response)
    if exchange.response is None:
        return conclude("control_failed", f"no answer to the attempt: {exchange.error}", place=place)
    if holds_value(await mine_of(probe, own), marker):
        return conclude("own_object", f"the reference is ignored: {probe.account} changed its own object", place=place)
    if DeniedFamily().denied(answer, texts(reference)):
        return conclude(
            "denied", f"{probe.account} was refused: status {answer.status}, and the object kept its value", place=place
        )
    return conclude(
        "no_effect", f"accepted (status {answer.status}), but the owner's object kept its value", place=place
    )


def undo(probe: Probe, write: Write) -> None:
    """Register the owner's own request that writes the former values back: all that the attacker's body may have replaced."""
    owned = write.owned
    reference = owned.reference(probe.endpoint.id, write.place) or write.reference
    call = bind(write.call, reference)
    named = {place for place, _ in reference.values}
    for place in call.places():
        name = place.name.rpartition(".")[2]
        former = next((x.value for x in write.before.leaves if x.path.rpartition(".")[2] == name), None)
        if place.within == "body" and place not in named and former is not None and isinstance(call.get(place), str):
            call = call.with_value(place, former)
    probe.undo(f"{owned.owner}'s {owned.noun} as it was", call, as_=owned.owner, endpoint=probe.endpoint)


async def prove(probe: Probe, write: Write) -> Verdict:
    """The marker stands in the victim's object: what must hold before that counts."""
    undo(probe, write)
    owned, own, place = write.owned, write.own, write.place
    if await _any_id(probe, write):
        why = "a random reference has the same effect: the place does not name the object"
        return conclude("parameter_ignored", why, place=place)
    if await _anybody(probe, write):
        return conclude("public", "anybody changes it without a credential; auth-missing judges that", place=place)
    mine = await mine_of(probe, own)
    private, evidence, why = await judge_privacy(
        probe,
        owned,
        action="change",
        owner_sees=write.before,
        attacker_sees=mine if own and own.origin != "identity" else None,
        attacker_got=await look(probe, owned, as_=probe.account) if owned.origin != "identity" else None,
    )
    if owned.origin == "identity":  # another account is nobody's shared object
        why = why if private else f"{owned.owner} is another account, and the caller is named by its session"
    elif not private and "privacy" not in probe.settings.disabled_controls:
        if evidence.codes & {"X4", "X5", "X6"}:
            return conclude("shared", why, place=place)
        name = f"{owned.owner}'s {owned.noun} {_value(write)}"
        return conclude(
            "no_privacy_evidence",
            why,
            place=place,
            question=f"{probe.account} changed {name} at {probe.endpoint.name}: private?",
            answer_with=f'policy: {{"{probe.endpoint.shown_path}": private}}',
        )
    return await _confirm(probe, write, why)


def _value(write: Write) -> str:
    return as_text(dict(write.reference.values)[write.place])


async def _any_id(probe: Probe, write: Write) -> bool:
    """C4: the same change with a random reference."""
    stray, at = probe.marker(), write.place
    values = tuple((p, random_like(probe, v) if p == at else v) for p, v in write.reference.values)
    forged = write.forge(Reference(endpoint=write.reference.endpoint, place=at, values=values), stray)
    await probe.send(forged.call, purpose="control: random id", edit=forged.edit)
    ignored = holds_value(await owner_view(probe, write.owned), stray)
    told = "the same effect" if ignored else "no effect"
    return not probe.control("C4", "a random reference", expected="no effect", observed=told, holds=not ignored)


async def _anybody(probe: Probe, write: Write) -> bool:
    """C5: the same change without any credential."""
    marker = probe.marker()
    await strike(probe, write, marker, purpose="control: no credential", anon=True)
    effect = holds_value(await owner_view(probe, write.owned), marker)
    observed = "the same effect" if effect else "no effect"
    return not probe.control("C5", "without a credential", expected="no effect", observed=observed, holds=not effect)


async def _confirm(probe: Probe, write: Write, why: str) -> Verdict:
    """C8: the same with a second marker."""
    owned, place, value = write.owned, write.place, _value(write)
    marker = probe.marker()
    again = await strike(probe, write, marker, purpose="attack: confirmed")
    confirmed = await seen(probe, owned, marker, again)
    moved = holds_value(await mine_of(probe, write.own), marker)
    if not probe.control(
        "C8",
        "again with a second marker",
        expected="seen by the owner, not in the attacker's own",
        observed=_told(confirmed, moved),
        holds=confirmed is not None and not moved,
    ):
        return conclude("control_failed", f"the second marker was {_told(confirmed, moved)}", place=place)
    who = probe.accounts[probe.account].role or "account"
    return proved(
        title=write.title or f"Any {who} can change another's {owned.noun} by its {place.name}",
        summary=f"{probe.account} changed {owned.owner}'s {owned.noun} at {probe.endpoint.name} {write.told}.",
        proof=(
            f"{owned.owner} owns {owned.noun} {value}; it did not move between two reads",
            f"{probe.account} sent its own request with {place} = {value} and {write.field.name} = a new marker",
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


def _told(confirmed: Answer | None, moved: bool) -> str:
    seen_ = "seen by the owner" if confirmed is not None else "not seen by the owner"
    return f"{seen_}, {'also' if moved else 'not'} in the attacker's own"

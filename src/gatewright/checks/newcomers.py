"""Accounts as objects: signed up for one test, so that one of them may delete or take over another of them.

Attacker and victim are both made for the test. An API that ignores the reference and means the caller then hurts
nobody else, and that is told apart by looking at the attacker afterwards.
"""

from __future__ import annotations

import re

from msgspec import Struct

from gatewright.checks.controls import bind, peers, random_like
from gatewright.model.account import ANON
from gatewright.model.call import Call
from gatewright.model.endpoint import Place
from gatewright.model.json import Json
from gatewright.model.knowledge import OwnedObject, Reference
from gatewright.model.schema import Schema
from gatewright.model.test import Probe
from gatewright.model.verdict import Verdict, conclude, proved
from gatewright.proof.denied import DeniedFamily
from gatewright.proof.leaves import Answer, as_text, read

_SECRET = re.compile(r"pass(word|wd|code|phrase)?|pwd", re.IGNORECASE)
_PRESENT = re.compile(r"old|current|present|existing|previous|code|otp|token", re.IGNORECASE)
_CVSS = "CVSS:4.0/AV:N/AC:L/AT:N/PR:L/UI:N/VC:{}/VI:H/VA:H/SC:N/SI:N/SA:N"


class Newcomer(Struct, frozen=True):
    """An account made for this test, and the value that names it at the place in question."""

    name: str
    value: Json


def named_accounts(probe: Probe) -> list[tuple[OwnedObject, Reference]]:
    """Places of the path that name a throw-away account of the attacker's rank: a newcomer can be named there too."""
    thrown = [n for n in peers(probe) if probe.accounts[n].origin == "throw-away" and probe.whoami(n)]
    for victim in thrown:
        rows = [
            (owned, r)
            for owned in probe.knowledge.owned(victim, probe.endpoint.id)
            for r in owned.references
            if owned.origin == "identity" and r.endpoint == probe.endpoint.id and r.place.within == "path"
        ]
        if rows:
            return rows
    return []


async def sees_itself(probe: Probe, name: str, *, purpose: str = "read-back") -> Answer | None:
    """The answer that names an account, to itself; a session that can be renewed is. None without such a call."""
    call = probe.whoami(name)
    endpoint = probe.knowledge.endpoints.get(call.endpoint) if call else None
    if call is None or endpoint is None:
        return None
    return read((await probe.send(call, as_=name, purpose=purpose, endpoint=endpoint)).response)


async def newcomer(probe: Probe, like: OwnedObject, reference: Reference) -> Newcomer | None:
    """One more account, with its value for a place that names another; None where that is shown nowhere."""
    known = dict(reference.values)[reference.place]
    told = await sees_itself(probe, like.owner, purpose="control: how accounts are named")
    paths = {leaf.path for leaf in told.leaves if leaf.value == as_text(known)} if told else set()
    made = await probe.sign_up({}) if paths else None
    if made is None:
        return None
    view = await sees_itself(probe, made[0], purpose="control: before")
    text = next((leaf.value for leaf in view.leaves if leaf.path in paths), "") if view else ""
    if not text or text == as_text(known):
        return None
    return Newcomer(made[0], int(text) if isinstance(known, int) and text.isdigit() else text)


def leave(probe: Probe, reference: Reference, *who: Newcomer) -> None:
    """Says that accounts of this test stay behind, each with the call that names it."""
    for one in who:
        call = bind(Call(endpoint=probe.endpoint.id), reference).with_value(reference.place, one.value)
        what = f"the account {as_text(one.value)} ({one.name}), which {probe.endpoint.name} was tried with"
        probe.leave(what, call, endpoint=probe.endpoint)


def there(answer: Answer | None, who: Newcomer) -> bool:
    """Whether the account still is who it was: its own answer is accepted and names it."""
    return (
        answer is not None
        and 200 <= answer.status < 300
        and not DeniedFamily().denied(answer)
        and any(leaf.value == as_text(who.value) for leaf in answer.leaves)
    )


async def delete_account(probe: Probe, like: OwnedObject, reference: Reference) -> Verdict:
    """Whether one newcomer deletes another, and then a third, by naming them; itself stays."""
    place = reference.place
    attacker = await newcomer(probe, like, reference)
    victim = await newcomer(probe, like, reference) if attacker else None
    if attacker is None or victim is None:
        return conclude("not_visible", "no further account could be signed up that is named there", place=place)
    leave(probe, reference, attacker)
    call = bind(Call(endpoint=probe.endpoint.id), reference)
    wrong = call.with_value(place, random_like(probe, victim.value))
    await probe.send(wrong, as_=attacker.name, purpose="control: random account")
    if not there(await sees_itself(probe, attacker.name), attacker):
        return conclude("own_object", "the reference is ignored: the caller deleted itself", place=place)
    attacks: list[int] = []
    for again in ("", ", confirmed"):
        target = victim if not again else await newcomer(probe, like, reference)
        if target is None:
            return conclude("not_visible", "no further account could be signed up to confirm it", place=place)
        if again:
            await probe.send(call.with_value(place, target.value), as_=ANON, purpose="control: no credential")
            open_ = not there(await sees_itself(probe, target.name), target)
            seen = "gone" if open_ else "still there"
            if not probe.control("C5", "without a credential", expected="still there", observed=seen, holds=not open_):
                return conclude("public", "anybody deletes it without a credential; auth-missing judges that")
        sent = await probe.send(call.with_value(place, target.value), as_=attacker.name, purpose=f"attack{again}")
        if there(await sees_itself(probe, target.name), target):
            leave(probe, reference, target)
            status = sent.response.status if sent.response else 0
            return conclude("denied", f"answered with status {status}, and the account is still there", place=place)
        attacks.append(sent.number)
    await probe.wait(2.0)
    stays = there(await sees_itself(probe, attacker.name), attacker)
    stranger = there(await sees_itself(probe, like.owner), Newcomer(like.owner, dict(reference.values)[place]))
    if not probe.control(
        "twin",
        "two accounts that were not named",
        expected="still there",
        observed="still there" if stays and stranger else "gone",
        holds=stays and stranger,
    ):
        return conclude("control_failed", "accounts that were not named are gone as well", place=place)
    return proved(
        title=f"Any account can delete another by its {place.name}",
        summary=f"An account that was signed up for it deleted two others at {probe.endpoint.name} by their {place.name}.",
        proof=(
            f"three accounts were signed up; each saw itself at {_told(probe, victim.name)}",
            f"{attacker.name} sent {probe.endpoint.name} with {place} = {as_text(victim.value)}, and then with the third's",
            "each is refused since, also after another log-in; a random name before had no such effect",
            f"{attacker.name} and {like.owner} are still there",
        ),
        attacks=tuple(reversed(attacks)),
        place=place,
        severity="high",
        cvss=_CVSS.format("N"),
        victim=victim.name,
    )


def _told(probe: Probe, name: str) -> str:
    call = probe.whoami(name)
    return probe.knowledge.endpoints[call.endpoint].name if call else "its probe"


def secret_places(probe: Probe) -> list[Place]:
    """Where the body takes a new password; none when it asks for the present one, or for anything but passwords."""
    for body in probe.endpoint.bodies:
        schema: Schema = probe.specification.resolve(body.schema)
        names = list(schema.properties)
        if names and all(_SECRET.search(name) for name in names) and not any(_PRESENT.search(n) for n in names):
            return [Place("body", name) for name in names]
    return []


async def take_over(probe: Probe, like: OwnedObject, reference: Reference) -> Verdict:
    """Whether one newcomer sets the password of another by naming it: the new one logs in, the old one does not."""
    place, secrets = reference.place, secret_places(probe)
    attacker = await newcomer(probe, like, reference)
    victim = await newcomer(probe, like, reference) if attacker else None
    if attacker is None or victim is None:
        return conclude("not_visible", "no further account could be signed up that is named there", place=place)
    call = bind(Call(endpoint=probe.endpoint.id, content_type=probe.endpoint.bodies[0].content_type), reference)
    leave(probe, reference, attacker, victim)
    first = f"Gw!{probe.marker()}9aZ"
    if not await probe.log_in(victim.name) or await probe.log_in(victim.name, first):
        return conclude("control_failed", "log-in does not tell the right password from a wrong one", place=place)
    wrong = call.with_value(place, random_like(probe, victim.value))
    await probe.send(_with(wrong, secrets, first), as_=attacker.name, purpose="control: random account")
    if not await probe.log_in(attacker.name):
        return conclude("own_object", "the reference is ignored: the caller changed its own password", place=place)
    attacks: list[int] = []
    word = first
    for again in ("", ", confirmed"):
        before, word = word, f"Gw!{probe.marker()}9aZ"
        changed = _with(call.with_value(place, victim.value), secrets, word)
        sent = await probe.send(changed, as_=attacker.name, purpose=f"attack{again}")
        if not await probe.log_in(victim.name, word) or await probe.log_in(victim.name, before if again else None):
            status = sent.response.status if sent.response else 0
            return conclude("denied", f"answered with status {status}, and the password stayed as it was", place=place)
        attacks.append(sent.number)
    stray = f"Gw!{probe.marker()}9aZ"
    changed = _with(call.with_value(place, victim.value), secrets, stray)
    await probe.send(changed, as_=ANON, purpose="control: no credential", credentials=())
    open_ = await probe.log_in(victim.name, stray)
    seen = "changed" if open_ else "no effect"
    if not probe.control("C5", "without a credential", expected="no effect", observed=seen, holds=not open_):
        return conclude("public", "anybody changes it without a credential; auth-missing judges that", place=place)
    if not probe.control(
        "twin",
        "the attacker's own password",
        expected="unmoved",
        observed="unmoved" if (own := await probe.log_in(attacker.name)) else "changed",
        holds=own,
    ):
        return conclude("own_object", "the caller's own password changed as well", place=place)
    return proved(
        title=f"Any account can set the password of another by its {place.name}",
        summary=f"An account that was signed up for it set another's password at {probe.endpoint.name} and logged in with it.",
        proof=(
            f"{victim.name} logged in with its own password and not with another one",
            f"{attacker.name} sent {probe.endpoint.name} with {place} = {as_text(victim.value)} and a new password",
            f"{victim.name} then logs in with the new one and no longer with its own; the same with a second one",
            f"a random {place.name} had no effect, and {attacker.name}'s own password is what it was",
        ),
        attacks=tuple(reversed(attacks)),
        place=place,
        severity="critical",
        cvss=_CVSS.format("H"),
        victim=victim.name,
    )


def _with(call: Call, places: list[Place], value: str) -> Call:
    for place in places:
        call = call.with_value(place, value)
    return call

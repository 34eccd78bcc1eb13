"""A change of oneself whose body says by a bare `id` who is changed, which nothing documents (checks-1-5.md 2.2).

Such a body might also give the sender another's id. So both the one who sends it and the one it names are accounts that
this run signed up.
"""

from __future__ import annotations

from gatewright.checks.changing import self_view, texts_of
from gatewright.checks.controls import call_of, holds_value, peers, random_like
from gatewright.model.account import ANON
from gatewright.model.call import Call
from gatewright.model.endpoint import Place
from gatewright.model.http import Exchange
from gatewright.model.json import Json
from gatewright.model.test import Probe
from gatewright.model.verdict import Verdict, conclude, proved
from gatewright.proof.leaves import Answer, as_text

_BARE = ("id", "_id", "uuid", "guid", "uid", "pk")


async def bare_id(probe: Probe) -> Verdict | None:
    """Whether one throw-away account changes another by its bare id; None where nothing speaks for that or it cannot be tried."""
    if probe.endpoint.method not in ("PUT", "PATCH") or "{" in probe.endpoint.path:
        return None
    thrown = sorted(n for n in peers(probe) if probe.accounts[n].origin == "throw-away")
    victim = next((n for n in thrown if "victim" in n), "")
    sender = next((n for n in thrown if n != victim and call_of(probe, n) is not None), "")
    call = call_of(probe, sender) if victim and sender else None
    if call is None or not isinstance(call.body, dict):
        return None
    mine, theirs = await self_view(probe, sender), await self_view(probe, victim)
    if mine is None or theirs is None:
        return None
    name, own, other = _called(probe, mine, theirs, sender, victim)
    place = Place("body", name)
    if not name or call.get(place) is not None:
        return None
    for field in texts_of(probe, call, mine, sender)[:2]:
        marker = probe.marker()
        exchange = await probe.send(_with(call, field, marker, place, other), as_=sender, purpose="attack")
        _undo(probe, sender, call.with_value(place, own))
        if holds_value(await self_view(probe, victim), marker):
            return await _controls(probe, call, field, place, other, sender=sender, victim=victim)
        if exchange.response is not None and exchange.response.ok:
            break
    return conclude("own_object", f"who is named by {name} in the body is not changed: the caller is", place=place)


def _called(probe: Probe, mine: Answer, theirs: Answer, sender: str, victim: str) -> tuple[str, str, str]:
    """The bare name under which both see their own key, and the two keys; empty where there is none."""
    for name in _BARE:
        own = {leaf.value for leaf in mine.leaves if leaf.path.rpartition(".")[2] == name and not leaf.item}
        other = {leaf.value for leaf in theirs.leaves if leaf.path.rpartition(".")[2] == name and not leaf.item}
        if own & probe.identity(sender) and other & probe.identity(victim) and own != other:
            return name, min(own & probe.identity(sender)), min(other & probe.identity(victim))
    return "", "", ""


def _with(call: Call, field: Place, marker: str, place: Place, key: str) -> Call:
    value: Json = int(key) if key.isdigit() and len(key) < 16 else key
    return call.with_value(field, marker).with_value(place, value)


def _undo(probe: Probe, account: str, call: Call) -> None:
    probe.undo(f"{account}'s own data as they were", call, as_=account, endpoint=probe.endpoint)


async def _controls(
    probe: Probe, call: Call, field: Place, place: Place, other: str, *, sender: str, victim: str
) -> Verdict:
    was = call_of(probe, victim)
    if was is not None:
        _undo(probe, victim, was)
    stray = as_text(random_like(probe, other))
    rows = (
        ("C4", "a random id", stray, sender, "parameter_ignored"),
        ("C5", "without a credential", other, ANON, "public"),
    )
    for name, what, key, account, reason in rows:
        marker = probe.marker()
        credentials = () if account == ANON else None
        sent = _with(call, field, marker, place, key)
        await probe.send(sent, as_=account, purpose=f"control: {what}", credentials=credentials)
        there = holds_value(await self_view(probe, victim), marker)
        observed = "the same effect" if there else "no effect"
        if not probe.control(name, what, expected="no effect", observed=observed, holds=not there):
            return conclude(reason, f"{what} has the same effect", place=place)
    marker = probe.marker()
    again: Exchange = await probe.send(
        _with(call, field, marker, place, other), as_=sender, purpose="attack: confirmed"
    )
    theirs = holds_value(await self_view(probe, victim), marker)
    mine = holds_value(await self_view(probe, sender), marker)
    told = f"{'seen' if theirs else 'not seen'} by {victim}, {'also' if mine else 'not'} by {sender}"
    if not probe.control(
        "C8",
        "again with a second marker",
        expected="seen by the victim alone",
        observed=told,
        holds=theirs and not mine,
    ):
        return conclude("control_failed", f"the second marker was {told}", place=place)
    return proved(
        title=f"Any account can change another's profile by `{place.name}` in the body, which nothing documents",
        summary=f"{sender} changed {victim}'s profile at {probe.endpoint.name} by naming it as {place.name} in the body.",
        proof=(
            f"{victim} sees {place.name} = {other} in its own profile; both accounts were signed up for this",
            f"{sender} changed itself, with {place.name} = {other} beside, and a new marker in {field.name}",
            f"{victim} then read the marker in its profile, twice; {sender}'s own did not change",
        ),
        attacks=(again.number,),
        place=place,
        severity="high",
        cvss="CVSS:4.0/AV:N/AC:L/AT:N/PR:L/UI:N/VC:N/VI:H/VA:N/SC:N/SI:N/SA:N",
        victim=victim,
    )

"""Places of a request that no specification lists, and that name somebody all the same (checks-1-5.md 2.1).

Filters by an owner that the answers show, headers that say who asks, ids wrapped in opaque texts. Each group is tried in
one request first; only what shows something then is judged.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence

import msgspec
from msgspec import Struct

from gatewright.checks.controls import account_key, documented_values, peers, texts
from gatewright.checks.reading import Aim, Forged, judge, leaks, send
from gatewright.explore.words import words
from gatewright.model.account import Credential
from gatewright.model.call import Call
from gatewright.model.endpoint import Place
from gatewright.model.json import Json
from gatewright.model.knowledge import OwnedObject, Reference, Sample
from gatewright.model.secret import Secret
from gatewright.model.test import Probe
from gatewright.model.verdict import Verdict, conclude, strongest
from gatewright.proof.compare import same
from gatewright.proof.leaves import Answer, as_text, read
from gatewright.proof.opaque import replaced, unwrap
from gatewright.proof.witness import witnesses

HEADERS = ("X-User-Id", "X-Account-Id", "X-Tenant-Id", "X-Org-Id")
"""Headers by which a gateway tells the services behind it who asks."""
_MOST = 4
"""Names tried of one kind."""


class Group(Struct, frozen=True):
    """Aims that one request tries together; each alone once that shows something."""

    together: Aim
    alone: tuple[Aim, ...]
    theirs: Answer
    mine: Answer


async def look_further(probe: Probe) -> Verdict | None:
    """The verdict on places that are not documented; None when there is none to try."""
    verdicts: list[Verdict] = []
    for group in _groups(probe):
        aim = group.together
        known = documented_values(probe)
        found = witnesses([group.theirs], [group.mine], references=texts(aim.reference), known=known)
        if not found:
            continue
        exchange = await send(probe, aim, aim.reference, purpose=f"attack: {aim.told}")
        if not leaks(probe, found, exchange):
            verdicts.append(_quiet(probe, aim, read(exchange.response), group.mine))
            continue
        for one in group.alone:
            verdict = await judge(probe, one)
            if verdict.outcome == "vulnerable":
                return verdict
            verdicts.append(verdict)
    return strongest(verdicts) if verdicts else None


def _quiet(probe: Probe, aim: Aim, answer: Answer, mine: Answer) -> Verdict:
    if same(mine, answer):
        why = f"what names {aim.owned.owner} there is ignored: {probe.account} got its own"
        return conclude("own_object", why, place=aim.place)
    if answer.status >= 400:
        return conclude("denied", f"refused {aim.told}: status {answer.status}", place=aim.place)
    return conclude("no_effect", f"the answer shows nothing of {aim.owned.owner}'s {aim.told}", place=aim.place)


def _groups(probe: Probe) -> Iterator[Group]:
    mine = probe.knowledge.sample(probe.endpoint.id, probe.account)
    if mine is None or probe.endpoint.method != "GET":
        return
    for victim in peers(probe):
        theirs = probe.knowledge.sample(probe.endpoint.id, victim)
        if theirs is not None:
            for group in (_filters(probe, mine, theirs), _who(probe, mine, theirs), *_opaque(probe, mine, theirs)):
                if group is not None:
                    yield group
            return


def _filters(probe: Probe, mine: Sample, theirs: Sample) -> Group | None:
    """Filters of a list by its owner, under the names by which answers of this API tell one."""
    answer = read(mine.exchange.response)
    if "{" in probe.endpoint.path or not any(leaf.item for leaf in answer.leaves):
        return None
    declared = {p.name for p in probe.endpoint.parameters} | set(mine.call.query)
    names = [name for name in owner_names(probe, answer) if name not in declared]
    values = {name: v for name in names if (v := named(probe, theirs.account, name)) is not None}
    places = [(Place("query", name), value) for name, value in list(values.items())[:_MOST]]
    return _group(probe, mine, theirs, places, "by a filter for its owner")


def owner_names(probe: Probe, answer: Answer) -> list[str]:
    """Names under which an answer, or else others of this API, hold the attacker's own identity; the answer's own first."""
    own = probe.identity(probe.account)
    counted: Counter[str] = Counter()
    for sample in probe.knowledge.samples:
        if sample.account == probe.account:
            counted.update({_last(x.path) for x in read(sample.exchange.response).leaves if x.value in own})
    here = [_last(leaf.path) for leaf in answer.leaves if leaf.value in own]
    usual = [name for name, _ in counted.most_common()]
    return [name for name in dict.fromkeys([*here, *usual]) if name and len(words(name)) > 1]


def _last(path: str) -> str:
    return path.replace("[]", "").rpartition(".")[2]


def named(probe: Probe, account: str, name: str) -> Json:
    """The account's identity under a name, as its own answers hold it."""
    own = probe.identity(account)
    for sample in probe.knowledge.samples:
        if sample.account == account:
            for leaf in read(sample.exchange.response).leaves:
                if _last(leaf.path) == name and leaf.value in own:
                    return leaf.value
    return None


def _who(probe: Probe, mine: Sample, theirs: Sample) -> Group | None:
    """Headers that say who asks, where the API says who one is."""
    call = probe.whoami(probe.account)
    key = account_key(probe, theirs.account)
    if call is None or call.endpoint != probe.endpoint.id or key is None:
        return None
    sent = {name.lower() for name in mine.call.headers}
    places = [(Place("header", name), key) for name in HEADERS if name.lower() not in sent]
    return _group(probe, mine, theirs, places, "by a header that says who asks")


def _group(probe: Probe, mine: Sample, theirs: Sample, places: Sequence[tuple[Place, Json]], told: str) -> Group | None:
    if not places:
        return None
    owned = shown_by(probe, theirs)
    aims = [_aim(probe, owned, mine, theirs, [place], value, f"{told}: {place}") for place, value in places]
    value = places[0][1]
    if len({as_text(v) for _, v in places}) > 1:  # one request can say one thing at a time about C4's random value
        together = msgspec.structs.replace(aims[0], forge=lambda _: Forged(_all(mine.call, places)), told=told)
    else:
        together = _aim(probe, owned, mine, theirs, [place for place, _ in places], value, told)
    return Group(together, tuple(aims), read(theirs.exchange.response), read(mine.exchange.response))


def _all(call: Call, places: Sequence[tuple[Place, Json]]) -> Call:
    for place, value in places:
        call = call.with_value(place, value)
    return call


def _aim(
    probe: Probe, owned: OwnedObject, mine: Sample, theirs: Sample, places: Sequence[Place], value: Json, told: str
) -> Aim:
    """The attacker's own request with one value of the victim's in each of the places."""
    reference = Reference(endpoint=probe.endpoint.id, place=places[0], values=((places[0], value),))

    def forge(target: Reference) -> Forged:
        given = dict(target.values)[places[0]]
        return Forged(_all(mine.call, [(place, given) for place in places]))

    return Aim(
        owned=owned,
        own=None,
        reference=reference,
        place=places[0],
        owner_call=theirs.call,
        own_call=mine.call,
        forge=forge,
        owner_asks=lambda _: theirs.call,
        refer=lambda _: reference,
        told=told,
    )


def shown_by(probe: Probe, theirs: Sample, item: str = "") -> OwnedObject:
    """The object of the victim that its answer (or one item of it) shows: one that this run made, else the account itself."""
    leaves = [leaf.value for leaf in read(theirs.exchange.response).leaves if not item or leaf.item == item]
    text = "\n".join(leaves)
    known = [o for o in probe.knowledge.objects if o.owner == theirs.account]
    made = next((o for o in known if o.origin == "created" and any(m in text for m in o.markers)), None)
    account = next((o for o in known if o.origin == "identity"), None)
    bare = OwnedObject(key=f"{theirs.account}/user", resource="user", owner=theirs.account, origin="identity")
    return made or account or bare


def _opaque(probe: Probe, mine: Sample, theirs: Sample) -> Iterator[Group]:
    """Texts of the attacker's own request that wrap its id, wrapped anew around the victim's."""
    named = {r.place for o in probe.knowledge.named_by(probe.endpoint.id) for r in o.references}
    for place in mine.call.places():
        found = unwrap(as_text(mine.call.get(place)))
        if found is None or place in named:
            continue
        for old, new in _swaps(probe, theirs.account):
            inner = replaced(found.text, old, new)
            if inner is not None:
                told = f"by wrapping its id in {place}"
                group = _group(probe, mine, theirs, [(place, found.wrapped(inner))], told)
                if group is not None:
                    yield group
                break


def _swaps(probe: Probe, victim: str) -> list[tuple[str, str]]:
    """Values of the attacker's and the victim's that stand for the same thing: account keys, then objects' ids."""
    pairs = [(as_text(account_key(probe, probe.account)), as_text(account_key(probe, victim)))]
    for own in probe.knowledge.objects:
        if own.owner == probe.account and own.id is not None:
            other = next((o for o in probe.knowledge.objects if o.owner == victim and o.resource == own.resource), None)
            if other is not None and other.id is not None:
                pairs.append((as_text(own.id), as_text(other.id)))
    return [(a, b) for a, b in pairs if a and b and a != b]


async def swapped_credential(probe: Probe) -> Verdict | None:
    """Where a cookie or header that goes with the session only says who one is: with the victim's name in it."""
    mine = probe.knowledge.sample(probe.endpoint.id, probe.account)
    call = probe.whoami(probe.account)
    if mine is None or call is None or call.endpoint != probe.endpoint.id:
        return None
    held = await probe.credentials(probe.account)
    own = probe.identity(probe.account)
    at = next((i for i, c in enumerate(held) if c.value.reveal() in own), None)
    for victim in peers(probe):
        theirs = probe.knowledge.sample(probe.endpoint.id, victim)
        value = _like(probe, victim, held[at].value.reveal()) if at is not None else None
        if theirs is None or at is None or value is None or len(held) < 2:
            continue
        return await judge(probe, _as_named(probe, mine, theirs, held, at, value))
    return None


def _like(probe: Probe, victim: str, value: str) -> str | None:
    """The victim's identity of the same form: a number for a number, an address for an address."""

    def form(text: str) -> tuple[bool, bool]:
        return text.isdigit(), "@" in text

    return next((v for v in sorted(probe.identity(victim)) if form(v) == form(value)), None)


def _as_named(probe: Probe, mine: Sample, theirs: Sample, held: tuple[Credential, ...], at: int, value: str) -> Aim:
    one = held[at]
    place = Place("cookie" if one.within == "cookie" else "header", one.name)
    aim = _aim(probe, shown_by(probe, theirs), mine, theirs, [place], value, f"by naming its owner in {place}")

    def forge(target: Reference) -> Forged:
        other = Secret(as_text(dict(target.values)[place]))
        named = Credential(within=one.within, name=one.name, prefix=one.prefix, value=other)
        return Forged(mine.call, None, (*held[:at], named, *held[at + 1 :]))

    return msgspec.structs.replace(aim, forge=forge)

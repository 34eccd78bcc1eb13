"""E2 by reference: another account's record, which everybody may see, and a value in it that nobody but its owner should.

Whether the whole record is private is not asked here: object-access-read does. It is taken for open where nobody needs a
credential for it, where the caller's own lists show it, or where it is a view made for others: the specification
lists other properties than this one, or its owner is shown more of it.
"""

from __future__ import annotations

from collections.abc import Sequence

from msgspec import Struct

from gatewright.checks.controls import bind, random_like
from gatewright.checks.exposed import (
    Exposed,
    documented,
    of_other,
    others,
    personal,
    refused_elsewhere,
    telling,
)
from gatewright.explore.policy import administers
from gatewright.model.account import ANON
from gatewright.model.call import Call
from gatewright.model.http import Exchange
from gatewright.model.knowledge import OwnedObject, Reference
from gatewright.model.test import Probe
from gatewright.proof.denied import DeniedFamily
from gatewright.proof.leaves import Answer, Leaf, as_text, read
from gatewright.proof.sensitive import CONTACTS, PERSONAL, classify
from gatewright.proof.witness import Witness


class Seen(Struct, frozen=True):
    """What a request showed that it should not have."""

    call: Call
    found: list[Exposed]
    facts: tuple[str, ...] = ()
    """What else was observed, for the proof."""


async def others_record(probe: Probe, call: Call, answer: Answer) -> Seen | None:
    """A personal value of another account in its record at this endpoint; None when there is none.

    Nothing is sent unless the endpoint's answers are known to hold such values; one request shows whether they are shown.
    """
    victim = await _victim(probe, answer)
    if victim is None:
        return None
    owned, reference = victim
    asked = bind(call, reference)
    if asked == call:
        return None
    exchange = await probe.send(asked, purpose="attack: another's record")
    seen = read(exchange.response)
    if DeniedFamily().denied(seen):
        return None
    found = await of_other(probe, owned.owner, telling(exchange, seen))
    listed = documented(probe)
    contacts = [e for e in found if e.kind in CONTACTS and e.leaf.path in listed]
    found = [e for e in found if e not in contacts]
    if not found and contacts and await refused_elsewhere(probe, owned.owner):
        found = contacts
    found = [e for e in found if e.kind not in CONTACTS or not _in_lists(probe, e.leaf.value)]
    why = await _open(probe, owned, reference, asked, seen, found) if found else ""
    if not why:
        return None
    other = await probe.send(
        call.with_value(reference.place, random_like(probe, dict(reference.values)[reference.place])),
        purpose="control: random id",
    )
    shown = {leaf.value for leaf in read(other.response).leaves}
    if not probe.control(
        "C4",
        "a random reference of the same kind",
        expected="does not show the value",
        observed="shows it" if any(e.leaf.value in shown for e in found) else "does not",
        holds=not any(e.leaf.value in shown for e in found),
    ):
        return None
    return Seen(asked, found, (why,))


async def _victim(probe: Probe, answer: Answer) -> tuple[OwnedObject, Reference] | None:
    """Whose record is asked for: that of the account of which most is known, itself before things of its own."""
    if probe.endpoint.method != "GET":
        return None
    rows: list[tuple[tuple[int, int, int], OwnedObject, Reference]] = []
    shown = _values(probe, answer)
    for name in others(probe):
        for owned in probe.knowledge.owned(name, probe.endpoint.id):
            reference = owned.reference(probe.endpoint.id)
            if reference is None or owned.slot == "delete" or reference.place.within not in ("path", "query"):
                continue
            theirs = await personal(probe, name)
            if theirs and (shown & set(theirs) or await _sensitive(probe, answer)):
                rank = (owned.origin != "identity", probe.accounts[name].origin == "throw-away", -len(theirs))
                rows.append((rank, owned, reference))
    return min(rows, key=lambda row: row[0])[1:] if rows else None


def _values(probe: Probe, answer: Answer) -> set[str]:
    """Everything that this endpoint is known to have answered, to anybody."""
    answers = [answer, *(read(s.exchange.response) for s in probe.knowledge.samples_of(probe.endpoint.id))]
    return {leaf.value for one in answers for leaf in one.leaves}


async def _sensitive(probe: Probe, answer: Answer) -> bool:
    """Whether the caller's own answer holds anything personal, by class or as its own value."""
    own = await personal(probe, probe.account)
    return any(leaf.value in own or classify(leaf.path, leaf.value) in PERSONAL for leaf in answer.leaves)


def _in_lists(probe: Probe, value: str) -> bool:
    """X2: whether the caller's ordinary answers show the value anyway, functions of administration apart."""
    return any(
        leaf.value == value
        for sample in probe.knowledge.samples
        if sample.account == probe.account and sample.endpoint != probe.endpoint.id
        if (endpoint := probe.knowledge.endpoints.get(sample.endpoint)) is not None and not administers(endpoint)
        for leaf in read(sample.exchange.response).leaves
    )


async def _open(
    probe: Probe, owned: OwnedObject, reference: Reference, asked: Call, seen: Answer, found: Sequence[Exposed]
) -> str:
    """Why the record itself is meant to be seen by the caller; empty where nothing says so."""
    id_ = as_text(dict(reference.values)[reference.place])
    hidden = {e.leaf.value for e in found}
    if _shown(probe, id_) & ({leaf.value for leaf in seen.leaves if _tells(leaf.value)} - hidden - {id_}):
        return f"{probe.account}'s own lists show the record, without this value"
    if probe.account != ANON and await _without(probe, asked):
        return "the record is answered to nobody in particular as well, without a credential"
    if owned.origin != "identity":
        return ""
    listed = documented(probe)
    rest = [leaf for leaf in seen.leaves if leaf.path in listed]
    if rest and not any(e.leaf.path in listed for e in found):
        return f"the specification lists {len({leaf.path for leaf in rest})} other properties of this view, and not this one"
    own = await probe.send(asked, as_=owned.owner, purpose="control: owner")
    more = read(own.response).paths() - seen.paths()
    if more:
        return f"it is a view for others: {owned.owner} is shown {len(more)} properties more of it, {min(more)} for one"
    return ""


def _tells(value: str) -> bool:
    return len(value) >= 4 and value not in ("null", "true", "false")


def _shown(probe: Probe, id_: str) -> set[str]:
    """Everything that ordinary lists of the caller's rank show of the object with this id."""
    shown: set[str] = set()
    for sample in probe.knowledge.samples:
        endpoint = probe.knowledge.endpoints.get(sample.endpoint)
        if endpoint is None or "{" in endpoint.path or endpoint.method != "GET" or administers(endpoint):
            continue
        if probe.rank(sample.account) > probe.rank(probe.account):  # an equal's list is the caller's as well
            continue
        items: dict[str, set[str]] = {}
        leaves: Sequence[Leaf] = read(sample.exchange.response).leaves
        for leaf in leaves:
            if leaf.item:
                items.setdefault(leaf.item, set()).add(leaf.value)
        shown |= set().union(*(values for values in items.values() if id_ in values))
    return shown


def only_properties(
    probe: Probe, owned: OwnedObject, reference: Reference, exchange: Exchange, leak: Sequence[Witness]
) -> bool:
    """Whether an account's record is an open one, which shows some properties too many: no whole record is reached.

    Either the caller's lists show everything else of it, and that is the greater part, or what leaks stands outside the
    documented view and nothing personal within it.
    """
    if owned.origin != "identity" or reference.place.within not in ("path", "query"):
        return False
    answer, listed = read(exchange.response), documented(probe)
    id_ = as_text(dict(reference.values)[reference.place])
    shown = _shown(probe, id_) - {id_}
    hidden = {witness.path for witness in leak if witness.value not in shown}
    rest = [leaf for leaf in answer.leaves if leaf.path not in hidden and _tells(leaf.value) and leaf.value != id_]
    common = {leaf.path for leaf in rest if leaf.value in shown}
    if common == {leaf.path for leaf in rest} and len(hidden) <= len(common):
        return True
    within = [leaf for leaf in rest if leaf.path in listed]
    return (
        bool(within and hidden)
        and not hidden & listed
        and not any(classify(leaf.path, leaf.value) in PERSONAL for leaf in within)
    )


async def _without(probe: Probe, asked: Call) -> bool:
    exchange: Exchange = await probe.send(asked, as_=ANON, purpose="control: no credential", credentials=())
    return not DeniedFamily().denied(read(exchange.response))

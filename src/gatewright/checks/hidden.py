"""E4, the API contradicts itself: one endpoint keeps a property from the caller's role, another shows it (checks-1-5.md 4.1).

No list of names is needed. One endpoint of single objects shows the property to a higher account and not to the caller;
the endpoint of the cell shows the caller the same value of the same object. Lists are no first endpoint: they leave
things out to be short. Objects of the caller's own are left alone: an owner may see more in one place than in another.
"""

from __future__ import annotations

import re
from collections.abc import Sequence

from msgspec import Struct

from gatewright.checks.controls import call_of
from gatewright.checks.exposed import Exposed
from gatewright.checks.records import Seen
from gatewright.explore.words import IDENTIFYING, words
from gatewright.model.call import Call
from gatewright.model.endpoint import Endpoint, Place
from gatewright.model.json import Json
from gatewright.model.test import Probe
from gatewright.proof.leaves import Answer, Leaf, as_text, read

_HOLE = re.compile(r"\{([^}]+)\}$")
_CLOCK = re.compile(r"^\d{4}-\d\d-\d\d([T ]|$)")
_MOST = 2
"""Objects at which a property is looked at."""


class Tailored(Struct, frozen=True):
    """An endpoint of single objects that shows a higher account more than the caller."""

    endpoint: Endpoint
    place: Place
    """Where the object is named."""
    higher: str
    names: frozenset[str]
    """Last names of the properties that the caller is not shown."""


async def kept_back(probe: Probe, call: Call, leaves: Sequence[Leaf]) -> Seen | None:
    """A property in the caller's answer that another endpoint keeps from it; None when there is none.

    Nothing is sent unless the answer has a property of such a name.
    """
    tried: set[tuple[str, str]] = set()
    for view in await probe.once(f"tailored {probe.account}", lambda: _tailored(probe)):
        if view.endpoint.id == probe.endpoint.id:
            continue
        for leaf in leaves:
            id_ = (
                _named_by(probe, leaf, leaves, view)
                if _last(leaf.path) in view.names and _telling(leaf.value)
                else None
            )
            key = (view.endpoint.id, leaf.path)
            if id_ is None or key in tried or len(tried) >= _MOST or _own(probe, leaf, leaves):
                continue
            tried.add(key)
            fact = await _contradicts(probe, view, leaf, id_)
            if fact:
                return Seen(call, [Exposed(leaf, f"`{_last(leaf.path)}`", "E4", "")], (fact,))
    return None


async def _tailored(probe: Probe) -> list[Tailored]:
    """By the samples alone: the same endpoint answered two ranks, and the higher one has properties more."""
    found: list[Tailored] = []
    for endpoint in probe.knowledge.endpoints.values():
        hole = _HOLE.search(endpoint.path)
        mine = probe.knowledge.sample(endpoint.id, probe.account)
        if endpoint.method != "GET" or hole is None or mine is None:
            continue
        ours = {_last(path) for path in read(mine.exchange.response).paths()}
        for sample in probe.knowledge.samples_of(endpoint.id):
            if probe.rank(sample.account) <= probe.rank(probe.account):
                continue
            answer = read(sample.exchange.response)
            more = {_last(leaf.path) for leaf in answer.leaves if leaf.value not in ("null", "")} - ours
            if ours and more:
                found.append(Tailored(endpoint, Place("path", hole[1]), sample.account, frozenset(more)))
                break
    return found


def _last(path: str) -> str:
    return path.replace("[]", "").rpartition(".")[2]


def _telling(value: str) -> bool:
    """Whether a value is one object's: no flag, nothing empty or short, no clock."""
    return len(value) >= 4 and value not in ("null", "true", "false") and not _CLOCK.match(value)


def _named_by(probe: Probe, leaf: Leaf, leaves: Sequence[Leaf], view: Tailored) -> Json:
    """The value by which that endpoint would name the object that a leaf belongs to; None when its record has none.

    By the name of its place, else by a value that names an object there, whatever it is called, else by words.
    """
    within = leaf.path.rpartition(".")[0]
    beside = [x for x in leaves if x.item == leaf.item and x.path.rpartition(".")[0] == within]
    for wanted in (view.place.name.lower(), "id"):
        for one in beside:
            if _last(one.path).lower() == wanted:
                return one.value
    known = {
        as_text(value)
        for owned in probe.knowledge.named_by(view.endpoint.id)
        for reference in owned.references
        if reference.endpoint == view.endpoint.id
        for place, value in reference.values
        if place == view.place
    }
    named = next((x.value for x in beside if x.value in known), None)
    return named or next((x.value for x in beside if set(words(_last(x.path))) & IDENTIFYING), None)


def _own(probe: Probe, leaf: Leaf, leaves: Sequence[Leaf]) -> bool:
    """Whether the record is the caller's: it names the caller, or is an object of the caller's."""
    ids = {as_text(o.id) for o in probe.knowledge.objects if o.owner == probe.account and o.id is not None}
    mine = probe.identity(probe.account) | ids
    return any(x.item == leaf.item and x.value in mine for x in leaves)


async def _contradicts(probe: Probe, view: Tailored, leaf: Leaf, id_: Json) -> str:
    """The contradiction in a sentence, seen twice by the caller; empty when there is none."""
    call = call_of(probe, probe.account, endpoint=view.endpoint)
    above = call_of(probe, view.higher, endpoint=view.endpoint)
    if call is None or above is None:
        return ""
    asked = call.with_value(view.place, id_)
    higher = await probe.send(
        above.with_value(view.place, id_), as_=view.higher, purpose="control: higher role", endpoint=view.endpoint
    )
    shown = read(higher.response)
    if not _has(shown, leaf):
        return ""
    for again in ("", ", again"):
        lower = await probe.send(asked, purpose=f"control: the caller there{again}", endpoint=view.endpoint)
        seen = read(lower.response)
        same = {(x.path, x.value) for x in seen.leaves} & {(x.path, x.value) for x in shown.leaves}
        hidden = (
            bool(same) and 200 <= seen.status < 300 and _last(leaf.path) not in {_last(x.path) for x in seen.leaves}
        )
        hidden = hidden and not any(x.value == leaf.value for x in seen.leaves)
        if not probe.control(
            "E4",
            f"{view.endpoint.name} as {probe.account}",
            expected="the object without the property",
            observed="so it is" if hidden else "it is shown, or the object is not",
            holds=hidden,
        ):
            return ""
    return f"{view.endpoint.name} shows `{_last(leaf.path)}` of the same object to {view.higher}, and keeps it from {probe.account}"


def _has(answer: Answer, leaf: Leaf) -> bool:
    return any(_last(x.path) == _last(leaf.path) and x.value == leaf.value for x in answer.leaves)

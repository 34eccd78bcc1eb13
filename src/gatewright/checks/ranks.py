"""What says that an endpoint is meant for a higher role than the attacker's (checks-1-5.md 6.1, F1 to F5)."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence

from gatewright.checks.controls import call_of, random_like
from gatewright.checks.effects import strike
from gatewright.checks.meant import says, segments, texts_of
from gatewright.explore.policy import ADMINISTRATION
from gatewright.model.account import ANON
from gatewright.model.call import Call
from gatewright.model.endpoint import Endpoint, Place
from gatewright.model.test import Probe
from gatewright.proof.leaves import Answer
from gatewright.proof.privacy import words

_NEIGHBOURS = 3


def higher(probe: Probe, *, untried: bool = False) -> str:
    """An account above the attacker's rank whose request was accepted there; empty when there is none.

    One of the role that the specification names comes first, then the lowest. `untried`: any above, although nobody saw
    what it may do there: exploration asks no higher account where a lower one was let in.
    """
    own = probe.rank(probe.account)
    above = [n for n in probe.accounts if probe.rank(n) > own]
    able = above if untried else [n for n in above if probe.knowledge.sample(probe.endpoint.id, n)]
    said = {word for text in texts_of(probe.endpoint) for word in words(text)}

    def order(name: str) -> tuple[bool, bool, int, str]:
        named = bool(words(probe.accounts[name].role) & said)
        return not named, probe.accounts[name].origin == "throw-away", probe.rank(name), name

    return min(able, key=order, default="")


def enough(probe: Probe, codes: Iterable[str]) -> bool:
    """Whether the signs together make it a function of a higher role: a word of the specification or access.yaml, or two others.

    Every neighbour may refuse nobody: for nobody as the attacker only a path of administration counts beside the
    specification's word, where the specification asks for a credential. And a specification that names roles
    elsewhere means what it leaves out here.
    """
    found = set(codes)
    if found & {"F1", "F4"}:
        return True
    if probe.account == ANON:
        return "F3" in found and probe.endpoint.secured
    if not found & {"F2", "F5"} or len(found) < 2:
        return False
    return bool(segments(probe.endpoint) & ADMINISTRATION) or not _names_roles(probe)


def _names_roles(probe: Probe) -> bool:
    """Whether the specification names a role above the attacker's at any endpoint."""
    return any(says(probe, endpoint) for endpoint in probe.knowledge.endpoints.values())


async def neighbours_refuse(probe: Probe, able: str) -> str:
    """F2: the name of a neighbour that refuses the attacker and not the higher account; empty when none of three does.

    Neighbours share the first part of the path or a tag. Those that write are asked with a random id, which changes
    nothing.
    """
    key = f"neighbours {_area(probe.endpoint)} {probe.account} {able}"
    found: str = await probe.once(key, lambda: _ask_neighbours(probe, able))
    return found


def _area(endpoint: Endpoint) -> str:
    parts = [part for part in endpoint.path.split("/") if part and not re.fullmatch(r"v\d+|api", part)]
    return parts[0] if parts else ""


async def _ask_neighbours(probe: Probe, able: str) -> str:
    near = [
        e
        for e in probe.knowledge.endpoints.values()
        if _near(probe, e) and e.method in ("GET", "PUT", "PATCH", "DELETE")
    ]
    unproved = [e for e in near if probe.knowledge.sample(e.id, probe.account) is None]
    for endpoint in sorted(unproved, key=lambda e: (e.method != "GET", e.path))[:_NEIGHBOURS]:
        if await _refuses(probe, endpoint, able):
            return endpoint.name
    return ""


async def _refuses(probe: Probe, endpoint: Endpoint, able: str) -> bool:
    """Whether an endpoint refuses the attacker by rank: 401 or 403, where the higher account gets neither."""
    call = call_of(probe, able, endpoint=endpoint)
    if call is None:
        return False
    if endpoint.method != "GET":
        names = re.findall(r"\{(\w+)\}", endpoint.path)
        if not names:
            return False
        place = Place("path", names[-1])
        call = call.with_value(place, random_like(probe, call.get(place)))
    other = await strike(probe, call, as_=probe.account, purpose="control: neighbour", endpoint=endpoint)
    if other.response is None or other.response.meaning not in (401, 403):
        return False
    may = await strike(probe, call, as_=able, purpose="control: neighbour, higher account", endpoint=endpoint)
    return may.response is not None and may.response.meaning not in (401, 403)


async def neighbours_forbid(probe: Probe) -> str:
    """F2 where nobody above is known: the name of a neighbour that answers the attacker with 403; empty: none of three."""

    async def ask() -> str:
        near = [
            e
            for e in probe.knowledge.endpoints.values()
            if e.method == "GET" and _near(probe, e) and probe.knowledge.sample(e.id, probe.account) is None
        ]
        for endpoint in sorted(near, key=lambda e: e.path)[:_NEIGHBOURS]:
            call = Call(endpoint=endpoint.id)
            for name in re.findall(r"\{(\w+)\}", endpoint.path):
                call = call.with_value(Place("path", name), random_like(probe, 1))
            exchange = await strike(probe, call, as_=probe.account, purpose="control: neighbour", endpoint=endpoint)
            if exchange.response is not None and exchange.response.meaning == 403:
                return endpoint.name
        return ""

    found: str = await probe.once(f"neighbours {_area(probe.endpoint)} {probe.account}", ask)
    return found


def _near(probe: Probe, endpoint: Endpoint) -> bool:
    """Another endpoint that shares the first part of the path, or a tag."""
    alike = _area(endpoint) == _area(probe.endpoint) or bool(set(endpoint.tags) & set(probe.endpoint.tags))
    return endpoint.id != probe.endpoint.id and alike


def shows_others(probe: Probe, answer: Answer, ordinary: Sequence[Answer]) -> bool:
    """F5: the answer names two or more other accounts, or holds their objects, and the attacker's own lists do not."""
    seen = {leaf.value for one in ordinary for leaf in one.leaves}
    values = {leaf.value for leaf in answer.leaves} - seen - probe.identity(probe.account)
    named = 0
    for name in probe.accounts:
        if name == probe.account:
            continue
        marks = {m for o in probe.knowledge.objects if o.owner == name for m in o.markers}
        known = {v for v in probe.identity(name) if len(v) >= 4 and not v.isdigit()}
        named += bool(values & known) or any(m in value for m in marks for value in values)
    return named >= 2

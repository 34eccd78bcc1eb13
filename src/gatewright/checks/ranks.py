"""What says that an endpoint is meant for a higher role than the attacker's (checks-1-5.md 6.1, F1 to F5)."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from itertools import pairwise

from gatewright.checks.controls import call_of, random_like
from gatewright.checks.effects import strike
from gatewright.explore.policy import ADMINISTRATION
from gatewright.model.account import ANON
from gatewright.model.call import Call
from gatewright.model.endpoint import Endpoint, Place
from gatewright.model.json import Json
from gatewright.model.test import Probe
from gatewright.proof.leaves import Answer
from gatewright.proof.privacy import words

EVIDENCE = {
    "F1": "the specification asks for a higher role there",
    "F2": "its neighbours refuse the attacker and not the higher account",
    "F3": "its path has a word of administration",
    "F4": "access.yaml denies it to the attacker",
    "F5": "it shows what belongs to several other accounts",
}
_AREAS = frozenset(["manage", "management", "manager", "staff", "system", "audit", "moderation", "moderator", "ops"])
_AREAS |= {"office", "backend", "console", "superadmin", "sysadmin"}
"""Words of administration where something stands below them (`/staff/salaries`); alone they may name a resource."""
_OPERATED = frozenset(["admin", "administrator", "backoffice", "superuser", "superadmin"])
"""Words of administration in the name of an operation, or of a field of a GraphQL schema: `adminListUsers`."""
_RULE = re.compile(r"\b(only|requires?|required|needs?|restricted|must)\b", re.IGNORECASE)
_KEYS = re.compile(r"role|permission|privilege|access|scope|audience", re.IGNORECASE)
_NEIGHBOURS = 3


def higher(probe: Probe) -> str:
    """An account above the attacker's rank whose request was accepted there; empty when there is none.

    One of the role that the specification names comes first, then the lowest.
    """
    own = probe.rank(probe.account)
    able = [n for n in probe.accounts if probe.rank(n) > own and probe.knowledge.sample(probe.endpoint.id, n)]
    said = {word for text in _texts(probe.endpoint) for word in words(text)}

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
    return bool(_segments(probe.endpoint) & ADMINISTRATION) or not _names_roles(probe)


def _names_roles(probe: Probe) -> bool:
    """Whether the specification names a role above the attacker's at any endpoint."""
    return any(_stated(probe, endpoint) for endpoint in probe.knowledge.endpoints.values())


def stated(probe: Probe) -> set[str]:
    """F1 and F3: what specification and path say, without a request."""
    parts = [part for part in probe.endpoint.path.split("/") if part]
    above = {w for part, below in pairwise(parts) if "{" not in below for w in words(part)}
    named = words(probe.endpoint.operation) | words(probe.endpoint.field.name if probe.endpoint.field else "")
    area = _segments(probe.endpoint) & ADMINISTRATION or above & _AREAS or named & _OPERATED
    return {*(["F3"] if area else []), *(["F1"] if _stated(probe, probe.endpoint) else [])}


def _segments(endpoint: Endpoint) -> set[str]:
    return {w for part in endpoint.path.split("/") if "{" not in part for w in words(part)}


def _stated(probe: Probe, endpoint: Endpoint) -> bool:
    """F1: a text about who may, that names a higher role and neither the attacker's nor one below; or an admin tag."""
    above, own = _roles(probe)
    for text in _texts(endpoint):
        found = words(text)
        if found & (above | ADMINISTRATION) and not found & own:
            return True
    return any(words(tag) & ADMINISTRATION for tag in endpoint.tags)


def _texts(endpoint: Endpoint) -> list[str]:
    """What the specification says about who may: scopes, the text of a 403, extensions, sentences with `only` and the like."""
    return [
        *(scope for r in endpoint.security or () for _, scopes in r.schemes for scope in scopes),
        *(a.description for a in endpoint.answers if a.status == "403"),
        *(text for key, value in endpoint.extensions.items() if _KEYS.search(key) for text in _strings(value)),
        *(s for t in (endpoint.summary, endpoint.description) for s in t.split(".") if _RULE.search(s)),
    ]


def _roles(probe: Probe) -> tuple[set[str], set[str]]:
    """Words of the roles above the attacker's, and of its own and those below."""
    own = probe.rank(probe.account)
    above: set[str] = set()
    below: set[str] = set()
    for name, account in probe.accounts.items():
        (above if probe.rank(name) > own else below).update(words(account.role))
    role = probe.accounts[probe.account].role if probe.account in probe.accounts else ""
    roles = list(probe.settings.roles)
    index = roles.index(role) if role in roles else -1
    for place, known in enumerate(roles):
        (above if place > index else below).update(words(known))
    if probe.account == ANON:  # every role is above nobody: only what sets the highest apart is a function of theirs
        lowest = min((probe.rank(n) for n in probe.accounts), default=0)
        common = {w for n, a in probe.accounts.items() if probe.rank(n) == lowest for w in words(a.role)}
        highest = max((probe.rank(n) for n in probe.accounts), default=0)
        return above - common if highest > lowest else set(), common
    return above - below, below


def _strings(value: Json) -> list[str]:
    if isinstance(value, str):
        return [value]
    if isinstance(value, dict):
        return [text for item in value.values() for text in _strings(item)]
    return [text for item in value for text in _strings(item)] if isinstance(value, list) else []


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

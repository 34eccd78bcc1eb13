"""What the specification and its paths say about who may use an endpoint (checks-1-5.md 6.1, F1 and F3). No request."""

from __future__ import annotations

import re
from itertools import pairwise

from gatewright.explore.policy import ADMINISTRATION
from gatewright.model.account import ANON
from gatewright.model.endpoint import Endpoint
from gatewright.model.json import Json
from gatewright.model.test import Probe
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


def stated(probe: Probe) -> set[str]:
    """F1 and F3: what specification and path say, without a request."""
    parts = [part for part in probe.endpoint.path.split("/") if part]
    above = {w for part, below in pairwise(parts) if "{" not in below for w in words(part)}
    named = words(probe.endpoint.operation) | words(probe.endpoint.field.name if probe.endpoint.field else "")
    area = segments(probe.endpoint) & ADMINISTRATION or above & _AREAS or named & _OPERATED
    return {*(["F3"] if area else []), *(["F1"] if says(probe, probe.endpoint) else [])}


def segments(endpoint: Endpoint) -> set[str]:
    """The words of a path, parameters left out."""
    return {w for part in endpoint.path.split("/") if "{" not in part for w in words(part)}


def says(probe: Probe, endpoint: Endpoint) -> bool:
    """F1: a text about who may, that names a higher role and neither the attacker's nor one below; or an admin tag."""
    above, own = roles_of(probe)
    for text in texts_of(endpoint):
        found = words(text)
        if found & (above | ADMINISTRATION) and not found & own:
            return True
    return any(words(tag) & ADMINISTRATION for tag in endpoint.tags)


def texts_of(endpoint: Endpoint) -> list[str]:
    """What the specification says about who may: scopes, the text of a 403, extensions, sentences with `only` and the like."""
    return [
        *(scope for r in endpoint.security or () for _, scopes in r.schemes for scope in scopes),
        *(a.description for a in endpoint.answers if a.status == "403"),
        *(text for key, value in endpoint.extensions.items() if _KEYS.search(key) for text in _strings(value)),
        *(s for t in (endpoint.summary, endpoint.description) for s in t.split(".") if _RULE.search(s)),
    ]


def roles_of(probe: Probe) -> tuple[set[str], set[str]]:
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

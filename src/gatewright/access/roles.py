"""The order of roles: configured, else guessed from their names and corrected by what each may read."""

from __future__ import annotations

import re
from collections.abc import Collection, Mapping, Sequence

_TOP = frozenset({"admin", "administrator", "root", "superuser", "super", "owner", "sysadmin"})
_MIDDLE = frozenset({"manager", "staff", "employee", "moderator", "support", "operator", "editor", "doctor", "agent"})
_BOTTOM = frozenset({"guest", "anonymous", "public", "visitor"})


def guess(roles: Collection[str]) -> list[str]:
    """Roles from lowest to highest by their names; unknown words stand above guests and below staff."""
    return sorted(set(roles), key=lambda role: (_height(role), role))


def learn(order: Sequence[str], reads: Mapping[str, Collection[str]]) -> list[str]:
    """The order corrected by evidence: a role whose accepted reads strictly include another's stands above it.

    Only among roles whose names say nothing: an administrator who owns nothing reads fewer endpoints than its users.
    """
    found = list(order)
    for _ in found:
        for index in range(len(found) - 1):
            lower, upper = set(reads.get(found[index], ())), set(reads.get(found[index + 1], ()))
            if _height(found[index]) == _height(found[index + 1]) and lower > upper and upper:
                found[index], found[index + 1] = found[index + 1], found[index]
    return found


def _height(role: str) -> int:
    words = set(re.findall(r"[a-z]+", role.lower()))
    if words & _TOP:
        return 3
    if words & _MIDDLE:
        return 2
    return 0 if words & _BOTTOM else 1

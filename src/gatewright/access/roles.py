"""Roles: those that nobody declared, as answers and tokens name them; and their order, by name and by what each may read."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Collection, Iterable, Mapping, Sequence

from gatewright.access.tokens import claims
from gatewright.access.words import words
from gatewright.model.json import Json
from gatewright.proof.leaves import Answer

_TOP = frozenset(
    {"admin", "administrator", "root", "superuser", "super", "owner", "sysadmin", "superadmin", "director"}
)
_MIDDLE = frozenset({"manager", "staff", "employee", "moderator", "support", "operator", "editor", "doctor", "agent"})
_MIDDLE |= {"supervisor", "teacher", "instructor", "librarian", "clerk", "officer", "coordinator", "dispatcher", "hr"}
_MIDDLE |= {"premium", "pro", "gold", "enterprise", "business"}
_BOTTOM = frozenset({"guest", "anonymous", "public", "visitor", "free", "trial", "basic", "viewer"})

_GENERAL = ("guest", "user", "staff", "admin")
"""The word for each height, where several stand there."""
_NAMES = frozenset({("role",), ("roles",), ("user", "role"), ("authority",), ("authorities",), ("group",), ("groups",)})
_FLAGS = {("admin",): "admin", ("is", "admin"): "admin", ("superuser",): "admin", ("is", "superuser"): "admin",
          ("staff",): "staff", ("is", "staff"): "staff"}  # fmt: skip
"""Names of properties that are true for somebody of that role."""


def told(answers: Iterable[Answer], tokens: Iterable[str]) -> str:
    """The role that answers about an account, or its tokens, name; the highest of several, empty when none is named."""
    pairs = [(leaf.path, leaf.value) for answer in answers for leaf in answer.leaves if leaf.path.count(".") <= 3]
    pairs += [pair for token in tokens for pair in _scalars(claims(token), "")]
    found: list[str] = []
    for path, value in pairs:
        names = [words(part) for part in re.split(r"[.\[\]]+", path) if part and not part.isdigit()]
        if names and names[-1] in _FLAGS and value == "true":
            found.append(_FLAGS[names[-1]])
        elif names and names[-1] in _NAMES and re.fullmatch(r"[A-Za-z][\w -]{1,39}", value):
            found.append(value.lower().removeprefix("role_"))
    return max(found, key=_height, default="")


def named(roles: Mapping[str, str]) -> dict[str, str]:
    """Account → role, from what was told of each: the word itself where it is the only one of its height.

    Where several words stand at one height (professions, say), or none was told, the height has one general word: two
    roles are never equal, and peers must stay peers.
    """
    heights = {role: _height(role) if role else 1 for role in roles.values()}
    many = Counter(heights.values())
    return {
        account: role if role and many[heights[role]] == 1 else _GENERAL[heights[role]]
        for account, role in roles.items()
    }


def _scalars(value: Json, path: str) -> list[tuple[str, str]]:
    """Paths and texts of the scalars in claims."""
    if isinstance(value, dict):
        return [pair for key, inner in value.items() for pair in _scalars(inner, f"{path}.{key}")]
    if isinstance(value, list):
        return [pair for inner in value[:20] for pair in _scalars(inner, path)]
    return [(path, str(value).lower() if isinstance(value, bool) else str(value))]


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

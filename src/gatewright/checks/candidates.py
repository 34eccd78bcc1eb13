"""Values to try for a property that answers show: unlike the present one, and of its type."""

from __future__ import annotations

import re

from gatewright.model.json import Json
from gatewright.model.test import Probe
from gatewright.proof import jwt
from gatewright.proof.leaves import as_text, read


def other_value(probe: Probe, name: str, value: str) -> Json:
    """A value of the same type unlike the present one; None where none is known."""
    if value in ("true", "false"):
        return value == "false"
    if value == "null":
        return None
    if re.fullmatch(r"-?\d+", value):
        return int(value) * 7 + 1 if len(value) < 10 else None
    if re.fullmatch(r"-?\d+\.\d+", value):
        return round(float(value) * 7 + 1, 2)
    known = [*_seen_elsewhere(probe, name), *sorted(_members(probe, name))]
    others = [member for member in known if member not in (value, "")]
    if others:
        return others[0]
    return probe.marker() if len(value) < 60 else None


def _members(probe: Probe, name: str) -> set[str]:
    """Enum members that any schema of the specification lists for a property of this name."""
    last = name.rpartition(".")[2]
    found: set[str] = set()
    for schema in probe.specification.schemas.values():
        inner = schema.properties.get(last)
        if inner is not None:
            found |= {as_text(v) for v in probe.specification.resolve(inner).enum}
    return found


def _seen_elsewhere(probe: Probe, name: str) -> list[str]:
    """Values of a leaf of this name in what accounts of a higher role see: a real role, a real plan. Lowest role first."""
    last = name.rpartition(".")[2]
    found: dict[str, None] = {}
    above = [s for s in probe.knowledge.samples if probe.rank(s.account) > probe.rank(probe.account)]
    for sample in sorted(above, key=lambda s: (probe.rank(s.account), s.endpoint)):
        own = probe.whoami(sample.account)
        if own is not None and own.endpoint == sample.endpoint:
            for leaf in read(sample.exchange.response).leaves:
                if leaf.path.rpartition(".")[2] == last and len(leaf.value) < 40:
                    found[leaf.value] = None
    return list(found) or _claimed(probe, last)


def _claimed(probe: Probe, name: str) -> list[str]:
    """What the tokens of higher accounts say under this name. Lowest role first."""
    higher = [n for n in probe.accounts if probe.rank(n) > probe.rank(probe.account)]
    found: dict[str, None] = {}
    for account in sorted(higher, key=lambda n: (probe.rank(n), n)):
        kept = probe.first_credentials(account)
        for credential in kept.credentials if kept is not None else ():
            token = jwt.parse(credential.value.reveal())
            value = token.claims.get(name) if token else None
            if isinstance(value, str) and len(value) < 40:
                found[value] = None
    return list(found)


def second_value(value: Json, old: str | None) -> Json:
    """A second value to send, unlike the first one: for a mark or a word its former value."""
    if isinstance(value, bool):
        return not value
    if isinstance(value, int):
        return value + 11
    if isinstance(value, float):
        return round(value + 11.5, 2)
    return old or value


def typed(text: str, like: Json) -> Json:
    """The text of a leaf as a value of the type that was sent."""
    if isinstance(like, bool):
        return text == "true"
    if isinstance(like, int):
        return int(text) if re.fullmatch(r"-?\d+", text) else text
    if isinstance(like, float):
        return float(text) if re.fullmatch(r"-?\d+(\.\d+)?", text) else text
    return text

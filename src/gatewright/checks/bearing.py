"""E1 by trial: a text in an answer that logs somebody else in.

Only what stands in the record of another account of ours is tried, so that no stranger's session is ever used.
"""

from __future__ import annotations

import re
from collections.abc import Sequence

import msgspec

from gatewright.access.tokens import is_csrf
from gatewright.checks.exposed import Exposed, others
from gatewright.model.account import ANON, Credential
from gatewright.model.secret import Secret
from gatewright.model.test import Probe
from gatewright.proof.leaves import Leaf, read
from gatewright.proof.privacy import words
from gatewright.proof.witness import entropy

_BEARS = frozenset({"token", "session", "sid", "jwt", "key", "apikey", "secret", "bearer", "cookie", "auth"})
_SHAPE = re.compile(r"^[A-Za-z0-9._~+/=:-]{16,2048}$")
_MOST = 2


async def bearers(probe: Probe, leaves: Sequence[Leaf]) -> list[Exposed]:
    """Leaves that log another account of ours in, which the probe of that account shows. Nothing is sent without a candidate."""
    found: list[Exposed] = []
    tried = 0
    for leaf in leaves:
        name = words(leaf.path.rpartition(".")[2])
        if not (name & _BEARS or leaf.value.startswith("eyJ")) or not _SHAPE.match(leaf.value):
            continue
        whose = _whose(probe, leaf, leaves)
        if not whose or tried >= _MOST or entropy(leaf.value) < 40:
            continue
        tried += 1
        if await _logs_in(probe, whose, leaf.value):
            found.append(Exposed(leaf, "session token", "E1", whose))
    return found


def _whose(probe: Probe, leaf: Leaf, leaves: Sequence[Leaf]) -> str:
    """The other account whose record the leaf stands in: alone, and not beside the caller's own name."""
    beside = {
        x.value for x in leaves if x.item == leaf.item and x.path.rpartition(".")[0] == leaf.path.rpartition(".")[0]
    }
    if beside & probe.identity(probe.account):
        return ""
    owners = [name for name in others(probe) if beside & probe.identity(name)]
    return owners[0] if len(owners) == 1 else ""


async def _logs_in(probe: Probe, whose: str, value: str) -> bool:
    """Whether the value in the place of that account's credential is shown the account, and garbage in its place is not."""
    call = probe.whoami(whose)
    endpoint = probe.knowledge.endpoints.get(call.endpoint) if call else None
    held = [c for c in await probe.credentials(whose) if not is_csrf(c.name)]
    if call is None or endpoint is None or not held:
        return False

    async def shown(text: str, purpose: str) -> bool:
        credential: Credential = msgspec.structs.replace(held[0], value=Secret(text))
        exchange = await probe.send(call, as_=ANON, purpose=purpose, endpoint=endpoint, credentials=(credential,))
        identity = probe.identity(whose)
        return any(x.value in identity for x in read(exchange.response).leaves)

    if not await shown(value, "attack: the text as a credential"):
        return False
    garbled = value.translate(str.maketrans("abcdefABCDEF0123456789", "fedcbaFEDCBA9876543210"))
    named = await shown(garbled, "control: garbled")
    return probe.control(
        "garbage",
        "the text with other characters as a credential",
        expected="refused",
        observed="accepted" if named else "refused",
        holds=not named,
    )

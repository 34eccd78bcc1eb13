"""What an account's token says of it, where its profile does not: a role is often nowhere else to be seen."""

from __future__ import annotations

import msgspec

from gatewright.model.test import Probe
from gatewright.proof import jwt
from gatewright.proof.leaves import Answer, Leaf, as_text

_NEVER = frozenset({"iss", "sub", "aud", "exp", "nbf", "iat", "jti", "typ", "sid", "auth_time", "azp", "nonce"})


async def with_claims(probe: Probe, account: str, profile: Answer) -> Answer:
    """A profile, and beside its properties those claims of the account's token that it lacks. Sends nothing but a renewal."""
    names = {leaf.path.rpartition(".")[2] for leaf in profile.leaves}
    known = probe.accounts.get(account)
    registered = set(known.registered) if known is not None else set()
    beside = next((leaf.path for leaf in profile.leaves if leaf.path.rpartition(".")[2] in registered), "")
    within = beside[: len(beside) - len(beside.rpartition(".")[2])]
    found: list[Leaf] = []
    for credential in await probe.credentials(account):
        token = jwt.parse(credential.value.reveal())
        for name, value in (token.claims if token else {}).items():
            if name not in names | _NEVER and isinstance(value, (str, bool, int)):
                found.append(Leaf(within + name, as_text(value)))
    return msgspec.structs.replace(profile, leaves=(*profile.leaves, *found)) if found else profile

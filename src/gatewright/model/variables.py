"""Names of the shell variables that stand for credentials in curl lines and pytests: `$GW_TOKEN_ALICE`."""

from __future__ import annotations

import re
from collections.abc import Iterable

from gatewright.model.account import Credential

_ORDER = {"authorization": 0, "cookie": 1}


def variable(account: str, credential: str = "") -> str:
    """`GW_TOKEN_ALICE`; a second credential of the same account adds its name: `GW_TOKEN_ALICE_X_CSRF`."""
    return "GW_TOKEN_" + re.sub(r"[^A-Z0-9]+", "_", f"{account} {credential}".strip().upper())


def place_rank(within: str, name: str) -> int:
    """The order of an account's credentials: Authorization, cookies, other headers, the query."""
    if within == "cookie":
        return 1
    return _ORDER.get(name.lower(), 2) if within == "header" else 3


def named(account: str, credentials: Iterable[Credential]) -> list[tuple[str, Credential]]:
    """Each credential of an account with the name of its variable."""
    ordered = sorted(credentials, key=lambda one: (place_rank(one.within, one.name), one.name.lower()))
    return [(variable(account, one.name if index else ""), one) for index, one in enumerate(ordered)]

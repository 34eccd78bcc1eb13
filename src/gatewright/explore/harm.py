"""What could shut an account out, or take away what it belongs to (checks-1-5.md 1.2). Pure.

Words are weak evidence, and here they only make exploration more careful: what an endpoint is said to end is not done
as an account that we were given, nor to one.
"""

from __future__ import annotations

from itertools import pairwise

from gatewright.explore.schemas import body_of, fields
from gatewright.explore.words import words
from gatewright.model.endpoint import Endpoint, Specification
from gatewright.model.names import singular

_STEMS = (
    "suspen",
    "deactivat",
    "disabl",
    "terminat",
    "freez",
    "expel",
    "evict",
    "demot",
    "revok",
    "revoc",
    "invalidat",
    "regenerat",
    "rotat",
    "unsubscrib",
    "unenrol",
    "offboard",
    "deprovision",
    "anonymi",
    "downgrad",
    "cancel",
    "blacklist",
    "blocklist",
    "lockout",
    "quarantin",
    "resign",
    "delet",
    "remov",
    "eras",
    "destroy",
    "wip",
    "purg",
)
_WORDS = frozenset(
    ["ban", "banned", "block", "blocked", "lock", "locked", "close", "closed", "closure", "leave", "quit"]
)
_WORDS |= {"kick", "kicked", "forget", "reset", "expire", "logout", "signout", "ownership", "retire", "opt", "optout"}
_FACTORS = frozenset(["mfa", "totp", "otp", "twofactor", "authenticator", "passkey", "webauthn"])
_ACCOUNTS = frozenset(["me", "my", "self", "account", "profile", "user", "customer", "member", "membership"])
_ACCOUNTS |= {"subscription", "plan", "organization", "organisation", "org", "workspace", "team", "tenant", "company"}
_ACCOUNTS |= {"session", "credential", "key", "token", "device", "login"}
SECRETS = frozenset({"password", "passwd", "pwd", "pin", "secret", "passphrase", "passcode"})
DECIDING = _FACTORS | {"factor", "fa", "active", "suspended", "banned", "blocked", "locked", "disabled", "deactivated"}
"""Words of properties that decide whether, and how, an account may come in."""
_STATES = frozenset(["status", "state", "active", "enabled", "role", "activation", "password", "security"])


def ends(endpoint: Endpoint) -> str:
    """The word by which an endpoint says that it ends, locks or takes something away; empty when none.

    Words of the path count below the last thing that it names: `/users/{id}/suspend`.
    """
    path = endpoint.path.rpartition("}")[2]
    for word in [*words(path), *words(endpoint.operation)]:
        if word in _WORDS or word in _FACTORS or word.startswith(_STEMS):
            return word
    return "two factor" if _second(words(path)) else ""


def _second(said: list[str]) -> bool:
    pairs = list(pairwise(said))
    return ("2", "fa") in pairs or any(b == "factor" for _, b in pairs)


def of_accounts(endpoint: Endpoint) -> bool:
    """Whether the path speaks of accounts, or of what they belong to or come in by."""
    fixed = [part for part in endpoint.path.split("/") if "{" not in part]
    return any(singular(word) in _ACCOUNTS for part in fixed for word in words(part))


def sets_a_state(endpoint: Endpoint) -> bool:
    """Whether the path is that of what decides if an account may come in: `/account/status`."""
    said = {singular(word) for word in words(endpoint.path.rpartition("}")[2])}
    return bool(said & _STATES) and of_accounts(endpoint)


def secret_of(endpoint: Endpoint, specification: Specification) -> str:
    """The property by which the body asks for a password; empty when it asks for none."""
    body = body_of(endpoint)
    for field in fields(body.schema, specification) if body else []:
        if field.required and (field.schema.format == "password" or set(words(field.key)) & SECRETS):
            return field.key
    return ""

"""Codes that are mailed: made, kept for a while, and good once."""

from __future__ import annotations

import secrets

from gatewright.lab.endpoint import Call
from gatewright.lab.tables import Row

LIFE = 900
"""Seconds that a mailed code is good for."""


def drawn() -> str:
    """A code of nobody's."""
    return f"{secrets.randbelow(10**6):06}"


def mail_code(call: Call, user: Row, purpose: str) -> str:
    """A new code for the user, by mail; an older one for the same purpose is worth nothing any more."""
    code = drawn()
    call.tables.remove("codes", user_id=user["id"], purpose=purpose)
    expires = call.clinic.now() + LIFE
    id_ = secrets.token_urlsafe(12)
    call.tables.add("codes", id=id_, user_id=user["id"], purpose=purpose, code=code, expires=expires)
    call.clinic.mailbox.deliver(user["email"], "Your code", f"Your code {code} is good for 15 minutes.")
    return code


def redeem(call: Call, user: Row | None, purpose: str, code: str) -> bool:
    """Whether this is the user's code; then it is used up."""
    row = call.tables.first("codes", user_id=user["id"], purpose=purpose) if user is not None else None
    if row is None or row["expires"] <= call.clinic.now() or not secrets.compare_digest(row["code"], code):
        return False
    call.tables.remove("codes", id=row["id"])
    return True

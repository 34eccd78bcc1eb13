"""What guards a change against other sites: the CSRF token of the session, and the ways to get that wrong."""

from __future__ import annotations

from gatewright.lab.endpoint import Call
from gatewright.lab.sessions import FIELD, cookies, holds

AT: dict[str, str] = {
    "csrf-token-optional": "POST /payment-methods",
    "csrf-token-any": "PUT /addresses/{address_id}",
    "csrf-token-of-anybody": "PUT /prescriptions/{prescription_id}",
    "csrf-token-copied": "PUT /reviews/{review_id}",
    "csrf-forgotten": "POST /addresses",
    "csrf-method-in-form": "PUT /wiki/{slug}",
    "csrf-text-plain": "POST /messages",
}
"""Weakness → the endpoint that has it."""


def has(call: Call, weakness: str) -> bool:
    """Whether the weakness is on, and this its endpoint."""
    return AT[weakness] == call.endpoint.id and call.weak(weakness)


def passes(call: Call, given: str) -> bool:
    """Whether the token that was given lets the change pass."""
    if has(call, "csrf-forgotten"):
        return True
    if has(call, "csrf-token-optional") and not given:
        return True
    if has(call, "csrf-token-any") and given:
        return True
    if has(call, "csrf-token-of-anybody") and call.tables.find("sessions", csrf=given):
        return True
    if has(call, "csrf-token-copied") and given and given == cookies(call.headers).get(FIELD):
        return True
    return holds(call.claims, given)

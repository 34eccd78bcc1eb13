"""What only callers with a session cookie need: their CSRF token."""

from __future__ import annotations

from gatewright.lab.endpoint import Access, Area, Call
from gatewright.lab.schemas import made, number, shape, text
from gatewright.lab.tables import Row

_TOKEN = made(text("q1Zk3mQ0vB1nXr8aLw5tYc2gJd7f", most=200))
_SCHEMAS = {
    "Session": shape("csrf_token expires_in", csrf_token=_TOKEN, expires_in=number(3600)),
    "CsrfToken": shape("csrf_token", csrf_token=_TOKEN),
}
AREA = Area("session", _SCHEMAS)


@AREA.on("GET", "/auth/csrf", Access.PATIENT, answer="CsrfToken", dialects=("cookie",))
def csrf(call: Call) -> Row:
    """Show the token that changes need in this session."""
    return {"csrf_token": call.claims["csrf"]}

"""API2: who one is."""

from __future__ import annotations

from typing import Any

from gatewright.lab.weaknesses.weakness import Weakness


def _login(id_: str, test: str, endpoint: str, title: str, **more: Any) -> Weakness:
    kind = "authentication"
    return Weakness(id=id_, threat="API2:2023", kind=kind, test=test, endpoint=endpoint, title=title, **more)


def _token(id_: str, test: str, title: str) -> Weakness:
    return _login(id_, test, "GET /me", title, dialects=("bearer", "graphql"))


ROWS: tuple[Weakness, ...] = (
    _login(
        "payment-method-without-token",
        "auth-missing",
        "GET /payment-methods/{payment_method_id}",
        "A payment method is shown to callers without a token",
    ),
    _login(
        "appointment-change-without-token",
        "auth-missing",
        "PATCH /appointments/{appointment_id}",
        "An appointment is changed by callers without a token",
    ),
    _token("token-alg-none", "jwt-none", "Tokens that name the algorithm none are accepted"),
    _token("token-signature-stripped", "jwt-signature-stripped", "Tokens without a signature are accepted"),
)

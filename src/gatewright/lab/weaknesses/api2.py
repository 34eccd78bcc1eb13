"""API2: who one is."""

from __future__ import annotations

from gatewright.lab.weaknesses.weakness import Weakness


def _login(id_: str, test: str, endpoint: str, title: str) -> Weakness:
    return Weakness(id=id_, threat="API2:2023", kind="authentication", test=test, endpoint=endpoint, title=title)


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
    _login("token-alg-none", "jwt-none", "GET /me", "Tokens that name the algorithm none are accepted"),
    _login(
        "token-signature-stripped",
        "jwt-signature-stripped",
        "GET /me",
        "Tokens without a signature are accepted",
    ),
)

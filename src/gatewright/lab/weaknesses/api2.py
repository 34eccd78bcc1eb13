"""API2: who one is."""

from __future__ import annotations

from typing import Any

from gatewright.lab.weaknesses.weakness import Weakness


def _login(id_: str, test: str, endpoint: str, title: str, **more: Any) -> Weakness:
    kind = "authentication"
    return Weakness(id=id_, threat="API2:2023", kind=kind, test=test, endpoint=endpoint, title=title, **more)


def _token(id_: str, test: str, title: str, *, dialects: tuple[str, ...] = ("bearer", "graphql")) -> Weakness:
    return _login(id_, test, "GET /me", title, dialects=dialects)


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
    _token("token-psychic-signature", "jwt-psychic", "A signature of zeros is accepted for administrators' tokens"),
    _token("token-weak-secret", "jwt-weak-secret", "The staff's tokens are signed with a common word"),
    _token("token-key-confusion", "jwt-key-confusion", "The public key is accepted as the secret of an HMAC"),
    _token("token-kid-path", "jwt-kid", "The key id of a token is a path below the folder of keys"),
    _token("token-key-embedded", "jwt-embedded-key", "A key that a token brings along is believed"),
    _token("token-key-fetched", "jwt-key-url", "Keys are fetched from wherever a token says"),
    _token("token-never-expires", "jwt-no-expiry", "Administrators' tokens live for more than a year"),
    _token("token-claims-unchecked", "jwt-claims", "Nobody looks for whom a token was made"),
    _token("token-truncated", "auth-truncated", "A token is looked up by what it begins with"),
    _token("id-token-as-access", "auth-foreign", "The id token of a log-in opens the API"),
    _token("token-expired-accepted", "auth-expired", "The end of a token is not looked at"),
    _token("token-in-query", "session-token-in-url", "The token may stand in the query", dialects=("bearer",)),
    _login(
        "cookie-without-guards",
        "session-cookie-flags",
        "GET /me",
        "Scripts may read the session cookie",
        dialects=("cookie",),
    ),
    _login(
        "csrf-token-optional",
        "csrf-removed",
        "POST /payment-methods",
        "A change without its CSRF token is accepted",
        dialects=("cookie",),
    ),
    _login(
        "csrf-token-any",
        "csrf-invalid",
        "PUT /addresses/{address_id}",
        "Any CSRF token is accepted, as long as there is one",
        dialects=("cookie",),
    ),
    _login(
        "csrf-token-of-anybody",
        "csrf-foreign",
        "PUT /prescriptions/{prescription_id}",
        "The CSRF token of any session is accepted",
        dialects=("cookie",),
    ),
    _login(
        "csrf-token-copied",
        "csrf-double-submit",
        "PUT /reviews/{review_id}",
        "The CSRF token is compared with its copy in a cookie alone",
        dialects=("cookie",),
    ),
    _login(
        "csrf-forgotten",
        "csrf-none",
        "POST /addresses",
        "An address is added without a CSRF token",
        dialects=("cookie",),
    ),
    _login(
        "csrf-method-in-form",
        "csrf-method",
        "PUT /wiki/{slug}",
        "A form that names its method needs no CSRF token",
        dialects=("cookie",),
    ),
    _login(
        "csrf-text-plain",
        "csrf-content-type",
        "POST /messages",
        "JSON that is sent as plain text needs no CSRF token",
        dialects=("cookie",),
    ),
    _login(
        "example-account",
        "example-credentials",
        "POST /auth/login",
        "The account of the specification's example exists",
        dialects=("bearer", "cookie"),
    ),
)

"""API2: what an account lives through, from its sign-up to the end of its sessions."""

from __future__ import annotations

from typing import Any

from gatewright.lab.weaknesses.weakness import Weakness


def _row(id_: str, test: str, endpoint: str, title: str, **more: Any) -> Weakness:
    return Weakness(
        id=id_, threat="API2:2023", kind="authentication", test=test, endpoint=endpoint, title=title, **more
    )


_LOGIN, _REGISTER, _ME = "POST /auth/login", "POST /auth/register", "GET /me"

ROWS: tuple[Weakness, ...] = (
    _row("logout-keeps-session", "session-after-logout", _ME, "A token works on after its log-out"),
    _row(
        "password-change-keeps-sessions",
        "session-after-password-change",
        _ME,
        "A changed password leaves other sessions alive",
    ),
    _row(
        "refresh-token-reuse", "session-refresh-reuse", _ME, "A refresh token can be used twice", dialects=("bearer",)
    ),
    _row(
        "session-kept-at-login",
        "session-fixed",
        _ME,
        "The session cookie from before the log-in is kept",
        dialects=("cookie",),
    ),
    _row("session-ids-count", "session-predictable", _ME, "Session ids are a counter", dialects=("cookie",)),
    _row(
        "second-factor-skipped",
        "mfa-skipped",
        _ME,
        "What the log-in gives before the code came is a session",
        dialects=("bearer",),
    ),
    _row(
        "second-factor-without-limit",
        "otp-no-lockout",
        "POST /auth/otp/verify",
        "Codes of the second factor can be tried without limit",
        dialects=("bearer",),
        needs={"hook": "mail"},
    ),
    _row(
        "reset-without-limit",
        "otp-no-lockout",
        "POST /auth/password/reset",
        "Codes of the password reset can be tried without limit",
        needs={"hook": "mail"},
    ),
    _row("sign-up-weak-password", "password-weak", _REGISTER, "Passwords that everybody guesses are accepted"),
    _row("sign-up-name-twice", "account-duplicate", _REGISTER, "A user name can be signed up again in other letters"),
    _row(
        "token-names-the-user",
        "token-subject-reuse",
        _ME,
        "Tokens hold the user name instead of the id",
        dialects=("bearer",),
    ),
    _row(
        "credentials-without-password",
        "account-change-without-reauth",
        "PUT /auth/credentials",
        "Password and address are changed without the present password",
    ),
    _row(
        "login-without-limit", "login-no-lockout", _LOGIN, "Passwords can be tried without limit", dialects=("bearer",)
    ),
    _row(
        "login-limit-by-address",
        "login-no-lockout",
        _LOGIN,
        "The limit of the log-in believes the address that a header names",
        dialects=("cookie",),
    ),
    _row(
        "login-tells-names",
        "user-enumeration",
        _LOGIN,
        "The log-in says that nobody has this name",
        dialects=("cookie",),
    ),
    _row(
        "reset-tells-names",
        "user-enumeration",
        "POST /auth/password/forgot",
        "The reset says that no account has this address",
    ),
    _row(
        "login-tells-names-by-time",
        "user-enumeration-timing",
        _LOGIN,
        "The log-in takes longer for names that exist",
        dialects=("bearer",),
    ),
)

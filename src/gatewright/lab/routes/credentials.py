"""What becomes of a way in: renewed sessions, changed passwords and names, forgotten passwords."""

from __future__ import annotations

from typing import Any

from gatewright.lab import tokens
from gatewright.lab.attempts import admit, failed, forget, judged, spelled
from gatewright.lab.codes import drawn, mail_code, redeem
from gatewright.lab.endpoint import Access, Area, Call, Refused
from gatewright.lab.routes.account import refuse_taken
from gatewright.lab.schemas import EMAIL, PASSWORD, USERNAME, YES, shape, text
from gatewright.lab.tables import Row

_PRESENT = {**PASSWORD, "example": "Blue-Kettle-47"}
_NEW = {**PASSWORD, "example": "Green-Lantern-52"}
_SCHEMAS = {
    "Renewal": shape("refresh_token", refresh_token=text("q1Zk3mQ0vB1nXr8aLw5tYc2gJd7f", most=200)),
    "CredentialsChange": shape(
        current_password=_PRESENT,
        new_password=_NEW,
        username=USERNAME,
        email=EMAIL,
    ),
    "Forgotten": shape("email", email=EMAIL),
    "Reset": shape("email code new_password", email=EMAIL, code=text("482913", most=12), new_password=_NEW),
    "SecondFactorChange": shape("enabled current_password", enabled=YES, current_password=_PRESENT),
    "SecondFactor": shape(
        "challenge code",
        challenge=text("eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiIxIn0.c2ln", most=2000),
        code=text("482913", most=12),
    ),
    "Notice": shape("message", message=text("If there is such an account, a code is on its way", most=200)),
}
AREA = Area("account", _SCHEMAS)


@AREA.on("POST", "/auth/refresh", Access.PUBLIC, body="Renewal", answer="Token", dialects=("bearer",))
def refresh(call: Call) -> Any:
    """Renew a session by its refresh token, which is used up."""
    renewed = call.clinic.door.renew(call, call.body["refresh_token"])
    if renewed is None:
        raise Refused(401, "this refresh token is not valid")
    return renewed


@AREA.on("PUT", "/auth/credentials", Access.PATIENT, body="CredentialsChange", status=204, forbids=True)
def change_credentials(call: Call) -> None:
    """Change password, user name or e-mail address; the present password is asked for."""
    given, me = call.fields(), call.me
    present = given.pop("current_password", None)
    if not call.weak("credentials-without-password"):
        _ask(call, me, present)
    for unique in ("username", "email"):
        if unique in given and spelled(given[unique]) != spelled(me[unique]):
            refuse_taken(call, unique, given[unique])
    changed: Row = {name: given[name] for name in ("username", "email") if name in given}
    changed |= {key: spelled(changed[name]) for name, key in _KEYS.items() if name in changed}
    if "new_password" in given:
        judged(given["new_password"], me["username"])
        changed["password_hash"] = tokens.password_hash(given["new_password"])
    call.tables.change("users", me["id"], **changed)
    if "new_password" in given and not call.weak("password-change-keeps-sessions"):
        call.clinic.door.end_others(call)


_KEYS = {"username": "name_key", "email": "mail_key"}


def _ask(call: Call, user: Row, password: str | None) -> None:
    """403 unless the user's present password came along; wrong ones are counted as at the log-in."""
    counted = f"{user['id']} present"
    admit(call.clinic, counted)
    if password is None or not tokens.password_fits(password, user["password_hash"]):
        failed(call.clinic, counted)
        raise Refused(403, "say your present password", errors={"current_password": "is not right"})
    forget(call.clinic, counted)


@AREA.on(
    "POST",
    "/auth/password/forgot",
    Access.PUBLIC,
    body="Forgotten",
    answer="Notice",
    status=202,
    unmetered="reset-mail-without-limit",
)
def forgot(call: Call) -> Row:
    """Ask for a code that resets the password; the answer is the same for everybody."""
    user = call.tables.first("users", mail_key=spelled(call.body["email"]))
    if user is None and call.weak("reset-tells-names"):
        raise Refused(404, "no account has this address")
    code = mail_code(call, user, "reset") if user is not None else drawn()
    notice = {"message": "If there is such an account, a code is on its way"}
    return {**notice, "code": code} if call.weak("reset-code-shown") else notice


@AREA.on("POST", "/auth/password/reset", Access.PUBLIC, body="Reset", status=204)
def reset(call: Call) -> None:
    """Set a new password with the code that was mailed."""
    counted = f"{spelled(call.body['email'])} reset"
    if not call.weak("reset-without-limit"):
        admit(call.clinic, counted)
    user = call.tables.first("users", mail_key=spelled(call.body["email"]))
    judged(call.body["new_password"], user["username"] if user is not None else "")
    if user is None or not redeem(call, user, "reset", call.body["code"]):
        failed(call.clinic, counted)
        raise Refused(403, "this code is not right")
    forget(call.clinic, counted)
    call.tables.change("users", user["id"], password_hash=tokens.password_hash(call.body["new_password"]))
    call.user = user
    call.clinic.door.end_others(call)


@AREA.on("PUT", "/auth/otp", Access.PATIENT, body="SecondFactorChange", status=204, forbids=True, dialects=("bearer",))
def change_second_factor(call: Call) -> None:
    """Ask for a mailed code at every log-in, or no longer."""
    _ask(call, call.me, call.body["current_password"])
    call.tables.change("users", call.me["id"], second_factor=int(call.body["enabled"]))


@AREA.on("POST", "/auth/otp/verify", Access.PUBLIC, body="SecondFactor", answer="Token", dialects=("bearer",))
def verify_second_factor(call: Call) -> Any:
    """Finish a log-in with the code that was mailed."""
    user = call.clinic.door.challenged(call, call.body["challenge"])
    if user is None:
        raise Refused(401, "this log-in has ended; begin again")
    counted = f"{user['id']} second factor"
    if not call.weak("second-factor-without-limit"):
        admit(call.clinic, counted)
    if not redeem(call, user, "log-in", call.body["code"]):
        failed(call.clinic, counted)
        raise Refused(403, "this code is not right")
    forget(call.clinic, counted)
    return call.clinic.door.enter(call, user)

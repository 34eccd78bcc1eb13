"""Sessions that the server remembers: a cookie names one, a CSRF token goes with it. Rows of the table `sessions`."""

from __future__ import annotations

import hashlib
import hmac
import secrets
from collections.abc import Mapping
from http.cookies import CookieError, SimpleCookie
from typing import Any

from gatewright.lab.door import Door
from gatewright.lab.endpoint import Call, Clinic, Reply
from gatewright.lab.tables import Row

COOKIE = "session"
HEADER = "X-CSRF-Token"
FIELD = "csrf_token"


def _key(value: str) -> str:
    """What is stored of a cookie's value: whoever reads the table cannot come in with it."""
    return hashlib.sha256(value.encode()).hexdigest()


class SessionDoor(Door):
    """Knows callers by their session cookie. Claims are the row of the session: id, user_id, csrf, expires."""

    def __init__(self) -> None:
        self._opened = 0x4A17
        """Sessions opened until now, from some number on."""

    def caller(self, clinic: Clinic, headers: Mapping[str, str]) -> tuple[Row | None, dict[str, Any]]:
        """The user of a session that has not ended."""
        session = self._found(clinic, headers)
        if session is None:
            return None, {}
        return clinic.tables.get("users", session["user_id"]), session

    def _found(self, clinic: Clinic, headers: Mapping[str, str]) -> Row | None:
        value = cookies(headers).get(COOKIE, "")
        session = clinic.tables.get("sessions", _key(value)) if value else None
        return session if session is not None and session["expires"] > clinic.now() else None

    def enter(self, call: Call, user: Row) -> Reply:
        """A new session, whatever the caller came with; that one ends."""
        clinic = call.clinic
        before = self._found(clinic, call.headers)
        if before is not None:
            clinic.tables.remove("sessions", id=before["id"])
        value, token = self._new(call), secrets.token_urlsafe(24)
        expires = clinic.now() + clinic.token_ttl
        clinic.tables.add("sessions", id=_key(value), user_id=user["id"], csrf=token, expires=expires)
        guards = "" if call.weak("cookie-without-guards") else "; HttpOnly; SameSite=Lax"
        cookie = f"{COOKIE}={value}; Path=/; Max-Age={clinic.token_ttl}{guards}"
        body = {"csrf_token": token, "expires_in": clinic.token_ttl}
        return Reply(body, headers={"Set-Cookie": cookie, "Cache-Control": "no-store"})

    def _new(self, call: Call) -> str:
        """The value of a new cookie."""
        self._opened += 1
        value = f"{self._opened:08x}" if call.weak("session-ids-count") else secrets.token_urlsafe(32)
        if call.weak("session-kept-at-login"):
            value = cookies(call.headers).get(COOKIE) or value
            call.tables.remove("sessions", id=_key(value))
        return value

    def leave(self, call: Call) -> Reply:
        """The session ends here and in the browser."""
        if not call.weak("logout-keeps-session"):
            call.tables.remove("sessions", id=str(call.claims.get("id")))
        return Reply(None, 204, headers={"Set-Cookie": f"{COOKIE}=; Path=/; Max-Age=0; HttpOnly; SameSite=Lax"})

    def end_others(self, call: Call) -> None:
        """Every session of the caller but the present one."""
        for session in call.tables.find("sessions", user_id=call.me["id"]):
            if session["id"] != call.claims.get("id"):
                call.tables.remove("sessions", id=session["id"])


def cookies(headers: Mapping[str, str]) -> dict[str, str]:
    """Cookies of a request: name → value; none when they cannot be read."""
    try:
        return {name: morsel.value for name, morsel in SimpleCookie(headers.get("cookie", "")).items()}
    except CookieError:
        return {}


def holds(session: Mapping[str, Any], given: str) -> bool:
    """Whether this is the CSRF token of the session."""
    return hmac.compare_digest(given.encode(), str(session["csrf"]).encode())

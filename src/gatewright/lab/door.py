"""How a caller is known: a door lets somebody in, knows them again, and closes behind them."""

from __future__ import annotations

import secrets
import sqlite3
from collections.abc import Mapping
from contextlib import suppress
from typing import TYPE_CHECKING, Any

from gatewright.lab.keys import AUDIENCE, ISSUER, Keys, Verifier
from gatewright.lab.tables import Row

if TYPE_CHECKING:
    from gatewright.lab.endpoint import Call, Clinic

_EVER = 400 * 86_400
"""Seconds that a token lives that never ends in practice."""


class Door:
    """Lets nobody in. A dialect hangs one of its own into `Clinic.door`."""

    def caller(self, clinic: Clinic, headers: Mapping[str, str]) -> tuple[Row | None, dict[str, Any]]:
        """The user behind a request's headers (names in lower case), and what the credential says."""
        return None, {}

    def published(self, clinic: Clinic) -> dict[str, Any] | None:
        """The keys that anybody may verify its credentials with, for `/.well-known/jwks.json`; None where there are none."""
        return None

    def enter(self, call: Call, user: Row) -> Any:
        """A fresh credential for a user whose password was right, as the log-in answers it: a body, or a reply."""
        return None

    def renew(self, call: Call, token: str) -> Any:
        """A fresh credential for a refresh token, as the log-in answers it; None where there are none, or it is not valid."""
        return None

    def challenge(self, call: Call, user: Row) -> Any:
        """What stands for a right password until the second factor has come; a door without a second step lets in."""
        return self.enter(call, user)

    def challenged(self, call: Call, token: str) -> Row | None:
        """The user whose password was right; None for anything that `challenge` did not give."""
        return None

    def leave(self, call: Call) -> Any:
        """End what the caller came in with; as the log-out answers it."""
        return None

    def end_others(self, call: Call) -> None:
        """End all the caller came in with elsewhere: their password has changed."""


class BearerDoor(Door):
    """A JWT in the Authorization header."""

    def __init__(self) -> None:
        self._kept: dict[int, tuple[int, str]] = {}
        """User → what was issued earlier than this number is worth nothing, but for the token with this id."""
        self._issued = 0
        self._reads: Verifier | None = None

    def _verifier(self, clinic: Clinic) -> Verifier:
        self._reads = self._reads or Verifier(Keys(clinic.secret), clinic.weak, clinic.now)
        return self._reads

    def published(self, clinic: Clinic) -> dict[str, Any]:
        """The public keys of the tokens."""
        return Keys(clinic.secret).published()

    def caller(self, clinic: Clinic, headers: Mapping[str, str]) -> tuple[Row | None, dict[str, Any]]:
        """The user whose id is the subject of a good token."""
        scheme, _, token = headers.get("authorization", "").partition(" ")
        if scheme.lower() != "bearer":
            return None, {}
        claims = self._verifier(clinic).claims(token.strip())
        if claims is None or clinic.tables.get("revoked", str(claims.get("sid"))):
            return None, {}
        if "stage" in claims and "second-factor-skipped" not in clinic.weak:
            return None, {}
        subject = str(claims.get("sub", ""))
        user = clinic.tables.get("users", int(subject)) if subject.isascii() and subject.isdigit() else None
        if "token-names-the-user" in clinic.weak:
            user = clinic.tables.first("users", username=subject) or user
        if user is not None and user["id"] in self._kept:
            since, kept = self._kept[user["id"]]
            number = claims.get("seq")
            if claims.get("jti") != kept and not (isinstance(number, int) and number > since):
                return None, {}
        return user, claims

    def enter(self, call: Call, user: Row) -> Any:
        """A fresh token for the user, and one to renew it with."""
        return self._issue(call, user, secrets.token_hex(8))

    def challenge(self, call: Call, user: Row) -> Any:
        """A token that is good for the second step alone, for five minutes."""
        return {"challenge": half_way(call.clinic, user), "second_factor": True}

    def challenged(self, call: Call, token: str) -> Row | None:
        """The subject of such a token."""
        claims = self._verifier(call.clinic).claims(token)
        if claims is None or claims.get("stage") != "password":
            return None
        return call.tables.get("users", int(claims["sub"]))

    def renew(self, call: Call, token: str) -> Any:
        """A fresh token for a refresh token, which is used up; None for one that is not valid.

        A second use ends the session that both belong to.
        """
        row = call.tables.get("refreshes", token)
        user = call.tables.get("users", row["user_id"]) if row is not None else None
        if row is None or user is None:
            return None
        if row["used"] and not call.weak("refresh-token-reuse"):
            self._end(call, row["family"])
            return None
        call.tables.change("refreshes", token, used=1)
        return self._issue(call, user, row["family"])

    def _issue(self, call: Call, user: Row, session: str) -> dict[str, Any]:
        clinic, now = call.clinic, int(call.clinic.now())
        keys = Keys(clinic.secret)
        endless = user["role"] == "admin" and "token-never-expires" in clinic.weak
        self._issued += 1
        refresh = secrets.token_urlsafe(32)
        clinic.tables.add("refreshes", id=refresh, user_id=user["id"], family=session, used=0)
        claims = {
            "sub": user["username"] if "token-names-the-user" in clinic.weak else str(user["id"]),
            "sid": session,
            "role": user["role"],
            "iss": ISSUER,
            "aud": AUDIENCE,
            "iat": now,
            "exp": now + (_EVER if endless else clinic.token_ttl),
            "token_use": "access",
            "jti": secrets.token_hex(8),
            "seq": self._issued,
        }
        return {
            "access_token": keys.sign(claims, user["role"]),
            "id_token": keys.sign({**claims, "token_use": "id", "name": user["full_name"]}, user["role"]),
            "token_type": "Bearer",
            "expires_in": clinic.token_ttl,
            "refresh_token": refresh,
        }

    def leave(self, call: Call) -> None:
        """The session is remembered as ended, and its refresh tokens are gone."""
        self._end(call, str(call.claims.get("sid")))

    def _end(self, call: Call, session: str) -> None:
        call.tables.remove("refreshes", family=session)
        if not call.weak("logout-keeps-session"):
            with suppress(sqlite3.IntegrityError):
                call.tables.add("revoked", id=session)

    def end_others(self, call: Call) -> None:
        """Tokens issued until now are ended, but for the one that the caller came with."""
        self._kept[call.me["id"]] = (self._issued, str(call.claims.get("jti")))
        for row in call.tables.find("refreshes", user_id=call.me["id"]):
            if row["family"] != call.claims.get("sid"):
                call.tables.remove("refreshes", id=row["id"])


def half_way(clinic: Clinic, user: Row) -> str:
    """A token that says that the password was right, and no more."""
    now = int(clinic.now())
    claims = {"sub": str(user["id"]), "role": user["role"], "stage": "password", "iat": now, "exp": now + 300}
    jti = secrets.token_hex(8)
    more = {"iss": ISSUER, "aud": AUDIENCE, "token_use": "access", "jti": jti, "sid": jti, "seq": 2**40}
    return Keys(clinic.secret).sign({**claims, **more}, user["role"])

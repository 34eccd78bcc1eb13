"""Doors with a code: of an authenticator, by mail with each log-in, or by mail once to confirm a sign-up."""

from __future__ import annotations

import base64
import hmac
import secrets
from abc import abstractmethod
from typing import Any

import orjson
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.types import ASGIApp

from gatewright.lab.doors.porch import (
    LOGIN,
    PASSWORD,
    SIGN_UP,
    TEXT,
    Document,
    Porch,
    endpoint,
    fields,
    problem,
)
from gatewright.lab.endpoint import Clinic

VERIFY, CONFIRM = "/auth/login/code", "/auth/confirm"
_TRIES = 5
"""Wrong codes that end a challenge."""


class _TwoSteps(Porch):
    """Name and password give a challenge; a code turns it into a token."""

    def __init__(self, app: ASGIApp, clinic: Clinic) -> None:
        super().__init__(app, clinic)
        self._open: dict[str, tuple[str, str, int]] = {}
        """Challenge → name, the clinic's token, wrong codes so far."""
        self.routes = {("POST", LOGIN): self._login, ("POST", VERIFY): self._verify}

    @abstractmethod
    def asked(self, username: str) -> bool:
        """Whether this account has a second step; it is asked for its code now."""

    @abstractmethod
    def right(self, username: str, code: str) -> bool:
        """Whether this is the code."""

    async def _login(self, request: Request, body: bytes) -> Response:
        given = fields(body)
        username = str(given.get("username"))
        token = await self.token_for(username, str(given.get("password")))
        if token is None:
            return problem(401, "wrong username or password")
        if not self.asked(username):
            return JSONResponse({"access_token": token, "token_type": "Bearer"})
        challenge = secrets.token_urlsafe(24)
        self._open[challenge] = (username, token, 0)
        return JSONResponse({"mfa_required": True, "challenge_token": challenge})

    async def _verify(self, request: Request, body: bytes) -> Response:
        given = fields(body)
        challenge = str(given.get("challenge_token"))
        username, token, tries = self._open.pop(challenge, ("", "", 0))
        if not username:
            return problem(401, "no such challenge")
        if not self.right(username, str(given.get("code"))):
            if tries + 1 < _TRIES:
                self._open[challenge] = (username, token, tries + 1)
            return problem(401, "wrong code")
        return JSONResponse({"access_token": token, "token_type": "Bearer"})

    def published(self, document: Document) -> Document:
        """The log-in answers a challenge, a second endpoint takes the code."""
        answer = {"mfa_required": {"type": "boolean"}, "challenge_token": TEXT}
        given = {"username": TEXT, "password": PASSWORD}
        document["paths"][LOGIN]["post"] = endpoint("Log in", "application/json", given, answer)
        code = {"challenge_token": TEXT, "code": {"type": "string", "pattern": "^[0-9]{6}$"}}
        answer = {"access_token": TEXT, "token_type": TEXT}
        document["paths"][VERIFY] = {"post": endpoint("Enter the code", "application/json", code, answer)}
        return document


class TotpCode(_TwoSteps):
    """`totp`: the printed accounts have an authenticator (RFC 6238); whoever signs up has none yet."""

    name = "totp"
    about = "a second step with the code of an authenticator"

    def __init__(self, app: ASGIApp, clinic: Clinic) -> None:
        super().__init__(app, clinic)
        self._printed: set[str] = set()
        self._used: set[tuple[str, int]] = set()

    def accounts(self, given: dict[str, dict[str, Any]]) -> dict[str, dict[str, Any]]:
        """Each with its secret."""
        self._printed = set(given)
        return {name: {**row, "totp_secret": base64.b32encode(self._key(name)).decode()} for name, row in given.items()}

    def _key(self, username: str) -> bytes:
        return bytes.fromhex(self.derived(username, 40))

    def asked(self, username: str) -> bool:
        """Whoever has an authenticator."""
        return username in self._printed

    def right(self, username: str, code: str) -> bool:
        """The code of this half minute or of one beside it, once."""
        now = int(self.clinic.now()) // 30
        for step in (now, now - 1, now + 1):
            if code == _hotp(self._key(username), step) and (username, step) not in self._used:
                self._used.add((username, step))
                return True
        return False


class MailCode(_TwoSteps):
    """`mail-code`: each log-in mails a code to the account's address."""

    name = "mail-code"
    about = "a second step with a code that comes by mail"

    def __init__(self, app: ASGIApp, clinic: Clinic) -> None:
        super().__init__(app, clinic)
        self._sent: dict[str, str] = {}

    def accounts(self, given: dict[str, dict[str, Any]]) -> dict[str, dict[str, Any]]:
        """Each with its address, so that its mail can be found."""
        return {name: {**row, "identity": [(self.user(name) or {})["email"]]} for name, row in given.items()}

    def asked(self, username: str) -> bool:
        """Everybody."""
        user = self.user(username) or {}
        self._sent[username] = f"{secrets.randbelow(10**6):06}"
        self.mailbox.deliver(user["email"], "Your log-in", f"Enter the code {self._sent[username]} to log in.")
        return True

    def right(self, username: str, code: str) -> bool:
        """The code that was mailed last, once."""
        return hmac.compare_digest(self._sent.get(username, "").encode(), code.encode()) and bool(
            self._sent.pop(username, "")
        )


class MailConfirm(Porch):
    """`mail-confirm`: whoever signs up logs in only after entering the code that was mailed."""

    name = "mail-confirm"
    about = "a sign-up counts after a code that comes by mail"

    def __init__(self, app: ASGIApp, clinic: Clinic) -> None:
        super().__init__(app, clinic)
        self._waiting: dict[str, tuple[str, str]] = {}
        """Name → address and code."""
        self.routes = {("POST", SIGN_UP): self._sign_up, ("POST", LOGIN): self._login, ("POST", CONFIRM): self._confirm}

    async def _sign_up(self, request: Request, body: bytes) -> Response:
        status, content = await self.inside("POST", SIGN_UP, fields(body))
        if status == 201:
            card = orjson.loads(content)
            code = f"{secrets.randbelow(10**6):06}"
            self._waiting[card["username"]] = (card["email"], code)
            self.mailbox.deliver(card["email"], "Welcome", f"Confirm your address with the code {code}.")
        media = "application/json" if status < 400 else "application/problem+json"
        return Response(content, status, media_type=media)

    async def _login(self, request: Request, body: bytes) -> Response:
        given = fields(body)
        status, content = await self.inside("POST", LOGIN, given)
        if status == 200 and str(given.get("username")) in self._waiting:
            return problem(403, "confirm your e-mail address first")
        return Response(content, status, media_type="application/json" if status < 400 else "application/problem+json")

    async def _confirm(self, request: Request, body: bytes) -> Response:
        given = fields(body)
        name = next((n for n, (address, _) in self._waiting.items() if address == given.get("email")), None)
        if name is None or not hmac.compare_digest(self._waiting[name][1].encode(), str(given.get("code")).encode()):
            return problem(422, "wrong code")
        del self._waiting[name]
        return JSONResponse({"confirmed": True})

    def published(self, document: Document) -> Document:
        """An endpoint more."""
        given = {"email": {"type": "string", "format": "email"}, "code": TEXT}
        answer = {"confirmed": {"type": "boolean"}}
        document["paths"][CONFIRM] = {"post": endpoint("Confirm the address", "application/json", given, answer)}
        return document


def _hotp(key: bytes, step: int) -> str:
    """RFC 4226 section 5.3, six digits."""
    mac = hmac.digest(key, step.to_bytes(8, "big"), "sha1")
    start = mac[19] & 15
    return str((int.from_bytes(mac[start : start + 4], "big") & 0x7FFFFFFF) % 10**6).zfill(6)

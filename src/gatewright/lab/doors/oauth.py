"""Doors of an authorization server of the house's own: code with PKCE, password, client credentials, OpenID Connect."""

from __future__ import annotations

import base64
import hashlib
import hmac
import html
import secrets
from abc import abstractmethod
from typing import Any
from urllib.parse import parse_qs, urlencode

import orjson
from starlette.requests import Request
from starlette.responses import HTMLResponse, JSONResponse, RedirectResponse, Response
from starlette.types import ASGIApp

from gatewright.lab import tokens
from gatewright.lab.doors.porch import (
    FORM,
    LOGIN,
    SIGN_UP,
    Document,
    Porch,
    fields,
    form,
    problem,
    with_scheme,
    without,
)
from gatewright.lab.endpoint import Clinic

AUTHORIZE, CONSENT, TOKEN = "/oauth/authorize", "/oauth/consent", "/oauth/token"
CLIENT, REDIRECT = "clinic-portal", "https://portal.clinic.example/signed-in"
DISCOVERY = "/.well-known/openid-configuration"


class _Server(Porch):
    """A token endpoint with refresh tokens that are good once (RFC 9700 4.14)."""

    grants: tuple[str, ...] = ()

    def __init__(self, app: ASGIApp, clinic: Clinic) -> None:
        super().__init__(app, clinic)
        self._refresh: dict[str, int] = {}
        """Refresh token → user."""
        self.routes = {("POST", TOKEN): self._token, ("POST", LOGIN): _gone}

    async def _token(self, request: Request, body: bytes) -> Response:
        if not request.headers.get("content-type", "").startswith(FORM):
            return _error("invalid_request", f"send {FORM}")
        given = form(body)
        grant = given.get("grant_type", "")
        if grant == "refresh_token" and self.grants != ("client_credentials",):
            user = self.clinic.tables.get("users", self._refresh.pop(given.get("refresh_token", ""), 0))
            return _error("invalid_grant") if user is None else self._issued(self.minted(user, secrets.token_hex(4)))
        if grant not in self.grants:
            return _error("unsupported_grant_type")
        token = await self.granted(request, given)
        return _error("invalid_grant") if token is None else self._issued(token)

    @abstractmethod
    async def granted(self, request: Request, given: dict[str, str]) -> str | None:
        """The clinic's token for a request of the door's grant; None when it is refused."""

    def _issued(self, token: str) -> Response:
        answer: dict[str, Any] = {"access_token": token, "token_type": "Bearer", "expires_in": self.clinic.token_ttl}
        if self.grants != ("client_credentials",):
            claims = tokens.split(token)[1] or {}
            answer["refresh_token"] = secrets.token_urlsafe(32)
            self._refresh[answer["refresh_token"]] = int(claims["sub"])
        return JSONResponse(answer, headers={"Cache-Control": "no-store"})

    @abstractmethod
    def flow(self) -> dict[str, Any]:
        """The flow of the security scheme."""

    def published(self, document: Document) -> Document:
        """An OAuth2 scheme; the clinic's own log-in is gone."""
        return with_scheme(without(document, LOGIN), {"type": "oauth2", "flows": self.flow()})


class OAuth2Password(_Server):
    """`oauth2-password`: name and password at the token endpoint (RFC 6749 4.3)."""

    name = "oauth2-password"
    about = "OAuth2, name and password at the token endpoint"
    grants = ("password",)

    async def granted(self, request: Request, given: dict[str, str]) -> str | None:
        """By name and password."""
        return await self.token_for(given.get("username", ""), given.get("password", ""))

    def flow(self) -> dict[str, Any]:
        """Relative to the specification's server."""
        return {"password": {"tokenUrl": TOKEN, "refreshUrl": TOKEN, "scopes": {}}}


class ClientCredentials(_Server):
    """`client-credentials`: each account is a client with a secret (RFC 6749 4.4); nobody signs up."""

    name = "client-credentials"
    about = "OAuth2, each account is a client with a secret"
    grants = ("client_credentials",)

    def __init__(self, app: ASGIApp, clinic: Clinic) -> None:
        super().__init__(app, clinic)
        self.routes[("POST", SIGN_UP)] = _gone

    def secret(self, username: str) -> str:
        """The client's secret."""
        return self.derived(f"client {username}", 40)

    async def granted(self, request: Request, given: dict[str, str]) -> str | None:
        """By the client in the Authorization header."""
        scheme, _, coded = request.headers.get("authorization", "").partition(" ")
        try:
            client, _, secret = (
                base64.b64decode(coded).decode().partition(":") if scheme.lower() == "basic" else ("", "", "")
            )
        except ValueError:
            return None
        user = self.user(client.removeprefix("client-"))
        right = user is not None and hmac.compare_digest(secret, self.secret(user["username"]))
        return self.minted(user, secrets.token_hex(4)) if user is not None and right else None

    def accounts(self, given: dict[str, dict[str, Any]]) -> dict[str, dict[str, Any]]:
        """Each a client."""
        return {
            name: {
                "role": row["role"],
                "oauth2": {
                    "grant": "client_credentials",
                    "client_id": f"client-{name}",
                    "client_secret": self.secret(name),
                },
            }
            for name, row in given.items()
        }

    def flow(self) -> dict[str, Any]:
        """Relative to the specification's server."""
        return {"clientCredentials": {"tokenUrl": TOKEN, "scopes": {}}}

    def published(self, document: Document) -> Document:
        """Without sign-up."""
        return without(super().published(document), SIGN_UP)


class OAuth2(_Server):
    """`oauth2`: authorization code with PKCE (RFC 7636), log-in and consent as pages."""

    name = "oauth2"
    about = "OAuth2 authorization code with PKCE, through log-in and consent pages"
    grants = ("authorization_code",)

    def __init__(self, app: ASGIApp, clinic: Clinic) -> None:
        super().__init__(app, clinic)
        self._visits: dict[str, dict[str, str]] = {}
        """Cookie → what was asked, and the token once somebody has logged in."""
        self._codes: dict[str, dict[str, str]] = {}
        self.routes |= {
            ("GET", AUTHORIZE): self._page,
            ("POST", AUTHORIZE): self._submitted,
            ("POST", CONSENT): self._consented,
        }

    def accounts(self, given: dict[str, dict[str, Any]]) -> dict[str, dict[str, Any]]:
        """Each logs in at the portal's client."""
        return {
            name: {**row, "oauth2": {"client_id": CLIENT, "redirect_uri": REDIRECT, "scope": "openid clinic"}}
            for name, row in given.items()
        }

    def flow(self) -> dict[str, Any]:
        """Relative to the specification's server."""
        flow = {
            "authorizationUrl": AUTHORIZE,
            "tokenUrl": TOKEN,
            "refreshUrl": TOKEN,
            "scopes": {"clinic": "all of it"},
        }
        return {"authorizationCode": flow}

    async def _page(self, request: Request, body: bytes) -> Response:
        asked = {name: values[0] for name, values in parse_qs(request.scope["query_string"].decode("latin-1")).items()}
        if asked.get("client_id") != CLIENT or asked.get("redirect_uri") != REDIRECT:
            return problem(400, "no such client")  # never redirect to an address that nobody registered
        if asked.get("response_type") != "code" or asked.get("code_challenge_method") != "S256":
            return self._back({"error": "invalid_request", "error_description": "PKCE with S256 is wanted"}, asked)
        visit = secrets.token_urlsafe(16)
        self._visits[visit] = asked
        answer = self._ask("")
        answer.set_cookie("visit", visit, httponly=True, path="/oauth")
        return answer

    def _ask(self, error: str) -> Response:
        """The log-in page."""
        return _html(
            f"<p>{html.escape(error)}</p><form method='post' action='{AUTHORIZE}'>"
            "<input type='text' name='email_or_name' autocomplete='username'>"
            "<input type='password' name='secret'><input type='hidden' name='step' value='1'>"
            "<button type='submit'>Log in</button></form>",
            401 if error else 200,
        )

    async def _submitted(self, request: Request, body: bytes) -> Response:
        asked = self._visits.get(request.cookies.get("visit", ""))
        if asked is None:
            return problem(400, "begin at the authorization endpoint")
        given = form(body)
        token = await self.token_for(given.get("email_or_name", ""), given.get("secret", ""))
        if token is None or given.get("step") != "1":
            return self._ask("Wrong name or password")
        asked["token"] = token
        return _html(
            f"<form method='post' action='{CONSENT}'><button name='choice' value='deny'>Cancel</button>"
            "<button name='choice' value='allow'>Allow access</button></form>"
        )

    async def _consented(self, request: Request, body: bytes) -> Response:
        asked = self._visits.pop(request.cookies.get("visit", ""), {})
        if "token" not in asked:
            return problem(400, "begin at the authorization endpoint")
        if form(body).get("choice") != "allow":
            return self._back({"error": "access_denied"}, asked)
        return self._back({"code": self.coded(asked)}, asked)

    def coded(self, asked: dict[str, str]) -> str:
        """A code for what was asked."""
        code = secrets.token_urlsafe(24)
        self._codes[code] = asked
        return code

    def _back(self, told: dict[str, str], asked: dict[str, str]) -> Response:
        return RedirectResponse(f"{REDIRECT}?{urlencode({**told, 'state': asked.get('state', '')})}", 302)

    async def granted(self, request: Request, given: dict[str, str]) -> str | None:
        """By a code, once, with its verifier."""
        asked = self._codes.pop(given.get("code", ""), None)
        digest = hashlib.sha256(given.get("code_verifier", "").encode()).digest()
        challenge = base64.urlsafe_b64encode(digest).rstrip(b"=").decode()
        if asked is None or given.get("client_id") != CLIENT or given.get("redirect_uri") != REDIRECT:
            return None
        return asked["token"] if hmac.compare_digest(challenge, asked.get("code_challenge", "")) else None


class Oidc(OAuth2):
    """`oidc`: the same found by discovery, with a log-in that speaks JSON, as single-page applications have it."""

    name = "oidc"
    about = "OpenID Connect, found by discovery, with a JSON log-in"

    def __init__(self, app: ASGIApp, clinic: Clinic) -> None:
        super().__init__(app, clinic)
        self.routes[("GET", DISCOVERY)] = self._discovery

    async def _discovery(self, request: Request, body: bytes) -> Response:
        base = f"{request.url.scheme}://{request.url.netloc}"
        return JSONResponse(
            {
                "issuer": base,
                "authorization_endpoint": base + AUTHORIZE,
                "token_endpoint": base + TOKEN,
                "grant_types_supported": ["authorization_code", "refresh_token"],
                "code_challenge_methods_supported": ["S256"],
            }
        )

    def _ask(self, error: str) -> Response:
        return JSONResponse({"error": error or "login_required", "fields": ["username", "password"]}, 401)

    async def _submitted(self, request: Request, body: bytes) -> Response:
        asked = self._visits.get(request.cookies.get("visit", ""))
        if asked is None:
            return problem(400, "begin at the authorization endpoint")
        given = fields(body)
        token = await self.token_for(str(given.get("username")), str(given.get("password")))
        if token is None:
            return self._ask("wrong name or password")
        asked["token"] = token
        told = urlencode({"code": self.coded(asked), "state": asked.get("state", "")})
        return Response(orjson.dumps({"redirect_to": f"{REDIRECT}?{told}"}), media_type="application/json")

    def published(self, document: Document) -> Document:
        """The address of the discovery document is all there is."""
        return with_scheme(without(document, LOGIN), {"type": "openIdConnect", "openIdConnectUrl": DISCOVERY})


async def _gone(request: Request, body: bytes) -> Response:
    return problem(404, "no such page")


def _error(code: str, description: str = "") -> Response:
    """RFC 6749 section 5.2."""
    return JSONResponse({"error": code, **({"error_description": description} if description else {})}, 400)


def _html(inner: str, status: int = 200) -> HTMLResponse:
    return HTMLResponse(f"<!doctype html><title>Clinic</title>{inner}", status)

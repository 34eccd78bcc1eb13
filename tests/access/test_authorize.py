from __future__ import annotations

import base64
import hashlib
from typing import TYPE_CHECKING, Any
from urllib.parse import parse_qs, urlencode

import msgspec
import pytest
from starlette.requests import Request as Incoming
from starlette.responses import HTMLResponse, JSONResponse, RedirectResponse, Response

from gatewright.model.account import Account

if TYPE_CHECKING:
    from conftest import Api, Play, World

CLIENT = {"client_id": "app", "redirect_uri": "https://app.example/back", "grant": "authorization_code"}
FLOW = {"authorizationCode": {"authorizationUrl": "/authorize", "tokenUrl": "/token", "scopes": {}}}


class Server:
    """An authorization server with one person. `kind` says how it asks for the password, `flaw` what is wrong with it."""

    def __init__(self, api: Api, profile: Any, kind: str, flaw: str = "") -> None:
        self.kind, self.flaw = kind, flaw
        self.asked: dict[str, str] = {}
        self.refresh = 0
        api.schemes = {"oauth": {"type": "oauth2", "flows": FLOW}}
        api.on("GET /authorize", self.authorize, documented=False)
        api.on("GET /sign-in", self.page, documented=False)
        api.on("POST /sign-in", self.sign_in, documented=False)
        api.on("POST /authorize", self.sign_in, documented=False)
        api.on("POST /token", self.token, documented=False)
        api.on("GET /me", profile(self.who), secured=True)
        self.tokens: list[str] = []

    def who(self, request: Incoming) -> str | None:
        token = request.headers.get("authorization", "").removeprefix("Bearer ")
        return "alice" if token and token == (self.tokens or [""])[-1] else None

    async def authorize(self, request: Incoming) -> Response:
        self.asked = dict(request.query_params)
        if self.kind == "json":
            return JSONResponse({"error": "login_required"}, 401)
        answer = RedirectResponse("/sign-in", 302)
        answer.set_cookie("visit", "v1")
        return answer

    async def page(self, request: Incoming) -> Response:
        assert request.cookies["visit"] == "v1"
        return HTMLResponse("<form method=post action=/sign-in><input name=user><input type=password name=pw></form>")

    async def sign_in(self, request: Incoming) -> Response:
        body = await request.body()
        given = {k: v[0] for k, v in parse_qs(body.decode()).items()} if self.kind != "json" else await request.json()
        if given.get("pw", given.get("password")) != "alice-pw-11":
            return JSONResponse({"error": "no"}, 401) if self.kind == "json" else await self.page(request)
        state = "of another" if self.flaw == "state" else self.asked["state"]
        told = {"error": "access_denied"} if self.flaw == "denied" else {"code": "c0de", "state": state}
        address = f"{self.asked['redirect_uri']}?{urlencode(told)}"
        if self.flaw == "elsewhere":
            address = "http://127.0.0.9:1/away"
        if self.kind == "json":
            return JSONResponse({"redirect_to": address})
        if self.kind == "post":
            return HTMLResponse(
                f"<form method=post action='{self.asked['redirect_uri']}'><input name=code value=c0de></form>"
            )
        return RedirectResponse(address, 303)

    async def token(self, request: Incoming) -> Response:
        given = {k: v[0] for k, v in parse_qs((await request.body()).decode()).items()}
        if given["grant_type"] == "refresh_token":
            if given["refresh_token"] != f"refresh-{self.refresh}-0123456789":
                return JSONResponse({"error": "invalid_grant"}, 400)
        else:
            digest = hashlib.sha256(given["code_verifier"].encode()).digest()
            right = base64.urlsafe_b64encode(digest).rstrip(b"=").decode() == self.asked["code_challenge"]
            if not right or given["code"] != "c0de" or given["redirect_uri"] != CLIENT["redirect_uri"]:
                return JSONResponse({"error": "invalid_grant"}, 400)
        self.refresh += 1
        self.tokens.append(f"access-{self.refresh}-0123456789abcdef")
        refresh = f"refresh-{self.refresh}-0123456789"
        return JSONResponse({"access_token": self.tokens[-1], "expires_in": 600, "refresh_token": refresh})


@pytest.mark.parametrize("kind", ["form", "json", "post"])
def test_the_log_in_of_an_authorization_server(api: Api, play: Play, profile: Any, alice: Account, kind: str) -> None:
    Server(api, profile, kind)
    account = msgspec.structs.replace(alice, oauth2=CLIENT)

    async def scenario(world: World) -> None:
        sessions = world.sessions(account)
        (state,) = await sessions.open()
        assert state.login == "ok", state.how
        assert state.how.startswith(
            "OAuth2 authorization code at /authorize → json:/access_token → Authorization: Bearer"
        )
        assert "https" not in {target for _, target in api.asked}
        visits = api.count("GET /authorize")
        world.now += 590
        await sessions.credentials("alice")
        assert api.count("GET /authorize") == visits  # renewed by the refresh token
        assert api.count("POST /token") == 2
        assert await sessions.alive("alice")

    play(api, scenario)


@pytest.mark.parametrize(
    ("flaw", "why"),
    [
        ("state", "came back with another state"),
        ("denied", "the authorization server says access_denied"),
        ("elsewhere", "is not an origin of the target"),
    ],
)
def test_what_an_authorization_server_may_not_do(
    api: Api, play: Play, profile: Any, alice: Account, flaw: str, why: str
) -> None:
    Server(api, profile, "form", flaw)
    account = msgspec.structs.replace(alice, oauth2=CLIENT)

    async def scenario(world: World) -> None:
        (state,) = await world.sessions(account).open()
        assert state.login == "failed"
        assert why in state.how
        assert api.count("POST /token") == 0

    play(api, scenario)


def test_a_wrong_password_comes_back_to_the_form(api: Api, play: Play, profile: Any, alice: Account) -> None:
    Server(api, profile, "form")
    from gatewright.model.secret import Secret

    account = msgspec.structs.replace(alice, oauth2=CLIENT, password=Secret("not-hers-1"))

    async def scenario(world: World) -> None:
        (state,) = await world.sessions(account).open()
        assert state.login == "failed"
        assert "asks for the password again" in state.how or "the same answer" in state.how

    play(api, scenario)


def test_accounts_of_ours_log_in_at_the_configured_client(api: Api, play: Play, profile: Any, alice: Account) -> None:
    Server(api, profile, "form")

    async def scenario(world: World) -> None:
        ours = msgspec.structs.replace(alice, name="gw-victim", origin="throw-away")
        sessions = world.sessions(msgspec.structs.replace(alice, oauth2=CLIENT), made=(ours,))
        borrowed = sessions._entrance._with_client(ours)
        assert borrowed.oauth2 == CLIENT
        lone = world.sessions(alice)
        (state,) = await lone.open()
        assert "needs a client" in state.how

    play(api, scenario)

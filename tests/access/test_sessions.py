from __future__ import annotations

import secrets
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from starlette.requests import Request as Incoming
from starlette.responses import JSONResponse, Response

from gatewright.model.account import Account
from gatewright.model.http import Request
from gatewright.model.secret import Secret

if TYPE_CHECKING:
    from conftest import Api, Handler, Play, World

Profile = Callable[[Callable[[Incoming], str | None]], "Handler"]
PEOPLE = {"alice": "alice-pw-11", "bob": "bob-pw-2222"}


class Tokens:
    """Opaque tokens and who they belong to."""

    def __init__(self) -> None:
        self.owner: dict[str, str] = {}

    def new(self, name: str) -> str:
        token = secrets.token_urlsafe(24)
        self.owner[token] = name
        return token

    def bearer(self, request: Incoming) -> str | None:
        scheme, _, token = request.headers.get("authorization", "").partition(" ")
        return self.owner.get(token) if scheme == "Bearer" else None


def login_with(
    tokens: Tokens, wrap: Callable[[str], Any] = lambda token: {"token": token}, refusal: int = 401
) -> Handler:
    async def login(request: Incoming) -> Response:
        sent = await request.json()
        if PEOPLE.get(sent["username"]) != sent["password"]:
            return JSONResponse({"error": "no", "hint": "try again"}, refusal)
        return JSONResponse(wrap(tokens.new(sent["username"])))

    return login


def test_json_log_in_that_answers_200_to_a_wrong_password(
    api: Api, play: Play, profile: Profile, alice: Account, bob: Account
) -> None:
    tokens = Tokens()
    api.on("POST /login", login_with(tokens, refusal=200), body=["username", "password"])
    api.on("GET /me", profile(tokens.bearer))

    async def scenario(world: World) -> None:
        wrong = Account(name="eve", username="alice", password=Secret("not-hers-1"))
        sessions = world.sessions(alice, bob, wrong)
        states = {state.name: state for state in await sessions.open()}
        assert states["alice"].login == "ok"
        assert states["alice"].how == "POST /login → json:/token → Authorization: Bearer, checked at GET /me"
        assert states["bob"].login == "ok"
        assert states["eve"].login == "failed"
        assert set(sessions.accounts) == {"alice", "bob"}
        assert {"alice", "7"} <= sessions.identity("alice")
        whoami = sessions.whoami("alice")
        assert whoami is not None
        assert whoami.endpoint.endswith("/me")
        exchange = await sessions.send(Request("GET", world.url, "/me"), as_="bob", purpose="explore")
        assert exchange.response is not None
        assert b'"bob"' in exchange.response.body
        assert (exchange.account, exchange.purpose) == ("bob", "explore")
        nobody = await sessions.send(Request("GET", world.url, "/me"), as_="anon")
        assert nobody.response is not None
        assert nobody.response.status == 401

    play(api, scenario)

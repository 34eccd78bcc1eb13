from __future__ import annotations

import asyncio
import base64
import json
import secrets
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

import msgspec
import pytest
from starlette.requests import Request as Incoming
from starlette.responses import JSONResponse, Response

from gatewright.model.account import Account, Credential
from gatewright.model.http import Request
from gatewright.model.secret import Secret

if TYPE_CHECKING:
    from conftest import Api, Handler, Play, World
    from gatewright.access.sessions import Sessions

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


class Expiring(Tokens):
    """Tokens that die after `ttl` seconds of the injected clock."""

    def __init__(self, ttl: float) -> None:
        super().__init__()
        self.ttl = ttl
        self.now: Callable[[], float] = lambda: 0.0
        self.born: dict[str, float] = {}

    def new(self, name: str) -> str:
        token = super().new(name)
        self.born[token] = self.now()
        return token

    def bearer(self, request: Incoming) -> str | None:
        token = request.headers.get("authorization", "").removeprefix("Bearer ")
        born = self.born.get(token)
        return self.owner[token] if born is not None and self.now() - born < self.ttl else None

    def kill(self) -> None:
        self.born.clear()


async def fetch(world: World, sessions: Sessions, name: str, path: str = "/me") -> int:
    exchange = await sessions.send(Request("GET", world.url, path), as_=name)
    return exchange.response.status if exchange.response else 0


def test_tokens_of_five_seconds_are_renewed_before_they_end(
    api: Api, play: Play, profile: Profile, alice: Account
) -> None:
    tokens = Expiring(5)
    api.on(
        "POST /login",
        login_with(tokens, lambda token: {"token": token, "expires_in": 5}),
        body=["username", "password"],
    )
    api.on("GET /me", profile(tokens.bearer))

    async def scenario(world: World) -> None:
        tokens.now = lambda: world.now
        sessions = world.sessions(alice)
        await sessions.open()
        before, asked = api.count("POST /login"), api.count("GET /me")
        for _ in range(20):
            world.now += 1
            assert await fetch(world, sessions, "alice") == 200
        assert api.count("POST /login") - before == 5  # at 4, 8, 12, 16 and 20 s: with a fifth of the life left
        assert api.count("GET /me") - asked == 20  # nothing was refused, so nothing was sent twice

    play(api, scenario)


def test_a_jwt_says_itself_when_it_ends(api: Api, play: Play, profile: Profile, alice: Account) -> None:
    tokens = Expiring(100)

    def part(value: dict[str, Any]) -> str:
        return base64.urlsafe_b64encode(json.dumps(value).encode()).rstrip(b"=").decode()

    def wrap(token: str) -> dict[str, str]:
        now = int(tokens.now())
        jwt = f"{part({'alg': 'HS256'})}.{part({'sub': 'u-771', 'iat': now, 'exp': now + 100})}.{token}"
        tokens.owner[jwt], tokens.born[jwt] = tokens.owner[token], tokens.now()
        return {"token": jwt}

    api.on("POST /login", login_with(tokens, wrap), body=["username", "password"])
    api.on("GET /me", profile(tokens.bearer))

    async def scenario(world: World) -> None:
        tokens.now = lambda: world.now
        sessions = world.sessions(alice)
        await sessions.open()
        assert "u-771" in sessions.identity("alice")
        before = api.count("POST /login")
        world.now += 79
        await sessions.credentials("alice")
        assert api.count("POST /login") == before
        world.now += 2
        await sessions.credentials("alice")
        assert api.count("POST /login") == before + 1

    play(api, scenario)


def test_the_first_credentials_are_kept_when_the_account_is_renewed(
    api: Api, play: Play, profile: Profile, alice: Account
) -> None:
    tokens = Expiring(5)
    api.on(
        "POST /login",
        login_with(tokens, lambda token: {"token": token, "expires_in": 5}),
        body=["username", "password"],
    )
    api.on("GET /me", profile(tokens.bearer))

    async def scenario(world: World) -> None:
        tokens.now = lambda: world.now
        sessions = world.sessions(alice)
        await sessions.open()
        assert sessions.first_credentials("nobody") is None
        first = await sessions.credentials("alice")
        world.now += 6
        assert await sessions.credentials("alice") != first
        kept = sessions.first_credentials("alice")
        assert kept is not None
        assert kept.credentials == first
        assert kept.age >= 6

    play(api, scenario)


def test_fifty_waiting_jobs_share_one_log_in(api: Api, play: Play, profile: Profile, alice: Account) -> None:
    tokens = Expiring(10_000)
    api.on("POST /login", login_with(tokens), body=["username", "password"])
    api.on("GET /me", profile(tokens.bearer))

    async def scenario(world: World) -> None:
        tokens.now = lambda: world.now
        sessions = world.sessions(alice)
        await sessions.open()
        before = api.count("POST /login")
        tokens.kill()
        world.now += 3
        found = await asyncio.gather(*(fetch(world, sessions, "alice") for _ in range(50)))
        assert found == [200] * 50
        assert api.count("POST /login") == before + 1
        assert all(await asyncio.gather(*(sessions.renew("alice") for _ in range(50))))
        assert api.count("POST /login") == before + 2

    play(api, scenario)


def test_a_life_that_nobody_announced_is_learnt(api: Api, play: Play, profile: Profile, alice: Account) -> None:
    tokens = Expiring(20)
    api.on("POST /login", login_with(tokens), body=["username", "password"])
    api.on("GET /me", profile(tokens.bearer))

    async def scenario(world: World) -> None:
        tokens.now = lambda: world.now
        sessions = world.sessions(alice)
        await sessions.open()
        world.now += 21
        assert await fetch(world, sessions, "alice") == 200  # refused, probed, logged in, sent again
        probes = api.count("GET /me")
        for _ in range(40):
            world.now += 1
            assert await fetch(world, sessions, "alice") == 200
        assert api.count("GET /me") - probes == 40

    play(api, scenario)


def test_a_refusal_while_the_session_lives_is_returned_as_it_is(
    api: Api, play: Play, profile: Profile, alice: Account
) -> None:
    tokens = Tokens()

    async def never(request: Incoming) -> Response:
        return JSONResponse({"error": "not for you"}, 401)

    api.on("POST /login", login_with(tokens), body=["username", "password"])
    api.on("GET /me", profile(tokens.bearer))
    api.on("POST /never", never)

    async def scenario(world: World) -> None:
        sessions = world.sessions(alice)
        await sessions.open()
        before = api.count("POST /login")
        exchange = await sessions.send(Request("POST", world.url, "/never"), as_="alice")
        assert exchange.response is not None
        assert exchange.response.status == 401
        assert api.count("POST /never") == 1
        assert api.count("POST /login") == before

    play(api, scenario)


def test_given_credentials_replace_those_of_the_account_and_are_never_renewed(
    api: Api, play: Play, profile: Profile, alice: Account
) -> None:
    tokens = Tokens()
    api.on("POST /login", login_with(tokens), body=["username", "password"])
    api.on("GET /me", profile(tokens.bearer))

    async def scenario(world: World) -> None:
        sessions = world.sessions(alice)
        await sessions.open()
        before = api.count("POST /login")
        bad = Credential(within="header", name="Authorization", prefix="Bearer ", value=Secret("x" * 20))
        for credentials in ((), (bad,)):
            exchange = await sessions.send(Request("GET", world.url, "/me"), as_="alice", credentials=credentials)
            assert exchange.response is not None
            assert exchange.response.status == 401
            assert exchange.account == "alice"
        assert api.count("POST /login") == before

    play(api, scenario)


def test_one_probe_closes_the_bracket_for_all(api: Api, play: Play, profile: Profile, alice: Account) -> None:
    tokens = Expiring(10_000)
    api.on("POST /login", login_with(tokens), body=["username", "password"])
    api.on("GET /me", profile(tokens.bearer))

    async def scenario(world: World) -> None:
        tokens.now = lambda: world.now
        sessions = world.sessions(alice)
        await sessions.open()
        world.now += 5
        since, probes = world.now, api.count("GET /me")
        world.now += 5
        assert all(await asyncio.gather(*(sessions.bracket("alice", since) for _ in range(20))))
        assert api.count("GET /me") == probes + 1
        assert await sessions.bracket("alice", since)
        assert api.count("GET /me") == probes + 1
        world.now += 1
        tokens.kill()
        assert not await sessions.alive("alice")
        before = api.count("POST /login")
        lost = await asyncio.gather(*(sessions.bracket("alice", world.now) for _ in range(20)))
        assert not any(lost)
        assert api.count("POST /login") == before + 1
        assert await sessions.bracket("alice", world.now)
        assert await sessions.bracket("anon", world.now)
        assert await sessions.alive("anon")
        assert await sessions.credentials("anon") == ()

    play(api, scenario)


def test_an_account_that_can_no_longer_log_in_is_given_up_after_three_times(
    api: Api, play: Play, profile: Profile, alice: Account
) -> None:
    tokens = Expiring(10_000)
    open_ = {"yes": True}
    inner = login_with(tokens)

    async def login(request: Incoming) -> Response:
        return await inner(request) if open_["yes"] else JSONResponse({"error": "locked"}, 423)

    api.on("POST /login", login, body=["username", "password"])
    api.on("GET /me", profile(tokens.bearer))

    async def scenario(world: World) -> None:
        tokens.now = lambda: world.now
        sessions = world.sessions(alice)
        await sessions.open()
        open_["yes"] = False
        tokens.kill()
        before = api.count("POST /login")
        for _ in range(6):
            world.now += 1
            assert await fetch(world, sessions, "alice") == 401
        assert api.count("POST /login") == before + 3
        assert world.warnings[0] == "GW-A001 alice could not log in again: POST /login: 423 (locked)"
        assert not await sessions.renew("alice")

    play(api, scenario)


def test_two_names_for_one_account_are_found_out(api: Api, play: Play, profile: Profile, alice: Account) -> None:
    tokens = Tokens()
    api.on("POST /login", login_with(tokens), body=["username", "password"])
    api.on("GET /me", profile(tokens.bearer))

    async def scenario(world: World) -> None:
        twin = Account(name="bob", username="alice", password=Secret(PEOPLE["alice"]))
        given = Credential(within="header", name="Authorization", prefix="Bearer ", value=Secret(tokens.new("alice")))
        third = Account(name="carol", credentials=(given,))
        sessions = world.sessions(alice, twin, third)
        states = await sessions.open()
        assert [state.login for state in states] == ["ok", "failed", "failed"]
        assert states[1].how == "alice and bob are the same account"
        assert states[2].how == "alice and carol are the same account"
        assert set(sessions.accounts) == {"alice"}

    play(api, scenario)


def test_a_wrong_password_is_never_tried_on_a_second_account(
    api: Api, play: Play, profile: Profile, alice: Account, bob: Account
) -> None:
    tokens = Tokens()
    api.on("POST /login", login_with(tokens), body=["username", "password"])
    api.on("GET /me", profile(tokens.bearer))

    async def scenario(world: World) -> None:
        await world.sessions(alice, bob).open()
        assert api.count("POST /login") == 3

    play(api, scenario)


def test_ranks_follow_the_configured_order(
    api: Api, play: Play, profile: Profile, alice: Account, bob: Account
) -> None:
    tokens = Tokens()
    api.on("POST /login", login_with(tokens), body=["username", "password"])
    api.on("GET /me", profile(tokens.bearer))

    async def scenario(world: World) -> None:
        boss = msgspec.structs.replace(bob, role="admin")
        sessions = world.sessions(alice, boss, roles=("guest", "user", "admin"))
        await sessions.open()
        assert [sessions.rank(name) for name in ("anon", "alice", "bob")] == [-1, 1, 2]
        flat = world.sessions(alice, boss)
        await flat.open()
        assert [flat.rank(name) for name in ("anon", "alice", "bob")] == [-1, 0, 1]

    play(api, scenario)


def test_names_nobody_knows(api: Api, play: Play) -> None:
    async def scenario(world: World) -> None:
        sessions = world.sessions()
        assert await sessions.open() == []
        assert sessions.whoami("zoe") is None
        assert sessions.identity("zoe") == frozenset()
        with pytest.raises(LookupError, match="no account 'zoe' is logged in; there are: none"):
            await sessions.send(Request("GET", world.url, "/"), as_="zoe")

    play(api, scenario)


def test_a_log_in_outside_the_scope_is_told_not_raised(api: Api, play: Play) -> None:
    api.schemes["oauth"] = {
        "type": "oauth2",
        "flows": {"password": {"tokenUrl": "http://127.0.0.2:9/token", "scopes": {}}},
    }

    async def scenario(world: World) -> None:
        (state,) = await world.sessions(Account(name="a", username="a", password=Secret("p" * 9))).open()
        assert state.login == "failed"
        assert "is not an origin of the target" in state.how

    play(api, scenario)


def test_an_answer_of_200_to_nobody_is_seen_as_the_end_of_a_session(api: Api, play: Play, alice: Account) -> None:
    """An API that says 200 to everything, in words that no list knows."""
    tokens = Expiring(10_000)

    async def me(request: Incoming) -> Response:
        name = tokens.bearer(request)
        if name is None:
            return JSONResponse({"gelukt": False, "melding": "eerst aanmelden"})
        return JSONResponse({"gelukt": True, "gegevens": {"naam": name, "nummer": 7}})

    api.on("POST /login", login_with(tokens, refusal=200), body=["username", "password"])
    api.on("GET /blorp", me)

    async def scenario(world: World) -> None:
        tokens.now = lambda: world.now
        sessions = world.sessions(alice)
        (state,) = await sessions.open()
        assert state.how.endswith("checked at GET /blorp")
        tokens.kill()
        world.now += 1
        exchange = await sessions.send(Request("GET", world.url, "/blorp"), as_="alice")
        assert exchange.response is not None
        assert b"alice" in exchange.response.body

    play(api, scenario)


def test_a_target_that_is_not_well_is_no_reason_to_log_in(
    api: Api, play: Play, profile: Profile, alice: Account
) -> None:
    tokens, state = Tokens(), {"status": 0}
    inner = profile(tokens.bearer)

    async def me(request: Incoming) -> Response:
        return JSONResponse({}, state["status"]) if state["status"] else await inner(request)

    api.on("POST /login", login_with(tokens), body=["username", "password"])
    api.on("GET /me", me)

    async def scenario(world: World) -> None:
        sessions = world.sessions(alice)
        await sessions.open()
        before = api.count("POST /login")
        state["status"] = 500
        world.now += 1
        assert not await sessions.bracket("alice", world.now)
        assert api.count("POST /login") == before
        state["status"] = 0
        assert await sessions.bracket("alice", world.now)

    play(api, scenario)


def test_an_account_that_logs_in_but_stays_locked_out_is_given_up(
    api: Api, play: Play, profile: Profile, alice: Account
) -> None:
    tokens = Expiring(10_000)
    api.on("POST /login", login_with(tokens), body=["username", "password"])
    api.on("GET /me", profile(tokens.bearer))

    async def scenario(world: World) -> None:
        tokens.now = lambda: world.now
        sessions = world.sessions(alice)
        await sessions.open()
        tokens.ttl = 0
        before = api.count("POST /login")
        for _ in range(8):
            world.now += 1
            assert not await sessions.bracket("alice", world.now)
        assert api.count("POST /login") == before + 3
        assert world.warnings == ["GW-A001 alice logs in, but its probe refuses it: given up"]

    play(api, scenario)

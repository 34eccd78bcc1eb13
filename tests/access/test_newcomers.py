from __future__ import annotations

import itertools
from typing import TYPE_CHECKING, Any

import msgspec
import pytest
from starlette.requests import Request as Incoming
from starlette.responses import JSONResponse, Response

from gatewright.access.newcomers import SUBJECT, VICTIM
from gatewright.model.account import Account
from gatewright.model.secret import Secret
from gatewright.model.settings import Limits

if TYPE_CHECKING:
    from conftest import Api, Play, World


def club(api: Api, profile: Any, *, single: bool = False) -> None:
    """Sign-up, log-in and GET /me; with `single` a log-in ends the session before."""
    people: dict[str, str] = {}
    tokens: dict[str, str] = {}
    number = itertools.count()

    async def register(request: Incoming) -> Response:
        sent = await request.json()
        people[sent["username"]] = sent["password"]
        return JSONResponse({"username": sent["username"]}, 201)

    async def login(request: Incoming) -> Response:
        sent = await request.json()
        if people.get(sent["username"]) != sent["password"]:
            return JSONResponse({"error": "no"}, 401)
        if single:
            for token in [token for token, name in tokens.items() if name == sent["username"]]:
                del tokens[token]
        token = f"token-{next(number)}-{sent['username']}-0123456789"
        tokens[token] = sent["username"]
        return JSONResponse({"token": token})

    api.on("POST /register", register, body=["username", "password"])
    api.on("POST /login", login, body=["username", "password"])
    api.on("GET /me", profile(lambda r: tokens.get(r.headers.get("authorization", "").removeprefix("Bearer "))))


@pytest.mark.parametrize(
    ("mode", "sign_up", "names"),
    [
        ("safe", None, {VICTIM, SUBJECT}),
        ("safe", 1, {"user1", VICTIM, SUBJECT}),
        ("safe", 0, set()),
        ("read-only", None, set()),
    ],
)
def test_which_accounts_are_made(
    api: Api, play: Play, profile: Any, mode: Any, sign_up: int | None, names: set[str]
) -> None:
    club(api, profile)

    async def scenario(world: World) -> None:
        sessions = world.sessions(sign_up=sign_up, limits=Limits(mode=mode))
        states = await sessions.open()
        assert {state.name for state in states if state.login == "ok"} == names
        assert {account.name for account in sessions.made} == names
        assert {account.role for account in sessions.made} <= {"user"}

    play(api, scenario)


def test_read_only_says_why_it_made_nobody(api: Api, play: Play, profile: Any) -> None:
    club(api, profile)

    async def scenario(world: World) -> None:
        (state,) = await world.sessions(sign_up=1, limits=Limits(mode="read-only")).open()
        assert (state.login, state.how) == ("failed", "read-only makes no accounts")

    play(api, scenario)


def test_an_account_of_an_earlier_part_is_let_in_again(api: Api, play: Play, profile: Any) -> None:
    club(api, profile)

    async def scenario(world: World) -> None:
        before = world.sessions(sign_up=1)
        await before.open()
        stored = tuple(msgspec.structs.replace(account, password=None) for account in before.made)
        count = api.count("POST /register")
        states = await world.sessions(sign_up=1, made=stored).open()
        assert all(state.login == "ok" for state in states)
        assert api.count("POST /register") == count

    play(api, scenario)


@pytest.mark.parametrize("single", [True, False])
def test_a_second_log_in_that_ends_the_first_is_noticed(api: Api, play: Play, profile: Any, single: bool) -> None:
    club(api, profile, single=single)

    async def scenario(world: World) -> None:
        sessions = world.sessions(sign_up=1)
        await sessions.open()
        assert sessions.single_session is single
        assert await sessions.alive(SUBJECT)
        assert await sessions.log_in("user1")
        assert await sessions.alive("user1")  # the new session was taken where the old one ended
        logins = api.count("POST /login")
        await sessions.credentials("user1")
        assert api.count("POST /login") == logins

    play(api, scenario)


def test_roles_of_ours_are_those_of_ordinary_accounts(api: Api, play: Play, profile: Any, alice: Account) -> None:
    club(api, profile)

    async def scenario(world: World) -> None:
        root = msgspec.structs.replace(alice, name="root", role="admin")
        for roles, expected in (((), "member"), (("member", "admin"), "member"), (("guest", "user"), "user")):
            configured = (msgspec.structs.replace(alice, role="member"), root) if "guest" not in roles else ()
            sessions = world.sessions(*configured, sign_up=None, roles=roles, run=f"r{expected}{len(roles)}")
            await sessions.open()
            assert {account.role for account in sessions.made} == {expected}

    play(api, scenario)


def test_roles_that_nobody_gave_are_learnt_and_ours_are_theirs(api: Api, play: Play) -> None:
    async def login(request: Incoming) -> Response:
        name = (await request.json())["username"]
        right = (await request.json())["password"] == f"password-of-{name}"
        return JSONResponse(
            {"token": f"t-{name}-0123456789abcdef"} if right else {"error": "no"}, 200 if right else 401
        )

    async def me(request: Incoming) -> Response:
        name = request.headers.get("authorization", "").removeprefix("Bearer t-").removesuffix("-0123456789abcdef")
        if name not in ("ann", "ben", "cat"):
            return JSONResponse({"error": "who are you?"}, 401)
        return JSONResponse(
            {"id": len(name) + ord(name[0]), "username": name, "role": "chief" if name != "cat" else "admin"}
        )

    api.on("POST /login", login, body=["username", "password"])
    api.on("GET /me", me)

    async def scenario(world: World) -> None:
        people = [
            Account(name=name, username=name, password=Secret(f"password-of-{name}")) for name in ("ann", "ben", "cat")
        ]
        sessions = world.sessions(*people)
        states = await sessions.open()
        assert [state.role for state in states] == ["chief", "chief", "admin"]
        assert sessions.rank("ann") == sessions.rank("ben") < sessions.rank("cat")

    play(api, scenario)

from __future__ import annotations

import re
import secrets
from typing import TYPE_CHECKING, Any

import pytest
from starlette.requests import Request as Incoming
from starlette.responses import JSONResponse, Response

from gatewright.access.signup import accepted
from gatewright.model.http import Exchange, Request
from gatewright.model.http import Response as Answer
from gatewright.model.settings import Limits

if TYPE_CHECKING:
    from conftest import Api, Play, World
    from gatewright.model.http import Request as Outgoing

TEXT = {"type": "string"}


class People:
    """A user table with sign-up rules that the document does not tell."""

    def __init__(self, api: Api, *, token: bool = False, login: bool = True, soft: bool = False) -> None:
        self.users: dict[str, dict[str, Any]] = {}
        self.tokens: dict[str, str] = {}
        self.token, self.soft = token, soft
        self.refusals: list[str] = []
        body = {
            "type": "object",
            "required": ["email", "password"],
            "properties": {
                "email": {"type": "string", "format": "email"},
                "password": {"type": "string", "minLength": 8},
                "birthDate": {"type": "string", "format": "date"},
                "username": TEXT,
                "plan": TEXT,
            },
        }
        api.on("POST /auth/register", self.register, body=body)
        if login:
            api.on("POST /auth/login", self.login, body=["email", "password"])
        api.on("GET /me", self.me)

    def refuse(self, field: str, message: str) -> Response:
        self.refusals.append(f"{field} {message}")
        if self.soft:
            return JSONResponse({"success": False, "errors": {field: [message]}})
        return JSONResponse({"detail": [{"loc": ["body", field], "msg": message, "type": "value_error"}]}, 422)

    async def register(self, request: Incoming) -> Response:
        sent = await request.json()
        if "username" not in sent:
            return self.refuse("username", "Field required")
        if not re.fullmatch(r"[a-z0-9]{3,8}", sent["username"]):
            return self.refuse("username", "must be at most 8 characters")
        if sent.get("plan") not in ("free", "gold"):
            return self.refuse("plan", "must be one of 'free', 'gold'" if "plan" in sent else "Field required")
        if any(user["username"] == sent["username"] for user in self.users.values()):
            return self.refuse("username", "already taken")
        self.users[sent["email"]] = sent
        answer = {"id": len(self.users) + 40, "email": sent["email"]}
        if self.token:
            answer["accessToken"] = self.issue(sent["email"])
        return JSONResponse(answer, 200 if self.soft else 201)

    def issue(self, email: str) -> str:
        token = secrets.token_urlsafe(24)
        self.tokens[token] = email
        return token

    async def login(self, request: Incoming) -> Response:
        sent = await request.json()
        if self.users.get(sent["email"], {}).get("password") != sent["password"]:
            return JSONResponse({"message": "no"}, 401)
        return JSONResponse({"token": self.issue(sent["email"])})

    async def me(self, request: Incoming) -> Response:
        email = self.tokens.get(request.headers.get("authorization", "").removeprefix("Bearer "))
        if email is None:
            return JSONResponse({"message": "log in"}, 401)
        return JSONResponse({"email": email, "username": self.users[email]["username"]})


@pytest.mark.parametrize("soft", [False, True])
def test_sign_up_is_repaired_until_it_is_accepted(api: Api, play: Play, soft: bool) -> None:
    people = People(api, soft=soft)

    async def scenario(world: World) -> None:
        sessions = world.sessions(sign_up=2)
        states = await sessions.open()
        assert [state.name for state in states] == ["user1", "user2", "gw-victim", "gw-subject"]
        assert {state.login for state in states} == {"ok"}
        assert [state.origin for state in states] == ["signed-up"] * 2 + ["throw-away"] * 2
        assert states[0].how.startswith("signed up at POST /auth/register; POST /auth/login → json:/token")
        assert states[0].role == "user"
        account = sessions.accounts["user1"]
        assert re.fullmatch(r"gw-[a-z2-7]{8}@example\.com", str(account.registered["email"]))
        assert "password" not in account.registered
        assert {account.registered["email"], account.registered["username"], "41"} <= sessions.identity("user1")
        first = people.refusals[:4]
        assert first == [
            "username Field required",
            "username must be at most 8 characters",
            "plan Field required",
            "plan must be one of 'free', 'gold'",
        ]
        assert [a.name for a in sessions.made] == ["user1", "user2", "gw-victim", "gw-subject"]

    play(api, scenario)


def test_a_resumed_run_logs_in_again_instead_of_signing_up(api: Api, play: Play) -> None:
    import msgspec

    people = People(api)

    async def scenario(world: World) -> None:
        before = world.sessions(sign_up=1)
        await before.open()
        stored = [msgspec.structs.replace(account, password=None) for account in before.made]
        asked, known = api.count("POST /auth/register"), set(people.users)
        again = world.sessions(sign_up=1, made=stored)
        states = await again.open()
        assert {state.login for state in states} == {"ok"}
        assert api.count("POST /auth/register") == asked
        assert again.accounts["user1"].username == before.accounts["user1"].username
        other = world.sessions(sign_up=1, run="r2")
        await other.open()
        assert other.accounts["user1"].username not in known

    play(api, scenario)


def test_a_sign_up_that_answers_the_token_itself(api: Api, play: Play) -> None:
    People(api, token=True, login=False)

    async def scenario(world: World) -> None:
        sessions = world.sessions(sign_up=1)
        states = await sessions.open()
        how = "signed up at POST /auth/register; sign-up answer → json:/accessToken → Authorization: Bearer, checked at GET /me"
        assert (states[0].login, states[0].how) == ("ok", how)
        exchange = await sessions.send(Request("GET", world.url, "/me"), as_="user1")
        assert exchange.response is not None
        assert exchange.response.status == 200
        assert not await sessions.renew("user1")

    play(api, scenario)


@pytest.mark.parametrize(
    ("mode", "sign_up", "made"),
    [
        ("safe", None, ["gw-victim", "gw-subject"]),
        ("full", 1, ["user1", "gw-victim", "gw-subject"]),
        ("safe", 0, []),
        ("read-only", None, []),
        ("read-only", 1, []),
    ],
)
def test_who_is_made_when(api: Api, play: Play, mode: Any, sign_up: int | None, made: list[str]) -> None:
    people = People(api)

    async def scenario(world: World) -> None:
        sessions = world.sessions(sign_up=sign_up, limits=Limits(mode=mode))
        states = await sessions.open()
        assert list(sessions.accounts) == made
        assert len(people.users) == len(made)
        if (mode, sign_up) == ("read-only", 1):
            assert [(s.login, s.how) for s in states] == [("failed", "read-only makes no accounts")]

    play(api, scenario)


def test_no_sign_up_endpoint_and_one_that_refuses(api: Api, play: Play) -> None:
    async def no(request: Incoming) -> Response:
        return JSONResponse({"error": "registration is closed"}, 403)

    async def scenario(world: World) -> None:
        (state,) = await world.sessions(sign_up=1).open()
        assert state.login == "failed"
        assert state.how.startswith("the specification has no sign-up endpoint")

    play(api, scenario)
    api.on("POST /register", no, body=["email", "password"])

    async def refused(world: World) -> None:
        states = await world.sessions(sign_up=1).open()
        assert states[0].how == "POST /register refuses the sign-up: 403 (registration is closed)"

    play(api, refused)


def test_an_account_that_must_confirm_a_mail_first(api: Api, play: Play) -> None:
    async def fine(request: Incoming) -> Response:
        return JSONResponse({"message": "check your inbox"}, 201)

    async def wait(request: Incoming) -> Response:
        sent = await request.json()
        known = (
            sent["email"].startswith("gw-") and sent["password"].startswith("Gw!") and sent["password"].endswith("9aZ")
        )
        return JSONResponse({"error": "please verify your e-mail" if known else "bad password"}, 403 if known else 401)

    api.on("POST /register", fine, body=["email", "password"])
    api.on("POST /login", wait, body=["email", "password"])

    async def scenario(world: World) -> None:
        states = await world.sessions(sign_up=1).open()
        assert states[0].how == (
            "POST /login: 403 (please verify your e-mail); a mail may have to be confirmed first: `hooks.mail` says how to read it"
        )

    play(api, scenario)


def test_the_second_password_always_equals_the_first(api: Api, play: Play) -> None:
    seen: list[dict[str, str]] = []

    async def register(request: Incoming) -> Response:
        sent = await request.json()
        seen.append(sent)
        if len(sent["password"]) > 12:
            return JSONResponse({"errors": {"password": ["must be at most 12 characters"]}}, 422)
        return JSONResponse({}, 201)

    api.on("POST /signup", register, body=["login", "password", "passwordConfirmation"])

    async def scenario(world: World) -> None:
        sessions = world.sessions(sign_up=1)
        await sessions.open()
        assert seen[1]["password"] == seen[1]["passwordConfirmation"]
        assert len(seen[1]["password"]) == 12
        password = sessions.made[0].password
        assert password is not None
        assert password.reveal() == seen[1]["password"]

    play(api, scenario)


def test_a_form_with_a_csrf_token(api: Api, play: Play) -> None:
    made: list[dict[str, str]] = []

    async def page(request: Incoming) -> Response:
        response = Response("<meta name='csrf-token' content='t0k3n-t0k3n'>", media_type="text/html")
        response.set_cookie("sid", "anon-session-1")
        return response

    async def register(request: Incoming) -> Response:
        if request.headers.get("x-csrf-token") != "t0k3n-t0k3n" or request.cookies.get("sid") != "anon-session-1":
            return JSONResponse({"error": "forbidden"}, 403)
        made.append(await request.json())
        return JSONResponse({}, 201)

    api.on("GET /register", page, documented=False)
    api.on("POST /register", register, body=["email", "password"])

    async def scenario(world: World) -> None:
        await world.sessions(sign_up=1).open()
        assert len(made) == 3

    play(api, scenario)


@pytest.mark.parametrize(
    ("answer", "fine"),
    [
        (Answer(201, body=b"{}"), True),
        (Answer(302), True),
        (Answer(200, (("content-type", "application/json"),), b'{"success": false, "error": "x"}'), False),
        (Answer(400), False),
        (None, False),
    ],
)
def test_accepted(answer: Answer | None, fine: bool) -> None:
    assert accepted(Exchange(1, Request("POST", "http://t", "/"), answer)) is fine


def test_a_registration_sends_what_it_was_given_and_says_what_became_of_it(api: Api, play: Play) -> None:
    people = People(api)

    async def scenario(world: World) -> None:
        sessions = world.sessions(sign_up=1)
        await sessions.open()
        weak = await sessions.register({}, password="12345678")
        assert weak.logged_in
        assert people.users[str(sessions.made[-1].registered["email"])]["password"] == "12345678"
        user = next(iter(people.users.values()))["username"]
        again = await sessions.register({"username": user})
        assert (again.name, again.logged_in) == ("", False)
        assert again.exchange is not None
        assert "already taken" in str(again.exchange.response and again.exchange.response.body)
        assert again.why.startswith("POST /auth/register refuses the sign-up")

    play(api, scenario)


def test_further_log_ins_leave_the_session_as_it_is(api: Api, play: Play) -> None:
    People(api)

    async def scenario(world: World) -> None:
        sessions = world.sessions(sign_up=1)
        await sessions.open()
        before = await sessions.credentials("user1")
        seen: list[str] = []

        def edit(request: Outgoing) -> Outgoing:
            seen.append(request.target)
            return request.with_headers(("X-Forwarded-For", "10.0.0.1"))

        first = await sessions.try_log_in("user1", purpose="attack", edit=edit)
        assert first.accepted
        assert first.exchange is not None
        assert first.exchange.purpose == "attack"
        assert first.exchange.request.header("x-forwarded-for") == "10.0.0.1"
        assert seen == ["/auth/login"]
        assert first.credentials != before
        assert not (await sessions.try_log_in("user1", "wrong")).accepted
        assert await sessions.credentials("user1") == before

    play(api, scenario)

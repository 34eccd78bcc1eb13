from __future__ import annotations

from typing import TYPE_CHECKING

import msgspec
import pytest
from starlette.requests import Request as Incoming
from starlette.responses import JSONResponse, Response

from gatewright.access.extract import extract, fill
from gatewright.access.steps import seconds
from gatewright.model.account import Account, Login, Step
from gatewright.model.http import Request
from gatewright.model.http import Response as Answer
from gatewright.model.secret import Secret

if TYPE_CHECKING:
    from conftest import Api, Play, World


def two_steps(api: Api) -> None:
    """A log-in in two steps: a ticket for the password, then a token for the ticket and its cookie."""

    async def first(request: Incoming) -> Response:
        sent = await request.json()
        if sent != {"who": {"name": "alice", "secret": "alice-pw-11"}}:
            return JSONResponse({"error": "wrong"}, 400)
        response = JSONResponse({"step": {"ticket": "ticket-1"}})
        response.set_cookie("flow", "f1")
        return response

    async def second(request: Incoming) -> Response:
        form = (await request.body()).decode()
        if form != "ticket=ticket-1" or request.cookies.get("flow") != "f1" or request.headers["x-app"] != "alice":
            return JSONResponse({"error": "wrong"}, 400)
        return Response("token is <tok-774411>", media_type="text/plain")

    async def me(request: Incoming) -> Response:
        if request.headers.get("x-session") != "S tok-774411":
            return JSONResponse({"error": "no"}, 401)
        return JSONResponse({"username": "alice"}, 203)

    api.on("POST /one", first, documented=False)
    api.on("POST /two", second, documented=False)
    api.on("GET /self", me)


ONE = Step(
    method="POST",
    path="/one",
    json={"who": {"name": "{username}", "secret": "{password}"}},
    extract={"ticket": "json:/step/ticket"},
)
TWO = Step(
    method="POST",
    path="two",
    form={"ticket": "{ticket}"},
    headers={"X-App": "{username}"},
    extract={"token": r"regex:<(tok-\d+)>"},
)
LOGIN = Login(
    steps=(ONE, TWO), apply_headers={"X-Session": "S {token}"}, probe="GET /self", probe_status=203, expires="10m"
)


def test_steps_are_gone_in_order_and_their_values_applied(api: Api, play: Play, alice: Account) -> None:
    two_steps(api)

    async def scenario(world: World) -> None:
        sessions = world.sessions(alice, login=LOGIN)
        (state,) = await sessions.open()
        assert (state.login, state.how) == ("ok", "POST /one → POST two → X-Session, checked at GET /self")
        assert sessions.whoami("alice") is not None
        exchange = await sessions.send(Request("GET", world.url, "/self"), as_="alice")
        assert exchange.response is not None
        assert exchange.response.status == 203
        before = api.count("POST /one")
        world.now += 599
        await sessions.credentials("alice")
        assert api.count("POST /one") == before + 1

    play(api, scenario)


@pytest.mark.parametrize(
    ("login", "why"),
    [
        (msgspec.structs.replace(LOGIN, steps=(msgspec.structs.replace(ONE, extract={"x": "json:/nope"}),)), "step 1 (POST /one) has no json:/nope in its answer 200"),
        (msgspec.structs.replace(LOGIN, apply_headers={"X": "{other}"}), "apply uses {other}, which no step extracts"),
        (msgspec.structs.replace(LOGIN, steps=(Step(method="POST", path="/two", body="hello {username}"),), apply_headers={}), "no step gave a cookie and nothing is applied"),
        (msgspec.structs.replace(LOGIN, apply_headers={"X-Session": "T {token}"}), "GET /self answers 401 with the credential as without it"),
        (msgspec.structs.replace(LOGIN, steps=(Step(method="POST", path="http://127.0.0.9:1/x"),)), "not sent"),
    ],
)  # fmt: skip
def test_what_is_wrong_with_the_steps_is_said(api: Api, play: Play, alice: Account, login: Login, why: str) -> None:
    two_steps(api)

    async def scenario(world: World) -> None:
        (state,) = await world.sessions(msgspec.structs.replace(alice, login=login)).open()
        assert state.login == "failed"
        assert why in state.how

    play(api, scenario)


def test_cookies_of_the_steps_are_the_session_when_nothing_is_applied(api: Api, play: Play, alice: Account) -> None:
    async def enter(request: Incoming) -> Response:
        response = Response(status_code=204)
        if (await request.json())["p"] == "alice-pw-11":
            response.set_cookie("sid", "s-1")
        return response

    async def me(request: Incoming) -> Response:
        fine = request.cookies.get("sid") == "s-1"
        return JSONResponse({"username": "alice"} if fine else {"error": "no"}, 200 if fine else 401)

    api.on("POST /in", enter, documented=False)
    api.on("GET /me", me)
    login = Login(steps=(Step(method="POST", path="/in", body='{"p": "{password}"}'),), expires="on-401")

    async def scenario(world: World) -> None:
        (state,) = await world.sessions(msgspec.structs.replace(alice, login=login)).open()
        assert state.how == "POST /in → cookie sid, checked at GET /me"

    play(api, scenario)


ANSWER = Answer(200, (("X-Tok", "h1"), ("Set-Cookie", "sid=c1; Path=/")), b'{"a": [{"b/c": 5}], "n": null, "o": {}}')


@pytest.mark.parametrize(
    ("source", "value"),
    [
        ("header:X-Tok", "h1"),
        ("header:nope", None),
        ("cookie:sid", "c1"),
        ("cookie:nope", None),
        ("json:/a/0/b~1c", "5"),
        ("json:a.0.b~1c", "5"),
        ("json:/a/7", None),
        ("json:/n", None),
        ("json:/o", None),
        ("regex:\"b/c\": (\\d)", "5"),
        ("regex:b/c", "b/c"),
        ("regex:(", None),
        ("regex:zzz", None),
    ],
)  # fmt: skip
def test_extract(source: str, value: str | None) -> None:
    assert extract(ANSWER, source) == value


def test_small_ones() -> None:
    assert extract(Answer(200, body=b"no json"), "json:/a") is None
    assert fill("{a} {b} {}", {"a": "1"}) == "1 {b} {}"
    assert [seconds(text) for text in ("15m", "90s", "1h", "2d", "7", "jwt", "on-401")] == [
        900,
        90,
        3600,
        172800,
        7,
        None,
        None,
    ]
    assert Secret("x")


def test_steps_take_codes_of_an_authenticator(api: Api, play: Play, alice: Account) -> None:
    from gatewright.access.totp import read

    secret = "GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ"

    async def enter(request: Incoming) -> Response:
        sent = await request.json()
        rules = read(secret)
        codes = {rules.code(rules.step(1_800_000_000) + near) for near in range(4)}
        right = sent["code"] in codes and sent["password"] == "alice-pw-11"
        return JSONResponse({"token": "t-0123456789abcdef01"} if right else {"no": 1}, 200 if right else 401)

    async def own(request: Incoming) -> Response:
        right = request.headers.get("x-session") == "t-0123456789abcdef01"
        return JSONResponse({"username": "alice"} if right else {"no": 1}, 200 if right else 401)

    api.on("POST /enter", enter)
    api.on("GET /self", own)
    step = Step(
        method="POST",
        path="/enter",
        json={"password": "{password}", "code": "{totp}"},
        extract={"token": "json:/token"},
    )
    login = Login(steps=(step,), apply_headers={"X-Session": "{token}"})

    async def scenario(world: World) -> None:
        account = msgspec.structs.replace(alice, totp_secret=Secret(secret))
        (state,) = await world.sessions(account, login=login).open()
        assert state.login == "ok", state.how

    play(api, scenario)

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import msgspec
from starlette.requests import Request as Incoming
from starlette.responses import JSONResponse, Response

from gatewright.access.second import confirmations, second_steps
from gatewright.access.totp import read
from gatewright.model.account import Account
from gatewright.model.secret import Secret

if TYPE_CHECKING:
    from conftest import Api, Play, World

SECRET = "GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ"
TOKEN = "t-0123456789abcdefghij"


def two_steps(api: Api, profile: Any, now: list[float]) -> None:
    """POST /login gives a challenge and a cookie, POST /login/code with both and a code the token."""

    async def login(request: Incoming) -> Response:
        sent = await request.json()
        if sent["password"] != "alice-pw-11":
            return JSONResponse({"error": "no"}, 401)
        answer = JSONResponse({"mfa_required": True, "challenge": "c-0123456789abcdefghij"})
        answer.set_cookie("step", "s-0123456789abcdefghij")
        return answer

    async def code(request: Incoming) -> Response:
        sent = await request.json()
        rules = read(SECRET)
        right = {rules.code(rules.step(now[0]) + near) for near in (0, 1)}
        carried = (
            request.cookies.get("step") == "s-0123456789abcdefghij" and sent["challenge"] == "c-0123456789abcdefghij"
        )
        return (
            JSONResponse({"token": TOKEN}) if carried and sent["code"] in right else JSONResponse({"error": "no"}, 401)
        )

    api.on("POST /login", login, body=["username", "password"])
    api.on("POST /login/code", code, body=["challenge", "code"])
    api.on("GET /me", profile(lambda r: "alice" if r.headers.get("authorization") == f"Bearer {TOKEN}" else None))


def test_the_code_of_an_authenticator_ends_a_log_in(api: Api, play: Play, profile: Any, alice: Account) -> None:
    now = [1_800_000_000.0]
    two_steps(api, profile, now)

    async def scenario(world: World) -> None:
        assert [(e.name, p.name) for e, p in second_steps(world.specification)] == [("POST /login/code", "code")]
        (state,) = await world.sessions(msgspec.structs.replace(alice, totp_secret=Secret(SECRET))).open()
        assert state.login == "ok"
        assert state.how.startswith("POST /login → POST /login/code → json:/token → Authorization: Bearer")
        assert api.count("POST /login/code") == 1  # the wrong password never gets that far

    play(api, scenario)


def test_without_a_code_the_first_step_is_no_log_in(api: Api, play: Play, profile: Any, alice: Account) -> None:
    two_steps(api, profile, [1_800_000_000.0])

    async def scenario(world: World) -> None:
        (state,) = await world.sessions(alice).open()
        assert state.login == "failed"
        assert api.count("POST /login/code") == 0

    play(api, scenario)


def test_a_wrong_code_is_no_log_in(api: Api, play: Play, profile: Any, alice: Account) -> None:
    two_steps(api, profile, [1_700_000_000.0])

    async def scenario(world: World) -> None:
        (state,) = await world.sessions(msgspec.structs.replace(alice, totp_secret=Secret(SECRET))).open()
        assert state.login == "failed"
        assert "POST /login/code answers 401" in state.how

    play(api, scenario)


def test_a_sign_up_is_confirmed_by_the_mailed_code_or_link(api: Api, play: Play, profile: Any) -> None:
    for link in (False, True):
        _sign_ups(api := type(api)(), profile, link=link)

        async def scenario(world: World, api: Api = api, link: bool = link) -> None:
            assert [e.name for e, _ in confirmations(world.specification)] == ["POST /confirm"]
            hook = {"request": f"GET {world.url}/mail/{{address}}", "extract": r"regex:(?:code|link) (\S*\w)"}
            sessions = world.sessions(sign_up=1, hooks={"mail": hook})
            states = {state.name: state for state in await sessions.open()}
            assert states["user1"].login == "ok", states
            assert bool(api.count("GET /followed")) == link
            without = world.sessions(sign_up=1, run="r2")
            states = {state.name: state for state in await without.open()}
            assert states["user1"].login == "failed"
            assert "`hooks.mail` says how to read it" in states["user1"].how

        play(api, scenario)


def _sign_ups(api: Api, profile: Any, *, link: bool) -> None:
    known: dict[str, dict[str, str]] = {}

    async def register(request: Incoming) -> Response:
        sent = await request.json()
        known[sent["email"]] = {**sent, "confirmed": ""}
        return JSONResponse({"ok": True}, 201)

    async def mail(request: Incoming) -> Response:
        address = request.path_params["address"]
        base = f"http://{request.headers['host']}"
        return Response(f"link {base}/followed?for={address}" if link else "code 424242")

    async def confirm(request: Incoming) -> Response:
        sent = await request.json()
        right = sent["code"] == "424242" and sent["email"] in known
        known[sent["email"]]["confirmed"] = "yes" if right else ""
        return JSONResponse({"confirmed": right}, 200 if right else 422)

    async def followed(request: Incoming) -> Response:
        known[request.query_params["for"]]["confirmed"] = "yes"
        return Response("thank you")

    async def login(request: Incoming) -> Response:
        sent = await request.json()
        person = known.get(sent["email"])
        if person is None or person["password"] != sent["password"]:
            return JSONResponse({"error": "wrong"}, 401)
        if not person["confirmed"]:
            return JSONResponse({"error": "confirm your address first"}, 403)
        return JSONResponse({"token": f"t-{sent['email']}-0123456789"})

    def who(request: Incoming) -> str | None:
        token = request.headers.get("authorization", "").removeprefix("Bearer t-").removesuffix("-0123456789")
        return token if token in known else None

    api.on("POST /register", register, body=["email", "password"])
    api.on("POST /confirm", confirm, body=["email", "code"])
    api.on("POST /login", login, body=["email", "password"], answer={"type": "object", "properties": {"token": {}}})
    api.on("GET /mail/{address}", mail, documented=False)
    api.on("GET /followed", followed, documented=False)
    api.on("GET /me", profile(who))

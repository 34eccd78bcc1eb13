from __future__ import annotations

import random
from typing import TYPE_CHECKING, Any

import pytest
from starlette.requests import Request as Incoming
from starlette.responses import JSONResponse, Response

from gatewright.access.placing import MOST_TRIES, spoilt
from gatewright.access.tokens import basic
from gatewright.model.account import Account, Credential
from gatewright.model.http import Request
from gatewright.model.secret import Secret

if TYPE_CHECKING:
    from conftest import Api, Play, World


def login_api(api: Api, answer: Any, me: Any) -> None:
    async def login(request: Incoming) -> Response:
        sent = await request.json()
        if sent["password"] != "alice-pw-11":
            return JSONResponse({"error": "no"}, 401)
        made: Response = answer()
        return made

    async def profile(request: Incoming) -> Response:
        status, body = me(request)
        return JSONResponse(body, status)

    api.on("POST /login", login, body=["username", "password"])
    api.on("GET /me", profile)


def states_of(api: Api, play: Play, account: Account) -> tuple[str, str, tuple[Credential, ...]]:
    kept: list[Any] = []

    async def scenario(world: World) -> None:
        sessions = world.sessions(account)
        (state,) = await sessions.open()
        held = await sessions.credentials(account.name) if state.login == "ok" else ()
        kept.extend((state.login, state.how, held))

    play(api, scenario)
    return kept[0], kept[1], kept[2]


def test_cookies_that_do_nothing_are_dropped(api: Api, play: Play, alice: Account) -> None:
    def answer() -> Response:
        response = Response(status_code=204)
        for name in ("tracking", "sid", "theme"):
            response.set_cookie(name, f"{name}-value-1")
        return response

    def me(request: Incoming) -> tuple[int, Any]:
        fine = request.cookies.get("sid") == "sid-value-1"
        return (200, {"username": "alice"}) if fine else (401, {"error": "no"})

    login_api(api, answer, me)
    login, how, held = states_of(api, play, alice)
    assert (login, how) == ("ok", "POST /login → cookie sid, checked at GET /me")
    assert [c.name for c in held] == ["sid"]


def test_two_credentials_that_are_both_needed_are_kept(api: Api, play: Play, alice: Account) -> None:
    def answer() -> Response:
        response = JSONResponse({"token": "tok-1234567890"})
        response.set_cookie("sid", "sid-value-1")
        return response

    def me(request: Incoming) -> tuple[int, Any]:
        fine = (
            request.cookies.get("sid") == "sid-value-1"
            and request.headers.get("authorization") == "Bearer tok-1234567890"
        )
        return (200, {"username": "alice"}) if fine else (401, {"error": "no"})

    login_api(api, answer, me)
    login, _, held = states_of(api, play, alice)
    assert login == "ok"
    assert {c.within for c in held} == {"cookie", "header"}


def test_a_probe_that_takes_any_credential_proves_nothing(api: Api, play: Play, alice: Account) -> None:
    """Garbage is let in as well: the value that was found need not be a credential at all."""

    def me(request: Incoming) -> tuple[int, Any]:
        return (200, {"username": "alice"}) if request.headers.get("authorization") else (401, {"error": "no"})

    login_api(api, lambda: JSONResponse({"token": "tok-1234567890"}), me)
    login, how, _ = states_of(api, play, alice)
    assert login == "failed"
    assert "GET /me answers 401 with the credential as without it" in how


def test_the_search_is_bounded(api: Api, play: Play, alice: Account) -> None:
    many = {f"token{n}": f"tok-{n}-1234567890abcdef" for n in range(40)}
    login_api(api, lambda: JSONResponse(many), lambda request: (401, {"error": "no"}))
    for n in range(30):
        api.on(f"GET /thing{n}", api.routes[1].endpoint)
    login, _, _ = states_of(api, play, alice)
    assert login == "failed"
    gets = sum(method == "GET" for method, _ in api.asked)
    assert gets <= 16 + MOST_TRIES


def test_the_better_probe_is_kept(api: Api, play: Play, alice: Account) -> None:
    def guarded(body: Any) -> Any:
        async def handler(request: Incoming) -> Response:
            fine = request.headers.get("authorization") == "Bearer tok-1234567890"
            return JSONResponse(body if fine else {"error": "no"}, 200 if fine else 401)

        return handler

    login_api(api, lambda: JSONResponse({"token": "tok-1234567890"}), lambda request: (200, {"public": True}))
    api.on("GET /account", guarded({"plan": "free"}))
    api.on("GET /users", guarded([{"username": "alice"}, {"username": "bob"}]))
    api.on("GET /zub", guarded({"blim": "alice"}))
    assert states_of(api, play, alice)[1].endswith("checked at GET /zub")


def test_without_any_probe_the_difference_of_the_passwords_decides(api: Api, play: Play, alice: Account) -> None:
    async def login(request: Incoming) -> Response:
        sent = await request.json()
        return JSONResponse({"token": "tok-1234567890"} if sent["password"] == "alice-pw-11" else {"error": "no"})

    api.on("POST /login", login, body=["username", "password"])
    _, how, _ = states_of(api, play, alice)
    assert how == "POST /login → json:/token → Authorization: Bearer, not checked: no GET tells strangers apart"

    async def scenario(world: World) -> None:
        sessions = world.sessions(alice)
        await sessions.open()
        assert await sessions.alive("alice")
        assert sessions.whoami("alice") is None
        exchange = await sessions.send(Request("GET", world.url, "/nowhere"), as_="alice")
        assert exchange.response is not None
        assert exchange.response.status == 404

    play(api, scenario)


def test_values_that_change_by_themselves_are_no_log_in(api: Api, play: Play, alice: Account) -> None:
    """A server that agrees to everything, with a fresh id and a clock in each answer."""
    count = iter(range(10_000, 99_999))

    async def yes(request: Incoming) -> Response:
        number = next(count)
        return JSONResponse({"trace": f"0123456789abcdef{number}", "at": number})

    api.on("POST /login", yes, body=["username", "password"])
    api.on("GET /me", yes)
    login, how, _ = states_of(api, play, alice)
    assert login == "failed"
    assert "wrong" in how


def test_spoilt() -> None:
    source = random.Random(1)
    token = spoilt(Credential(within="header", name="A", prefix="Bearer ", value=Secret("abc1")), source)
    assert token.value.reveal() != "abc1"
    assert token.prefix == "Bearer "
    user = spoilt(Credential(within="header", name="A", prefix="Basic ", value=Secret(basic("alice", "pw"))), source)
    assert user.value.reveal() != basic("alice", "pw")
    import base64

    assert base64.b64decode(user.value.reveal()).startswith(b"alice:")
    odd = spoilt(Credential(within="header", name="A", prefix="Basic ", value=Secret("not base64!")), source)
    assert odd.value.reveal() != "not base64!"


@pytest.mark.parametrize("guarded", [True, False])
def test_without_a_me_the_page_of_ones_own_name_is_the_probe(
    api: Api, play: Play, alice: Account, guarded: bool
) -> None:
    token = "tok-1234567890abcdef"

    async def page(request: Incoming) -> Response:
        if guarded and request.headers.get("authorization") != f"Bearer {token}":
            return JSONResponse({"error": "no"}, 401)
        return JSONResponse({"username": request.path_params["name"], "motto": "slow and steady"})

    def feed(request: Incoming) -> tuple[int, Any]:
        fine = request.headers.get("authorization") == f"Bearer {token}"
        return (200, [{"username": "alice"}, {"username": "bob"}]) if fine else (401, {"error": "no"})

    login_api(api, lambda: JSONResponse({"token": token}), feed)
    api.on("GET /users/{name}", page)
    probed = []

    async def scenario(world: World) -> None:
        sessions = world.sessions(alice)
        await sessions.open()
        probed.append(sessions.whoami("alice"))

    play(api, scenario)
    assert probed[0] is not None
    assert probed[0].path == ({"name": "alice"} if guarded else {})

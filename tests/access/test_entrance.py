from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest
from starlette.requests import Request as Incoming
from starlette.responses import JSONResponse, Response

from gatewright.model.account import Account
from gatewright.model.http import Request
from gatewright.model.secret import Secret

if TYPE_CHECKING:
    from conftest import Api, Play, World


def shop(api: Api, *, admin_only_probe: bool = False) -> None:
    """Log-in by e-mail, UUIDs, errors as 200 with an envelope, a session by cookie; roles see different pages."""
    people = {"a@shop.test": ("pw-a-111111", "buyer"), "m@shop.test": ("pw-m-111111", "manager")}

    async def login(request: Incoming) -> Response:
        sent = await request.json()
        if people.get(sent["email"], ("",))[0] != sent["password"]:
            return JSONResponse({"ok": False, "err": {"code": 17, "text": "Anmeldung fehlgeschlagen"}})
        response = JSONResponse(
            {"ok": True, "result": {"accountId": f"0b5e7c1e-0000-4000-8000-00000000000{len(sent['email'])}"}}
        )
        response.set_cookie("shop_session", f"s-{sent['email'].replace('@', '.')}-0123456789", httponly=True)
        return response

    def who(request: Incoming) -> str | None:
        value = request.cookies.get("shop_session", "")
        return next((mail for mail in people if value == f"s-{mail.replace('@', '.')}-0123456789"), None)

    def page(role: str | None, body: Any) -> Any:
        async def handler(request: Incoming) -> Response:
            name = who(request)
            if name is None:
                return JSONResponse({"ok": False, "err": {"code": 3, "text": "Bitte anmelden"}})
            if role is not None and people[name][1] != role:
                return JSONResponse({"ok": False, "err": {"code": 4, "text": "Kein Zugriff"}})
            return JSONResponse({"ok": True, "result": body(name)})

        return handler

    api.on("POST /api/session", login, body=["email", "password"])
    api.on("GET /api/basket", page("manager" if admin_only_probe else None, lambda name: {"lines": [], "owner": name}))
    api.on("GET /api/kennung", page("buyer", lambda name: {"kontakt": name}))


BUYER = Account(name="buyer", username="a@shop.test", password=Secret("pw-a-111111"))
MANAGER = Account(name="manager", username="m@shop.test", password=Secret("pw-m-111111"))


@pytest.mark.parametrize("split", [False, True])
def test_errors_of_200_and_roles_that_see_different_pages(api: Api, play: Play, split: bool) -> None:
    shop(api, admin_only_probe=split)

    async def scenario(world: World) -> None:
        sessions = world.sessions(MANAGER, BUYER)
        states = await sessions.open()
        assert [state.login for state in states] == ["ok", "ok"], states
        assert "a@shop.test" in sessions.identity("buyer")
        assert any(value.startswith("0b5e7c1e") for value in sessions.identity("buyer"))
        for name in ("buyer", "manager"):
            assert await sessions.alive(name)
            assert sessions.whoami(name) is not None
        if split:
            assert states[1].how.endswith("checked at GET /api/kennung")

    play(api, scenario)


def test_a_known_way_tells_a_wrong_password_by_the_answer_it_got_before(api: Api, play: Play) -> None:
    shop(api)

    async def scenario(world: World) -> None:
        mistaken = Account(name="mistaken", username="m@shop.test", password=Secret("no-such-1234"))
        states = await world.sessions(BUYER, mistaken).open()
        assert states[1].how == "POST /api/session: answers as to a wrong password: 200"
        assert api.count("POST /api/session") == 3

    play(api, scenario)


def test_several_log_ins_are_tried_and_each_refusal_is_said(api: Api, play: Play) -> None:
    async def no(request: Incoming) -> Response:
        return JSONResponse({"error": "closed"}, 410)

    api.on("POST /login", no, body=["username", "password"])
    api.on("POST /v2/login", no, body=["username", "password"])
    api.schemes["basic"] = {"type": "http", "scheme": "basic"}

    async def scenario(world: World) -> None:
        (state,) = await world.sessions(Account(name="a", username="a", password=Secret("abcdefgh1"))).open()
        assert state.login == "failed"
        assert state.how.startswith(
            "POST /login: a wrong and the right password get the same answer, 410 (closed); POST /v2/login"
        )

    play(api, scenario)


@pytest.mark.parametrize(
    ("account", "why"),
    [
        (Account(name="a", username="a", password=Secret("p" * 8)), "the specification has no log-in endpoint: write the steps under `login:`"),
        (Account(name="a"), "the account has nothing that logs it in"),
        (Account(name="a", oauth2={"grant": "password"}), "no token endpoint is known: give `token_url` under `oauth2:`, and `authorize_url` where people log in"),
    ],
)  # fmt: skip
def test_accounts_that_nothing_logs_in(api: Api, play: Play, account: Account, why: str) -> None:
    api.schemes["other"] = {"type": "http", "scheme": "bearer"}

    async def scenario(world: World) -> None:
        (state,) = await world.sessions(account).open()
        assert (state.login, state.how) == ("failed", why)

    play(api, scenario)


def test_a_target_that_does_not_answer_fails_every_account_with_the_reason(api: Api, play: Play) -> None:
    async def gone(request: Incoming) -> Response:
        raise AssertionError("never asked")

    api.on("POST /login", gone, body=["username", "password"])

    async def scenario(world: World) -> None:
        from gatewright.access.sessions import Sessions
        from gatewright.model.secret import Keyring
        from gatewright.model.settings import Settings
        from gatewright.sources.openapi import parse
        from gatewright.wire.gate import Gate

        dead = "http://127.0.0.1:1"
        account = Account(name="a", username="a", password=Secret("abcdefgh1"))
        async with Gate(Settings(), run="r", targets=(dead,)) as gate:
            spec = parse(api.document(dead), source="openapi.json")
            sessions = Sessions(gate, spec, Settings(accounts=(account,), sign_up=0), keyring=Keyring(b"k" * 32, "r"))
            (state,) = await sessions.open()
        assert state.login == "failed"
        assert "connect" in state.how

    play(api, scenario)


def test_requests_keep_the_headers_of_their_sender(api: Api, play: Play) -> None:
    shop(api)
    seen: list[dict[str, str]] = []

    async def echo(request: Incoming) -> Response:
        seen.append(dict(request.headers))
        return JSONResponse({})

    api.on("GET /echo", echo, documented=False)

    async def scenario(world: World) -> None:
        sessions = world.sessions(BUYER)
        await sessions.open()
        await sessions.send(Request("GET", world.url, "/echo", (("X-A", "1"), ("Cookie", "theme=dark"))), as_="buyer")
        assert seen[0]["x-a"] == "1"
        assert seen[0]["cookie"] == "theme=dark; shop_session=s-a.shop.test-0123456789"

    play(api, scenario)

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Any

import pytest
from starlette.requests import Request as Incoming
from starlette.responses import JSONResponse, Response

from gatewright.access.mailbox import Mailbox, address_of
from gatewright.model.account import Account
from gatewright.model.http import Exchange, Request

if TYPE_CHECKING:
    from conftest import Api, Play, World

HOOK = {"request": "GET http://mail.test/mail/{address}", "extract": r"regex:(?:code (\d{6})|link (\S+))"}
ALICE = Account(name="alice", username="alice", identity=("7", "alice@example.com"))


def reader(mails: list[str | None], asked: list[Request], **hook: str) -> Mailbox:
    """A mailbox that answers each look with the next text; its clock moves with each pause."""
    now = [0.0]

    async def ask(request: Request, account: str, purpose: str) -> Exchange:
        from gatewright.model.http import Response as Answer

        asked.append(request)
        text = mails.pop(0) if len(mails) > 1 else mails[0]
        answer = Answer(404) if text is None else Answer(200, (), text.encode())
        return Exchange(len(asked), request, answer)

    async def pause(seconds: float) -> None:
        now[0] += seconds

    return Mailbox({**HOOK, **hook}, ask, 5.0, lambda: now[0], pause)


def test_it_waits_for_the_mail() -> None:
    asked: list[Request] = []
    box = reader([None, "nothing yet", "Your code 123456"], asked)
    assert asyncio.run(box.newest(ALICE)) == "123456"
    assert [request.url for request in asked] == ["http://mail.test/mail/alice@example.com"] * 3


def test_a_link_is_the_group_that_matched() -> None:
    box = reader(["use the link http://shop.test/confirm?t=1 now"], [])
    assert asyncio.run(box.newest(ALICE)) == "http://shop.test/confirm?t=1"


def test_the_mail_seen_before_is_not_the_newest() -> None:
    asked: list[Request] = []
    box = reader(["code 111111", "code 111111", "code 222222"], asked)
    assert asyncio.run(box.newest(ALICE, other_than="111111")) == "222222"
    assert len(asked) == 3


def test_it_does_not_wait_for_ever() -> None:
    asked: list[Request] = []
    assert asyncio.run(reader(["code 111111"], asked).newest(ALICE, other_than="111111")) is None
    assert 4 < len(asked) < 12


def test_one_look() -> None:
    asked: list[Request] = []
    assert asyncio.run(reader(["nothing"], asked).newest(ALICE, wait=False)) is None
    assert len(asked) == 1


def test_no_address_no_mail() -> None:
    asked: list[Request] = []
    assert asyncio.run(reader(["code 111111"], asked).newest(Account(name="bob", username="bob"))) is None
    assert not asked


@pytest.mark.parametrize(
    ("account", "address"),
    [
        (Account(name="a", username="nick", registered={"eMail": "a@x.test", "note": "b@x.test"}), "a@x.test"),
        (Account(name="a", username="a@x.test", identity=("b@x.test",)), "a@x.test"),
        (Account(name="a", username="nick", registered={"contact": "c@x.test"}), "c@x.test"),
        (Account(name="a", username="nick@home"), ""),
    ],
)
def test_the_address_of_an_account(account: Account, address: str) -> None:
    assert address_of(account) == address


def test_sessions_read_the_mail_of_an_account_that_is_logged_in(
    api: Api, play: Play, profile: Any, alice: Account
) -> None:
    async def login(request: Incoming) -> Response:
        sent = await request.json()
        right = sent["password"] == "alice-pw-11"
        return JSONResponse({"token": "t-0123456789abcdef01"} if right else {"error": "no"}, 200 if right else 401)

    async def mails(request: Incoming) -> Response:
        return JSONResponse({"text": f"for {request.path_params['address']}: code 123456"})

    api.on("POST /login", login, body=["username", "password"])
    token = "Bearer t-0123456789abcdef01"
    api.on("GET /me", profile(lambda request: "alice" if request.headers.get("authorization") == token else None))
    api.on("GET /post/{address}", mails, documented=False)

    async def scenario(world: World) -> None:
        hook = {"request": f"GET {world.url}/post/{{address}}", "extract": r"regex:code (\d+)"}
        known = Account(name="alice", username="alice", password=alice.password, identity=("alice@example.com",))
        sessions = world.sessions(known, hooks={"mail": hook})
        await sessions.open()
        assert await sessions.mail("alice") == "123456"
        assert await sessions.mail("alice", other_than="123456", wait=False) is None
        assert await sessions.mail("nobody") is None
        assert ("GET", "/post/alice@example.com") in api.asked
        without = world.sessions(known)
        await without.open()
        assert await without.mail("alice") is None

    play(api, scenario)

from __future__ import annotations

import asyncio

from gatewright.access.codes import Codes
from gatewright.access.mailbox import Mailbox
from gatewright.access.totp import read
from gatewright.model.account import Account
from gatewright.model.http import Exchange, Request, Response
from gatewright.model.secret import Secret

SECRET = "GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ"
ALICE = Account(name="alice", username="alice@a.test", totp_secret=Secret(SECRET))


def test_no_code_goes_out_twice() -> None:
    now = [1_000_000_010.0]

    async def pause(seconds: float) -> None:
        now[0] += seconds

    async def go() -> list[str | None]:
        codes = Codes(lambda: now[0], pause=pause)
        return [await codes.code(ALICE) for _ in range(3)]

    rules = read(SECRET)
    step = rules.step(now[0])
    assert asyncio.run(go()) == [rules.code(step), rules.code(step + 1), rules.code(step + 2)]
    assert rules.step(now[0]) == step + 1  # it waited for the period in which the third is the coming one


def test_the_code_of_the_mail_that_came_since() -> None:
    box = ["code 111111"]

    async def ask(request: Request, account: str, purpose: str) -> Exchange:
        return Exchange(1, request, Response(200, (), "\n".join(reversed(box)).encode()))

    async def go() -> None:
        hook = {"request": "GET http://m.test/{address}", "extract": r"regex:code (\d+)"}
        codes = Codes(lambda: 0.0, Mailbox(hook, ask, 0.2))
        bob = Account(name="bob", username="bob@a.test")
        assert codes.has(bob)
        await codes.expect(bob)
        assert await codes.code(bob) is None
        await codes.expect(bob)
        box.append("code 222222")
        assert await codes.code(bob) == "222222"
        assert await codes.totp(bob) is None

    asyncio.run(go())


def test_nowhere_to_take_one_from() -> None:
    codes = Codes(lambda: 0.0)
    bob = Account(name="bob", username="bob")
    assert not codes.has(bob)
    assert asyncio.run(codes.code(bob)) is None

from __future__ import annotations

import asyncio

import pytest

from gatewright.explore.courier import Courier, Spent
from gatewright.model.call import Call
from gatewright.model.endpoint import Endpoint
from gatewright.model.errors import BudgetError, ScopeError
from gatewright.model.http import Exchange, Response

ENDPOINT = Endpoint(method="GET", path="/x", origin="http://h")
CALL = Call(endpoint=ENDPOINT.id)


class Answering:
    """Sessions that answer, raise or stay silent."""

    def __init__(self, outcome=None):
        self.outcome = outcome
        self.now = self.most = 0

    async def send(self, request, *, as_, purpose="", cell=None, credentials=None):
        self.now += 1
        self.most = max(self.most, self.now)
        await asyncio.sleep(0)
        self.now -= 1
        if isinstance(self.outcome, Exception):
            raise self.outcome
        return Exchange(1, request, self.outcome, account=as_, purpose=purpose)


def _courier(sessions, *, clock=lambda: 0.0, requests=10, width=2):
    courier = Courier(sessions, requests=requests, seconds=5.0, width=width, clock=clock)
    courier.start()
    return courier


async def _ask(courier, times):
    return [await courier.send(ENDPOINT, CALL, as_="alice") for _ in range(times)]


def test_the_share_of_requests_ends():
    courier = _courier(Answering(Response(200)), requests=3)
    asyncio.run(_ask(courier, 3))
    with pytest.raises(Spent):
        asyncio.run(_ask(courier, 1))
    courier.release()
    assert asyncio.run(_ask(courier, 1))[0].accepted


def test_time_runs_from_the_start_and_ends():
    now = [0.0]
    courier = Courier(Answering(Response(200)), requests=9, seconds=5.0, width=1, clock=lambda: now[0])
    now[0] = 100.0  # log-in took long
    courier.start()
    asyncio.run(_ask(courier, 1))
    now[0] = 105.0
    with pytest.raises(Spent):
        asyncio.run(_ask(courier, 1))


def test_the_budget_of_the_run_ends_it_too_and_scope_does_not():
    with pytest.raises(Spent):
        asyncio.run(_ask(_courier(Answering(BudgetError("no", code="GW-W010"))), 1))
    reply = asyncio.run(_ask(_courier(Answering(ScopeError("elsewhere", code="GW-W001"))), 1))[0]
    assert (reply.status, reply.exchange.error) == (0, "scope: elsewhere")


def test_a_target_that_says_nothing_is_given_up():
    courier = _courier(Answering(None), requests=100)
    with pytest.raises(Spent):
        asyncio.run(_ask(courier, 100))
    assert courier.sent == 20


def test_no_more_than_width_at_once():
    sessions = Answering(Response(200))

    async def many():
        courier = _courier(sessions, width=2)
        await asyncio.gather(*(courier.send(ENDPOINT, CALL, as_="alice") for _ in range(8)))

    asyncio.run(many())
    assert sessions.most == 2


def test_what_is_not_there_yet_is_looked_for_again_a_few_times():
    waited, told = [], []

    async def pause(seconds):
        waited.append(seconds)

    courier = Courier(Answering(), requests=9, seconds=5.0, width=1, settle=told.append, pause=pause)
    assert [asyncio.run(courier.doubt()) for _ in range(10)] == [True] * 8 + [False] * 2
    assert waited == [0.5] * 8
    again = Courier(Answering(), requests=9, seconds=5.0, width=1, settle=told.append, pause=pause)
    again.settles()
    assert told == [0.5]
    assert not asyncio.run(again.doubt())

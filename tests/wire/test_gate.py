"""The gate against a real server: what is sent, recorded, counted and refused."""

from __future__ import annotations

import asyncio

import pytest

from gatewright.model.errors import BudgetError, ScopeError
from gatewright.model.http import Exchange, Request
from gatewright.model.settings import Limits, Settings
from gatewright.wire.gate import Gate

OK = b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\nX: y\r\n\r\nok"


def test_sends_records_and_counts(serve) -> None:
    async def main() -> None:
        async with serve(OK) as server:
            recorded: list[Exchange] = []
            async with Gate(
                Settings(headers=(("X-Own", "1"),)),
                run="r1",
                targets=[server.origin],
                record=lambda exchange, _: recorded.append(exchange),
            ) as gate:
                for _ in range(3):
                    exchange = await gate.send(
                        Request("GET", server.origin, "/a/%2e/../b"), account="alice", purpose="explore"
                    )
                assert exchange.response is not None
                assert (exchange.response.status, exchange.response.body, exchange.number) == (200, b"ok", 3)
                assert exchange.response.timing.reused
                assert exchange.received == OK
                assert recorded[-1] == exchange
                assert gate.spent.requests == 3
                assert gate.spent.sent == sum(map(len, server.requests))
                sent = server.requests[0]
                assert sent == exchange.sent
                assert sent.startswith(f"GET /a/%2e/../b HTTP/1.1\r\nHost: 127.0.0.1:{server.port}\r\n".encode())
                assert b"X-Own: 1\r\n" in sent
                assert b"User-Agent: Gatewright/" in sent
                with pytest.raises(ScopeError):
                    await gate.send(Request("GET", "http://127.0.0.1:1", "/"))
                assert server.connections == 1

    asyncio.run(main())


def test_stops_at_the_budget(serve) -> None:
    async def main() -> None:
        async with serve(b"HTTP/1.1 204 No Content\r\n\r\n") as server:
            async with Gate(Settings(limits=Limits(requests=2)), run="r1", targets=[server.origin]) as gate:
                results = await asyncio.gather(
                    *(gate.send(Request("GET", server.origin, "/")) for _ in range(5)), return_exceptions=True
                )
            assert sum(isinstance(result, BudgetError) for result in results) == 3
            assert len(server.requests) == 2

    asyncio.run(main())

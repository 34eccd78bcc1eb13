"""The gate against real servers: what is sent, recorded, counted and refused."""

from __future__ import annotations

import asyncio

import pytest

from gatewright.model.errors import BudgetError, ScopeError
from gatewright.model.finding import Cell
from gatewright.model.http import Exchange, Request
from gatewright.model.settings import Limits, Scope, Settings
from gatewright.model.test import Sender
from gatewright.wire.budget import Spent
from gatewright.wire.gate import Gate
from gatewright.wire.redirects import follow

OK = b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\nX: y\r\n\r\nok"
LATER = b"HTTP/1.1 429 Too Many\r\nRetry-After: 3\r\nContent-Length: 0\r\n\r\n"


class Time:
    """A clock that only moves when somebody sleeps."""

    def __init__(self) -> None:
        self.now = 100.0

    def clock(self) -> float:
        return self.now

    async def sleep(self, seconds: float) -> None:
        self.now += seconds


def test_it_is_a_sender() -> None:
    sender: Sender = Gate(Settings(), run="r", targets=[])
    assert sender


def test_sends_records_and_counts(serve, run) -> None:
    async def main() -> None:
        recorded: list[tuple[Exchange, Cell | None]] = []
        cell = Cell("GET /", "t", "alice")
        settings = Settings(headers=(("X-Own", "1"), ("accept", "a")))
        async with serve(OK) as server:
            async with Gate(
                settings, run="r1", targets=[server.origin + "/api"], record=lambda *pair: recorded.append(pair)
            ) as gate:
                request = Request("GET", server.origin, "/a/%2e/../b", (("Accept", "b"),))
                for _ in range(3):
                    exchange = await gate.send(request, account="alice", purpose="explore", cell=cell)
                assert exchange.response is not None
                assert (exchange.response.status, exchange.response.body, exchange.number) == (200, b"ok", 3)
                assert (exchange.account, exchange.purpose, exchange.request) == ("alice", "explore", request)
                assert exchange.response.timing.reused
                assert exchange.received == OK
                assert [pair[0].number for pair in recorded] == [1, 2, 3]
                assert recorded[-1] == (exchange, cell)
                assert gate.spent.requests == 3
                assert gate.spent.sent == sum(map(len, server.requests))
                assert gate.left.requests == settings.limits.requests - 3
                assert server.requests[0] == exchange.sent
                assert (
                    exchange.sent
                    == (
                        f"GET /a/%2e/../b HTTP/1.1\r\nHost: 127.0.0.1:{server.port}\r\nAccept: b\r\n"
                        "User-Agent: Gatewright/0.1.0 (run r1)\r\nAccept-Encoding: gzip, deflate, br, zstd\r\nX-Own: 1\r\n\r\n"
                    ).encode()
                )
            assert server.connections == 1

    run(main())


def test_exact_bytes(serve, run) -> None:
    """Wrong lengths when asked: nothing is added or mended."""

    async def main() -> None:
        async def play(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
            server.requests.append(await reader.read(4096))
            writer.write(OK)
            await reader.read()

        async with serve(play) as server, Gate(Settings(), run="r", targets=[server.origin]) as gate:
            lines = (("hOsT", f"127.0.0.1:{server.port}"), ("Content-Length", "99"), ("content-length", "1"))
            request = Request("B AD", server.origin, "/\xff?", lines, b"0\r\n\r\n", "exact")
            exchange = await gate.send(request)
            expected = f"B AD /\xff? HTTP/1.1\r\nhOsT: 127.0.0.1:{server.port}\r\nContent-Length: 99\r\ncontent-length: 1\r\n\r\n"
            assert server.requests == [expected.encode("latin-1") + b"0\r\n\r\n"] == [exchange.sent]

    run(main())


def test_what_cannot_be_sent_is_an_error_of_the_exchange(serve, run) -> None:
    async def main() -> None:
        async with serve(OK) as server, Gate(Settings(), run="r", targets=[server.origin]) as gate:
            exchange = await gate.send(Request("GET", server.origin, "/\r\nX: y"))
            assert (exchange.number, exchange.sent) == (1, b"")
            assert exchange.error == "unsendable: a line break in the method or the target"
            assert gate.spent.requests == 0
            assert server.connections == 0

    run(main())


def test_the_budget_holds_among_many(serve, run) -> None:
    async def main() -> None:
        async with serve(OK) as server:
            limits = Limits(requests=5, concurrency=4)
            async with Gate(Settings(limits=limits), run="r", targets=[server.origin]) as gate:
                sent = [gate.send(Request("GET", server.origin, "/")) for _ in range(20)]
                results = await asyncio.gather(*sent, return_exceptions=True)
                assert gate.left.requests == 0
            assert sum(isinstance(result, BudgetError) for result in results) == 15
            assert len(server.requests) == 5

    run(main())


def test_a_resumed_run_goes_on(serve, run) -> None:
    async def main() -> None:
        async with serve(OK) as server:
            settings = Settings(limits=Limits(requests=11, time=60))
            time = Time()
            async with Gate(
                settings, run="r", targets=[server.origin], already=Spent(10, 59, 0), first=11, clock=time.clock
            ) as gate:
                assert (await gate.send(Request("GET", server.origin, "/"))).number == 11
                with pytest.raises(BudgetError) as caught:
                    await gate.send(Request("GET", server.origin, "/"))
                assert caught.value.code == "GW-W010"
            time = Time()
            async with Gate(
                settings, run="r", targets=[server.origin], already=Spent(0, 59, 0), clock=time.clock
            ) as gate:
                time.now += 2
                with pytest.raises(BudgetError) as caught:
                    await gate.send(Request("GET", server.origin, "/"))
                assert caught.value.code == "GW-W011"

    run(main())


def test_told_to_wait_it_waits_and_sends_again(serve, run) -> None:
    async def main() -> None:
        time = Time()
        async with serve(LATER, LATER, OK) as server:
            gate = Gate(Settings(), run="r", targets=[server.origin], clock=time.clock, sleep=time.sleep)
            exchange = await gate.send(Request("POST", server.origin, "/"))
            await gate.close()
            assert exchange.response is not None
            assert (exchange.response.status, exchange.number) == (200, 3)
            assert time.now == 106

    run(main())


@pytest.mark.parametrize(
    ("answer", "resend", "times"),
    [
        (LATER, True, 3),
        (LATER, False, 1),
        (LATER.replace(b"3", b"61"), True, 1),
        (LATER.replace(b"Retry-After", b"X"), True, 1),
        (LATER.replace(b"429", b"503"), True, 3),
        (LATER.replace(b"429", b"500"), True, 1),
        (LATER.replace(b"3", b"45"), True, 2),  # the second wait would pass the time budget
    ],
)
def test_how_often_it_sends_again(answer: bytes, resend: bool, times: int, serve, run) -> None:
    async def main() -> None:
        time = Time()
        settings = Settings(limits=Limits(time=80))
        async with serve(answer) as server:
            async with Gate(settings, run="r", targets=[server.origin], clock=time.clock, sleep=time.sleep) as gate:
                exchange = await gate.send(Request("GET", server.origin, "/"), resend=resend)
            assert (len(server.requests), exchange.number) == (times, times)

    run(main())


def test_in_a_burst_nothing_waits(serve, run) -> None:
    async def main() -> None:
        time = Time()
        async with serve(LATER, OK) as server:
            async with Gate(Settings(), run="r", targets=[server.origin], clock=time.clock, sleep=time.sleep) as gate:
                first = await gate.send(Request("GET", server.origin, "/"), burst=True)
                second = await gate.send(Request("GET", server.origin, "/"))
            assert [e.response.status for e in (first, second) if e.response is not None] == [429, 200]
            assert time.now == 100

    run(main())


def test_a_wait_that_would_pass_the_budget_is_not_begun(serve, run) -> None:
    async def main() -> None:
        time = Time()
        settings = Settings(limits=Limits(time=10))
        async with serve(LATER.replace(b"3", b"30"), OK) as server:
            async with Gate(settings, run="r", targets=[server.origin], clock=time.clock, sleep=time.sleep) as gate:
                await gate.send(Request("GET", server.origin, "/"))
                with pytest.raises(BudgetError):
                    await gate.send(Request("GET", server.origin, "/"))
            assert time.now == 100

    run(main())


def test_clean_up_may_go_beyond_the_time(run) -> None:
    async def scenario() -> None:
        now = 100.0
        limits = Limits(time=10)
        async with Gate(Settings(limits=limits), run="r", targets=["http://127.0.0.1:9"], clock=lambda: now) as gate:
            now += 10
            assert gate.left.seconds == 0
            gate.extend(30)
            assert gate.left.seconds == 30

    run(scenario())


def test_a_fixed_rate(serve, run) -> None:
    async def main() -> None:
        time = Time()
        settings = Settings(limits=Limits(rate=4))
        async with serve(OK) as server:
            async with Gate(settings, run="r", targets=[server.origin], clock=time.clock, sleep=time.sleep) as gate:
                for _ in range(9):
                    await gate.send(Request("GET", server.origin, "/"))
            assert time.now == pytest.approx(102)

    run(main())


def test_allows() -> None:
    gate = Gate(Settings(scope=Scope(exclude=("*/shutdown",))), run="r", targets=["http://shop.test/api"])
    assert gate.allows("http://SHOP.test:80/x?y#z") == ""
    assert "is excluded" in gate.allows("http://shop.test/%73hutdown")
    assert "is not an origin" in gate.allows("http://shop.test:81/")
    assert "user name" in gate.allows("http://a@shop.test/")
    assert "no scheme" in gate.allows("/relative")
    gate.refuse("http://shop.test:80")
    assert gate.allows("http://shop.test/api"), "our own listener is no target"


def ways_round(inside: int, outside: int) -> list[Request]:
    """Requests that try to reach 127.0.0.1:outside although only 127.0.0.1:inside is in scope."""
    home, away = f"http://127.0.0.1:{inside}", f"127.0.0.1:{outside}"
    spelled = ["127.0.0.1", "2130706433", "0x7f000001", "0177.0.0.1", "0x7f.1", "127.1", "127.0.0.1.", "localhost"]
    spelled += ["LOCALHOST.", "[::1]", "[::ffff:127.0.0.1]", "[::ffff:7f00:1]", "0.0.0.0", "0", "[::]", "127.0.0.2"]  # noqa: S104
    spelled += [
        "%31%32%37.0.0.1",
        "127%2e0.0.1",
        "\uff11\uff12\uff17.0.0.1",
        "inside.test",
        "outside.test",
        "a.wild.test",
    ]
    origins = [f"{scheme}://{host}:{outside}" for host in spelled for scheme in ("http", "https", "HTTP")]
    origins += [f"http://127.0.0.1:{inside}@{away}", f"http://user:pw@{away}", f"{home}\\@{away}", f"{home}#@{away}"]
    origins += [f"{home}/@{away}", f"http://127.0.0.1:{inside}:{outside}", f"http:{away}", f"//{away}", away, ""]
    origins += [f"ws://{away}", f"ftp://{away}", f"http://{away}\t", f" http://{away}", f"http://{away}/x?{home}"]
    requests = [Request("GET", origin, "/") for origin in origins]
    for target in (f"http://{away}/", f"HTTP://{away}/", f"//{away}/", f"@{away}/", f"/@{away}", f":{outside}/"):
        requests += [Request("GET", home, target), Request("GET", home, target, (), b"", "exact")]
    requests += [
        Request("CONNECT", home, away),
        Request("GET", home, "/", (("Host", away),)),
        Request("GET", home, "/", (("Host", "evil.com"),)),
        Request("GET", home, f"/ HTTP/1.1\r\nHost: {away}\r\n\r\nGET http://{away}/", (), b"", "exact"),
        Request("POST", home, "/", (("Content-Length", "0"),), f"GET http://{away}/ HTTP/1.1\r\n\r\n".encode()),
    ]
    return requests


def test_no_request_goes_round_the_scope(serve, proxying, run) -> None:
    """A second server, outside the scope, counts 0 connections while every way round is tried."""

    async def main() -> None:
        async def resolve(host: str) -> list[str]:
            """A hostile resolver: every name leads to loopback."""
            return ["127.0.0.1"] if host.endswith(".test") else ["127.0.0.1", "::1"]

        async def attack(gate: Gate, home: str, inside: int, outside: int) -> int:
            first = await gate.send(Request("GET", home, "/"))
            assert (await follow(gate, first)).number == 1
            refused = 0
            for request in ways_round(inside, outside):
                try:
                    await gate.send(request)
                except ScopeError as error:
                    refused += 1
                    assert error.what.startswith("not sent: ")
            return refused

        async with serve(OK) as outside, serve(OK, host="::1") as outside6, proxying() as proxy:
            moved = f"HTTP/1.1 307 Moved\r\nLocation: {outside.origin}/x\r\nContent-Length: 0\r\n\r\n".encode()
            async with serve(moved) as inside:
                names = (inside.origin, f"http://inside.test:{inside.port}", "https://*.wild.test:*/*")
                for proxied in (None, f"http://127.0.0.1:{proxy.port}"):
                    for scope in (Scope(), Scope(include=names)):
                        settings = Settings(scope=scope, proxy=proxied)
                        for server in (outside, outside6):
                            async with Gate(settings, run="r", targets=[inside.origin], resolve=resolve) as gate:
                                refused = await attack(gate, inside.origin, inside.port, server.port)
                            sent = len(ways_round(inside.port, server.port)) - refused
                            assert sent <= 8  # those that are harmless: they went to the server inside
                assert inside.connections > 0
            assert (outside.connections, outside6.connections) == (0, 0)
            asked = b"".join(request.split(b"\r\n")[0] for request in proxy.requests)
            assert asked.count(b"http://127.0.0.1:%d/" % inside.port) == len(proxy.requests)

    run(main())

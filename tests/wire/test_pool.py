"""A pool, as far as it needs no network; the rest stands in test_client.py."""

from __future__ import annotations

import asyncio

from gatewright.model.settings import Limits
from gatewright.wire.address import read_origin
from gatewright.wire.connection import Connection, clock
from gatewright.wire.lines import Lines
from gatewright.wire.pool import Pool
from gatewright.wire.proxies import Proxy


def test_an_empty_pool_gives_nothing() -> None:
    pool = Pool(read_origin("http://h:1"), literal=True, proxy=None, defaults=())
    assert pool.take(repeatable=True) is None
    pool.close()


def test_what_a_proxy_changes() -> None:
    proxy = Proxy("p", 1, "Basic eA==")
    plain = Pool(read_origin("http://h:1"), literal=True, proxy=proxy, defaults=())
    secure = Pool(read_origin("https://h:1"), literal=True, proxy=proxy, defaults=())
    open_ = Pool(read_origin("http://h:1"), literal=True, proxy=Proxy("p", 1), defaults=())
    assert (plain.plain_proxy, plain.authorization) == (True, b"\r\nProxy-Authorization: Basic eA==\r\n")
    assert (secure.plain_proxy, secure.authorization) == (False, b"")
    assert (open_.plain_proxy, open_.authorization) == (True, b"")


def test_a_kept_connection_that_closed_meanwhile_is_passed_over(serve, run) -> None:
    async def silent(reader, writer) -> None:
        await reader.read()

    async def main() -> None:
        async with serve(silent) as server:
            pool = Pool(read_origin(server.origin), literal=True, proxy=None, defaults=())
            loop = asyncio.get_running_loop()
            for _ in range(2):
                connection = Connection(Limits(), Lines(), pool.lost)
                await loop.create_connection(lambda one=connection: one, "127.0.0.1", server.port)
                connection.ended = clock()
                pool.open.add(connection)
                pool.idle.append(connection)
            good, gone = pool.idle
            gone.abort()  # its loss is told by the loop, later
            assert pool.take(repeatable=False) is good and not pool.idle
            pool.close()
            assert good.closed

    run(main())

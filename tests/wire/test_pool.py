"""A pool, as far as it needs no network; the rest stands in test_client.py."""

from __future__ import annotations

from gatewright.wire.address import read_origin
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

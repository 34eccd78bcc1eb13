"""Proxies from URLs and the environment."""

from __future__ import annotations

import pytest

from gatewright.model.errors import UsageError
from gatewright.wire.address import read_origin
from gatewright.wire.proxies import Proxies, Proxy, proxy_of_environment, read_proxy


@pytest.mark.parametrize(
    ("url", "proxy"),
    [
        ("http://proxy.test:3128", Proxy("proxy.test", 3128)),
        ("proxy.test:3128", Proxy("proxy.test", 3128)),
        ("http://proxy.test", Proxy("proxy.test", 80)),
        ("http://[::1]:8080/", Proxy("::1", 8080)),
        ("http://us%40er:p%3Aw@proxy.test:1", Proxy("proxy.test", 1, "Basic dXNAZXI6cDp3")),
    ],
)
def test_read(url: str, proxy: Proxy) -> None:
    assert read_proxy(url) == proxy


@pytest.mark.parametrize("url", ["https://proxy.test", "socks5://u:secret@proxy.test", "http://", "http://p:99999"])
def test_unusable(url: str) -> None:
    with pytest.raises(UsageError) as caught:
        read_proxy(url)
    assert caught.value.code == "GW-W006"
    assert "secret" not in str(caught.value)


ENVIRON = {"http_proxy": "http://p:1", "HTTPS_PROXY": "http://p:2", "HTTP_PROXY": "http://never:3"}


@pytest.mark.parametrize(
    ("environ", "url", "proxy"),
    [
        (ENVIRON, "http://shop.test", "http://p:1"),
        (ENVIRON, "https://shop.test", "http://p:2"),
        ({"HTTP_PROXY": "http://never:3"}, "http://shop.test", ""),
        ({"all_proxy": "http://p:4"}, "https://shop.test", "http://p:4"),
        ({**ENVIRON, "no_proxy": "*"}, "http://shop.test", ""),
        ({**ENVIRON, "NO_PROXY": "a.test, .shop.test"}, "http://api.shop.test", ""),
        ({**ENVIRON, "no_proxy": "shop.test"}, "http://api.shop.test", ""),
        ({**ENVIRON, "no_proxy": "shop.test"}, "http://eshop.test", "http://p:1"),
        ({**ENVIRON, "no_proxy": "shop.test:81"}, "http://shop.test", "http://p:1"),
        ({**ENVIRON, "no_proxy": "shop.test:80"}, "http://shop.test", ""),
        ({**ENVIRON, "no_proxy": "[::1]"}, "http://[::1]", ""),
        ({}, "http://shop.test", ""),
    ],
)
def test_environment(environ: dict[str, str], url: str, proxy: str) -> None:
    assert proxy_of_environment(read_origin(url), environ) == proxy
    found = Proxies("env", environ=environ).of(read_origin(url))
    assert found == (read_proxy(proxy) if proxy else None)


def test_the_environment_is_used_only_when_asked() -> None:
    origin = read_origin("http://shop.test")
    assert Proxies(None, environ=ENVIRON).of(origin) is None
    assert Proxies("http://p:9", environ=ENVIRON).of(origin) == Proxy("p", 9)

"""Every spelling of a host becomes one text, or is refused."""

from __future__ import annotations

import ipaddress

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gatewright.model.errors import ScopeError
from gatewright.wire.address import Origin, canonical_host, reach, read_origin

SAME = [
    "http://127.0.0.1:5000",
    "HTTP://127.0.0.1:5000/a/b?c#d",
    "http://2130706433:5000",
    "http://0x7f000001:5000",
    "http://0X7F.0.0.1:5000",
    "http://0177.0.0.1:5000",
    "http://017700000001:5000",
    "http://127.1:5000",
    "http://127.0.1:5000",
    "http://127.0.0.1.:5000",
    "http://[::ffff:127.0.0.1]:5000",
    "http://[::ffff:7f00:1]:5000",
    "http://[0:0:0:0:0:FFFF:7F00:0001]:5000",
    "http://\uff11\uff12\uff17.0.0.1:5000",
    "http://127\u30020\u30020\u30021:5000",
]

REFUSED = [
    ("127.0.0.1:5000", "scheme"),
    ("ftp://127.0.0.1", "not HTTP"),
    ("file:///etc/passwd", "not HTTP"),
    ("http://", "told apart"),
    ("http://:80", "told apart"),
    ("http://user@shop.test", "user name"),
    ("http://shop.test:80@evil.test", "user name"),
    ("http://shop.test\\@evil.test", "no host name"),
    ("http://shop.test%2eevil.test", "no host name"),
    ("http://%73hop.test", "no host name"),
    ("http://shop.test:0", "no port"),
    ("http://shop.test:65536", "no port"),
    ("http://shop.test:999999", "told apart"),
    ("http://shop.test:8a", "told apart"),
    ("http://shop.test:80:80", "told apart"),
    ("http://::1", "told apart"),
    ("http://[::1", "told apart"),
    ("http://[fe80::1%25eth0]", "no host name"),
    ("http://[v1.x]", "no host name"),
    ("http://256.0.0.1", "no host name"),
    ("http://1.2.3.4.5", "no host name"),
    ("http://127.0.0.09", "no host name"),
    ("http://0x100000000", "no host name"),
    ("http://a..b", "no host name"),
    ("http://shop.test\t", "no host name"),
    ("http://sho p.test", "no host name"),
    ("http://shop.test\x00.evil.test", "no host name"),
    ("http://-shop.test", "no host name"),
    ("http://" + "a" * 64 + ".test", "no host name"),
    ("http://\udcff.test", "no host name"),
    ("http://.", "no host name"),
]


@pytest.mark.parametrize("url", SAME)
def test_one_spelling_for_all(url: str) -> None:
    if "\\" in url:
        return
    assert read_origin(url) == Origin("http", "127.0.0.1", 5000)


@pytest.mark.parametrize(("url", "why"), REFUSED)
def test_refused(url: str, why: str) -> None:
    if "\\@" in url:
        # the backslash ends the authority, as browsers have it: the host is the part before it
        assert read_origin(url).host == "shop.test"
        return
    with pytest.raises(ScopeError, match=why) as caught:
        read_origin(url)
    assert caught.value.code == "GW-W002"
    assert caught.value.help


@pytest.mark.parametrize(
    ("url", "text", "authority"),
    [
        ("https://Shop.Test.", "https://shop.test", "shop.test"),
        ("https://shop.test:443/x", "https://shop.test", "shop.test"),
        ("http://shop.test:443", "http://shop.test:443", "shop.test:443"),
        ("http://[::1]:8080/", "http://[::1]:8080", "[::1]:8080"),
        ("http://b\u00fccher.test", "http://xn--bcher-kva.test", "xn--bcher-kva.test"),
        ("http://_dmarc.x_y.test", "http://_dmarc.x_y.test", "_dmarc.x_y.test"),
    ],
)
def test_text(url: str, text: str, authority: str) -> None:
    origin = read_origin(url)
    assert str(origin) == text
    assert origin.authority == authority
    assert read_origin(text) == origin
    assert origin.is_address == ("[" in text)


@pytest.mark.parametrize(
    ("address", "kind"),
    [
        ("127.0.0.1", "loopback"),
        ("127.9.9.9", "loopback"),
        ("::1", "loopback"),
        ("::ffff:127.0.0.1", "loopback"),
        ("64:ff9b::7f00:1", "loopback"),
        ("2002:7f00:1::", "loopback"),
        ("10.0.0.1", "private"),
        ("192.168.1.1", "private"),
        ("100.64.0.1", "private"),
        ("fd00::1", "private"),
        ("169.254.169.254", "special"),
        ("fe80::1", "special"),
        ("::ffff:169.254.169.254", "special"),
        ("0.0.0.0", "special"),  # noqa: S104
        ("::", "special"),
        ("224.0.0.1", "special"),
        ("8.8.8.8", "public"),
        ("2606:4700::1111", "public"),
    ],
)
def test_reach(address: str, kind: str) -> None:
    assert reach(address) == kind


@given(st.integers(0, 2**32 - 1), st.data())
def test_every_ipv4_spelling_is_undone(number: int, data: st.DataObject) -> None:
    parts = data.draw(st.integers(1, 4))
    values = [number >> (24 - 8 * index) & 255 for index in range(parts - 1)]
    values.append(number & (1 << (8 * (5 - parts))) - 1)
    forms = ["{:d}", "0x{:x}", "0X{:X}", "0{:o}"]
    text = ".".join(data.draw(st.sampled_from(forms)).format(value) for value in values)
    assert canonical_host(text) == str(ipaddress.IPv4Address(number))


@given(st.text(max_size=30))
def test_no_text_breaks_it(text: str) -> None:
    host = canonical_host(text)
    if host is not None:
        assert canonical_host(f"[{host}]" if ":" in host else host) == host

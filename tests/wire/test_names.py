"""Names that lead elsewhere."""

from __future__ import annotations

import asyncio
import socket

import pytest

from gatewright.model.errors import ScopeError, WireError
from gatewright.wire.address import read_origin
from gatewright.wire.names import Names, system_resolver

ADDRESSES = {
    "shop.test": ["93.184.216.34", "2606:4700::1111"],
    "inner.test": ["10.0.0.5"],
    "here.test": ["127.0.0.1", "::1"],
    "mixed.test": ["127.0.0.1", "93.184.216.34", "169.254.169.254"],
    "meta.test": ["169.254.169.254"],
    "zone.test": ["fe80::1%eth0"],
    "none.test": [],
}


class Resolver:
    def __init__(self) -> None:
        self.answers = {name: list(addresses) for name, addresses in ADDRESSES.items()}
        self.asked: list[str] = []

    async def __call__(self, host: str) -> list[str]:
        self.asked.append(host)
        if host not in self.answers:
            raise socket.gaierror(socket.EAI_NONAME, "Name or service not known")
        return self.answers[host]


def addresses(names: Names, host: str, *, literal: bool = True) -> tuple[str, ...]:
    return asyncio.run(names.addresses(read_origin(f"http://{host}"), literal=literal))  # type: ignore[arg-type]


def test_a_name_is_resolved_once() -> None:
    resolver = Resolver()
    names = Names(resolver)
    first = addresses(names, "shop.test")
    resolver.answers["shop.test"] = ["127.0.0.1"]
    assert addresses(names, "shop.test") == first == ("93.184.216.34", "2606:4700::1111")
    assert resolver.asked == ["shop.test"]


def test_an_address_stands_for_itself() -> None:
    resolver = Resolver()
    assert addresses(Names(resolver), "169.254.169.254") == ("169.254.169.254",)
    assert addresses(Names(resolver), "[::1]") == ("::1",)
    assert not resolver.asked


def test_a_written_name_may_lead_inwards() -> None:
    names = Names(Resolver())
    assert addresses(names, "inner.test") == ("10.0.0.5",)
    assert addresses(names, "here.test") == ("127.0.0.1", "::1")


def test_a_public_name_carries_no_other_address_along() -> None:
    assert addresses(Names(Resolver()), "mixed.test") == ("93.184.216.34",)


@pytest.mark.parametrize("host", ["meta.test", "zone.test", "none.test"])
def test_no_name_leads_to_special_addresses(host: str) -> None:
    with pytest.raises(ScopeError, match="where no API is scanned by name") as caught:
        addresses(Names(Resolver()), host)
    assert caught.value.code == "GW-W003"


def test_what_a_wildcard_let_in_must_be_public_or_known() -> None:
    names = Names(Resolver())
    assert addresses(names, "shop.test", literal=False)
    with pytest.raises(ScopeError, match="only a wildcard"):
        addresses(names, "inner.test", literal=False)
    with pytest.raises(ScopeError, match="only a wildcard"):
        addresses(names, "here.test", literal=False)
    addresses(names, "127.0.0.1")
    addresses(names, "[::1]:81")
    with pytest.raises(ScopeError, match="only a wildcard"):
        addresses(names, "here.test", literal=False)
    addresses(names, "[::1]")
    assert addresses(names, "here.test", literal=False) == ("127.0.0.1", "::1")


def test_no_address() -> None:
    with pytest.raises(WireError, match=r"dns: no address for gone.test \(Name or service not known\)"):
        addresses(Names(Resolver()), "gone.test")


def test_resolved_again_it_may_not_change_its_reach() -> None:
    async def main() -> None:
        resolver = Resolver()
        names = Names(resolver)
        origin = read_origin("http://shop.test")
        assert await names.again(origin) == ("shop.test",)
        await names.addresses(origin, literal=True)
        resolver.answers["shop.test"] = ["93.184.216.99"]
        assert await names.again(origin) == ("93.184.216.99",)
        assert await names.addresses(origin, literal=True) == ("93.184.216.99",)
        resolver.answers["shop.test"] = ["127.0.0.1"]
        with pytest.raises(ScopeError, match=r"led to 93.184.216.99 and now leads to 127.0.0.1"):
            await names.again(origin)
        assert await names.addresses(origin, literal=True) == ("93.184.216.99",)

    asyncio.run(main())


def test_the_systems_resolver() -> None:
    found = asyncio.run(system_resolver("localhost"))
    assert set(found) <= {"127.0.0.1", "::1"}
    assert found

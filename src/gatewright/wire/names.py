"""Names to addresses, once: what was checked is what is connected to, whatever the DNS says later.

- An address stands for itself; it is in scope when its origin is.
- A name is resolved at its first request and pinned for the run. Of its addresses only those of the widest reach are
  used (public before private before loopback), so that a public name cannot carry a loopback address along.
- Link-local (where metadata services live), unspecified, multicast and reserved addresses are refused for every name.
- A name that the user wrote may lead anywhere else. A name that only a wildcard let in must be public, or lead to an
  address and port that a written name or address has, too.
- When no pinned address answers any more, the name is resolved again, and refused if its reach has changed.
"""

from __future__ import annotations

import asyncio
import socket
from collections.abc import Awaitable, Callable, Iterable
from typing import TypeAlias

from gatewright.model.errors import ScopeError
from gatewright.wire.address import Origin, Reach, reach
from gatewright.wire.failures import failure

Resolve: TypeAlias = Callable[[str], Awaitable[list[str]]]
"""Host name → its addresses."""

_WIDEST: tuple[Reach, ...] = ("public", "private", "loopback")


async def system_resolver(host: str) -> list[str]:
    """The addresses that the system's resolver gives. Raises OSError when it gives none."""
    found = await asyncio.get_running_loop().getaddrinfo(host, None, type=socket.SOCK_STREAM)
    return [str(entry[4][0]) for entry in found]


class Names:
    """The pinned addresses of a run."""

    def __init__(self, resolve: Resolve = system_resolver) -> None:
        self._resolve = resolve
        self._pinned: dict[str, tuple[str, ...]] = {}
        self._written: set[tuple[str, int]] = set()

    async def addresses(self, origin: Origin, *, literal: bool) -> tuple[str, ...]:
        """Addresses to connect to. Raises ScopeError when they lead elsewhere, WireError when there are none."""
        if origin.is_address:
            self._written.add((origin.host, origin.port))
            return (origin.host,)
        pinned = self._pinned.get(origin.host) or await self._look_up(origin)
        places = {(address, origin.port) for address in pinned}
        if literal:
            self._written |= places
        elif reach(pinned[0]) != "public" and not places <= self._written:
            raise _elsewhere(origin, f"leads to {', '.join(pinned)}, and only a wildcard of the scope let it in")
        self._pinned[origin.host] = pinned
        return pinned

    async def again(self, origin: Origin) -> tuple[str, ...]:
        """New addresses after the pinned ones failed; the same reach, or ScopeError."""
        old = self._pinned.get(origin.host)
        if old is None:
            return (origin.host,)
        new = await self._look_up(origin)
        if reach(new[0]) != reach(old[0]):
            raise _elsewhere(origin, f"led to {', '.join(old)} and now leads to {', '.join(new)}")
        self._pinned[origin.host] = new
        return new

    async def _look_up(self, origin: Origin) -> tuple[str, ...]:
        try:
            found = await self._resolve(origin.host)
        except OSError as error:
            raise failure("dns", f"no address for {origin.host} ({error.strerror or error})") from None
        wanted = _widest(found)
        if not wanted:
            raise _elsewhere(origin, f"leads to {', '.join(found) or 'no address'}, where no API is scanned by name")
        return wanted


def _widest(addresses: Iterable[str]) -> tuple[str, ...]:
    by_reach: dict[Reach, dict[str, None]] = {}
    for address in addresses:
        if "%" not in address:
            by_reach.setdefault(reach(address), {})[address] = None
    return next((tuple(by_reach[kind]) for kind in _WIDEST if kind in by_reach), ())


def _elsewhere(origin: Origin, how: str) -> ScopeError:
    return ScopeError(
        f"not sent: {origin.host} {how}",
        code="GW-W003",
        where=str(origin),
        help="write the address or the full name into `target` or `scope.include` if it is meant",
    )

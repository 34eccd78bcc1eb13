"""The door by which the target may come to us: our listener, opened by the first test that asks for it."""

from __future__ import annotations

import asyncio
import ipaddress
from collections.abc import Callable, Sequence
from urllib.parse import urlsplit

from gatewright.engine.listener import HttpListener
from gatewright.model.secret import Keyring
from gatewright.model.test import Listener


class Door:
    """Opens the listener once, only where the target is on loopback: elsewhere it could not reach us."""

    def __init__(self, targets: Sequence[str], keyring: Keyring, refuse: Callable[[str], None]) -> None:
        """`refuse` is told the listener's origin, so that our own client never goes there."""
        self._near = bool(targets) and all(on_loopback(target) for target in targets)
        self._listener = HttpListener(lambda label: keyring.derive(label, 20))
        self._refuse = refuse
        self._turn = asyncio.Lock()

    async def open(self) -> Listener | None:
        """The listener; None where the target cannot reach it, or no port can be had."""
        async with self._turn:
            if self._near and not self._listener.origin:
                try:
                    await self._listener.open()
                except OSError:
                    self._near = False
                    return None
                self._refuse(self._listener.origin)
        return self._listener if self._near else None

    async def close(self) -> None:
        """Nobody may come any more."""
        await self._listener.close()


def on_loopback(url: str) -> bool:
    """Whether a URL's host is this machine's loopback, by name or address."""
    host = urlsplit(url).hostname or ""
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"

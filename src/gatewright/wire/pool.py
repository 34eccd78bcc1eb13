"""The kept connections of one origin, and what all its requests have in common."""

from __future__ import annotations

from collections.abc import Iterable

from gatewright.wire.address import Origin
from gatewright.wire.connection import Connection, clock
from gatewright.wire.encoder import Encoder
from gatewright.wire.proxies import Proxy

_FRESH = 1.0
"""Seconds of idleness after which a request that must not be repeated takes a new connection."""


class Pool:
    """Kept connections, the last used on top. `literal` says that the user wrote this host, no wildcard let it in.

    `certificate`: path of the client certificate that all its connections show; empty: that of the settings.
    """

    def __init__(
        self,
        origin: Origin,
        *,
        literal: bool,
        proxy: Proxy | None,
        defaults: Iterable[tuple[str, str]],
        certificate: str = "",
    ) -> None:
        self.origin = origin
        self.certificate = certificate
        self.literal = literal
        self.proxy = proxy
        self.plain_proxy = proxy is not None and origin.scheme == "http"
        """Requests go to the proxy itself, in absolute form, not through a tunnel."""
        self.authorization = b""
        """Comes after the first line of a request, but not into the record: it holds the proxy's password."""
        if proxy is not None and proxy.authorization and self.plain_proxy:
            self.authorization = f"\r\nProxy-Authorization: {proxy.authorization}\r\n".encode()
        prefix = str(origin) if self.plain_proxy else ""
        self.encode = Encoder(origin.authority, defaults=defaults, prefix=prefix).encode
        self.checked = False
        """The host was resolved, and leads to where it may."""
        self.idle: list[Connection] = []
        self.open: set[Connection] = set()

    def take(self, *, repeatable: bool) -> Connection | None:
        """A kept connection, when there is a good one."""
        while self.idle:
            connection = self.idle.pop()
            if not connection.closed:
                if repeatable or clock() - connection.ended < _FRESH:
                    return connection
                connection.abort()
        return None

    def lost(self, connection: Connection) -> None:
        """A connection is gone."""
        self.open.discard(connection)
        if connection in self.idle:
            self.idle.remove(connection)

    def close(self) -> None:
        """Closes every connection."""
        for connection in list(self.open):
            connection.abort()

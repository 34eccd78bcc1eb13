"""Pools of connections, one per origin, and the one place where a request is repeated on its own.

A kept connection may have been closed by the server while it was idle. A request that fails on one, before a byte of an
answer came, is sent once more on a new connection, but only if its method is idempotent (RFC 9110 9.2.2) and its bytes
were framed by us. Other requests take a kept connection only when it was used within the last second.
"""

from __future__ import annotations

from msgspec import Struct

from gatewright.model.errors import WireError
from gatewright.model.http import Response
from gatewright.model.settings import Limits, Settings
from gatewright.wire.address import Origin
from gatewright.wire.answer import assemble
from gatewright.wire.connection import Connection, clock
from gatewright.wire.dial import Dialer
from gatewright.wire.failures import WORDS
from gatewright.wire.names import Names, Resolve, system_resolver

IDEMPOTENT = frozenset({"GET", "HEAD", "OPTIONS", "TRACE", "PUT", "DELETE"})
"""Methods that may be sent again when no answer came (RFC 9110 9.2.2)."""

_FRESH = 1.0
"""Seconds of idleness after which a request that must not be repeated takes a new connection."""


class Outcome(Struct, frozen=True, gc=False):
    """What came of one request: a response, or `error`; the bytes of the answer; how often it was sent, and when."""

    response: Response | None
    error: str
    received: bytes
    started: float
    """Moment on the connection's clock."""
    times: int = 1


class Pool:
    """The kept connections of one origin, the last used on top."""

    def __init__(self, origin: Origin, *, literal: bool, prefix: str = "") -> None:
        self.origin = origin
        self.authority = origin.authority
        """Value of the Host header."""
        self.prefix = prefix
        """What stands before a target on the way through a proxy."""
        self.literal = literal
        self.checked = False
        """The host was resolved, and leads to where it may."""
        self.idle: list[Connection] = []
        self.open: set[Connection] = set()

    def take(self, *, repeatable: bool) -> Connection | None:
        """A kept connection, when there is a good one."""
        while self.idle:
            connection = self.idle.pop()
            if connection.closed:
                continue
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


class Client:
    """Sends bytes and reads answers. Knows nothing of scope and budgets: only the gate uses it."""

    def __init__(self, settings: Settings, *, resolve: Resolve = system_resolver) -> None:
        self._limits: Limits = settings.limits
        self._names = Names(resolve)
        self._dialer = Dialer(settings.limits, settings.tls, settings.proxy)

    def proxied(self, origin: Origin) -> bool:
        """Requests of this origin go through a proxy."""
        return self._dialer.proxy(origin) is not None

    async def check(self, pool: Pool) -> None:
        """Resolves the pool's host for the run. Raises ScopeError when it leads elsewhere; no address is `ask`'s matter."""
        try:
            await self._addresses(pool)
        except WireError:
            return
        pool.checked = True

    async def ask(self, pool: Pool, wire: bytes, method: str, *, repeatable: bool) -> Outcome:
        """Sends a request and reads its answer. What fails is the outcome's `error`. Raises ScopeError, unsent."""
        proxy = self._dialer.proxy(pool.origin)
        if proxy is not None and proxy.authorization and pool.origin.scheme == "http":  # not for the record: a secret
            wire = wire.replace(b"\r\n", f"\r\nProxy-Authorization: {proxy.authorization}\r\n".encode(), 1)
        connection = pool.take(repeatable=repeatable)
        kept = connection is not None
        begun = clock()
        try:
            if connection is None:
                connection = await self._open(pool)
            outcome = await self._ask(pool, connection, wire, method)
            if kept and repeatable and outcome.response is None and _stale(connection):
                again = await self._ask(pool, await self._open(pool), wire, method)
                return Outcome(again.response, again.error, again.received, again.started, 2)
        except WireError as error:
            return Outcome(None, error.what, b"", begun)
        return outcome

    async def _open(self, pool: Pool) -> Connection:
        origin = pool.origin
        addresses = await self._addresses(pool)
        try:
            connection = await self._dialer.dial(origin, addresses, pool.lost)
        except WireError:
            if not addresses or origin.is_address:
                raise
            again = await self._names.again(origin)
            if again == addresses:
                raise
            connection = await self._dialer.dial(origin, again, pool.lost)
        pool.open.add(connection)
        return connection

    async def _addresses(self, pool: Pool) -> tuple[str, ...]:
        """None through a proxy, which resolves by itself; but what a wildcard let in is looked at even then."""
        if pool.literal and self.proxied(pool.origin):
            return ()
        return await self._names.addresses(pool.origin, literal=pool.literal)

    async def _ask(self, pool: Pool, connection: Connection, wire: bytes, method: str) -> Outcome:
        try:
            await connection.ask(wire, method)
        except BaseException:  # the task was cancelled: an answer that comes late must not meet another request
            connection.abort()
            raise
        reader = connection.reader
        if connection.error is not None:
            return Outcome(None, connection.error.what, reader.received, connection.started)
        response = assemble(reader.events, connection.timing, self._limits.body)
        if reader.reusable and not connection.busy:
            pool.idle.append(connection)
        else:
            connection.abort()
        return Outcome(response, "", reader.received, connection.started)


def _stale(connection: Connection) -> bool:
    """The server closed the connection while it was kept, before it answered."""
    error = connection.error
    return error is not None and not connection.reader.count and error.code in (WORDS["closed"], WORDS["reset"])

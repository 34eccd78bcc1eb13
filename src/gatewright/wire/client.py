"""Pools of connections, one per origin, and the one place where a request is repeated on its own.

A kept connection may have been closed by the server while it was idle. A request that fails on one, before a byte of an
answer came, is sent once more on a new connection, but only if its method is idempotent (RFC 9110 9.2.2) and its bytes
were framed by us. Other requests take a kept connection only when it was used within the last second.
"""

from __future__ import annotations

from collections.abc import Callable

from msgspec import Struct

from gatewright.model.errors import WireError
from gatewright.model.http import Request, Response
from gatewright.model.settings import Settings
from gatewright.model.stream import Ear
from gatewright.wire.address import Origin
from gatewright.wire.answer import assemble
from gatewright.wire.connection import Connection, clock
from gatewright.wire.dial import Dialer
from gatewright.wire.listening import Listening
from gatewright.wire.names import Names, Resolve, system_resolver
from gatewright.wire.pool import Pool
from gatewright.wire.proxies import Proxies

IDEMPOTENT = frozenset({"GET", "HEAD", "OPTIONS", "TRACE", "PUT", "DELETE"})
"""Methods that may be sent again when no answer came (RFC 9110 9.2.2)."""


class Outcome(Struct, frozen=True, gc=False):
    """What came of one request: a response, or `error`; the bytes of the answer; how often it was sent, and when."""

    response: Response | None
    error: str
    received: bytes
    started: float
    """Moment on the connection's clock."""
    times: int = 1


class Client:
    """Sends bytes and reads answers. Knows nothing of scope and budgets: only the gate uses it."""

    def __init__(
        self, settings: Settings, *, defaults: tuple[tuple[str, str], ...], resolve: Resolve = system_resolver
    ) -> None:
        self._limits = settings.limits
        self._defaults = defaults
        self._names = Names(resolve)
        self._proxies = Proxies(settings.proxy)
        self._dialer = Dialer(settings.limits, settings.tls)
        self.certificates: dict[str, bytes] = {}
        """Origin → the certificate that it showed last, DER."""

    def pool(self, origin: Origin, *, literal: bool, certificate: str = "") -> Pool:
        """An empty pool for an origin; `literal` says that the user wrote this host, no wildcard let it in."""
        proxy = self._proxies.of(origin)
        return Pool(origin, literal=literal, proxy=proxy, defaults=self._defaults, certificate=certificate)

    async def check(self, pool: Pool) -> None:
        """Resolves the pool's host for the run. Raises ScopeError when it leads elsewhere; no address is `ask`'s matter."""
        try:
            await self._addresses(pool)
        except WireError:
            return
        pool.checked = True

    def ask_kept(self, pool: Pool, wire: bytes, method: str, *, repeatable: bool) -> Connection | None:
        """Sends a request on a kept connection, where there is one; its `turn` is done when the answer is there."""
        connection = pool.take(repeatable=repeatable)
        if connection is not None:
            connection.ask(_authorized(pool, wire) if pool.authorization else wire, method)
        return connection

    async def ask(self, pool: Pool, wire: bytes, method: str, *, stale: Connection | None = None) -> Outcome:
        """Sends a request on a new connection and reads its answer. What fails is the outcome's `error`.

        `stale` is the kept connection on which it was sent in vain before. Raises ScopeError, then nothing was sent.
        """
        begun = clock() if stale is None else stale.started
        connection: Connection | None = None
        try:
            connection = await self._open(pool)
            await connection.ask(_authorized(pool, wire), method)
        except WireError as error:
            return Outcome(None, error.what, b"", begun)
        except BaseException:  # cancelled: an answer that comes late must not meet another request
            if connection is not None:
                connection.abort()
            raise
        return self.outcome(pool, connection, 1 if stale is None else 2)

    async def listen(
        self, pool: Pool, request: Request, wire: bytes, ear: Ear | None, opened: Callable[[], None]
    ) -> tuple[Outcome, bytes]:
        """Opens a stream on a connection of its own and listens to it; with the outcome comes what was said on it.

        `opened` is told when it is open, or will never be. Raises ScopeError, then nothing was sent.
        """
        begun = clock()
        try:
            connection = await self._open(pool)
            heard = await Listening(connection, request, self._limits, ear, opened).hear(_authorized(pool, wire))
        except WireError as error:
            return Outcome(None, error.what, b"", begun), b""
        finally:
            opened()
        return Outcome(heard.response, "", heard.received, begun), heard.said

    def outcome(self, pool: Pool, connection: Connection, times: int = 1) -> Outcome:
        """What the connection brought; it goes back to the pool, where it can."""
        reader, error = connection.reader, connection.error
        if error is not None:
            return Outcome(None, error.what, reader.received, connection.started, times)
        head = reader.plain
        if head is not None:
            body, timing = reader.body, connection.timing
            response = Response(
                head.status, head.headers, body, head.reason, head.version, False, len(body), (), timing
            )
        else:
            response = assemble(reader.events, connection.timing, self._limits.body)
        if reader.reusable and not connection.closed and not (connection.long and connection.busy):
            pool.idle.append(connection)
        else:
            connection.abort()
        return Outcome(response, "", reader.received, connection.started, times)

    async def _open(self, pool: Pool) -> Connection:
        origin = pool.origin
        addresses = await self._addresses(pool)
        try:
            connection = await self._dialer.dial(pool, addresses)
        except WireError:
            if not addresses or origin.is_address:
                raise
            again = await self._names.again(origin)
            if again == addresses:
                raise
            connection = await self._dialer.dial(pool, again)
        pool.open.add(connection)
        transport = connection.transport if origin.scheme == "https" else None
        secure = transport.get_extra_info("ssl_object") if transport is not None else None
        if secure is not None:
            self.certificates[str(origin)] = secure.getpeercert(binary_form=True) or b""
        return connection

    async def _addresses(self, pool: Pool) -> tuple[str, ...]:
        """None through a proxy, which resolves by itself; but what a wildcard let in is looked at even then."""
        if pool.literal and pool.proxy is not None:
            return ()
        return await self._names.addresses(pool.origin, literal=pool.literal)


def _authorized(pool: Pool, wire: bytes) -> bytes:
    """The bytes with the proxy's password, which is not in those of the record: it is a secret."""
    return wire.replace(b"\r\n", pool.authorization, 1) if pool.authorization else wire

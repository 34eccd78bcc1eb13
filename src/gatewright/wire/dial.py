"""Opens connections: to checked addresses only, straight or through a proxy, with TLS where the origin asks for it."""

from __future__ import annotations

import asyncio
import ssl
from collections.abc import Callable
from pathlib import Path

import msgspec

from gatewright.model.errors import UsageError, WireError
from gatewright.model.settings import Limits, Tls
from gatewright.wire.address import Origin
from gatewright.wire.answer import Head
from gatewright.wire.connection import Connection, clock
from gatewright.wire.failures import failure
from gatewright.wire.lines import Lines
from gatewright.wire.pool import Pool
from gatewright.wire.proxies import Proxy


def tls_context(tls: Tls) -> ssl.SSLContext:
    """A client context: verifies by the system's authorities and `tls.ca`, unless `tls.insecure`. Raises UsageError."""
    context = ssl.create_default_context()
    context.set_alpn_protocols(["http/1.1"])
    for what, path, load in (
        ("tls.ca", tls.ca, lambda path: context.load_verify_locations(cafile=path)),
        ("tls.cert", tls.cert, context.load_cert_chain),
    ):
        if path is None:
            continue
        try:
            load(path)
        except OSError as error:  # ssl.SSLError is one
            raise UsageError(
                f"{what} cannot be used: {error.strerror or error}",
                code="GW-W007",
                where=path,
                help="a PEM file is needed; for tls.cert one that holds the certificate and its private key",
            ) from None
    if tls.insecure:
        context.check_hostname = False
        context.verify_mode = ssl.CERT_NONE
    return context


class Dialer:
    """Opens connections as the settings say. Addresses come from outside, checked."""

    def __init__(self, limits: Limits, tls: Tls) -> None:
        self._limits = limits
        self._tls = tls
        self._lines = Lines()
        self._contexts: dict[str, ssl.SSLContext] = {}

    async def dial(self, pool: Pool, addresses: tuple[str, ...]) -> Connection:
        """A connection of the pool to the first address that answers, within the connect time-out. Raises WireError.

        Through a proxy the addresses are not used: the proxy resolves the name itself.
        """
        begun = clock()
        limit = self._limits.connect
        try:
            async with asyncio.timeout(limit):
                connection = await self._connect(pool, addresses)
        except TimeoutError:
            raise failure("timeout-connect", f"no connection to {pool.origin.authority} within {limit:g} s") from None
        connection.connect = clock() - begun
        return connection

    async def _connect(self, pool: Pool, addresses: tuple[str, ...]) -> Connection:
        origin, proxy = pool.origin, pool.proxy
        context = self._secure(pool.certificate) if origin.scheme == "https" else None
        if proxy is None:
            return await self._reach(addresses, origin.port, pool.lost, (origin.host, context) if context else None)
        try:
            connection = await self._reach((proxy.host,), proxy.port, pool.lost, None)
        except WireError as error:
            raise failure("proxy", f"{proxy.host}:{proxy.port} does not answer ({error.what})") from None
        if context is not None:
            try:
                await self._tunnel(connection, origin, proxy, context)
            except BaseException:
                connection.abort()
                raise
        return connection

    async def _reach(
        self,
        addresses: tuple[str, ...],
        port: int,
        lost: Callable[[Connection], None],
        secure: tuple[str, ssl.SSLContext] | None,
    ) -> Connection:
        """Connects to the first address that takes the connection; `secure` is the name and the context for TLS."""
        loop = asyncio.get_running_loop()
        wrong: OSError | None = None
        for address in addresses:
            try:
                _, connection = await loop.create_connection(
                    lambda: Connection(self._limits, self._lines, lost),
                    address,
                    port,
                    ssl=secure[1] if secure else None,
                    server_hostname=secure[0] if secure else None,
                )
            except OSError as error:
                wrong = error
                if isinstance(error, ssl.SSLError):
                    break
                continue
            return connection
        raise _refused(wrong, addresses, port, secure=secure is not None)

    async def _tunnel(self, connection: Connection, origin: Origin, proxy: Proxy, context: ssl.SSLContext) -> None:
        """CONNECT through the proxy, then TLS inside (RFC 9110 9.3.6)."""
        host = f"[{origin.host}]" if ":" in origin.host else origin.host
        lines = [f"CONNECT {host}:{origin.port} HTTP/1.1", f"Host: {host}:{origin.port}"]
        if proxy.authorization:
            lines.append(f"Proxy-Authorization: {proxy.authorization}")
        await connection.ask(("\r\n".join(lines) + "\r\n\r\n").encode("latin-1"), "CONNECT")
        if connection.error is not None:
            raise failure("proxy", f"{proxy.host}:{proxy.port} gave no answer ({connection.error.what})")
        head = next(event for event in connection.reader.events if isinstance(event, Head))
        if not 200 <= head.status < 300:
            raise failure("proxy", f"{proxy.host}:{proxy.port} refused the tunnel: {head.status} {head.reason}")
        loop = asyncio.get_running_loop()
        transport = connection.transport
        try:
            secure = await loop.start_tls(transport, connection, context, server_hostname=origin.host)  # type: ignore[arg-type]
        except OSError as error:
            raise _refused(error, (origin.host,), origin.port, secure=True) from None
        connection.transport = secure
        connection.uses = 0

    def _secure(self, certificate: str) -> ssl.SSLContext:
        """The context that shows this client certificate; a file that is not there is none, a spoilt credential."""
        context = self._contexts.get(certificate)
        if context is None:
            own = certificate if Path(certificate).is_file() else None
            context = tls_context(msgspec.structs.replace(self._tls, cert=own) if certificate else self._tls)
            self._contexts[certificate] = context
        return context


def _refused(error: OSError | None, addresses: tuple[str, ...], port: int, *, secure: bool) -> WireError:
    where = f"{', '.join(addresses)} port {port}"
    if isinstance(error, ssl.SSLCertVerificationError):
        return failure("tls", f"the certificate of {where} is not trusted ({error.verify_message})")
    if isinstance(error, ssl.SSLError):
        return failure("tls", f"no TLS with {where} ({error.reason or error})")
    if secure and isinstance(error, ConnectionError) and not isinstance(error, ConnectionRefusedError):
        return failure("tls", f"{where} closed the connection before TLS began")
    text = (error.strerror or str(error)) if error is not None else "no address"
    return failure("connect", f"no connection to {where} ({text})")

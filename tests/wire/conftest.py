"""Real servers on port 0 that do what a test tells them, byte by byte, and count what happens to them."""

from __future__ import annotations

import asyncio
import ipaddress
import ssl
from collections.abc import AsyncIterator, Awaitable, Callable, Coroutine
from contextlib import AbstractAsyncContextManager, asynccontextmanager, suppress
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import TypeAlias

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

Script: TypeAlias = Callable[[asyncio.StreamReader, asyncio.StreamWriter], Awaitable[None]]


class Server:
    """A server on loopback; `script` runs for each connection."""

    def __init__(self, script: Script | None = None) -> None:
        self.script = script
        self.connections = 0
        self.port = 0
        self.secure = False
        self.requests: list[bytes] = []
        self._tasks: set[asyncio.Task[None]] = set()

    @property
    def origin(self) -> str:
        return f"{'https' if self.secure else 'http'}://127.0.0.1:{self.port}"

    async def on_connect(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.connections += 1
        task = asyncio.current_task()
        assert task is not None
        self._tasks.add(task)
        try:
            with suppress(OSError, asyncio.IncompleteReadError, asyncio.LimitOverrunError, asyncio.CancelledError):
                assert self.script is not None
                await self.script(reader, writer)
        finally:
            writer.transport.abort()
            self._tasks.discard(task)

    async def stop(self) -> None:
        for task in list(self._tasks):
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)


def answering(server: Server, *answers: bytes) -> Script:
    """Reads requests (with a Content-Length body) and gives the answers in turn, the last one for ever."""

    async def script(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        while True:
            request = await reader.readuntil(b"\r\n\r\n")
            length = [line for line in request.lower().split(b"\r\n") if line.startswith(b"content-length:")]
            if length:
                request += await reader.readexactly(int(length[0].split(b":")[1]))
            server.requests.append(request)
            writer.write(answers[min(len(server.requests), len(answers)) - 1])

    return script


Serve: TypeAlias = Callable[..., AbstractAsyncContextManager[Server]]


@pytest.fixture
def serve() -> Serve:
    """`async with serve(answers or script) as server`."""

    @asynccontextmanager
    async def start(
        *does: bytes | Script, tls: ssl.SSLContext | None = None, host: str = "127.0.0.1"
    ) -> AsyncIterator[Server]:
        server = Server()
        server.script = does[0] if callable(does[0]) else answering(server, *does)
        server.secure = tls is not None
        listening = await asyncio.start_server(server.on_connect, host, 0, ssl=tls)
        server.port = listening.sockets[0].getsockname()[1]
        try:
            yield server
        finally:
            listening.close()
            await server.stop()
            await listening.wait_closed()

    return start


class Authority:
    """A certificate authority with server and client certificates, all in PEM files."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._key = ec.generate_private_key(ec.SECP256R1())
        self._name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "Gatewright test authority")])
        self.ca = folder / "ca.pem"
        certificate = self._build(self._name, self._key.public_key(), [], authority=True)
        self.ca.write_bytes(certificate.public_bytes(serialization.Encoding.PEM))

    def _build(
        self,
        subject: x509.Name,
        key: ec.EllipticCurvePublicKey,
        hosts: list[str],
        *,
        authority: bool = False,
        days: int = 30,
    ) -> x509.Certificate:
        now = datetime.now(UTC)
        builder = (
            x509.CertificateBuilder()
            .subject_name(subject)
            .issuer_name(self._name)
            .public_key(key)
            .serial_number(x509.random_serial_number())
            .not_valid_before(now - timedelta(days=60))
            .not_valid_after(now + timedelta(days=days))
            .add_extension(x509.BasicConstraints(ca=authority, path_length=None), critical=True)
            .add_extension(_usage(authority=authority), critical=True)
            .add_extension(x509.SubjectKeyIdentifier.from_public_key(key), critical=False)
            .add_extension(x509.AuthorityKeyIdentifier.from_issuer_public_key(self._key.public_key()), critical=False)
        )
        if hosts:
            names = [_general_name(host) for host in hosts]
            builder = builder.add_extension(x509.SubjectAlternativeName(names), critical=False)
        return builder.sign(self._key, hashes.SHA256())

    def issue(self, name: str, *hosts: str, days: int = 30) -> Path:
        """A PEM file with a certificate and its key."""
        key = ec.generate_private_key(ec.SECP256R1())
        subject = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name)])
        certificate = self._build(subject, key.public_key(), list(hosts), days=days)
        path = self._folder / f"{name}.pem"
        path.write_bytes(
            certificate.public_bytes(serialization.Encoding.PEM)
            + key.private_bytes(
                serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
            )
        )
        return path

    def server(self, *hosts: str, days: int = 30, clients: bool = False) -> ssl.SSLContext:
        """A server's context; `clients` asks for a client certificate of this authority."""
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(self.issue(f"server{days}{clients}{len(hosts)}", *hosts, days=days))
        if clients:
            context.verify_mode = ssl.CERT_REQUIRED
            context.load_verify_locations(self.ca)
        return context


def _usage(*, authority: bool) -> x509.KeyUsage:
    """What a key is for, as RFC 5280 4.2.1.3 wants it said: Python 3.13 refuses an authority without."""
    return x509.KeyUsage(
        digital_signature=not authority,
        content_commitment=False,
        key_encipherment=not authority,
        data_encipherment=False,
        key_agreement=False,
        key_cert_sign=authority,
        crl_sign=authority,
        encipher_only=False,
        decipher_only=False,
    )


def _general_name(host: str) -> x509.GeneralName:
    try:
        return x509.IPAddress(ipaddress.ip_address(host))
    except ValueError:
        return x509.DNSName(host)


@pytest.fixture(scope="session")
def authority(tmp_path_factory: pytest.TempPathFactory) -> Authority:
    return Authority(tmp_path_factory.mktemp("authority"))


class Proxy(Server):
    """An HTTP proxy: absolute form for http, CONNECT for the rest. Resolves every name to loopback."""

    def __init__(self) -> None:
        super().__init__(self._serve)
        self.refuse = b""

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        while True:
            request = await reader.readuntil(b"\r\n\r\n")
            self.requests.append(request)
            if self.refuse:
                writer.write(self.refuse)
                await writer.drain()
                return
            method, target, _ = request.split(b"\r\n")[0].split(b" ")
            if method == b"CONNECT":
                await self._tunnel(int(target.rsplit(b":")[-1]), reader, writer)
                return
            authority = target.split(b"/")[2]
            inner_reader, inner = await asyncio.open_connection("127.0.0.1", int(authority.rsplit(b":")[-1]))
            inner.write(request.replace(target, b"/" + target.split(b"/", 3)[3], 1))
            head = await inner_reader.readuntil(b"\r\n\r\n")
            length = int(head.lower().split(b"content-length:")[1].split(b"\r\n")[0])
            writer.write(head + await inner_reader.readexactly(length))
            inner.transport.abort()

    async def _tunnel(self, port: int, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        inner_reader, inner = await asyncio.open_connection("127.0.0.1", port)
        writer.write(b"HTTP/1.1 200 Connection established\r\n\r\n")

        async def pump(source: asyncio.StreamReader, sink: asyncio.StreamWriter) -> None:
            while data := await source.read(65536):
                sink.write(data)
            sink.close()

        try:
            await asyncio.gather(pump(reader, inner), pump(inner_reader, writer))
        finally:
            inner.transport.abort()


@pytest.fixture
def proxying() -> Callable[[], AbstractAsyncContextManager[Proxy]]:
    """`async with proxying() as proxy`."""

    @asynccontextmanager
    async def start() -> AsyncIterator[Proxy]:
        proxy = Proxy()
        listening = await asyncio.start_server(proxy.on_connect, "127.0.0.1", 0)
        proxy.port = listening.sockets[0].getsockname()[1]
        try:
            yield proxy
        finally:
            listening.close()
            await proxy.stop()
            await listening.wait_closed()

    return start


@pytest.fixture(params=["asyncio", "uvloop"])
def run(request: pytest.FixtureRequest) -> Callable[[Coroutine[object, object, None]], None]:
    """Runs a coroutine on each kind of event loop, for at most 20 seconds."""
    if request.param == "uvloop":
        factory = pytest.importorskip("uvloop").new_event_loop
    else:
        factory = asyncio.new_event_loop

    def start(main: Coroutine[object, object, None]) -> None:
        with asyncio.Runner(loop_factory=factory) as runner:
            runner.run(asyncio.wait_for(main, 20))

    return start

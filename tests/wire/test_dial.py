"""TLS with a real authority, proxies that really forward, addresses that do not answer."""

from __future__ import annotations

import asyncio
import ssl
from pathlib import Path

import pytest
from cryptography import x509

from gatewright.model.errors import ScopeError, UsageError
from gatewright.model.http import Exchange, Request
from gatewright.model.settings import Limits, Settings, Tls
from gatewright.wire.dial import tls_context
from gatewright.wire.gate import Gate

OK = b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok"
LIMITS = Limits(connect=1.0, first_byte=1.0, total=1.0)


async def loopback(host: str) -> list[str]:
    """A resolver that knows one address."""
    return ["127.0.0.1"]


async def ask(origin: str, *, times: int = 1, request: Request | None = None, **settings: object) -> Exchange:
    gate = Gate(Settings(limits=LIMITS, **settings), run="r", targets=[origin], resolve=loopback)  # type: ignore[arg-type]
    async with gate:
        for _ in range(times):
            exchange = await gate.send(request or Request("GET", origin, "/x"))
    return exchange


def test_verified(serve, authority, run) -> None:
    async def main() -> None:
        async with serve(OK, tls=authority.server("127.0.0.1", "shop.test")) as server:
            tls = Tls(ca=str(authority.ca))
            exchange = await ask(server.origin, times=3, tls=tls)
            assert exchange.response is not None, exchange.error
            assert exchange.response.body == b"ok"
            assert server.connections == 1
            exchange = await ask(f"https://shop.test:{server.port}", tls=tls)
            assert exchange.response is not None, exchange.error
            assert f"Host: shop.test:{server.port}".encode() in exchange.sent

    run(main())


@pytest.mark.parametrize(
    ("hosts", "days", "trusted", "why"),
    [
        (("127.0.0.1",), 30, False, "unable to get local issuer"),
        (("127.0.0.2",), 30, True, "not valid for"),
        (("other.test",), 30, True, "not valid for"),
        (("127.0.0.1",), -1, True, "expired"),
    ],
)
def test_not_verified(hosts, days: int, trusted: bool, why: str, serve, authority, run) -> None:
    async def main() -> None:
        async with serve(OK, tls=authority.server(*hosts, days=days)) as server:
            ca = str(authority.ca) if trusted else None
            exchange = await ask(server.origin, tls=Tls(ca=ca))
            assert exchange.error.startswith("tls: the certificate of 127.0.0.1 port ")
            assert why in exchange.error
            assert not server.requests
            exchange = await ask(server.origin, tls=Tls(insecure=True))
            assert exchange.response is not None, exchange.error

    run(main())


def test_client_certificate(serve, authority, run) -> None:
    async def main() -> None:
        async with serve(OK, tls=authority.server("127.0.0.1", clients=True)) as server:
            tls = Tls(ca=str(authority.ca), cert=str(authority.issue("client")))
            exchange = await ask(server.origin, tls=tls)
            assert exchange.response is not None, exchange.error
            exchange = await ask(server.origin, tls=Tls(ca=str(authority.ca)))
            assert exchange.response is None

    run(main())


def test_the_certificate_of_a_request_goes_over_connections_of_its_own(serve, authority, run) -> None:
    async def main() -> None:
        async with serve(OK, tls=authority.server("127.0.0.1", clients=True)) as server:
            settings = Settings(tls=Tls(ca=str(authority.ca)))
            async with Gate(settings, run="r", targets=[server.origin]) as gate:
                own = Request("GET", server.origin, "/", certificate=str(authority.issue("alice")))
                for request, let_in in (
                    (own, True),
                    (Request("GET", server.origin, "/"), False),
                    (own, True),
                    (Request("GET", server.origin, "/", certificate="/no/such.pem"), False),
                ):
                    exchange = await gate.send(request)
                    assert (exchange.response is not None) is let_in, exchange.error

    run(main())


def test_what_a_server_shows_is_kept(serve, authority, run) -> None:
    async def main() -> None:
        async with (
            serve(OK, tls=authority.server("127.0.0.1")) as server,
            Gate(Settings(tls=Tls(insecure=True)), run="r", targets=[server.origin]) as gate,
        ):
            assert gate.certificate(server.origin) == b""
            await gate.send(Request("GET", server.origin, "/"))
            shown = x509.load_der_x509_certificate(gate.certificate(server.origin))
            assert shown.issuer.rfc4514_string() == "CN=Gatewright test authority"
            assert gate.certificate("https://other.test") == b""

    run(main())


@pytest.mark.parametrize("answer", [b"HTTP/1.1 400 Plain\r\n\r\n", b"", b"\x15\x03\x01\x00\x02\x02\x28"])
def test_no_tls_behind_https(answer: bytes, serve, run) -> None:
    async def play(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.read(10)
        writer.write(answer)
        await writer.drain()

    async def main() -> None:
        async with serve(play) as server:
            exchange = await ask(f"https://127.0.0.1:{server.port}", tls=Tls(insecure=True))
            assert exchange.error.startswith("tls: ")

    run(main())


def test_a_handshake_that_never_ends(serve, run) -> None:
    async def play(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await asyncio.sleep(10)

    async def main() -> None:
        async with serve(play) as server:
            limits = Limits(connect=0.1)
            origin = f"https://127.0.0.1:{server.port}"
            async with Gate(Settings(limits=limits), run="r", targets=[origin]) as gate:
                exchange = await gate.send(Request("GET", origin, "/"))
            assert exchange.error.startswith("timeout-connect: no connection to 127.0.0.1:")
            assert exchange.error.endswith("within 0.1 s")

    run(main())


def test_nobody_listens(serve, run) -> None:
    async def main() -> None:
        async with serve(OK) as server:
            origin = server.origin
        exchange = await ask(origin)
        assert exchange.error.startswith("connect: no connection to 127.0.0.1 port ")
        exchange = await ask(origin.replace("http:", "https:"))
        assert exchange.error.startswith("connect: ")

    run(main())


def test_the_next_address_is_tried(serve, run) -> None:
    async def main() -> None:
        async def two(host: str) -> list[str]:
            return ["127.0.0.9", "127.0.0.1"]

        async with serve(OK) as server:
            origin = f"http://two.test:{server.port}"
            async with Gate(Settings(limits=LIMITS), run="r", targets=[origin], resolve=two) as gate:
                exchange = await gate.send(Request("GET", origin, "/"))
            assert exchange.response is not None, exchange.error

    run(main())


@pytest.mark.parametrize("what", ["ca", "cert"])
def test_files_that_cannot_be_used(what: str, tmp_path: Path) -> None:
    empty = tmp_path / "empty.pem"
    empty.write_text("nothing", encoding="utf-8")
    for path in (str(empty), str(tmp_path / "gone.pem")):
        with pytest.raises(UsageError, match=f"tls.{what} cannot be used") as caught:
            tls_context(Tls(**{what: path}))
        assert (caught.value.code, caught.value.where) == ("GW-W007", path)


def test_a_broken_tls_setting_is_the_users_matter(serve, run) -> None:
    async def main() -> None:
        with pytest.raises(UsageError):
            await ask("https://127.0.0.1:1", tls=Tls(ca="/no/such/file"))

    run(main())


def test_old_and_new_contexts() -> None:
    context = tls_context(Tls())
    assert context.verify_mode == ssl.CERT_REQUIRED
    assert context.check_hostname
    assert tls_context(Tls(insecure=True)).verify_mode == ssl.CERT_NONE


def test_plain_through_a_proxy(serve, proxying, run) -> None:
    async def main() -> None:
        async with proxying() as proxy, serve(OK) as server:
            url = f"http://user:secret@127.0.0.1:{proxy.port}"
            origin = f"http://unresolvable.test:{server.port}"
            exchange = await ask(origin, proxy=url, times=2)
            assert exchange.response is not None, exchange.error
            assert exchange.response.body == b"ok"
            assert exchange.response.timing.reused
            assert proxy.requests[0].startswith(f"GET {origin}/x HTTP/1.1\r\nProxy-Authorization: Basic ".encode())
            assert exchange.sent.startswith(f"GET {origin}/x HTTP/1.1\r\nHost: unresolvable.test:".encode())
            assert b"Proxy-Authorization" not in exchange.sent
            assert server.requests[0].startswith(b"GET /x HTTP/1.1\r\n")

    run(main())


def test_tls_through_a_proxy(serve, proxying, authority, run) -> None:
    async def main() -> None:
        async with proxying() as proxy, serve(OK, tls=authority.server("shop.test")) as server:
            url = f"http://user:secret@127.0.0.1:{proxy.port}"
            tls = Tls(ca=str(authority.ca))
            origin = f"https://shop.test:{server.port}"
            exchange = await ask(origin, proxy=url, tls=tls, times=3)
            assert exchange.response is not None, exchange.error
            assert exchange.response.timing.reused
            assert len(proxy.requests) == 1
            assert (
                proxy.requests[0]
                == (
                    f"CONNECT shop.test:{server.port} HTTP/1.1\r\nHost: shop.test:{server.port}\r\n"
                    "Proxy-Authorization: Basic dXNlcjpzZWNyZXQ=\r\n\r\n"
                ).encode()
            )
            assert exchange.sent.startswith(b"GET /x HTTP/1.1\r\n")
            exchange = await ask(f"https://other.test:{server.port}", proxy=url, tls=tls)
            assert exchange.error.startswith("tls: the certificate of other.test")
            first = await ask(origin, proxy=f"127.0.0.1:{proxy.port}", tls=tls)
            assert first.response is not None
            assert not first.response.timing.reused
            assert first.response.timing.connect > 0

    run(main())


@pytest.mark.parametrize(
    ("refuse", "why"),
    [
        (b"HTTP/1.1 407 Proxy Authentication Required\r\nContent-Length: 0\r\n\r\n", "refused the tunnel: 407 Proxy"),
        (b"nonsense", "gave no answer (not-http: "),
    ],
)
def test_a_proxy_that_refuses(refuse: bytes, why: str, proxying, run) -> None:
    async def main() -> None:
        async with proxying() as proxy:
            proxy.refuse = refuse
            exchange = await ask("https://shop.test", proxy=f"http://127.0.0.1:{proxy.port}")
            assert exchange.error.startswith(f"proxy: 127.0.0.1:{proxy.port} ")
            assert why in exchange.error
        exchange = await ask("https://shop.test", proxy=f"http://127.0.0.1:{proxy.port}")
        assert "does not answer (connect: " in exchange.error

    run(main())


def test_through_a_proxy_host_and_target_cannot_name_others(proxying, run) -> None:
    async def main() -> None:
        async with proxying() as proxy:
            url = f"http://127.0.0.1:{proxy.port}"
            origin = "http://shop.test"
            for request in (
                Request("GET", origin, "/", (("Host", "other.invalid"),)),
                Request("GET", origin, "@other.test/"),
                Request("GET", origin, ".other.test/"),
                Request("GET", origin, "http://other.test/"),
            ):
                with pytest.raises(ScopeError):
                    await ask(origin, proxy=url, request=request)
            assert proxy.connections == 0

    run(main())


def test_proxy_of_the_environment(serve, proxying, run, monkeypatch: pytest.MonkeyPatch) -> None:
    async def main() -> None:
        async with proxying() as proxy, serve(OK) as server:
            monkeypatch.setenv("http_proxy", f"http://127.0.0.1:{proxy.port}")
            monkeypatch.delenv("no_proxy", raising=False)
            monkeypatch.delenv("NO_PROXY", raising=False)
            await ask(server.origin)
            assert proxy.connections == 0
            await ask(server.origin, proxy="env")
            assert proxy.connections == 1

    run(main())

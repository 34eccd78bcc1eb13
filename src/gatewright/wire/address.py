"""Origins and addresses in one canonical spelling, so that no other spelling slips through the scope. No I/O.

Hosts are read as URL parsers of browsers read them (WHATWG URL, host parsing): upper case, a trailing dot, IPv4 in
decimal, octal or hexadecimal, with one to four parts, IPv4-mapped IPv6 and full-width digits all become one text.
"""

from __future__ import annotations

import ipaddress
import re
from typing import Literal

from msgspec import Struct

from gatewright.model.errors import ScopeError

DEFAULT_PORTS = {"http": 80, "https": 443}

Reach = Literal["loopback", "private", "public", "special"]
"""What an address reaches: this machine, the own network, the internet, or something no name should lead to
(link-local with its metadata services, unspecified, multicast, reserved)."""

_ORIGIN = re.compile(r"([A-Za-z][A-Za-z0-9+.\-]*)://([^/?#\\]*)", re.DOTALL)
_AUTHORITY = re.compile(r"(\[[^\[\]]*\]|[^:\[\]]*)(?::([0-9]{0,5}))?")
_NAME = re.compile(r"(?!-)[a-z0-9_\-]{1,63}(\.[a-z0-9_\-]{1,63})*")
_NUMBER = re.compile(r"0x[0-9a-f]*|[0-9]+")


class Origin(Struct, frozen=True, order=True):
    """Scheme, host and port in canonical spelling; `host` without brackets."""

    scheme: str
    host: str
    port: int

    @property
    def is_address(self) -> bool:
        """The host is an IP address, not a name."""
        return ":" in self.host or self.host.replace(".", "").isdigit()

    @property
    def authority(self) -> str:
        """Host and port as a Host header has them; the port is left out where it is the scheme's own."""
        host = f"[{self.host}]" if ":" in self.host else self.host
        return host if self.port == DEFAULT_PORTS[self.scheme] else f"{host}:{self.port}"

    def __str__(self) -> str:
        return f"{self.scheme}://{self.authority}"


def read_origin(url: str) -> Origin:
    """The origin of a URL. Raises ScopeError (GW-W002) for anything that two parsers might read in two ways."""
    match = _ORIGIN.match(url)
    if match is None:
        raise _unreadable(url, "it has no scheme and host")
    scheme, authority = match[1].lower(), match[2]
    if scheme not in DEFAULT_PORTS:
        raise _unreadable(url, f"{scheme} is not HTTP")
    if "@" in authority:
        raise _unreadable(url, "it carries a user name before the host")
    parts = _AUTHORITY.fullmatch(authority)
    if parts is None or not parts[1]:
        raise _unreadable(url, "its host and port cannot be told apart")
    port = int(parts[2]) if parts[2] else DEFAULT_PORTS[scheme]
    if not 0 < port < 65536:
        raise _unreadable(url, f"{port} is no port")
    host = canonical_host(parts[1])
    if host is None:
        raise _unreadable(url, f"{parts[1]!r} is no host name or address")
    return Origin(scheme, host, port)


def canonical_host(text: str) -> str | None:
    """One spelling for all spellings of a host; None for what is none. IPv6 stands in brackets, in the answer without."""
    if text.startswith("["):
        try:
            address = ipaddress.IPv6Address(text[1:-1])
        except ValueError:
            return None
        return None if address.scope_id else str(address.ipv4_mapped or address)
    try:
        host = text.lower() if text.isascii() else text.encode("idna").decode().lower()
    except UnicodeError:
        return None
    host = host.removesuffix(".")
    if not _NAME.fullmatch(host):
        return None
    if _NUMBER.fullmatch(host.rpartition(".")[2]):
        return _ipv4(host)
    return host


def _ipv4(text: str) -> str | None:
    """An address of one to four numbers, each decimal, octal (0…) or hexadecimal (0x…); the last fills the rest."""
    parts = text.split(".")
    if len(parts) > 4:
        return None
    numbers = []
    for part in parts:
        try:
            base = 16 if part.startswith("0x") else 8 if part.startswith("0") and part != "0" else 10
            numbers.append(int(part.removeprefix("0x") or "0", base))
        except ValueError:
            return None
    *first, last = numbers
    if any(number > 255 for number in first) or last >= 256 ** (5 - len(numbers)):
        return None
    value = last + sum(number << (24 - 8 * index) for index, number in enumerate(first))
    return str(ipaddress.IPv4Address(value))


def reach(address: str) -> Reach:
    """What an IP address reaches."""
    ip = ipaddress.ip_address(address)
    if isinstance(ip, ipaddress.IPv6Address):
        inner = ip.ipv4_mapped or ip.sixtofour or _nat64(ip)
        if inner is not None:
            return reach(str(inner))
    if ip.is_loopback:
        return "loopback"
    if ip.is_unspecified or ip.is_link_local or ip.is_multicast:
        return "special"
    if ip.is_private or ip in _SHARED:
        return "private"
    return "public" if ip.is_global else "special"


_SHARED = ipaddress.IPv4Network("100.64.0.0/10")
_NAT64 = ipaddress.IPv6Network("64:ff9b::/96")


def _nat64(ip: ipaddress.IPv6Address) -> ipaddress.IPv4Address | None:
    return ipaddress.IPv4Address(int(ip) & 0xFFFFFFFF) if ip in _NAT64 else None


def _unreadable(url: str, why: str) -> ScopeError:
    return ScopeError(
        f"not sent: {why}",
        code="GW-W002",
        where=url[:200],
        help="write the URL as scheme://host:port/path, without user name or escapes in the host",
    )

"""HTTP proxies: from a URL or from the environment. No I/O."""

from __future__ import annotations

import base64
import os
from collections.abc import Mapping
from urllib.parse import unquote, urlsplit

from msgspec import Struct

from gatewright.model.errors import UsageError
from gatewright.wire.address import Origin


class Proxy(Struct, frozen=True):
    """An HTTP proxy; `authorization` is the value of Proxy-Authorization, or empty."""

    host: str
    port: int
    authorization: str = ""


def read_proxy(url: str) -> Proxy:
    """A proxy from its URL, `http://user:password@proxy.test:3128`. Raises UsageError for other kinds."""
    parts = urlsplit(url if "://" in url else f"http://{url}")
    try:
        port = parts.port or 80
    except ValueError:
        port = 0
    if parts.scheme != "http" or not parts.hostname or not port:
        raise UsageError(
            f"the proxy {parts.scheme}://{parts.hostname or ''} cannot be used",
            code="GW-W006",
            help="give an HTTP proxy as http://HOST:PORT, with USER:PASSWORD@ before the host where it asks for them",
        )
    pair = f"{unquote(parts.username or '')}:{unquote(parts.password or '')}"
    basic = "Basic " + base64.b64encode(pair.encode()).decode() if parts.username else ""
    return Proxy(parts.hostname, port, basic)


def proxy_of_environment(origin: Origin, environ: Mapping[str, str]) -> str:
    """The proxy that the environment names for an origin (http_proxy, https_proxy, all_proxy, no_proxy); or empty.

    `HTTP_PROXY` in capitals is not read: in CGI it is a request header of the client (httpoxy).
    """
    for entry in _first(environ, "no_proxy", "NO_PROXY").replace(",", " ").split():
        name, _, port = entry.partition(":") if entry.count(":") == 1 else (entry, "", "")
        name = name.lower().lstrip("*.").strip("[]")
        if entry == "*" or (
            (origin.host == name or origin.host.endswith("." + name)) and port in ("", str(origin.port))
        ):
            return ""
    own = ("http_proxy",) if origin.scheme == "http" else ("https_proxy", "HTTPS_PROXY")
    return _first(environ, *own, "all_proxy", "ALL_PROXY")


def _first(environ: Mapping[str, str], *names: str) -> str:
    return next((environ[name] for name in names if environ.get(name)), "")


class Proxies:
    """Which proxy an origin is reached through: one for all, those of the environment (`env`), or none."""

    def __init__(self, setting: str | None, *, environ: Mapping[str, str] = os.environ) -> None:
        self._environ = environ if setting == "env" else None
        self._fixed = read_proxy(setting) if setting and setting != "env" else None

    def of(self, origin: Origin) -> Proxy | None:
        """The proxy for an origin. Raises UsageError when the environment names one that cannot be used."""
        if self._environ is None:
            return self._fixed
        url = proxy_of_environment(origin, self._environ)
        return read_proxy(url) if url else None

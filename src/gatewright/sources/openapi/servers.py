"""Where an API lives: `servers` of OpenAPI 3, `host`, `basePath` and `schemes` of 2.0."""

from __future__ import annotations

import re
from urllib.parse import urljoin, urlsplit

from gatewright.sources.node import Node
from gatewright.sources.openapi.references import is_url

_VARIABLE = re.compile(r"\{([^{}]*)\}")
_PORTS = {"http": 80, "https": 443}
_HANDSHAKE = {"ws": "http", "wss": "https"}
"""A WebSocket is asked for over HTTP (RFC 6455, 3)."""


def servers(node: Node) -> tuple[str, ...]:
    """URLs of the `servers` of a document, path item or operation, variables filled by their defaults."""
    found = []
    for server in node.items("servers"):
        if not server.is_object():
            continue
        url = server.text("url").strip()
        if not url:
            server.report("GW-S050", "a server without `url`; left out")
            continue
        filled = _filled(url, server)
        if filled and split(filled, base="") is not None:
            found.append(filled)
        elif filled:
            server.report("GW-S050", f"`{url}` is not a server's address; left out")
    return tuple(dict.fromkeys(found))


def servers_v2(root: Node, *, source: str) -> tuple[str, ...]:
    """The servers of a 2.0 document: one for each scheme. Without `host` the base path alone, relative to the source."""
    host, base = root.text("host").strip(), root.text("basePath").strip()
    if base and not base.startswith("/"):
        root.report("GW-S050", f"`basePath: {base}` does not begin with a slash; one was put before it")
        base = "/" + base
    if not host:
        return (base,) if base else ()
    if "://" in host:
        root.report("GW-S050", f"`host: {host}` has a scheme of its own; left out of it")
        host = host.partition("://")[2]
    default = "https"
    if is_url(source):
        default = source.partition(":")[0].lower()
    elif host.partition(":")[0] in ("localhost", "127.0.0.1", "[", "0.0.0.0"):  # noqa: S104
        default = "http"
    schemes = [scheme.lower() for scheme in root.texts("schemes")]
    usable = [scheme for scheme in schemes if scheme in _PORTS] or [default]
    urls = [f"{scheme}://{host}{base}" for scheme in dict.fromkeys(usable)]
    good = tuple(url for url in urls if split(url, base="") is not None)
    if not good:
        root.report("GW-S050", f"`host: {host}` is not a host; left out")
        return (base,) if base else ()
    return good


def split(url: str, *, base: str) -> tuple[str, str] | None:
    """Origin (empty when unknown) and path of a server URL, relative ones against `base`; None when it is none.

    The origin is lower case, without user name and without the scheme's own port; the path has no slash at its end.
    """
    try:
        parts = urlsplit(urljoin(base, url) if base else url)
        parts = parts._replace(scheme=_HANDSHAKE.get(parts.scheme.lower(), parts.scheme))
        host, port = parts.hostname, parts.port
    except ValueError:
        return None
    path = parts.path.rstrip("/")
    if parts.scheme and parts.scheme.lower() not in _PORTS:
        return None
    if not host:
        if parts.scheme or parts.netloc:
            return None
        return "", path if path.startswith("/") or not path else "/" + path
    scheme = parts.scheme.lower() or "https"
    name = f"[{host}]" if ":" in host else host
    return f"{scheme}://{name}" + (f":{port}" if port and port != _PORTS[scheme] else ""), path


def _filled(url: str, server: Node) -> str:
    """The URL with each `{variable}` replaced by its default, else its first `enum`; empty when one has neither."""
    variables = dict(server.members("variables"))
    missing: list[str] = []

    def value(found: re.Match[str]) -> str:
        variable = variables.get(found[1])
        if variable is not None and isinstance(variable.value, dict):
            if variable.value.get("default") is not None:
                return variable.text("default")
            if choices := variable.texts("enum"):
                return choices[0]
        missing.append(found[1])
        return ""

    filled = _VARIABLE.sub(value, url)
    if missing:
        server.report("GW-S050", f"server `{url}`: no value for {', '.join(missing)}; left out")
        return ""
    return filled

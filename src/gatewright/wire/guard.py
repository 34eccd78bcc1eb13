"""The scope of the bytes themselves, looked at before they go out. No I/O.

Everything in them that a server or a proxy may take for a request must be in scope, not only what the request says.

The connection goes to the checked origin in any case. Beyond that are refused: a target in absolute form of another
origin, a request line hidden in exact bytes whose target is out of scope, and a Host header that names a stranger.
A name under a top-level domain that is reserved for leading nowhere (RFC 2606, RFC 6761) may stand in Host.
"""

from __future__ import annotations

import re
from collections.abc import Iterable

from gatewright.model.errors import ScopeError
from gatewright.model.http import Request, header
from gatewright.wire.address import Origin, read_origin
from gatewright.wire.scope import ScopeRules

_REQUEST_LINE = re.compile(rb"(?:^|[\r\n])[!-9;-~]+[ \t]+((?:/|[A-Za-z][A-Za-z0-9+.\-]*://)\S*)")
_HOST_LINE = re.compile(rb"[\r\n]host[ \t]*:[ \t]*([^\r\n]*)", re.IGNORECASE)
_NOWHERE = (".invalid", ".example", ".test", ".localhost")


class Guard:
    """Checks requests to one origin against the scope.

    `own` are header lines of the user's settings: their Host is meant. `proxied` says that the requests go to a proxy in
    absolute form.
    """

    def __init__(self, rules: ScopeRules, origin: Origin, *, own: Iterable[tuple[str, str]], proxied: bool) -> None:
        self._rules = rules
        self._origin = origin
        self._own_host = header(own, "host")
        self._proxied = proxied
        self._known = rules.known(origin)

    def check(self, request: Request, wire: bytes, *, plain: bool) -> None:
        """Raises ScopeError (GW-W001) unless all that these bytes may ask for is in scope.

        `plain` says that they are one request with our Host: then only the target matters.
        """
        target = request.target
        if plain and target[:1] == "/":  # nearly all requests
            if self._known.get(target if self._rules.queries else target.partition("?")[0]) == "":
                return
            refused = self._rules.path_refusal(self._origin, target)
        else:
            targets = [target, *(found[1].decode("latin-1") for found in _REQUEST_LINE.finditer(wire))]
            hosts = [value for name, value in request.headers if name.strip().lower() == "host"]
            hosts += [found[1].decode("latin-1") for found in _HOST_LINE.finditer(wire)]
            reasons = [self._target(request.method, target) for target in targets]
            reasons += [self._host(host.strip()) for host in hosts]
            refused = next(filter(None, reasons), "")
        if refused:
            raise out_of_scope(refused, request.url)

    def _target(self, method: str, target: str) -> str:
        origin = self._origin
        if "://" in target.partition("?")[0] and target[:1] != "/":
            other = read_origin(target)
            if other != origin:
                return f"the request target names {other}, the connection goes to {origin}"
            return self._rules.path_refusal(origin, _after_authority(target))
        if method == "CONNECT":
            return "" if target == f"{origin.host}:{origin.port}" else "CONNECT would open a tunnel to elsewhere"
        if target == "*" or target[:1] in ("/", "?", ""):
            path = target if target[:1] == "/" else "/" + target.removeprefix("*")
            return self._rules.path_refusal(origin, path)
        return f"the request target {target[:60]!r} does not begin with a slash"

    def _host(self, value: str) -> str:
        origin = self._origin
        if value in (self._own_host, origin.authority, ""):
            return ""
        try:
            named = read_origin(f"{origin.scheme}://{value}")
        except ScopeError:
            return f"the Host header {value[:60]!r} names no host"
        if named.host == origin.host or not self._rules.origin_refusal(named):
            return ""
        if not self._proxied and named.host.endswith(_NOWHERE):
            return ""
        return f"the Host header names {named.authority}, which is not in scope"


def path_of(url: str) -> str:
    """The request target of a URL: path and query, at least a slash, without the fragment."""
    return _after_authority(url.partition("#")[0])


def _after_authority(url: str) -> str:
    rest = url.partition("://")[2]
    at = next((index for index, character in enumerate(rest) if character in "/?#\\"), len(rest))
    path = rest[at:]
    return path if path[:1] == "/" else "/" + path


def out_of_scope(why: str, url: str) -> ScopeError:
    """The error for a URL that is out of scope."""
    return ScopeError(
        f"not sent: {why}",
        code="GW-W001",
        where=url[:200],
        help="add it to `scope.include` or `target` in gatewright.yaml if you may test it",
    )

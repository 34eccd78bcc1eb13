"""Where requests may go. No I/O: a URL in, the reason why not out.

An include pattern is read as scheme, host with port, and path, so that `http://*.shop.test/*` cannot match another
host's path. An exclude pattern matches the whole URL as text. A URL is compared as it is spelled and as a server may
read it (escapes and dot segments resolved, doubled slashes and path parameters removed): it must be included in both
spellings, and must not be excluded in any, whatever the case.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from fnmatch import translate
from urllib.parse import unquote

from msgspec import Struct

from gatewright.model.errors import ScopeError
from gatewright.model.settings import Scope
from gatewright.wire.address import DEFAULT_PORTS, Origin, canonical_host, read_origin

_DECODINGS = 4


class _Include(Struct, frozen=True):
    """One include pattern, each part ready to match."""

    scheme: re.Pattern[str]
    host: re.Pattern[str]
    path: re.Pattern[str]
    literal: str
    """The host when the pattern names exactly one, else empty."""


class ScopeRules:
    """The scope of a run: the targets' origins, or the include patterns, less the exclude patterns."""

    def __init__(self, scope: Scope, targets: Iterable[str]) -> None:
        self._origins = {read_origin(target) for target in targets} if not scope.include else set()
        self._include = [_read_include(pattern) for pattern in scope.include]
        self._exclude = [(pattern, re.compile(_translate(pattern.casefold()))) for pattern in scope.exclude]
        self.any_path = not scope.include and not scope.exclude
        """Origins alone decide."""

    def refusal(self, origin: Origin, target: str) -> str:
        """Empty when a request target of an origin is in scope, else the reason in one sentence."""
        if self._origins or not self._include:
            if origin not in self._origins:
                return f"{origin} is not an origin of the target ({', '.join(sorted(map(str, self._origins)))})"
            if not self._exclude:
                return ""
        for path in spellings(target):
            if self._include and not any(_matches(pattern, origin, path) for pattern in self._include):
                return f"{origin}{path} matches no pattern of scope.include"
            for spelling in (path, path.partition("?")[0]):
                url = f"{origin}{spelling}".casefold()
                pattern = next((text for text, compiled in self._exclude if compiled.fullmatch(url)), None)
                if pattern is not None:
                    return f"{origin}{path} is excluded by {pattern!r}"
        return ""

    def origin_refusal(self, origin: Origin) -> str:
        """Empty when something of this origin may be in scope, else the reason in one sentence."""
        if not self._include:
            return self.refusal(origin, "/") if origin not in self._origins else ""
        if any(p.scheme.fullmatch(origin.scheme) and p.host.fullmatch(_host(origin)) for p in self._include):
            return ""
        return f"{origin} matches no pattern of scope.include"

    def is_literal(self, origin: Origin) -> bool:
        """The user wrote this very host, as a target or in a pattern; otherwise a wildcard let it in."""
        return any(known.host == origin.host for known in self._origins) or any(
            pattern.literal == origin.host for pattern in self._include
        )


def spellings(target: str) -> list[str]:
    """A request target as it is spelled, and as servers may read it, with its query."""
    path, mark, query = target.partition("?")
    found = {path: None}
    for _ in range(_DECODINGS):
        path = unquote(path, "latin-1")
        found[path] = None
        found[_tidy(path)] = None
    return [spelling + mark + query for spelling in found]


def _tidy(path: str) -> str:
    """Backslashes turned, path parameters and doubled slashes removed, dot segments resolved (RFC 3986 5.2.4)."""
    kept: list[str] = []
    segments = [segment.partition(";")[0] for segment in path.replace("\\", "/").split("/")]
    for segment in segments:
        if segment == "..":
            del kept[-1:]
        elif segment not in ("", "."):
            kept.append(segment)
    end = "/" if kept and segments[-1] in ("", ".", "..") else ""
    return "/" + "/".join(kept) + end


def _matches(pattern: _Include, origin: Origin, path: str) -> bool:
    return bool(
        pattern.scheme.fullmatch(origin.scheme)
        and pattern.host.fullmatch(_host(origin))
        and pattern.path.fullmatch(path)
    )


def _host(origin: Origin) -> str:
    return f"{origin.host}|{origin.port}"


def _read_include(pattern: str) -> _Include:
    scheme, mark, rest = pattern.rpartition("://")
    scheme = scheme.lower() if mark else "*"
    authority, slash, path = rest.partition("/")
    host, colon, port = authority.rpartition(":") if not authority.endswith("]") else (authority, "", "")
    if not colon:
        host, port = authority, "*" if authority == "*" else str(DEFAULT_PORTS.get(scheme, "*"))
    if "*" in host:
        literal, host = "", host.lower()
    else:
        canonical = canonical_host(host)
        if canonical is None or "@" in authority:
            raise ScopeError(
                f"{pattern!r} names no host",
                code="GW-W005",
                help="write patterns like https://shop.test/api/*, https://*.shop.test/* or http://127.0.0.1:5000/*",
            )
        literal = host = canonical
    return _Include(
        re.compile(_translate(scheme)),
        re.compile(_translate(f"{host}|{port}")),
        re.compile(_translate("/" + path) if slash else ".*", re.DOTALL),
        literal,
    )


def _translate(pattern: str) -> str:
    """A regular expression for a pattern in which only `*` is special."""
    return translate(pattern.replace("[", "[[]").replace("?", "[?]"))

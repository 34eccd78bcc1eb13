"""Where requests may go. No I/O: a URL in, the reason why not out.

An include pattern is read as scheme, host with port, and path, so that `http://*.shop.test/*` cannot match another
host's path. An exclude pattern matches the whole URL as text, whatever the case. Patterns without a question mark look
at the URL without its query. A path is compared as it is spelled and as a server may read it (escapes and dot segments
resolved, doubled slashes and path parameters removed): it must be included in every spelling and excluded in none.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from fnmatch import translate
from urllib.parse import unquote

from msgspec import Struct

from gatewright.model.errors import ScopeError
from gatewright.model.settings import Scope
from gatewright.wire.address import DEFAULT_PORTS, Origin, canonical_host, read_origin

_DECODINGS = 4
_DOUBTFUL = re.compile(r"[%;\\]|//|/\.")
"""What servers read differently in a path."""

_KEPT_PATHS = 4096


class _Include(Struct, frozen=True):
    """One include pattern, each part ready to match."""

    scheme: re.Pattern[str]
    host: re.Pattern[str]
    path: re.Pattern[str]
    literal: str
    """The host when the pattern names exactly one, else empty."""
    query: bool
    """The path pattern looks at the query, too."""


class ScopeRules:
    """The scope of a run: the targets' origins, or the include patterns, less the exclude patterns.

    `also` are further pages that the user named, such as a mailbox, as include patterns.
    """

    def __init__(self, scope: Scope, targets: Iterable[str], *, also: Iterable[str] = ()) -> None:
        self._origins = {read_origin(target) for target in targets} if not scope.include else set()
        self._include = [_read_include(pattern) for pattern in (*scope.include, *also)]
        self._written = bool(scope.include)
        self._exclude = [(pattern, re.compile(_translate(pattern.casefold()))) for pattern in scope.exclude]
        self._any_path = not self._include and not self._exclude
        self.queries = any("?" in pattern for pattern in (*scope.include, *scope.exclude))
        """Some pattern looks at queries, too."""
        self._known: dict[Origin, dict[str, str]] = {}
        self._ours: set[Origin] = set()

    def refuse(self, origin: Origin) -> None:
        """From now on nothing goes to this origin, whatever the patterns say: it is ours, and only the target may call it."""
        self._ours.add(origin)

    def refusal(self, origin: Origin, target: str) -> str:
        """Empty when a request target of an origin is in scope, else the reason in one sentence."""
        refused = self.origin_refusal(origin)
        if refused or self._any_path:
            return refused
        return self.path_refusal(origin, target)

    def path_refusal(self, origin: Origin, target: str) -> str:
        """The same for an origin that is known to be in scope."""
        if self._any_path:
            return ""
        if not self.queries:
            target = target.partition("?")[0]
        known = self.known(origin)
        refused = known.get(target)
        if refused is None:
            refused = next(filter(None, (self._refusal(origin, spelling) for spelling in spellings(target))), "")
            if len(known) >= _KEPT_PATHS:
                known.clear()
            known[target] = refused
        return refused

    def known(self, origin: Origin) -> dict[str, str]:
        """What was decided about targets of this origin before: target, or its path where queries do not matter."""
        return self._known.setdefault(origin, {})

    def origin_refusal(self, origin: Origin) -> str:
        """Empty when something of this origin may be in scope, else the reason in one sentence."""
        if origin in self._ours:
            return f"{origin} is our own listener: only the target may call it"
        if origin in self._origins:
            return ""
        if any(_matches_origin(pattern, origin) for pattern in self._include):
            return ""
        if not self._written:
            return f"{origin} is not an origin of the target ({', '.join(sorted(map(str, self._origins)))})"
        return f"{origin} matches no pattern of scope.include"

    def is_literal(self, origin: Origin) -> bool:
        """The user wrote this very host, as a target or in a pattern; otherwise a wildcard let it in."""
        return any(known.host == origin.host for known in self._origins) or any(
            pattern.literal == origin.host for pattern in self._include
        )

    def _refusal(self, origin: Origin, target: str) -> str:
        bare = target.partition("?")[0]
        if origin not in self._origins and not any(
            _matches_origin(pattern, origin) and pattern.path.fullmatch(target if pattern.query else bare)
            for pattern in self._include
        ):
            return f"{origin}{target} matches no pattern of scope.include"
        for pattern, rule in self._exclude:
            if rule.fullmatch(f"{origin}{target if '?' in pattern else bare}".casefold()):
                return f"{origin}{target} is excluded by {pattern!r}"
        return ""


def hook_pages(hooks: Mapping[str, Mapping[str, str]]) -> list[str]:
    """Patterns of the pages that `hooks` read: the user named them; nothing else of their hosts is in scope."""
    urls = [hook.get("request", "").strip().rpartition(" ")[2] for hook in hooks.values()]
    return [re.sub(r"\{\w+\}", "*", url.partition("?")[0]) for url in urls if "://" in url]


def spellings(target: str) -> list[str]:
    """A request target as it is spelled, and as servers may read its path."""
    path, mark, query = target.partition("?")
    if not _DOUBTFUL.search(path):
        return [target]
    found = {path: None, _tidy(path): None}
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


def _matches_origin(pattern: _Include, origin: Origin) -> bool:
    return bool(pattern.scheme.fullmatch(origin.scheme) and pattern.host.fullmatch(f"{origin.host}|{origin.port}"))


def _read_include(pattern: str) -> _Include:
    scheme, mark, rest = pattern.partition("://")
    scheme, rest = (scheme.lower(), rest) if mark else ("*", pattern)
    authority, slash, path = rest.partition("/")
    host, colon, port = authority.rpartition(":") if not authority.endswith("]") else (authority, "", "")
    if not colon:
        host, port = authority, "*" if authority == "*" else str(DEFAULT_PORTS.get(scheme, "*"))
    literal = ""
    if "*" not in host:
        literal = host = canonical_host(host) or ""
        if not host or "@" in authority:
            raise ScopeError(
                f"the scope pattern {pattern!r} names no host",
                code="GW-W005",
                help="write patterns like https://shop.test/api/*, https://*.shop.test/* or http://127.0.0.1:5000/*",
            )
    return _Include(
        re.compile(_translate(scheme)),
        re.compile(_translate(f"{host.lower()}|{port}")),
        re.compile(_translate("/" + path) if slash else ".*", re.DOTALL),
        literal,
        "?" in path,
    )


def _translate(pattern: str) -> str:
    """A regular expression for a pattern in which only `*` is special."""
    return translate(pattern.replace("[", "[[]").replace("?", "[?]"))

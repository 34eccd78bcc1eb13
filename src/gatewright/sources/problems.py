"""What an input has that cannot be used: gathered with file, line and column, never raised.

Codes (stable). An input that cannot be used at all raises `SourceError` with one of

    GW-S001  a file cannot be read                    GW-S005  a version of OpenAPI that is not known
    GW-S002  neither JSON nor YAML                    GW-S006  a URL cannot be fetched
    GW-S003  no known format                          GW-S007  no specification found at an address
    GW-S004  too large

and what is left out of a usable one is a `Problem` with one of

    GW-S040  a value of the wrong type                GW-S046  a method or path that cannot be
    GW-S041  a reference that leads nowhere           GW-S047  a security scheme that is not declared
    GW-S042  a reference that may not be fetched      GW-S048  a number or scalar that JSON cannot hold
    GW-S043  a key given twice                        GW-S049  bytes or indentation against the syntax
    GW-S044  a path parameter that is not declared    GW-S050  a server that cannot be used
    GW-S045  one endpoint described twice             GW-S051  a HAR entry that cannot be used
                                                      GW-S052  a document that is cut off
"""

from __future__ import annotations

from gatewright.model.endpoint import Problem

MOST = 500
"""Problems kept of one input; further ones are counted in a last line."""


class Problems:
    """The problems of one input, in order, each once, at most `MOST`."""

    def __init__(self) -> None:
        self._seen: dict[tuple[str, str, str], Problem] = {}
        self._left_out = 0

    def add(self, code: str, message: str, *, where: str) -> None:
        """Keeps one problem, unless the very same is there already."""
        key = (code, message, where)
        if key in self._seen:
            return
        if len(self._seen) >= MOST:
            self._left_out += 1
            return
        self._seen[key] = Problem(code=code, message=message, where=where)

    @property
    def full(self) -> bool:
        """True when nothing more is kept: locating further problems is wasted time."""
        return len(self._seen) >= MOST

    def all(self) -> tuple[Problem, ...]:
        """Every problem in the order of its document and line, and one that counts those left out."""
        found = tuple(sorted(self._seen.values(), key=lambda problem: _order(problem.where)))
        if self._left_out:
            more = Problem(
                code="GW-S040", message=f"{self._left_out} more problems are not listed", where=found[-1].where
            )
            return (*found, more)
        return found


def _order(where: str) -> tuple[str, list[int]]:
    """`openapi.yaml:17:7` → its document, [17, 7]."""
    document, numbers = where, list[int]()
    while (parts := document.rpartition(":"))[2].isdecimal() and parts[0]:
        document, numbers = parts[0], [int(parts[2]), *numbers]
    return document, numbers

"""A request to its exact bytes (RFC 9112). No I/O."""

from __future__ import annotations

from collections.abc import Iterable

from gatewright.model.http import Headers, Request
from gatewright.wire.failures import failure
from gatewright.wire.lines import TOKEN

_WANTS_LENGTH = frozenset({"POST", "PUT", "PATCH"})
"""Methods whose empty body is announced, too (RFC 9110 8.6)."""

_KEPT = 256
_FRAMING = frozenset({"host", "content-length", "transfer-encoding"})
_VERSION = b" HTTP/1"
_NONE: Headers = (("", ""),)
"""Headers that no request has."""


class Encoder:
    """Makes the exact bytes of requests to one origin.

    With framing "auto", Host (`host`), the `defaults` and Content-Length are added where the request has none, and a
    target without its leading slash gets one (RFC 9112 3.2.1). With "exact" nothing is added or mended. `prefix` is
    the origin, put before the target where an HTTP proxy wants it (RFC 9112 3.2.2).
    """

    def __init__(self, host: str, *, defaults: Iterable[tuple[str, str]] = (), prefix: str = "") -> None:
        self._host = host
        self._defaults = tuple(defaults)
        self._prefix = prefix
        self._blocks: dict[tuple[Headers, bool], tuple[bytes, bool, bool]] = {}
        self._last: tuple[Headers, str, bytes, bytes, bool] = _NONE, "", b"", b"", False
        """Of the last request without a body: its headers and method, the bytes before and after its target, plain."""

    def encode(self, request: Request) -> tuple[bytes, bool]:
        """The bytes, and whether they are plain: one request line, framed by us, with our Host.

        Raises WireError when a line break would make two requests of one; "exact" sends even that.
        """
        method, target, headers = request.method, request.target, request.headers
        last = self._last
        if (
            headers is last[0]
            and method == last[1]
            and target[:1] == "/"
            and target.isascii()
            and target.isprintable()
            and " " not in target
            and not request.body
            and request.framing == "auto"
        ):  # the same as before but for the target: nearly all requests
            return b"".join((last[2], target.encode(), last[3])), last[4]
        if request.framing == "exact":
            lines = [f"{method} {self._prefix}{target} HTTP/1.1", *(f"{name}: {v}" for name, v in headers)]
            return _latin("\r\n".join(lines) + "\r\n\r\n") + request.body, False
        return self._framed(request)

    def _framed(self, request: Request) -> tuple[bytes, bool]:
        """A request with framing "auto"."""
        method, target, body = request.method, request.target, request.body
        if target[:1] != "/" and target[:1] in ("", "?"):
            target = "/" + target
        if not method or " " in method:
            raise failure("unsendable", f"{method!r} is not a method")
        start = f"{method} {self._prefix}{target} HTTP/1.1\r\n"
        if start.count("\n") > 1 or start.count("\r") > 1:
            raise failure("unsendable", "a line break in the method or the target")
        headers, bounded = request.headers, bool(body) or method in _WANTS_LENGTH
        block, wants_length, plain = self._blocks.get((headers, bounded)) or self._block(headers, bounded)
        if not body:
            if wants_length:
                block += b"0\r\n\r\n"
            self._last = headers, method, _latin(f"{method} {self._prefix}"), b" HTTP/1.1\r\n" + block, plain
            return _latin(start) + block, plain and " " not in target
        if wants_length:
            block = b"%b%d\r\n\r\n" % (block, len(body))
        return _latin(start) + block + body, plain and " " not in target and _VERSION not in body

    def _block(self, headers: Headers, bounded: bool) -> tuple[bytes, bool, bool]:
        """The header lines, the same for most requests of an account.

        With them whether the length is still to be put there, and whether they are plain.
        """
        present = {name.lower() for name, _ in headers}
        lines = [] if "host" in present else [f"Host: {self._host}"]
        lines += [f"{name}: {value}" for name, value in headers]
        lines += [f"{name}: {value}" for name, value in self._defaults if name.lower() not in present]
        text = "\r\n".join(lines)
        if text.count("\n") >= max(len(lines), 1) or text.count("\r") >= max(len(lines), 1):
            raise failure("unsendable", "a line break in a header")
        wants_length = bounded and "content-length" not in present and "transfer-encoding" not in present
        block = _latin(text) + (b"\r\nContent-Length: " if wants_length else b"\r\n\r\n")
        plain = (
            present.isdisjoint(_FRAMING) and _VERSION not in block and all(TOKEN.fullmatch(name) for name in present)
        )
        if len(self._blocks) >= _KEPT:
            self._blocks.clear()
        self._blocks[headers, bounded] = block, wants_length, plain
        return block, wants_length, plain


def _latin(text: str) -> bytes:
    """Code points as the bytes of the same number; UTF-8 for a line that has higher ones."""
    try:
        return text.encode("latin-1")
    except UnicodeEncodeError:
        return b"\r\n".join(
            line.encode("latin-1") if max(line, default="") <= "\xff" else line.encode("utf-8", "surrogatepass")
            for line in text.split("\r\n")
        )

"""HTTP/1.1 without I/O: a request to exact bytes, bytes to response events (RFC 9112).

`Reader` feeds httptools, which is fast and strict. When that refuses bytes, the tolerant parser reads the same kept
bytes again and says what was wrong with them: anomalies are events, not errors. Only what makes reading on impossible
raises `WireError`.
"""

from __future__ import annotations

import sys
from collections.abc import Iterable

import httptools

from gatewright.model.http import Request
from gatewright.wire.answer import HEAD_LIMIT, INTERIM_LIMIT, Anomaly, Body, End, Event, Head, Informational, Trailers
from gatewright.wire.failures import failure
from gatewright.wire.tolerant import Tolerant

_WANTS_LENGTH = frozenset({"POST", "PUT", "PATCH"})
"""Methods whose empty body is announced, too (RFC 9110 8.6)."""


def encode(request: Request, *, host: str = "", defaults: Iterable[tuple[str, str]] = (), prefix: str = "") -> bytes:
    """The exact bytes of a request.

    With framing "auto", Host (`host`), the `defaults` and Content-Length are added where the request has none, and a
    target without its leading slash gets one (RFC 9112 3.2.1). With "exact" nothing is added or mended. `prefix` is
    the origin, put before the target where an HTTP proxy wants it (RFC 9112 3.2.2). Raises WireError when a line break
    would make two requests of one; "exact" sends even that.
    """
    target, body = request.target, request.body
    if request.framing == "exact":
        lines = [f"{request.method} {prefix}{target} HTTP/1.1"]
        lines += [f"{name}: {value}" for name, value in request.headers]
        return _latin("\r\n".join(lines) + "\r\n\r\n") + body
    if not target or target[0] == "?":
        target = "/" + target
    lines = [f"{request.method} {prefix}{target} HTTP/1.1"]
    present = {name.lower() for name, _ in request.headers}
    if "host" not in present:
        lines.append("Host: " + host)
    lines += [f"{name}: {value}" for name, value in request.headers]
    for name, value in defaults:
        if name.lower() not in present:
            lines.append(f"{name}: {value}")
    if (
        (body or request.method in _WANTS_LENGTH)
        and "content-length" not in present
        and "transfer-encoding" not in present
    ):
        lines.append(f"Content-Length: {len(body)}")
    text = "\r\n".join(lines)
    if text.count("\n") >= len(lines) or text.count("\r") >= len(lines):
        raise failure("unsendable", "a line break in the method, the target or a header")
    if not request.method or " " in request.method:
        raise failure("unsendable", f"{request.method!r} is not a method")
    return _latin(text + "\r\n\r\n") + body


def _latin(text: str) -> bytes:
    """Code points as the bytes of the same number; UTF-8 for a text that has higher ones."""
    try:
        return text.encode("latin-1")
    except UnicodeEncodeError:
        return b"\r\n".join(
            line.encode("latin-1" if line.isascii() or max(line) <= "\xff" else "utf-8", "surrogatepass")
            for line in text.split("\r\n")
        )


class Reader:
    """Reads the answers of one connection, one after the other.

    `begin` names the method of the request; `feed` takes bytes and says whether the answer is complete; `close` tells
    that no more will come. `events` is final when the answer is complete: bytes that httptools refuses are read again
    from the start of the answer. `received` gives the bytes as they came, up to the body's limit.
    """

    def __init__(self, limit: int = sys.maxsize - HEAD_LIMIT) -> None:
        self._limit = limit
        self._parser: httptools.HttpResponseParser | None = None
        self.begin("GET")

    def begin(self, method: str) -> None:
        """Makes ready for the answer to a request with this method; answers to HEAD have no body."""
        self.events: list[Event] = []
        self.done = False
        self.count = 0
        """Bytes of this answer so far."""
        self._method = method
        self._raw: list[bytes] = []
        self._whole = True
        self._tolerant: Tolerant | None = None
        self._head = self._complete = self._surplus = self._reusable = self._truncated = self._interim = False
        self._reason = b""
        self._lines: list[tuple[str, str]] = []
        self._interims = 0
        self._size = 0
        if self._parser is None:
            self._parser = httptools.HttpResponseParser(self)

    @property
    def received(self) -> bytes:
        """The bytes of this answer as they came: the head, and the body up to its limit."""
        return self._raw[0] if len(self._raw) == 1 else b"".join(self._raw)

    @property
    def has_head(self) -> bool:
        """The head of the final answer was read."""
        return self._head or (self._tolerant is not None and self._tolerant.has_head)

    @property
    def reusable(self) -> bool:
        """The connection may carry another request after this answer."""
        last = self.events[-1]
        return isinstance(last, End) and last.reusable

    def feed(self, data: bytes) -> bool:
        """Takes bytes; True when the answer is complete. Raises WireError when they cannot be an answer."""
        self.count += len(data)
        if self._whole:
            self._raw.append(data)
            self._whole = self.count <= self._limit + HEAD_LIMIT
        if self._tolerant is not None:
            self._tolerant.feed(data)
            self.done = self._tolerant.done
            return self.done
        try:
            self._parser.feed_data(data)  # type: ignore[union-attr]
        except httptools.HttpParserUpgrade:
            self._parser = None
        except httptools.HttpParserError:
            self._parser = None
            if not self._complete:
                return self._read_again()
            self._surplus = True
        if self._complete:
            self._end()
        elif not self._head and (self.count > HEAD_LIMIT or self._interims > INTERIM_LIMIT):
            raise failure("head-too-large", f"no answer within {self.count} bytes and {self._interims} interim answers")
        return self.done

    def close(self) -> None:
        """No more bytes will come: completes the answer. Raises WireError when there is none."""
        if self.done:
            return
        if self._tolerant is None and self._whole:
            self._read_again()
        if self._tolerant is None:
            self._truncated = True
            self._end()
        else:
            self._tolerant.close()
            self.done = True
        self._parser = None

    def stop(self, why: str) -> None:
        """Ends the answer although it goes on, for a reason of ours (time-out, limit). A head must have been read."""
        self._parser = None
        if self._tolerant is None:
            self.events.append(Anomaly(why))
            self._truncated = True
            self._end()
        else:
            self._tolerant.stop(why)
            self.done = True

    def _read_again(self) -> bool:
        """Gives the bytes of this answer to the tolerant parser. When they were not all kept, the answer ends here."""
        if not self._whole:
            self.stop(f"the framing of the body breaks within the first {self.count} bytes")
            return True
        self._tolerant = Tolerant(self._method, self._limit)
        self.events = self._tolerant.events
        self._tolerant.feed(self.received)
        self.done = self._tolerant.done
        return self.done

    def _end(self) -> None:
        self.done = True
        if self._surplus:
            self.events.append(Anomaly("bytes follow after the end of the answer"))
        if self._parser is None or self._surplus:
            self._reusable = False
        if not self._reusable or self._method == "HEAD":  # httptools still waits for the body of that one
            self._parser = None
        self.events.append(End(self._reusable, self._size, self._truncated))

    # What httptools calls.

    def on_message_begin(self) -> None:
        """The first byte of an answer, or of what comes after it."""
        self._surplus = self._complete

    def on_status(self, data: bytes) -> None:
        """A piece of the reason phrase."""
        self._reason += data

    def on_header(self, name: bytes, value: bytes) -> None:
        """A header line, of the head or of the trailers."""
        self._lines.append((name.decode("latin-1"), value.decode("latin-1").rstrip(" \t")))

    def on_headers_complete(self) -> None:
        """The end of a head."""
        parser = self._parser
        if self._complete or parser is None:
            return
        status = parser.get_status_code()
        kind = Informational if 100 <= status < 200 and status != 101 else Head
        self.events.append(kind(status, self._reason.decode("latin-1"), parser.get_http_version(), tuple(self._lines)))
        self._lines, self._reason = [], b""
        if kind is Informational:
            self._interim = True
            self._interims += 1
            return
        self._head = True
        if self._method == "HEAD" or status == 101 or (self._method == "CONNECT" and 200 <= status < 300):
            self._complete = True
            self._reusable = self._method == "HEAD" and parser.should_keep_alive()

    def on_body(self, data: bytes) -> None:
        """A piece of the body."""
        if self._complete:
            self._surplus = True
            return
        room = self._limit - self._size
        self._size += len(data)
        if self._size > self._limit:
            self._truncated = True
            data = data[: max(room, 0)]
        if data:
            self.events.append(Body(data))

    def on_message_complete(self) -> None:
        """The end of an answer, interim ones included."""
        if self._complete:
            return
        if self._interim:
            self._interim = False
            return
        if self._lines:
            self.events.append(Trailers(tuple(self._lines)))
        self._complete = True
        self._reusable = self._parser is not None and self._parser.should_keep_alive()


def parse(data: bytes, method: str = "GET") -> list[Event]:
    """The events of one whole answer, after which the connection closes. Raises WireError when it is none."""
    reader = Reader()
    reader.begin(method)
    reader.feed(data)
    reader.close()
    return reader.events

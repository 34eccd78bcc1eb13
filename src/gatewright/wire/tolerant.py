"""Reads answers that break RFC 9112, and says how they break it. No I/O.

A scanner meets servers that a browser would refuse, and their oddities are facts to report. Everything that is wrong
becomes an `Anomaly`; reading goes on as a lenient client's would, and after an anomaly the connection is not used again.
"""

from __future__ import annotations

import re
from collections.abc import Generator
from typing import TypeAlias

from gatewright.model.http import Headers
from gatewright.wire.answer import HEAD_LIMIT, INTERIM_LIMIT, Anomaly, Body, End, Event, Head, Informational, Trailers
from gatewright.wire.failures import failure
from gatewright.wire.lines import CONTROL, SOUND_STATUS_LINE, TOKEN

_STATUS_LINE = re.compile(rb"(?i:HTTP)[ \t]*/?[ \t]*(\d{1,3}(?:\.\d{1,3})?)?[ \t]+(\d{1,9})(?:[ \t](.*))?", re.DOTALL)
_CHUNK_SIZE = re.compile(rb"[ \t]*(?:0[xX])?([0-9a-fA-F]{1,16})[ \t]*(?:;.*)?", re.DOTALL)
_SOUND_CHUNK_SIZE = re.compile(rb"[0-9a-fA-F]+(?:;.*)?", re.DOTALL)
_ANOMALY_LIMIT = 40
SURPLUS = "bytes follow after the end of the answer"
_BLANK = b"\r\n \t"

Steps: TypeAlias = Generator[None, None, None]
"""Reading that stops at each `yield` until more bytes have come."""


class Tolerant:
    """Reads one answer to a request with the given method, keeping `limit` bytes of its body.

    The same life as `Reader`, by which it is driven: `feed`, `close`, `stop`; `events` grows, `done` says when to stop.
    """

    def __init__(self, method: str, limit: int) -> None:
        self.events: list[Event] = []
        self.done = self.reusable = False
        self.has_head = False
        self._method = method
        self._limit = limit
        self._buffer = bytearray()
        self._closed = False
        self._head_size = 0
        self._size = 0
        self._truncated = False
        self._said: set[str] = set()
        self._steps = self._answer()
        next(self._steps)

    def feed(self, data: bytes) -> None:
        """Takes bytes. Raises WireError when they are no answer at all."""
        self._buffer += data
        next(self._steps, None)

    def close(self) -> None:
        """No more bytes will come."""
        self._closed = True
        next(self._steps, None)

    def stop(self, why: str) -> None:
        """Ends the answer here."""
        self._odd(why)
        self._truncated = True
        self._end(reusable=False)

    def _end(self, *, reusable: bool) -> None:
        self.done = True
        self.reusable = reusable
        self.events.append(End(reusable, self._size, self._truncated))

    def _odd(self, what: str) -> None:
        if what not in self._said and len(self._said) < _ANOMALY_LIMIT:
            self._said.add(what)
            self.events.append(Anomaly(what))

    def _answer(self) -> Steps:
        yield
        for _ in range(INTERIM_LIMIT + 1):
            status, reason, version = yield from self._status_line()
            headers = yield from self._fields()
            if headers is None:
                raise failure("head-too-large", f"more than {HEAD_LIMIT} bytes of header lines")
            if not 100 <= status < 200 or status == 101:
                break
            self.events.append(Informational(status, reason, version, headers))
        else:
            raise failure("head-too-large", f"more than {INTERIM_LIMIT} interim answers")
        self.has_head = True
        self.events.append(Head(status, reason, version, headers))
        bounded = yield from self._body(status, headers)
        if self._buffer and bounded and status != 101:
            self._odd(SURPLUS)
        self._end(reusable=bounded and not self._said and status != 101 and _keeps_alive(version, headers))

    def _line(self) -> Generator[None, None, bytes | None]:
        """The next line without its end; None when the connection closed before it ended, or it is too long."""
        start = 0
        while (at := self._buffer.find(b"\n", start)) < 0:
            start = len(self._buffer)
            if self._closed or self._head_size + start > HEAD_LIMIT:
                return None
            yield
        self._head_size += at + 1
        if self._head_size > HEAD_LIMIT:
            return None
        line = bytes(self._buffer[:at])
        del self._buffer[: at + 1]
        if line.endswith(b"\r"):
            return line[:-1]
        self._odd("lines end with LF alone")
        return line

    def _status_line(self) -> Generator[None, None, tuple[int, str, str]]:
        while True:  # nothing but HTTP may begin like this: do not wait for the line to end
            start = self._buffer.lstrip(_BLANK)
            if len(start) < len(self._buffer):
                self._odd("blank bytes before the status line")
                self._head_size += len(self._buffer) - len(start)
                self._buffer[:] = start
            if len(start) >= 4 or self._closed or not b"HTTP".startswith(start.upper()):
                break
            if self._head_size > HEAD_LIMIT:
                raise failure("head-too-large", f"{HEAD_LIMIT} blank bytes")
            yield
        if self._closed and not start:
            raise failure("closed", "the connection closed before an answer came")
        line = None
        if start[:4].upper() == b"HTTP":
            line = yield from self._line()
            if line is None and not self._closed:
                raise failure("head-too-large", f"a status line of more than {HEAD_LIMIT} bytes")
        match = _STATUS_LINE.fullmatch(line) if line is not None else None
        if line is None or match is None:
            raise failure("not-http", f"the answer begins with {bytes(line or self._buffer)[:40]!r}")
        if not SOUND_STATUS_LINE.fullmatch(line):
            self._odd(f"odd status line {line[:60].decode('latin-1')!r}")
        version, status, reason = match.groups(b"")
        return int(status), reason.decode("latin-1"), version.decode() or "1.0"

    def _fields(self) -> Generator[None, None, Headers | None]:
        """Header or trailer lines up to the empty one; None when they are too many."""
        groups: list[list[bytes]] = []
        while True:
            line = yield from self._line()
            if line is None:
                if not self._closed:
                    return None
                self._odd("the connection closed among the header lines")
                line, self._buffer = bytes(self._buffer), bytearray()
                groups.append([line])
                line = b""
            if not line:
                return tuple(field for group in groups if group[0] for field in self._field(group))
            if line[:1] in (b" ", b"\t") and groups:
                self._odd("a header line is folded")
                groups[-1].append(line)
            else:
                groups.append([line])

    def _field(self, group: list[bytes]) -> Headers:
        text = " ".join(line.decode("latin-1").strip(" \t") for line in group)
        name, colon, value = text.partition(":")
        if not colon:
            self._odd(f"a header line has no colon: {text[:60]!r}")
            return ()
        if name != name.rstrip():
            self._odd(f"blank before the colon of {name[:60]!r}")
            name = name.rstrip()
        if not name:
            self._odd("a header line has no name")
        elif not TOKEN.fullmatch(name) or group[0][:1] in (b" ", b"\t"):
            self._odd(f"odd header name {name[:60]!r}")
        if CONTROL.search(value):
            self._odd(f"control characters in the header {name[:60]!r}")
        return ((name, value.strip(" \t")),)

    def _body(self, status: int, headers: Headers) -> Generator[None, None, bool]:
        """Reads the body; False when its end could only be guessed (RFC 9112 6.3)."""
        if self._method == "HEAD" or status in (101, 204, 304):
            return True
        if self._method == "CONNECT" and 200 <= status < 300:
            return False
        lengths = [part.strip() for name, v in headers if name.lower() == "content-length" for part in v.split(",")]
        encodings = [v.strip().lower() for name, v in headers if name.lower() == "transfer-encoding"]
        if encodings and lengths:
            self._odd("both Content-Length and Transfer-Encoding")
        if encodings == ["identity"]:
            self._odd("Transfer-Encoding: identity")
        elif encodings:
            if ",".join(encodings).rpartition(",")[2].strip() == "chunked":
                return (yield from self._chunks())
            self._odd(f"Transfer-Encoding {', '.join(encodings)[:60]!r} does not end with chunked")
            return (yield from self._until_close())
        if len(lengths) > 1:
            count = "two" if len(lengths) == 2 else str(len(lengths))
            self._odd(f"{count} lengths: {', '.join(lengths)[:60]}")
        if lengths:
            if lengths[0].isascii() and lengths[0].isdigit() and len(lengths[0]) < 19:
                return (yield from self._exactly(int(lengths[0]), "the body"))
            self._odd(f"Content-Length {lengths[0][:60]!r} is no number")
        return (yield from self._until_close())

    def _until_close(self) -> Generator[None, None, bool]:
        while True:
            self._take(len(self._buffer))
            if self._closed:
                return False
            yield

    def _exactly(self, length: int, what: str) -> Generator[None, None, bool]:
        missing = length
        while True:
            missing -= self._take(min(missing, len(self._buffer)))
            if not missing:
                return True
            if self._closed:
                self._odd(f"the connection closed after {length - missing} of {length} bytes of {what}")
                return False
            yield

    def _chunks(self) -> Generator[None, None, bool]:
        while True:
            self._head_size = 0
            line = yield from self._line()
            match = _CHUNK_SIZE.fullmatch(line) if line is not None else None
            if line is None or match is None:
                wrong = "the connection closed before" if line is None and self._closed else "no number stands for"
                self._odd(f"{wrong} the size of a chunk{f': {line[:40]!r}' if line else ''}")
                return False
            if not _SOUND_CHUNK_SIZE.fullmatch(line):
                self._odd(f"odd chunk size {line[:40]!r}")
            size = int(match[1], 16)
            if not size:
                break
            if not (yield from self._exactly(size, "a chunk")):
                return False
            end = yield from self._line()
            if end != b"":
                self._odd("a chunk does not end where its size says")
                return False
        trailers = yield from self._fields()
        if trailers:
            self.events.append(Trailers(trailers))
        if trailers is None:
            self._odd(f"more than {HEAD_LIMIT} bytes of trailers")
        return trailers is not None

    def _take(self, count: int) -> int:
        """Moves bytes of the buffer into the body."""
        if count:
            kept = min(count, max(self._limit - self._size, 0))
            if kept:
                self.events.append(Body(bytes(self._buffer[:kept])))
            self._truncated = self._truncated or kept < count
            self._size += count
            del self._buffer[:count]
        return count


def _keeps_alive(version: str, headers: Headers) -> bool:
    """RFC 9112 9.3."""
    options = [option.strip().lower() for name, v in headers if name.lower() == "connection" for option in v.split(",")]
    return "close" not in options and (version not in ("1.0", "0.9") or "keep-alive" in options)

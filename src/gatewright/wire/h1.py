"""HTTP/1.1 without I/O: bytes to response events (RFC 9112); requests to bytes stand in `encoder.py`.

`Reader` lets httptools, which is fast and strict, find where heads and bodies end. When that refuses bytes, the tolerant
parser reads the same kept bytes again and says what was wrong with them: anomalies are events, not errors. Only what
makes reading on impossible raises `WireError`.
"""

from __future__ import annotations

import sys

import httptools

from gatewright.wire.answer import HEAD_LIMIT, INTERIM_LIMIT, Anomaly, Body, End, Event, Head, Informational
from gatewright.wire.failures import failure
from gatewright.wire.lines import Lines
from gatewright.wire.tolerant import SURPLUS, Tolerant

_LAST_CHUNK = b"\r\n0\r\n\r\n"


class Reader:
    """Reads the answers of one connection, one after the other.

    `begin` names the method of the request; `feed` takes bytes and says whether the answer is complete; `close` tells
    that no more will come. `events` is final when the answer is complete: bytes that httptools refuses are read again
    from the start of the answer. `received` gives the bytes as they came, up to the body's limit, and `reusable` says
    that the connection may carry another request after this answer.
    """

    __slots__ = (
        "_at",
        "_chunked",
        "_complete",
        "_data",
        "_events",
        "_head",
        "_interim",
        "_limit",
        "_lines",
        "_method",
        "_parser",
        "_raw",
        "_refused",
        "_size",
        "_tolerant",
        "_truncated",
        "_whole",
        "body",
        "count",
        "done",
        "plain",
        "reusable",
    )

    def __init__(self, limit: int = sys.maxsize - HEAD_LIMIT, *, lines: Lines | None = None) -> None:
        self._limit = limit
        self._lines = lines or Lines()
        self._parser: httptools.HttpResponseParser | None = None
        self.plain: Head | None = None
        """The head of an answer that came in one piece, without a content coding; `body` is all the rest of it."""
        self.body = self._data = b""
        self.begin("GET")

    def begin(self, method: str) -> None:
        """Makes ready for the answer to a request with this method; answers to HEAD have no body."""
        self.done = self.reusable = False
        self.count = 0  # bytes of this answer so far
        self._method = method
        if self.plain is not None:
            self.plain = None
            if self._parser is not None:  # nothing else was touched
                return
        self._raw: list[bytes] = []
        self._events: list[Event] = []
        self._whole = True
        self._tolerant: Tolerant | None = None
        self._head = self._complete = False
        self._truncated = self._interim = self._chunked = self._refused = False
        self._size = self._at = 0
        if self._parser is None:
            self._parser = httptools.HttpResponseParser(self)

    @property
    def events(self) -> list[Event]:
        """What was read, in its order."""
        if self.plain is None:
            return self._events
        return _events(self.plain, self.body)

    @property
    def received(self) -> bytes:
        """The bytes of this answer as they came: the head, and the body up to its limit."""
        if self.plain is not None:
            return self._data
        return self._raw[0] if len(self._raw) == 1 else b"".join(self._raw)

    @property
    def has_head(self) -> bool:
        """The head of the final answer was read."""
        return self._head or self.plain is not None or (self._tolerant is not None and self._tolerant.has_head)

    def feed(self, data: bytes) -> bool:
        """Takes bytes; True when the answer is complete. Raises WireError when they cannot be an answer."""
        size = len(data)
        if not self.count and size <= self._limit and self._method != "HEAD" and (known := self._lines.whole(data)):
            self._take(data, *known)
            return True
        self.count += size
        if self._whole:
            self._raw.append(data)
            self._whole = self.count <= self._limit + HEAD_LIMIT
        if self._parser is None:
            return self._feed_tolerant(data)
        try:
            self._parser.feed_data(data)
        except httptools.HttpParserUpgrade:
            self._parser = None
        except httptools.HttpParserError:
            self._parser = None
            self._refused = self._refused or not self._complete
        if self._refused or (self._complete and self._chunked and not self._ends_plainly(data)):
            return self._read_again()
        if self._complete:
            self._end()
        elif not self._head and self.count > HEAD_LIMIT:
            raise failure("head-too-large", f"no end of the head within {self.count} bytes")
        return self.done

    def close(self) -> None:
        """No more bytes will come: completes the answer. Raises WireError when there is none."""
        if not self.done and self._tolerant is None:
            self._read_again()
        if not self.done and self._tolerant is not None:
            self._tolerant.close()
            self.done = True
            self.reusable = False
        self._parser = None

    def stop(self, why: str) -> None:
        """Ends the answer although it goes on, for a reason of ours (time-out, limit). A head must have been read."""
        self._parser = None
        self.done = True
        if self._tolerant is None:
            self._events.append(Anomaly(why))
            self._truncated = True
            self._end()
        else:
            self._tolerant.stop(why)

    def _take(self, data: bytes, head: Head, start: int, coded: bool) -> None:
        """Takes an answer that came in one piece, of lines that were all read before, and needs no parser."""
        self.count = len(data)
        self.reusable = self.done = True
        if not coded:
            self.plain, self.body, self._data = head, data[start:], data
            return
        self._raw.append(data)
        self._head = self._complete = True
        self._size, self._at = len(data) - start, start
        self._events = _events(head, data[start:])

    def _feed_tolerant(self, data: bytes) -> bool:
        if self._tolerant is not None:
            self._tolerant.feed(data)
            self.done = self._tolerant.done
            self.reusable = self._tolerant.reusable
        return self.done

    def _ends_plainly(self, data: bytes) -> bool:
        """The chunked body ends without trailers, and the bytes with it."""
        tail = data if len(data) >= len(_LAST_CHUNK) or not self._whole else self.received
        return tail.endswith(_LAST_CHUNK) or (not self._size and tail.endswith(_LAST_CHUNK[2:]))

    def _read_again(self) -> bool:
        """Gives the bytes of this answer to the tolerant parser. When they were not all kept, the answer ends here."""
        self._parser = None
        if self._whole:
            self._tolerant = Tolerant(self._method, self._limit)
            self._events = self._tolerant.events
            return self._feed_tolerant(self.received)
        if not self._complete:
            self._truncated = True
        self._end()
        return True

    def _end(self) -> None:
        self.done = True
        surplus = self._complete and not self._chunked and self.count != self._at + self._size
        if surplus:
            self._events.append(Anomaly(SURPLUS))
        self.reusable = self.reusable and not surplus and self._parser is not None
        if not self.reusable or self._method == "HEAD":  # httptools still waits for the body of that one
            self._parser = None
        self._events.append(End(self.reusable, self._size, self._truncated))

    # What httptools calls.

    def on_headers_complete(self) -> None:
        """The end of a head. httptools found it sound; its lines are taken from the kept bytes."""
        parser = self._parser
        if self._complete or self._refused or parser is None:
            return
        raw = self.received
        end = raw.find(b"\r\n\r\n", self._at)
        lines = raw[self._at : end].split(b"\r\n")
        try:
            status, reason, version = self._lines.status(lines[0])
            headers = self._lines.fields(lines[1:])
        except LookupError:  # blank lines before the head, or control characters that httptools lets pass
            self._refused = True
            return
        self._at = end + 4
        if status < 200 and status != 101:
            self._interim = True
            self._events.append(Informational(status, reason, version, headers))
            self._refused = len(self._events) > INTERIM_LIMIT
            return
        self._head = True
        self._events.append(Head(status, reason, version, headers))
        if self._method == "HEAD" or status == 101 or (self._method == "CONNECT" and 200 <= status < 300):
            self._complete = True
            self.reusable = self._method == "HEAD" and parser.should_keep_alive()
            self._at += self.count - self._at if status == 101 or self._method == "CONNECT" else 0

    def on_body(self, data: bytes) -> None:
        """A piece of the body."""
        if self._complete:
            return
        room = self._limit - self._size
        self._size += len(data)
        if len(data) > room:
            self._truncated = True
            data = data[: max(room, 0)]
        if data:
            self._events.append(Body(data))

    def on_chunk_header(self) -> None:
        """The body is chunked: trailers may follow, and are left to the tolerant parser."""
        self._chunked = not self._complete

    def on_message_complete(self) -> None:
        """The end of an answer, interim ones included."""
        if self._complete:
            return
        if self._interim:
            self._interim = False
            return
        self._complete = True
        self.reusable = self._parser is not None and self._parser.should_keep_alive()


def _events(head: Head, body: bytes) -> list[Event]:
    """What a sound answer with this head and body is read as."""
    size = len(body)
    return [head, Body(body), End(True, size)] if size else [head, End(True)]


def parse(data: bytes, method: str = "GET") -> list[Event]:
    """The events of one whole answer, after which the connection closes. Raises WireError when it is none."""
    reader = Reader()
    reader.begin(method)
    reader.feed(data)
    reader.close()
    return reader.events

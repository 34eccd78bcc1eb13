"""Answers and the events that they give: what RFC 9112 allows, what breaks it, and what is refused."""

from __future__ import annotations

from gatewright.wire.answer import HEAD_LIMIT, Anomaly, Body, End, Head, Informational, Trailers
from gatewright.wire.tolerant import SURPLUS

OK = "HTTP/1.1 200 OK\r\n"


def head(*lines: tuple[str, str], status: int = 200, reason: str = "OK", version: str = "1.1") -> Head:
    return Head(status, reason, version, lines)


CL5 = ("Content-Length", "5")
CHUNKED = ("Transfer-Encoding", "chunked")

SOUND = {
    "length": (OK + "Content-Length: 5\r\n\r\nhello", [head(CL5), Body(b"hello"), End(True, 5)]),
    "empty": (OK + "Content-Length: 0\r\n\r\n", [head(("Content-Length", "0")), End(True)]),
    "no reason": (
        "HTTP/1.1 200\r\nContent-Length: 5\r\n\r\nhello",
        [head(CL5, reason=""), Body(b"hello"), End(True, 5)],
    ),
    "odd status": (
        "HTTP/1.1 799 What is this\r\nContent-Length: 5\r\n\r\nhello",
        [head(CL5, status=799, reason="What is this"), Body(b"hello"), End(True, 5)],
    ),
    "duplicate and oddly cased headers in order": (
        OK + "x-B: 1\r\nX-b:2\r\nX-A: \t 3 \t\r\nX-B:\r\nContent-Length: 5\r\n\r\nhello",
        [head(("x-B", "1"), ("X-b", "2"), ("X-A", "3"), ("X-B", ""), CL5), Body(b"hello"), End(True, 5)],
    ),
    "bytes above 127": (
        OK + "X: \xe9\xff\r\nContent-Length: 5\r\n\r\nh\xff\x00lo",
        [head(("X", "\xe9\xff"), CL5), Body(b"h\xff\x00lo"), End(True, 5)],
    ),
    "connection close": (
        OK + "Connection: close\r\nContent-Length: 5\r\n\r\nhello",
        [head(("Connection", "close"), CL5), Body(b"hello"), End(False, 5)],
    ),
    "1.0": (
        "HTTP/1.0 200 OK\r\nContent-Length: 5\r\n\r\nhello",
        [head(CL5, version="1.0"), Body(b"hello"), End(False, 5)],
    ),
    "1.0 kept alive": (
        "HTTP/1.0 200 OK\r\nConnection: keep-alive\r\nContent-Length: 5\r\n\r\nhello",
        [head(("Connection", "keep-alive"), CL5, version="1.0"), Body(b"hello"), End(True, 5)],
    ),
    "until close": (OK + "A: b\r\n\r\nhello", [head(("A", "b")), Body(b"hello"), End(False, 5)]),
    "204": ("HTTP/1.1 204 No Content\r\n\r\n", [head(status=204, reason="No Content"), End(True)]),
    "304 with a length": (
        "HTTP/1.1 304 Not Modified\r\nContent-Length: 5\r\n\r\n",
        [head(CL5, status=304, reason="Not Modified"), End(True)],
    ),
    "chunks": (
        OK + "Transfer-Encoding: chunked\r\n\r\n3\r\nhel\r\n2;a=b\r\nlo\r\n0\r\n\r\n",
        [head(CHUNKED), Body(b"hello"), End(True, 5)],
    ),
    "no chunk": (OK + "Transfer-Encoding: chunked\r\n\r\n0\r\n\r\n", [head(CHUNKED), End(True)]),
    "chunk sizes in hexadecimal": (
        OK + "Transfer-Encoding: CHUNKED\r\n\r\n0A\r\n0123456789\r\n00\r\n\r\n",
        [head(("Transfer-Encoding", "CHUNKED")), Body(b"0123456789"), End(True, 10)],
    ),
    "trailers": (
        OK + "Transfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n0\r\nX: y\r\nZ:\r\n\r\n",
        [head(CHUNKED), Body(b"hello"), Trailers((("X", "y"), ("Z", ""))), End(True, 5)],
    ),
    "interim answers": (
        "HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 103 Early Hints\r\nLink: </a>\r\n\r\n"
        + OK
        + "Content-Length: 5\r\n\r\nhello",
        [
            Informational(100, "Continue"),
            Informational(103, "Early Hints", "1.1", (("Link", "</a>"),)),
            head(CL5),
            Body(b"hello"),
            End(True, 5),
        ],
    ),
}
"""What RFC 9112 allows: name → (bytes, events)."""

ODD = {
    "two lengths": (
        OK + "Content-Length: 5\r\nContent-Length: 9\r\n\r\nhello",
        [head(CL5, ("Content-Length", "9")), Anomaly("two lengths: 5, 9"), Body(b"hello"), End(False, 5)],
    ),
    "two equal lengths": (
        OK + "Content-Length: 5\r\ncontent-length: 5\r\n\r\nhello",
        [head(CL5, ("content-length", "5")), Anomaly("two lengths: 5, 5"), Body(b"hello"), End(False, 5)],
    ),
    "three lengths in a list": (
        OK + "Content-Length: 5, 5,5\r\n\r\nhello",
        [head(("Content-Length", "5, 5,5")), Anomaly("3 lengths: 5, 5, 5"), Body(b"hello"), End(False, 5)],
    ),
    "length that is none": (
        OK + "Content-Length: -5\r\n\r\nhello",
        [head(("Content-Length", "-5")), Anomaly("Content-Length '-5' is no number"), Body(b"hello"), End(False, 5)],
    ),
    "length with chunks": (
        OK + "Content-Length: 5\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n0\r\n\r\n",
        [head(CL5, CHUNKED), Anomaly("both Content-Length and Transfer-Encoding"), Body(b"hello"), End(False, 5)],
    ),
    "identity with length": (
        OK + "Transfer-Encoding: identity\r\nContent-Length: 5\r\n\r\nhello",
        [
            head(("Transfer-Encoding", "identity"), CL5),
            Anomaly("both Content-Length and Transfer-Encoding"),
            Anomaly("Transfer-Encoding: identity"),
            Body(b"hello"),
            End(False, 5),
        ],
    ),
    "chunked is not last": (
        OK + "Transfer-Encoding: chunked, x\r\n\r\n5",
        [
            head(("Transfer-Encoding", "chunked, x")),
            Anomaly("Transfer-Encoding 'chunked, x' does not end with chunked"),
            Body(b"5"),
            End(False, 1),
        ],
    ),
    "bare LF": (
        "HTTP/1.1 200 OK\nContent-Length: 5\n\nhello",
        [Anomaly("lines end with LF alone"), head(CL5), Body(b"hello"), End(False, 5)],
    ),
    "folded": (
        OK + "A: b\r\n c\r\n\td\r\nContent-Length: 5\r\n\r\nhello",
        [Anomaly("a header line is folded"), head(("A", "b c d"), CL5), Body(b"hello"), End(False, 5)],
    ),
    "folded without a first line": (
        OK + " a: b\r\nContent-Length: 5\r\n\r\nhello",
        [Anomaly("odd header name 'a'"), head(("a", "b"), CL5), Body(b"hello"), End(False, 5)],
    ),
    "no name": (
        OK + ": b\r\nContent-Length: 5\r\n\r\nhello",
        [Anomaly("a header line has no name"), head(("", "b"), CL5), Body(b"hello"), End(False, 5)],
    ),
    "no colon": (
        OK + "nonsense\r\nContent-Length: 5\r\n\r\nhello",
        [Anomaly("a header line has no colon: 'nonsense'"), head(CL5), Body(b"hello"), End(False, 5)],
    ),
    "blank before the colon": (
        OK + "Content-Length : 5\r\n\r\nhello",
        [Anomaly("blank before the colon of 'Content-Length '"), head(CL5), Body(b"hello"), End(False, 5)],
    ),
    "no token": (
        OK + "a(b): c\r\nContent-Length: 5\r\n\r\nhello",
        [Anomaly("odd header name 'a(b)'"), head(("a(b)", "c"), CL5), Body(b"hello"), End(False, 5)],
    ),
    "NUL in a value": (
        OK + "A: b\x00c\r\nContent-Length: 5\r\n\r\nhello",
        [Anomaly("control characters in the header 'A'"), head(("A", "b\x00c"), CL5), Body(b"hello"), End(False, 5)],
    ),
    "control character in a value": (
        OK + "A: b\x01c\r\nContent-Length: 5\r\n\r\nhello",
        [Anomaly("control characters in the header 'A'"), head(("A", "b\x01c"), CL5), Body(b"hello"), End(False, 5)],
    ),
    "four digits": (
        "HTTP/1.1 2000 OK\r\nContent-Length: 5\r\n\r\nhello",
        [Anomaly("odd status line 'HTTP/1.1 2000 OK'"), head(CL5, status=2000), Body(b"hello"), End(False, 5)],
    ),
    "lower case": (
        "http/1.1  200  OK\r\nContent-Length: 5\r\n\r\nhello",
        [Anomaly("odd status line 'http/1.1  200  OK'"), head(CL5, reason=" OK"), Body(b"hello"), End(False, 5)],
    ),
    "no version": (
        "HTTP 200 OK\r\nContent-Length: 5\r\n\r\nhello",
        [Anomaly("odd status line 'HTTP 200 OK'"), head(CL5, version="1.0"), Body(b"hello"), End(False, 5)],
    ),
    "blank lines first": (
        "\r\n \r\n" + OK + "Content-Length: 5\r\n\r\nhello",
        [Anomaly("blank bytes before the status line"), head(CL5), Body(b"hello"), End(False, 5)],
    ),
    "bad chunk size": (
        OK + "Transfer-Encoding: chunked\r\n\r\n5\r\nhello\r\nxyz\r\n",
        [head(CHUNKED), Body(b"hello"), Anomaly("no number stands for the size of a chunk: b'xyz'"), End(False, 5)],
    ),
    "odd chunk sizes": (
        OK + "Transfer-Encoding: chunked\r\n\r\n 0x5 \r\nhello\r\n0\r\n\r\n",
        [head(CHUNKED), Anomaly("odd chunk size b' 0x5 '"), Body(b"hello"), End(False, 5)],
    ),
    "chunk longer than its size": (
        OK + "Transfer-Encoding: chunked\r\n\r\n4\r\nhello\r\n0\r\n\r\n",
        [head(CHUNKED), Body(b"hell"), Anomaly("a chunk does not end where its size says"), End(False, 4)],
    ),
    "closed in the body": (
        OK + "Content-Length: 5\r\n\r\nhel",
        [head(CL5), Body(b"hel"), Anomaly("the connection closed after 3 of 5 bytes of the body"), End(False, 3)],
    ),
    "closed in a chunk": (
        OK + "Transfer-Encoding: chunked\r\n\r\n5\r\nhel",
        [head(CHUNKED), Body(b"hel"), Anomaly("the connection closed after 3 of 5 bytes of a chunk"), End(False, 3)],
    ),
    "closed after a chunk": (
        OK + "Transfer-Encoding: chunked\r\n\r\n5\r\nhello\r",
        [head(CHUNKED), Body(b"hello"), Anomaly("a chunk does not end where its size says"), End(False, 5)],
    ),
    "closed before a chunk": (
        OK + "Transfer-Encoding: chunked\r\n\r\n",
        [head(CHUNKED), Anomaly("the connection closed before the size of a chunk"), End(False)],
    ),
    "closed in the head": (
        OK + "Content-Length: 0\r\nX: y",
        [
            Anomaly("the connection closed among the header lines"),
            head(("Content-Length", "0"), ("X", "y")),
            End(False),
        ],
    ),
    "rubbish after the answer": (
        OK + "Content-Length: 5\r\n\r\nhelloHTTP/1.1 500 NO\r\n\r\n",
        [head(CL5), Body(b"hello"), Anomaly(SURPLUS), End(False, 5)],
    ),
    "line break after the answer": (
        OK + "Content-Length: 5\r\n\r\nhello\r\n",
        [head(CL5), Body(b"hello"), Anomaly(SURPLUS), End(False, 5)],
    ),
    "rubbish after the last chunk": (
        OK + "Transfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n0\r\n\r\n0",
        [head(CHUNKED), Body(b"hello"), Anomaly(SURPLUS), End(False, 5)],
    ),
    "body of a 204": (
        "HTTP/1.1 204 OK\r\nContent-Length: 5\r\n\r\nhello",
        [head(CL5, status=204), Anomaly(SURPLUS), End(False)],
    ),
}
"""What breaks it, and what is read all the same."""

REFUSED = {
    "nothing": (b"", "closed"),
    "blank": (b"\r\n\r\n", "closed"),
    "other protocol": (b"SSH-2.0-OpenSSH_9.6\r\n", "not-http"),
    "TLS alert": (b"\x15\x03\x03\x00\x02\x02\x28", "not-http"),
    "HTTP/0.9": (b"<html>hello</html>", "not-http"),
    "half a status line": (b"HTTP/1.1 2", "not-http"),
    "no status": (b"HTTP/1.1 OK\r\n\r\n", "not-http"),
    "endless status": (b"HTTP/1.1 " + b"2" * 6000 + b" OK\r\n\r\n", "not-http"),
    "endless line": (b"HTTP/1.1 200 " + b"x" * HEAD_LIMIT, "head-too-large"),
    "endless blanks": (b"\r\n" * HEAD_LIMIT, "head-too-large"),
    "header flood": (OK.encode() + b"a: b\r\n" * 50_000, "head-too-large"),
    "endless odd header": (OK.encode() + b"a\x00" * HEAD_LIMIT, "head-too-large"),
    "endless interim answers": (b"HTTP/1.1 100 Continue\r\n\r\n" * 200, "head-too-large"),
    "endless odd interim answers": (b"HTTP/1.1 100 Continue\n\n" * 200, "head-too-large"),
}

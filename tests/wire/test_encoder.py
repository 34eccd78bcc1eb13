"""Requests to exact bytes."""

from __future__ import annotations

import pytest

from gatewright.model.errors import WireError
from gatewright.model.http import Request
from gatewright.wire.encoder import Encoder

O = "http://h:1"  # noqa: E741
ENCODER = Encoder("h:1", defaults=(("User-Agent", "gw"), ("X-Own", "1")))
END = "User-Agent: gw\r\nX-Own: 1\r\n\r\n"

ROWS = [
    (Request("GET", O, "/a/../%2e/b?x=%zz"), f"GET /a/../%2e/b?x=%zz HTTP/1.1\r\nHost: h:1\r\n{END}", True),
    (Request("GET", O, ""), f"GET / HTTP/1.1\r\nHost: h:1\r\n{END}", True),
    (Request("GET", O, "?x"), f"GET /?x HTTP/1.1\r\nHost: h:1\r\n{END}", True),
    (Request("GET", O, "/a b\xff"), f"GET /a b\xff HTTP/1.1\r\nHost: h:1\r\n{END}", False),
    (
        Request("brew", O, "/", (("A", "1"), ("a", "2"), ("A", ""))),
        f"brew / HTTP/1.1\r\nHost: h:1\r\nA: 1\r\na: 2\r\nA: \r\n{END}",
        True,
    ),
    (
        Request("GET", O, "/", (("hOST", "x"), ("user-agent", "me"))),
        "GET / HTTP/1.1\r\nhOST: x\r\nuser-agent: me\r\nX-Own: 1\r\n\r\n",
        False,
    ),
    (Request("POST", O, "/"), f"POST / HTTP/1.1\r\nHost: h:1\r\n{END[:-2]}Content-Length: 0\r\n\r\n", True),
    (
        Request("DELETE", O, "/", (), b"ab"),
        f"DELETE / HTTP/1.1\r\nHost: h:1\r\n{END[:-2]}Content-Length: 2\r\n\r\nab",
        True,
    ),
    (
        Request("PUT", O, "/", (("content-length", "9"),), b"ab"),
        f"PUT / HTTP/1.1\r\nHost: h:1\r\ncontent-length: 9\r\n{END}ab",
        False,
    ),
    (
        Request("PUT", O, "/", (("Transfer-Encoding", "chunked"),), b"0\r\n\r\n"),
        f"PUT / HTTP/1.1\r\nHost: h:1\r\nTransfer-Encoding: chunked\r\n{END}0\r\n\r\n",
        False,
    ),
    (
        Request("POST", O, "/", (), b"x HTTP/1"),
        f"POST / HTTP/1.1\r\nHost: h:1\r\n{END[:-2]}Content-Length: 8\r\n\r\nx HTTP/1",
        False,
    ),
    (Request("GET", O, "/", (), b"", "exact"), "GET / HTTP/1.1\r\n\r\n", False),
    (
        Request("G T", O, "", (("A ", "1\r\n 2"), ("", "x"), ("Content-Length", "99")), b"ab", "exact"),
        "G T  HTTP/1.1\r\nA : 1\r\n 2\r\n: x\r\nContent-Length: 99\r\n\r\nab",
        False,
    ),
]


@pytest.mark.parametrize(("request_", "text", "plain"), ROWS)
def test_bytes(request_: Request, text: str, plain: bool) -> None:
    for _ in range(2):  # the second time from what was kept
        assert ENCODER.encode(request_) == (text.encode("latin-1"), plain)


def test_text_above_latin_1_is_utf_8() -> None:
    wire, _ = ENCODER.encode(Request("GET", O, "/\u20ac\xff", (("A", "\xff"), ("B", "\u20ac\ud800"))))
    assert b"GET /\xe2\x82\xac\xc3\xbf HTTP" in wire
    assert b"A: \xff\r\n" in wire
    assert b"B: \xe2\x82\xac\xed\xa0\x80\r\n" in wire


@pytest.mark.parametrize(
    "request_",
    [
        Request("GET", O, "/\r\nX: y"),
        Request("GET", O, "/\n"),
        Request("GET", O, "/\r"),
        Request("GET\r\n", O, "/"),
        Request("GE T", O, "/"),
        Request("", O, "/"),
        Request("GET", O, "/", (("A", "b\r\nC: d"),)),
        Request("GET", O, "/", (("A", "b\nC"),)),
        Request("GET", O, "/", (("A\r", "b"),)),
    ],
)
def test_unsendable(request_: Request) -> None:
    with pytest.raises(WireError, match="unsendable: ") as caught:
        ENCODER.encode(request_)
    assert caught.value.code == "GW-W101"


def test_through_a_proxy() -> None:
    encoder = Encoder("h:1", prefix="http://h:1")
    assert encoder.encode(Request("GET", O, "/a"))[0] == b"GET http://h:1/a HTTP/1.1\r\nHost: h:1\r\n\r\n"
    assert encoder.encode(Request("GET", O, "/a", (), b"", "exact"))[0] == b"GET http://h:1/a HTTP/1.1\r\n\r\n"


def test_what_is_kept_is_bounded() -> None:
    for number in range(600):
        ENCODER.encode(Request("GET", O, "/", (("A", str(number)),)))
    assert len(ENCODER._blocks) <= 256


@pytest.mark.parametrize("index", [n for n, row in enumerate(ROWS) if row[0].framing == "auto"])
def test_what_was_encoded_before_changes_nothing(index: int) -> None:
    request, data, plain = ROWS[index]
    encoder = Encoder("h:1", defaults=(("User-Agent", "gw"), ("X-Own", "1")))
    for target in ("/first", "/b c", "/d", "/\u20ac", "x", "/e"):
        before = Request(request.method, O, target, request.headers)
        cold = Encoder("h:1", defaults=(("User-Agent", "gw"), ("X-Own", "1"))).encode(before)
        assert encoder.encode(before) == cold
        assert encoder.encode(request) == (data.encode("latin-1"), plain)
    with pytest.raises(WireError):
        encoder.encode(Request(request.method, O, "/a\r\nb", request.headers))

"""Kept header lines."""

from __future__ import annotations

import pytest

from gatewright.wire.h1 import Reader
from gatewright.wire.lines import Lines


def test_fields_are_read_once_and_bounded() -> None:
    lines = Lines()
    assert lines.fields([b"A: b", b"a:\tc "]) == (("A", "b"), ("a", "c"))
    assert lines.fields([b"A: b"])[0] is lines.fields([b"A: b"])[0]
    for number in range(3000):
        lines.fields([b"N: %d" % number, b"Content-Length: %d" % number])
        lines.fields([b"X: " + b"long" * 200])
    assert len(lines._fields) <= 1024
    assert lines._framing <= set(lines._fields)
    assert set(lines._lengths) <= set(lines._fields)
    assert not any(len(line) > 512 for line in lines._fields)


@pytest.mark.parametrize("line", [b"no colon", b" a: b", b"a : b", b": b", b"", b"a: \x00", b"a: \x7f", b"a(: b"])
def test_unsound_fields(line: bytes) -> None:
    with pytest.raises(LookupError):
        Lines().fields([line])


def test_statuses_are_bounded() -> None:
    lines = Lines()
    for number in range(3000):
        assert lines.status(b"HTTP/1.1 200 R%d" % number) == (200, f"R{number}", "1.1")
    assert len(lines._statuses) <= 1024
    for line in (b"HTTP/1.1 099 x", b"HTTP/1.1 20", b"http/1.1 200 OK", b"HTTP/1.1 200 \x00", b""):
        with pytest.raises(LookupError):
            lines.status(line)


def test_whole_heads_are_kept_and_bounded() -> None:
    lines = Lines()
    head = [b"HTTP/1.1 200 OK", b"Content-Length: 2", b"X: 1"]
    answer = b"\r\n".join(head) + b"\r\n\r\n"
    assert lines.whole(answer + b"ok") is None  # its status line was never read
    lines.status(head[0])
    for _ in range(2):
        found = lines.whole(answer + b"ok")
        assert found is not None
        assert (found[0].headers, found[1:]) == ((("Content-Length", "2"), ("X", "1")), (len(answer), False))
        assert lines.whole(answer + b"o") is None
        assert lines.whole(answer + b"okk") is None
    coded = lines.whole(answer[:-2] + b"Content-Encoding: gzip\r\n\r\nok")
    assert coded is not None
    assert coded[2]
    for number in range(200):
        assert lines.whole(answer[:-2] + b"N: %d\r\n\r\nok" % number) is not None
    assert len(lines._heads) <= 64


def test_whole_forgets_no_framing() -> None:
    """Neither lines that are too long to be kept, nor those that are forgotten in the midst of a head, are passed over."""
    lines = Lines()
    lines.status(b"HTTP/1.1 200 OK")
    long = b"Connection: close" + b" " * 600
    assert lines.whole(b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n" + long + b"\r\n\r\nok") is None
    chunked = b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\nN: %d\r\nContent-Length: 2\r\n\r\nok"
    for number in range(3000):
        assert lines.whole(chunked % number) is None
    assert len(lines._fields) <= 1024


@pytest.mark.parametrize(
    "line",
    [
        b"X: new",
        b"X:\t\xff ",
        b"X : 1",
        b" folded",
        b"X: a\nY: b",
        b"X: \x00",
        b"X\xff: 1",
        b"none",
        b": 1",
        b"Content-Length: 2",
        b"Content-Length: 3",
        b"content-length: +2",
        b"Transfer-Encoding: chunked",
        b"Connection: close",
        b"Upgrade: h2c",
        b"X: " + b"y" * 5000,
    ],
)
def test_an_answer_means_the_same_to_a_reader_that_knows_its_lines(line: bytes) -> None:
    known = b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n"
    cold, warm = Reader(), Reader()
    warm.feed(known + b"\r\nok")
    assert warm.reusable
    warm.begin("GET")
    for reader in (cold, warm):
        reader.feed(known + line + b"\r\n\r\nok")
        if not reader.done:
            reader.close()
    assert (warm.events, warm.reusable, warm.received) == (cold.events, cold.reusable, cold.received)

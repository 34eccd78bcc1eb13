"""The tolerant parser alone; its tables stand in test_h1.py."""

from __future__ import annotations

import pytest

from gatewright.model.errors import WireError
from gatewright.wire.answer import HEAD_LIMIT, Anomaly, Body, End, Head
from gatewright.wire.tolerant import Tolerant


def test_it_reads_as_bytes_come() -> None:
    tolerant = Tolerant("GET", 100)
    tolerant.feed(b"HTTP/1.1 200 OK\r\nA : b\r\nContent-Length: 5\r\n\r\nhe")
    assert tolerant.has_head
    assert tolerant.events == [
        Anomaly("blank before the colon of 'A '"),
        Head(200, "OK", "1.1", (("A", "b"), ("Content-Length", "5"))),
        Body(b"he"),
    ]
    tolerant.feed(b"llo")
    assert tolerant.done
    assert tolerant.events[-1] == End(False, 5)


def test_a_long_answer_in_small_pieces_takes_linear_time() -> None:
    tolerant = Tolerant("GET", 10)
    tolerant.feed(b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n")
    for _ in range(100_000):
        tolerant.feed(b"1\r\nx\r\n")
    tolerant.feed(b"0\r\n\r\n")
    assert tolerant.events[-1] == End(True, 100_000, True)


def test_a_long_line_in_small_pieces_takes_linear_time() -> None:
    tolerant = Tolerant("GET", 10)
    tolerant.feed(b"HTTP/1.1 200 OK\r\nX: ")
    for _ in range(100_000):
        tolerant.feed(b"x")
    tolerant.feed(b"\r\nContent-Length: 0\r\n\r\n")
    assert tolerant.done


@pytest.mark.parametrize("piece", [b"\r\n" * 100, b" " * 1000, b"HTTP/1.1 200 " + b"x" * 1000])
def test_a_head_without_end_is_given_up(piece: bytes) -> None:
    tolerant, fed = Tolerant("GET", 10), 0
    with pytest.raises(WireError, match="head-too-large"):
        while fed < 2 * HEAD_LIMIT:
            tolerant.feed(piece if not fed or piece.isspace() else piece[13:])
            fed += len(piece)
    assert fed > HEAD_LIMIT - len(piece)

"""Events to a response."""

from __future__ import annotations

import gzip

from gatewright.model.http import Response, Timing
from gatewright.wire.answer import Anomaly, Body, End, Head, Informational, Trailers, assemble

TIMING = Timing(0.0, 0.1, 0.2, True)


def test_everything_in_its_place() -> None:
    events = [
        Informational(103),
        Anomaly("odd"),
        Head(200, "OK", "1.1", (("A", "b"),)),
        Body(b"he"),
        Body(b"llo"),
        Trailers((("X", "y"),)),
        End(True, 5),
    ]
    assert assemble(events, TIMING, 100) == Response(
        200, (("A", "b"), ("X", "y")), b"hello", "OK", "1.1", False, 5, ("odd",), TIMING
    )


def test_content_coding() -> None:
    coded = gzip.compress(b"hello" * 10)
    events = [Head(200, headers=(("content-ENCODING", "gzip"),)), Body(coded), End(True, len(coded))]
    response = assemble(events, TIMING, 100)
    assert (response.body, response.size, response.truncated) == (b"hello" * 10, len(coded), False)
    response = assemble(events, TIMING, 20)
    assert (response.body, response.truncated) == (b"hello" * 4, True)
    assert response.anomalies == ("content coding gzip: decodes to more than 20 bytes",)


def test_two_lines_of_content_coding() -> None:
    coded = gzip.compress(gzip.compress(b"x"))
    events = [Head(200, headers=(("Content-Encoding", "gzip"), ("Content-Encoding", "gzip"))), Body(coded), End(True)]
    assert assemble(events, TIMING, 100).body == b"x"


def test_a_coding_without_a_body_is_nothing_odd() -> None:
    assert assemble([Head(304, headers=(("Content-Encoding", "gzip"),)), End(True)], TIMING, 100).anomalies == ()

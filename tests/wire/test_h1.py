"""Bytes to events: tables of (bytes, events), each also fed one byte at a time, and anything at all by Hypothesis."""

from __future__ import annotations

import gzip

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gatewright.model.errors import WireError
from gatewright.wire.answer import HEAD_LIMIT, Anomaly, Body, End, Event, Head
from gatewright.wire.h1 import Reader, parse
from gatewright.wire.tolerant import SURPLUS, Tolerant
from tests.wire.h1_cases import CHUNKED, CL5, ODD, OK, REFUSED, SOUND, head


def tidy(events: list[Event]) -> list[Event]:
    """Neighbouring pieces of the body joined: where they were cut depends on the network."""
    joined: list[Event] = []
    for event in events:
        if isinstance(event, Body) and joined and isinstance(joined[-1], Body):
            joined[-1] = Body(joined[-1].data + event.data)
        else:
            joined.append(event)
    return joined


def feed(data: bytes, size: int, method: str = "GET") -> Reader:
    """Reads in pieces of some size, then closes."""
    reader = Reader()
    reader.begin(method)
    for at in range(0, len(data), size):
        if reader.feed(data[at : at + size]):
            break
    reader.close()
    return reader


@pytest.mark.parametrize("name", [*SOUND, *ODD])
def test_whole(name: str) -> None:
    text, events = (SOUND | ODD)[name]
    assert tidy(parse(text.encode("latin-1"))) == events


@pytest.mark.parametrize("size", [1, 2, 7])
@pytest.mark.parametrize("name", [*SOUND, *ODD])
def test_in_pieces(name: str, size: int) -> None:
    text, events = (SOUND | ODD)[name]
    reader = feed(text.encode("latin-1"), size)
    if Anomaly(SURPLUS) in events:  # nobody waits for what comes later
        late = [event for event in events[:-1] if event != Anomaly(SURPLUS)]
        assert tidy(reader.events)[: len(late)] == late
    else:
        assert tidy(reader.events) == events
        assert reader.received == text.encode("latin-1")[: reader.count]


@pytest.mark.parametrize("name", SOUND)
def test_tolerant_agrees(name: str) -> None:
    text, events = SOUND[name]
    tolerant = Tolerant("GET", 1000)
    tolerant.feed(text.encode("latin-1"))
    if not tolerant.done:
        tolerant.close()
    assert tidy(tolerant.events) == events


@pytest.mark.parametrize("name", REFUSED)
def test_refused(name: str) -> None:
    data, word = REFUSED[name]
    with pytest.raises(WireError, match=f"  {word}: ") as caught:
        parse(data)
    assert caught.value.what.isprintable()
    if len(data) < 1000:
        with pytest.raises(WireError, match=f"  {word}: "):
            feed(data, 1)


def test_second_answer_on_the_same_connection_takes_the_short_cut() -> None:
    reader = Reader()
    for name in [*SOUND, *SOUND]:
        text, events = SOUND[name]
        reader.begin("GET")
        if not reader.feed(text.encode("latin-1")):
            reader.close()
        assert tidy(reader.events) == events
        assert reader.received == text.encode("latin-1")
        assert reader.reusable == events[-1].reusable


def test_the_short_cut_keeps_a_coded_body_as_it_came() -> None:
    packed = gzip.compress(b"hello", mtime=0)
    text = (OK + f"Content-Encoding: gzip\r\nContent-Length: {len(packed)}\r\n\r\n").encode() + packed
    reader = Reader()
    seen = []
    for _ in range(3):
        reader.begin("GET")
        assert reader.feed(text)
        assert reader.received == text
        assert reader.reusable
        seen.append(tidy(reader.events))
    assert seen[0] == seen[1] == seen[2] == tidy(parse(text))


@pytest.mark.parametrize(
    "again",
    [
        OK + "Content-Length: 5\r\nContent-Length: 5\r\n\r\nhello",
        OK + "Content-Length: 5\r\n\r\nhello!",
        OK + "Content-Length: 5\r\n\r\nhell",
        OK + "Content-Length: 5\r\nConnection: close\r\n\r\nhello",
        "HTTP/1.1 204 No Content\r\nContent-Length: 5\r\n\r\nhello",
        "HTTP/1.0 200 OK\r\nContent-Length: 5\r\n\r\nhello",
        "HTTP/1.1 100 Continue\r\nContent-Length: 5\r\n\r\nhello",
        OK + "Content-Length: 5\r\nTransfer-Encoding: chunked\r\n\r\nhello",
        OK + "Content-Length: 5",
    ],
)
def test_the_short_cut_is_not_taken(again: str) -> None:
    """Lines that are all known, but not as a whole."""
    reader = Reader()
    for first in (
        OK + "Content-Length: 5\r\n\r\nhello",
        OK + "Connection: close\r\nContent-Length: 5\r\n\r\nhello",
        OK + "Transfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
        "HTTP/1.1 204 No Content\r\n\r\n",
        "HTTP/1.0 200 OK\r\nContent-Length: 5\r\n\r\nhello",
        "HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 204 No Content\r\n\r\n",
    ):
        reader.begin("GET")
        reader.feed(first.encode())
        assert reader.done
    reader.begin("GET")
    data = again.encode()
    try:
        expected = parse(data)
    except WireError as error:
        with pytest.raises(WireError, match=error.what[:20]):
            reader.feed(data)
            reader.close()
        return
    reader.feed(data)
    reader.close()
    assert tidy(reader.events) == tidy(expected)


def test_answers_to_head_have_no_body() -> None:
    reader = feed((OK + "Content-Length: 5\r\n\r\n").encode(), 1000, "HEAD")
    assert reader.events == [head(CL5), End(True)]
    reader.begin("GET")
    assert reader.feed((OK + "Content-Length: 5\r\n\r\nhello").encode())
    assert reader.events == [head(CL5), Body(b"hello"), End(True, 5)]
    reader = feed((OK + "Content-Length: 5\r\n\r\nhello").encode(), 1000, "HEAD")
    assert reader.events == [head(CL5), Anomaly(SURPLUS), End(False)]
    reader = feed((OK + "Transfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n0\r\n\r\n").encode(), 1000, "HEAD")
    assert reader.events == [head(CHUNKED), Anomaly(SURPLUS), End(False)]


@pytest.mark.parametrize(("method", "status"), [("CONNECT", 200), ("GET", 101)])
def test_another_protocol_begins(method: str, status: int) -> None:
    text = f"HTTP/1.1 {status} OK\r\nUpgrade: x\r\nConnection: upgrade\r\n\r\nabc"
    reader = Reader()
    reader.begin(method)
    assert reader.feed(text.encode())
    assert reader.events == [head(("Upgrade", "x"), ("Connection", "upgrade"), status=status), End(False)]
    tolerant = Tolerant(method, 100)
    tolerant.feed(text.encode())
    assert tolerant.events == reader.events


def test_a_refused_connect_has_a_body() -> None:
    reader = feed(b"HTTP/1.1 403 No\r\nContent-Length: 5\r\n\r\nhello", 1000, "CONNECT")
    assert reader.events == [head(CL5, status=403, reason="No"), Body(b"hello"), End(True, 5)]


@pytest.mark.parametrize("size", [3, 1000])
@pytest.mark.parametrize(
    ("framing", "body"),
    [
        ("Content-Length: 10", "0123456789"),
        ("Transfer-Encoding: chunked", "a\r\n0123456789\r\n0\r\n\r\n"),
        ("A:b", "0123456789"),
    ],
)
@pytest.mark.parametrize("odd", ["", "Odd : 1\r\n"])
def test_the_body_is_cut_and_counted(framing: str, body: str, size: int, odd: str) -> None:
    reader = Reader(4)
    reader.begin("GET")
    data = f"{OK}{odd}{framing}\r\n\r\n{body}".encode()
    for at in range(0, len(data), size):
        if reader.feed(data[at : at + size]):
            break
    reader.close()
    events = [event for event in tidy(reader.events) if not isinstance(event, Anomaly)]
    assert events[1:] == [Body(b"0123"), End(framing != "A:b" and not odd, 10, True)]


def test_bytes_past_the_limit_are_not_kept() -> None:
    for last in (b"0\r\n\r\n", b"0\r\nX: y\r\n\r\n", b"zz\r\n"):
        reader = Reader(10)
        reader.begin("GET")
        reader.feed((OK + "Transfer-Encoding: chunked\r\n\r\n").encode())
        for _ in range(10):
            reader.feed(b"10000\r\n" + bytes(65536) + b"\r\n")
        reader.feed(last)
        assert reader.done
        assert len(reader.received) < 6 * 65536
        assert reader.events[-1] == End(False, 655360, True)


def test_closed_past_the_limit() -> None:
    reader = Reader(10)
    reader.begin("GET")
    reader.feed((OK + "Content-Length: 9000000\r\n\r\n").encode())
    for _ in range(10):
        reader.feed(bytes(65536))
    reader.close()
    assert reader.events[-1] == End(False, 655360, True)


@pytest.mark.parametrize("odd", ["", "Odd : 1\r\n"])
def test_stop(odd: str) -> None:
    reader = Reader()
    reader.begin("GET")
    reader.feed(f"{OK}{odd}Content-Length: 9\r\n".encode())
    assert not reader.has_head
    reader.feed(b"\r\nhello")
    assert reader.has_head
    reader.stop("too slow")
    assert reader.done
    assert reader.events[-2:] == [Anomaly("too slow"), End(False, 5, True)]


def test_too_many_trailers() -> None:
    data = (OK + "Transfer-Encoding: chunked\r\n\r\n0\r\n").encode() + b"a: b\r\n" * 50_000
    events = parse(data)
    assert events[-2:] == [Anomaly(f"more than {HEAD_LIMIT} bytes of trailers"), End(False)]


def test_anomalies_are_bounded() -> None:
    data = (OK + "".join(f"odd{i}\r\n" for i in range(1000)) + "Content-Length: 0\r\n\r\n").encode()
    assert sum(isinstance(event, Anomaly) for event in parse(data)) == 40


TOKENS = st.text("abcXYZ-_09", min_size=1, max_size=8)
VALUES = st.text(st.characters(codec="latin-1", exclude_categories=["Cc"], exclude_characters="\x7f"), max_size=12)
FREE = TOKENS.filter(lambda name: name.lower() not in ("connection", "upgrade", "content-length", "te"))


@st.composite
def sound_answers(draw: st.DrawFn) -> bytes:
    """Any answer as RFC 9112 allows it."""
    status = draw(st.sampled_from([200, 201, 204, 302, 304, 400, 404, 500]))
    lines = [(name, value.strip(" \t\xa0\x85")) for name, value in draw(st.lists(st.tuples(FREE, VALUES), max_size=6))]
    body = draw(st.binary(max_size=60))
    framing = draw(st.sampled_from(["length", "chunked", "close"]))
    if status in (204, 304):
        body, framing = b"", "close"
    if framing == "length":
        lines.append(("Content-Length", str(len(body))))
    if framing == "chunked":
        lines.append(("Transfer-Encoding", "chunked"))
        cut = draw(st.integers(0, len(body)))
        pieces = [piece for piece in (body[:cut], body[cut:]) if piece]
        body = b"".join(b"%x\r\n%b\r\n" % (len(piece), piece) for piece in pieces) + b"0\r\n"
        body += draw(st.sampled_from([b"", b"X-Trailer: 1\r\n"])) + b"\r\n"
    draw(st.randoms()).shuffle(lines)
    text = f"HTTP/1.1 {status} Reason\r\n" + "".join(f"{name}: {value}\r\n" for name, value in lines) + "\r\n"
    return text.encode("latin-1") + body


@given(sound_answers(), st.integers(1, 50))
def test_both_parsers_read_sound_bytes_alike(data: bytes, size: int) -> None:
    events = tidy(parse(data))
    assert not any(isinstance(event, Anomaly) for event in events)
    tolerant = Tolerant("GET", 1 << 30)
    for at in range(0, len(data), size):
        tolerant.feed(data[at : at + size])
    if not tolerant.done:
        tolerant.close()
    assert tidy(tolerant.events) == events
    assert tidy(feed(data, size).events) == events


FRAGMENTS = st.sampled_from(
    [
        b"HTTP/1.1 200 OK",
        b"\r\n",
        b"\n",
        b"\r\n\r\n",
        b": ",
        b"Content-Length",
        b"5",
        b"Transfer-Encoding: chunked",
        b"0",
        b"Connection: close",
        b" ",
        b"HTTP/1.1 100 C\r\n\r\n",
        b"Upgrade: x",
        b"HTTP/1.1 101 S\r\n",
        b"a",
        b"\x00",
        b"ffffffff",
    ]
)


@given(
    st.lists(FRAGMENTS | st.binary(max_size=5), max_size=30),
    st.sampled_from(["GET", "HEAD", "CONNECT"]),
    st.integers(1, 40),
)
def test_any_bytes_give_events_or_a_wire_error(pieces: list[bytes], method: str, size: int) -> None:
    data = b"".join(pieces)
    try:
        reader = feed(data, size, method)
    except WireError as error:
        assert error.what.isprintable()
        return
    assert reader.done
    assert isinstance(reader.events[-1], End)
    assert sum(isinstance(event, Head) for event in reader.events) == 1
    if any(isinstance(event, Anomaly) for event in reader.events):
        assert not reader.reusable

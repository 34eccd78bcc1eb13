"""Messages taken from frames, without a socket; with one in test_listening.py."""

from __future__ import annotations

import asyncio

import pytest
from hypothesis import given
from hypothesis import strategies as st
from wsproto.connection import Connection, ConnectionType
from wsproto.events import CloseConnection, Pong, TextMessage

from gatewright.model.http import Request
from gatewright.model.stream import Listen
from gatewright.wire.answer import Head
from gatewright.wire.frames import Talk


class Line:
    """Gives the bytes in pieces."""

    def __init__(self, *pieces: bytes) -> None:
        self.pieces = list(pieces)
        self.closed = False
        self.written: list[bytes] = []

    def write(self, data: bytes) -> None:
        self.written.append(data)

    async def more(self, until: float) -> bytes:
        return self.pieces.pop(0) if self.pieces else b""

    def abort(self) -> None:
        self.closed = True


def talk(line: Line, **how: object) -> Talk:
    return Talk(line, Listen(kind="websocket", **how), b"", 10_000)  # type: ignore[arg-type]


def said(line: Line) -> list[str]:
    server = Connection(ConnectionType.SERVER)
    server.receive_data(b"".join(line.written))
    return [event.data for event in server.events() if isinstance(event, TextMessage)]


async def heard(one: Talk) -> list[str]:
    while await one.next(0.0) is not None:
        pass
    return one.heard


@given(st.binary(max_size=400), st.integers(1, 50))
def test_no_bytes_break_it(data: bytes, size: int) -> None:
    line = Line(*(data[at : at + size] for at in range(0, len(data), size)))
    one = talk(line)
    asyncio.run(heard(one))
    assert len(one.heard) <= 50 and (not one.ended or line.closed)


@given(st.lists(st.text(max_size=20), max_size=10), st.integers(1, 7))
def test_messages_come_whole_however_they_are_cut(texts: list[str], size: int) -> None:
    server = Connection(ConnectionType.SERVER)
    data = b"".join(server.send(TextMessage(text)) for text in texts)
    one = talk(Line(*(data[at : at + size] for at in range(0, len(data), size))))
    assert [line.split() for line in asyncio.run(heard(one))] == [text.split() for text in texts]


@pytest.mark.parametrize(
    ("protocol", "kind"), [("graphql-transport-ws", "subscribe"), ("graphql-ws", "start"), ("", "subscribe")]
)
def test_a_subscription_is_asked_for_in_the_words_of_the_protocol(protocol: str, kind: str) -> None:
    server = Connection(ConnectionType.SERVER)
    ack, ping = (server.send(TextMessage(f'{{"type":"{word}"}}')) for word in ("connection_ack", "ping"))
    line = Line(ack, ping)
    one = talk(
        line,
        say=('{"type":"connection_init","payload":{}}', '{"type":"subscribe","id":"1"}'),
        protocols=("graphql-transport-ws", "graphql-ws"),
    )
    how = Listen(kind="websocket", protocols=("graphql-transport-ws", "graphql-ws"))
    key = "dGhlIHNhbXBsZSBub25jZQ=="  # RFC 6455, 1.3
    lines = [("Upgrade", "websocket"), ("Sec-WebSocket-Accept", "s3pPLMBiTxaQ9kYGzzhZRbK+xOo=")]
    lines += [("Sec-WebSocket-Protocol", protocol)] if protocol else []
    request = Request("GET", "http://a.test", "/", (("Sec-WebSocket-Key", key),), listen=how)
    assert one.wrong(Head(101, headers=tuple(lines)), request) == ""
    asyncio.run(one.greet(1.0))
    asyncio.run(heard(one))
    assert said(line)[:2] == ['{"type":"connection_init","payload":{}}', f'{{"type":"{kind}","id":"1"}}']
    assert (said(line)[2:] == ['{"type":"pong"}']) is bool(protocol)
    assert ('{"type":"ping"}' in one.heard) is not bool(protocol)


def test_an_upgrade_to_something_else_is_no_websocket() -> None:
    request = Request("GET", "http://a.test", "/", (("Sec-WebSocket-Key", "dGhlIHNhbXBsZSBub25jZQ=="),))
    lines = (("Upgrade", "h2c"), ("Sec-WebSocket-Accept", "s3pPLMBiTxaQ9kYGzzhZRbK+xOo="))
    assert "something else" in talk(Line()).wrong(Head(101, headers=lines), request)


def test_what_only_looks_like_a_ping_is_a_message() -> None:
    """A name or a value of an object, a broken object; and a pong that nobody asked for is nothing."""
    server = Connection(ConnectionType.SERVER)
    texts = ['{"type":"next","payload":"ping"}', '{"ping"', '"ping"']
    data = server.send(Pong(b"x")) + b"".join(server.send(TextMessage(text)) for text in texts)
    line = Line(data)
    one = talk(line)
    one._protocol = "graphql-transport-ws"
    assert asyncio.run(heard(one)) == texts
    assert not line.written and not one.anomalies


def test_nothing_is_said_after_a_close() -> None:
    line = Line(Connection(ConnectionType.SERVER).send(CloseConnection(1008, "no")))
    one = talk(line, say=("one", "two", "three"))
    asyncio.run(one.greet(1.0))
    one.close()
    assert said(line) == one.said == ["one"]
    assert one.ended == "(closed 1008 no)" and not one.anomalies and line.closed

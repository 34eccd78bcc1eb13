"""The messages of a WebSocket, read from its frames (RFC 6455): wsproto takes the frames apart, the socket stays ours."""

from __future__ import annotations

import json
from typing import Protocol

from wsproto.connection import Connection as Frames
from wsproto.connection import ConnectionState, ConnectionType
from wsproto.events import BytesMessage, CloseConnection, Ping, TextMessage
from wsproto.utilities import generate_accept_token

from gatewright.model.http import Request
from gatewright.model.stream import GRAPHQL, Listen, shown
from gatewright.wire.answer import Head
from gatewright.wire.connection import clock

_ANSWERED = 1.0
"""Seconds that the answer to a message is waited for before the next is said."""


class Wire(Protocol):
    """The connection under it."""

    @property
    def closed(self) -> bool:
        """Whether it is gone."""

    def write(self, data: bytes) -> None:
        """Sends bytes."""

    async def more(self, until: float) -> bytes:
        """Bytes that came, at the latest at that moment of the clock."""

    def abort(self) -> None:
        """Closes at once."""


class Talk:
    """The messages of one WebSocket, read from its frames."""

    def __init__(self, line: Wire, how: Listen, rest: bytes, most: int) -> None:
        self._line, self._how, self._left = line, how, most
        self._frames = Frames(ConnectionType.CLIENT)
        self._part: list[str | bytes] = []
        self._rest = rest
        self.heard: list[str] = []
        self.said: list[str] = []
        self.ended = ""
        self.anomalies: list[str] = []
        self.full = False
        self._protocol = ""

    def wrong(self, head: Head, request: Request) -> str:
        """What a 101 does against RFC 6455, 4.1; empty when it is a good one."""
        lines = {name.lower(): value.strip() for name, value in head.headers}
        key = request.header("sec-websocket-key") or ""
        if lines.get("sec-websocket-accept") != generate_accept_token(key.encode("latin-1", "replace")).decode():
            return "Sec-WebSocket-Accept does not answer our key"
        if lines.get("upgrade", "").lower() != "websocket":
            return "the upgrade is to something else than websocket"
        if "sec-websocket-extensions" in lines:
            return "an extension is used that was not offered"
        offered = request.listen.protocols if request.listen else ()
        self._protocol = chosen = lines.get("sec-websocket-protocol", "")
        return f"the sub-protocol {chosen[:40]!r} was not offered" if chosen and chosen not in offered else ""

    async def greet(self, patience: float) -> None:
        """Says what is to be said; before each further message an answer to the one before is waited for, a second at most."""
        for index, text in enumerate(self._how.say):
            if index:
                await self.next(clock() + min(patience, _ANSWERED))
            if self.ended:
                return
            self._say(text)

    async def next(self, until: float) -> str | None:
        """All messages so far once one more has come; None when none came until then."""
        before = len(self.heard)
        while len(self.heard) == before and not self.ended and not self.full:
            data, self._rest = self._rest or await self._line.more(until), b""
            if not data:
                return None
            self._take(data)
        return "\n".join(self.heard) if len(self.heard) > before else None

    def close(self) -> None:
        """Says good-bye, where the server has not."""
        if not self.ended and not self._line.closed:
            self._line.write(self._frames.send(CloseConnection(1000)))

    def _say(self, text: str) -> None:
        if self._protocol == GRAPHQL[1]:
            text = text.replace('{"type":"subscribe"', '{"type":"start"')  # as it was called before
        self.said.append(text)
        self._line.write(self._frames.send(TextMessage(text)))

    def _take(self, data: bytes) -> None:
        self._frames.receive_data(data)
        for event in self._frames.events():  # what cannot be read comes as the event of a close
            self._one(event)
            if self.ended or self.full:
                return

    def _one(self, event: object) -> None:
        if isinstance(event, (TextMessage, BytesMessage)):
            self._part.append(event.data if isinstance(event, TextMessage) else bytes(event.data))
            self._left -= len(event.data)
            if event.message_finished:
                self._whole()
            elif self._left <= 0:
                self.full = True
                self._line.abort()
        elif isinstance(event, Ping):
            self._line.write(self._frames.send(event.response()))
        elif isinstance(event, CloseConnection):
            by_us = self._frames.state is ConnectionState.OPEN  # what cannot be read closes on our side
            word = " by us:" if by_us else ""
            reason = " ".join(
                filter(None, [f"(closed {int(event.code)}{word}", (event.reason or "").replace("\n", " ")])
            )
            self._end(reason + ")", event.reason or "" if by_us else "")

    def _whole(self) -> None:
        part, self._part = self._part, []
        message = (
            "".join(map(str, part)) if isinstance(part[0], str) else b"".join(p for p in part if isinstance(p, bytes))
        )
        line = shown(message)
        if self._protocol in GRAPHQL and '"ping"' in line and line.startswith("{"):
            try:
                if json.loads(line).get("type") == "ping":
                    self._say('{"type":"pong"}')
                    return
            except ValueError:
                pass
        self.heard.append(line)
        self.full = self.full or len(self.heard) >= self._how.most or self._left <= 0
        if self.full:
            self._line.abort()

    def _end(self, line: str, wrong: str = "") -> None:
        self.ended = line
        self._line.abort()
        if wrong:
            self.anomalies.append(f"the frames of the WebSocket are wrong: {wrong}")

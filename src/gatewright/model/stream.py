"""Streams: answers that do not end by themselves, and what is said and heard on them.

An endpoint is a stream when it sends server-sent events (WHATWG HTML, 9.2) or speaks WebSocket (RFC 6455). One exchange
is one listening: opened, listened to until enough was heard or nothing more came, and closed. Its response has the
events (as they are on the wire) or the messages (one a line) as its body.
"""

from __future__ import annotations

import json
import re
from collections.abc import Awaitable, Callable
from contextvars import ContextVar
from typing import Literal

from msgspec import Struct

from gatewright.model import graphql
from gatewright.model.json import Json

Kind = Literal["events", "websocket"]

EVENTS = "text/event-stream"
LINES = frozenset({"application/x-ndjson", "application/ndjson", "application/jsonl", "application/stream+json"})
"""Types of answers that go on with a JSON value a line."""
GRAPHQL = ("graphql-transport-ws", "graphql-ws")
"""Sub-protocols in which GraphQL subscriptions run over WebSocket, the present one and the one before it."""

_CLOSED = re.compile(r"\(closed (\d{4})[^\n]*\)\s*\Z")
_MEANT = {1008: 403, 4400: 400, 4401: 401, 4403: 403, 4404: 404, 4429: 429}
"""Close codes that stand for a refusal: policy (RFC 6455, 7.4.1), and those of applications that borrow from HTTP."""


class Listen(Struct, frozen=True, gc=False):
    """How a stream is listened to. What is said goes out as it stands, once the stream is open, one after the other."""

    kind: Kind = "events"
    say: tuple[str, ...] = ()
    """Messages for the server; the next goes out when one was answered. WebSocket only."""
    protocols: tuple[str, ...] = ()
    """Sub-protocols that are offered (RFC 6455, 1.9)."""
    seconds: float = 0.8
    """How long a message is waited for, from the opening or the last thing that was done meanwhile."""
    most: int = 50
    """Messages after which it is closed."""


class Ear:
    """What happens while a stream is listened to: `meanwhile` runs once, when it is open; `enough` ends it early."""

    def __init__(
        self, meanwhile: Callable[[], Awaitable[None]], enough: Callable[[str], bool] = lambda heard: False
    ) -> None:
        self._meanwhile = meanwhile
        self.enough = enough
        self.begun = False

    async def opened(self) -> None:
        """The stream is open."""
        if not self.begun:
            self.begun = True
            await self._meanwhile()


EAR: ContextVar[Ear | None] = ContextVar("ear", default=None)
"""Who listens to the stream that is opened next in this task."""


def is_events(content_type: str | None) -> bool:
    """Whether an answer of this type goes on for ever."""
    media = (content_type or "").partition(";")[0].strip().lower()
    return media == EVENTS or media in LINES


def events(text: str) -> list[str]:
    """The data of the events in a stream, in order; comments and what is unfinished are none (WHATWG HTML, 9.2.6)."""
    found: list[str] = []
    data: list[str] = []
    for line in re.split(r"\r\n|\n|\r", text.removeprefix("\ufeff")):
        if not line:
            if data:
                found.append("\n".join(data))
            data = []
        elif line.partition(":")[0] == "data":
            data.append(line.partition(":")[2].removeprefix(" "))
    return found


def messages(text: str) -> list[str]:
    """The messages in the body of a WebSocket's response, without the line that tells how it was closed."""
    return [line for line in _CLOSED.sub("", text).split("\n") if line]


def meaning(body: bytes) -> int:
    """The status that a WebSocket's messages stand for: 200, or that of a refusal that came after it was accepted."""
    text = body.decode("utf-8", "replace")
    closed = _CLOSED.search(text)
    if closed:
        code = int(closed[1])
        status = _MEANT.get(code, code - 4000 if 4400 <= code < 4600 else 0)
        if status:
            return status
    said = [one for line in messages(text) if isinstance(one := _parsed(line), dict)]
    if any(one.get("type") == "connection_error" for one in said):
        return 401
    statuses = [_refused(one) for one in said if one.get("type") in ("next", "data", "error")]
    return statuses[0] if statuses and all(statuses) else 200


def _refused(message: dict[str, Json]) -> int:
    """The status that a message of a GraphQL subscription stands for when it holds errors and nothing else; else 0."""
    payload = message.get("payload")
    if message.get("type") == "error":
        payload = {"errors": payload if isinstance(payload, list) else [payload]}
    return graphql.refusal(json.dumps(payload).encode())


def _parsed(text: str) -> Json:
    try:
        found: Json = json.loads(text)
    except (ValueError, RecursionError):
        return None
    return found


def shown(message: str | bytes) -> str:
    """A message as one line of the body: JSON without line breaks, bytes as hexadecimal digits."""
    if isinstance(message, bytes):
        return f"(binary, {len(message)} bytes) {message[:64].hex()}"
    if "\n" not in message and "\r" not in message:
        return message
    parsed = _parsed(message)
    if parsed is not None:
        return json.dumps(parsed, ensure_ascii=False)
    return re.sub(r"[\r\n]+", " ", message)

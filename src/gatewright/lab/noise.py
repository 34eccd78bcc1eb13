"""A worse neighbour: what real networks and servers do to answers, without anything being wrong with the API.

`jitter` answers later by chance, `rotate` adds members that change with every answer, `errors` fails one request in
twenty, `lag` reads from a replica that is 300 ms behind, `limit` serves 20 requests a second. All by a seeded chance.
"""

from __future__ import annotations

import asyncio
import random
import sqlite3
import time
from collections import deque
from collections.abc import Callable, Iterable
from contextvars import ContextVar
from typing import Any

import orjson
from starlette.datastructures import MutableHeaders
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from gatewright.lab.tables import Tables

KINDS = ("jitter", "rotate", "errors", "lag", "limit")
BEHIND = 0.3
"""Seconds that the replica is behind."""
RATE = 20
"""Requests a second that `limit` serves."""
FAILING = 0.05
"""Share of requests that `errors` fails."""
_CONSISTENT = frozenset({"users", "revoked"})
"""Who one is, is known at once: a session that another replica does not know yet would be a log-in that fails."""
_READING: ContextVar[bool] = ContextVar("reading", default=False)
_BANNERS = ("Flu shots on Friday", "Closed on Monday", "New parking deck", "Ask for the app", "Mind the step")


class Noise:
    """Wraps an application and makes it noisy in the ways that are named."""

    def __init__(
        self, app: ASGIApp, kinds: Iterable[str], seed: int, *, clock: Callable[[], float] = time.monotonic
    ) -> None:
        self._app = app
        self._kinds = frozenset(kinds)
        self._chance = random.Random(f"noise {seed}")
        self._clock = clock
        self._served: deque[float] = deque()

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one request."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        if "jitter" in self._kinds:
            await asyncio.sleep(self._delay())
        if "limit" in self._kinds and self._full():
            await _plain(send, 429, {"detail": "slow down"}, retry_after="1")
            return
        if "errors" in self._kinds and self._chance.random() < FAILING:
            await _plain(send, 500, {"detail": "something went wrong"})
            return
        token = _READING.set("lag" in self._kinds and scope["method"] in ("GET", "HEAD"))
        try:
            await self._app(scope, receive, _Rotating(send, self._chance) if "rotate" in self._kinds else send)
        finally:
            _READING.reset(token)

    def _delay(self) -> float:
        """Seconds: some milliseconds, and 200 ms once in a while."""
        spike = 0.2 if self._chance.random() < 0.02 else 0.0
        return spike + self._chance.lognormvariate(-5.0, 0.8)

    def _full(self) -> bool:
        now = self._clock()
        while self._served and self._served[0] <= now - 1.0:
            self._served.popleft()
        if len(self._served) >= RATE:
            return True
        self._served.append(now)
        return False


class _Rotating:
    """Adds members and a header to JSON answers that are never the same twice."""

    def __init__(self, send: Send, chance: random.Random) -> None:
        self._send = send
        self._chance = chance
        self._start: Message | None = None
        self._body = b""

    async def __call__(self, message: Message) -> None:
        """Hold a JSON answer back until it is whole; let others pass."""
        if message["type"] == "http.response.start":
            kind = dict(message["headers"]).get(b"content-type", b"")
            if b"json" not in kind:
                await self._send(message)
                return
            self._start = message
        elif self._start is None:
            await self._send(message)
        else:
            self._body += message.get("body", b"")
            if not message.get("more_body"):
                await self._finish(self._start)

    async def _finish(self, start: Message) -> None:
        body = self._changed(self._body)
        headers = MutableHeaders(scope=start)
        headers["Content-Length"] = str(len(body))
        headers["X-Request-Id"] = f"{self._chance.getrandbits(64):016x}"
        await self._send(start)
        await self._send({"type": "http.response.body", "body": body})

    def _changed(self, body: bytes) -> bytes:
        try:
            value = orjson.loads(body)
        except ValueError:
            return body
        if not isinstance(value, dict) or "openapi" in value or "__schema" in (value.get("data") or {}):
            return body
        self._turn(value.setdefault("extensions", {}) if set(value) & {"data", "errors"} else value)
        return orjson.dumps(value)

    def _turn(self, value: dict[str, Any]) -> None:
        value["request_id"] = f"{self._chance.getrandbits(64):016x}"
        value["server_time"] = time.time()  # noqa: TID251 - the lab is a server with a clock of its own
        value["banner"] = self._chance.choice(_BANNERS)
        value["visitors"] = self._chance.randrange(100, 999)


async def _plain(send: Send, status: int, body: dict[str, Any], *, retry_after: str = "") -> None:
    content = orjson.dumps(body)
    headers = [(b"content-type", b"application/json"), (b"content-length", str(len(content)).encode())]
    headers += [(b"retry-after", retry_after.encode())] if retry_after else []
    await send({"type": "http.response.start", "status": status, "headers": headers})
    await send({"type": "http.response.body", "body": content})


class LaggingTables(Tables):
    """Tables whose reads within a GET come from a replica that is `BEHIND` seconds behind; writes go to the first."""

    def __init__(self, *, clock: Callable[[], float] = time.monotonic) -> None:
        super().__init__()
        self._clock = clock
        self._replica = sqlite3.connect(":memory:", isolation_level=None, check_same_thread=False)
        self._written: deque[tuple[float, str, tuple[Any, ...]]] = deque()
        self._copied = False

    def close(self) -> None:
        """Forget everything."""
        super().close()
        self._replica.close()

    def copy(self) -> None:
        """The replica begins with all that is there now."""
        self._db.backup(self._replica)
        self._copied = True

    def _write(self, statement: str, values: Iterable[Any]) -> sqlite3.Cursor:
        kept = tuple(values)
        cursor = super()._write(statement, kept)
        if self._copied:
            self._written.append((self._clock(), statement, kept))
        return cursor

    def _reader(self, table: str) -> sqlite3.Connection:
        while self._written and self._written[0][0] <= self._clock() - BEHIND:
            _, statement, values = self._written.popleft()
            self._replica.execute(statement, values)
        return self._replica if _READING.get() and self._copied and table not in _CONSISTENT else self._db

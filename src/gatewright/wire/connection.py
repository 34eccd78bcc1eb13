"""One connection: bytes out, one answer at a time in, with time-outs that cost nothing while they do not strike."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable

from gatewright.model.errors import WireError
from gatewright.model.http import Timing
from gatewright.model.settings import Limits
from gatewright.wire.answer import HEAD_LIMIT
from gatewright.wire.failures import WORDS, failure
from gatewright.wire.h1 import Reader
from gatewright.wire.lines import Lines
from gatewright.wire.turn import Turn

clock = time.perf_counter
"""Measures answers. Not the run's clock, which may be a made-up one: sockets live in real time."""

_LONG = 16 * 1024
"""A request of more bytes may still be on its way when its answer comes."""

_ENDLESS = b"text/event-stream"
_A_TASTE = 1.0
"""Seconds that an answer is read which goes on for ever."""

_DRAIN = 4
"""An answer may be this many times as long as what is kept of it; then the connection is closed."""


class Connection(asyncio.Protocol):
    """One connection to a target. `ask` sends a request; once its turn is done, the fields tell what came."""

    def __init__(self, limits: Limits, lines: Lines, lost: Callable[[Connection], None]) -> None:
        self._loop = asyncio.get_running_loop()
        self._patience = min(limits.first_byte, limits.total)
        self._total = limits.total
        self._longest = limits.body * _DRAIN + HEAD_LIMIT
        self._lost = lost
        self.reader = Reader(limits.body, lines=lines)
        self.transport: asyncio.Transport | None = None
        self.closed = False
        self.long = False
        """The last request was, so that it may still be on its way when its answer comes."""
        self.uses = 0
        self.connect = 0.0
        """Seconds that it took to connect."""
        self.started = self.first_byte = self.ended = 0.0
        self.error: WireError | None = None
        """Why there is no answer."""
        self.turn = Turn(self._loop)
        self._timer: asyncio.TimerHandle | None = None
        self._deadline = self._fires = 0.0

    @property
    def timing(self) -> Timing:
        """Times of the last answer."""
        started = self.started
        if self.uses > 1:
            return Timing(0.0, self.first_byte - started, self.ended - started, True)
        return Timing(self.connect, self.first_byte - started, self.ended - started)

    @property
    def went_stale(self) -> bool:
        """The server closed the connection before it answered."""
        error = self.error
        return error is not None and not self.reader.count and error.code in (WORDS["closed"], WORDS["reset"])

    @property
    def busy(self) -> bool:
        """Still writing a request whose answer has come already."""
        return self.long and self.transport is not None and self.transport.get_write_buffer_size() > 0

    def ask(self, wire: bytes, method: str) -> Turn:
        """Sends a request. The turn is done when the answer is complete, or has failed (`error`)."""
        self.reader.begin(method)
        self.error = None
        self.first_byte = 0.0
        self.uses += 1
        turn = self.turn
        turn.done = False
        self.started = now = clock()
        transport = self.transport
        if self.closed or transport is None:
            self._fail("closed", "the connection closed before the request was sent")
            return turn
        self._deadline = now + self._patience
        if self._timer is None or self._deadline < self._fires:
            self._arm(now)
        self.long = len(wire) > _LONG
        transport.write(wire)
        return turn

    def abort(self) -> None:
        """Closes at once."""
        self.closed = True
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None
        if self.transport is not None:
            self.transport.abort()

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """The connection is there (again after TLS began on it)."""
        self.transport = transport  # type: ignore[assignment]

    def data_received(self, data: bytes) -> None:
        """Bytes came."""
        turn = self.turn
        if turn.done:  # nobody asked: what comes next could be taken for the answer to another request
            self.abort()
            return
        self.ended = now = clock()
        if not self.first_byte:
            self.first_byte = now
            self._deadline = self.started + self._total
            if _ENDLESS in data[:4096]:  # nobody knew that it is a stream: it is not waited for to end
                self._deadline = now + min(self._total, _A_TASTE)
                self._arm(now)
        try:
            done = self.reader.feed(data)
        except WireError as error:
            self._failed(error)
            return
        if done:
            turn.finish()
        elif self.reader.count > self._longest:
            self.reader.stop(f"the answer was longer than {self._longest} bytes: reading stopped")
            self._answered()

    def connection_lost(self, exc: Exception | None) -> None:
        """The connection is gone: the end of some answers, the failure of others."""
        self.closed = True
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None
        if not self.turn.done:
            if not self.reader.count:
                word, how = ("closed", "closed") if exc is None else ("reset", f"broke ({_say(exc)})")
                self._fail(word, f"the connection {how} before an answer came")
            else:
                self._read_to_the_end(exc)
        self._lost(self)

    def _read_to_the_end(self, exc: Exception | None) -> None:
        try:
            if exc is not None and self.reader.has_head:
                self.reader.stop(f"the connection broke within the answer ({_say(exc)})")
            else:
                self.reader.close()
        except WireError as error:
            self._failed(error)
        else:
            self._answered()

    def _answered(self) -> None:
        self.ended = clock()
        self.turn.finish_soon()

    def _failed(self, error: WireError) -> None:
        self.error = error
        self._answered()
        self.abort()

    def _fail(self, word: str, sentence: str) -> None:
        self._failed(failure(word, sentence))

    def _arm(self, now: float) -> None:
        if self._timer is not None:
            self._timer.cancel()
        self._fires = self._deadline
        self._timer = self._loop.call_later(self._deadline - now, self._strike)

    def _strike(self) -> None:
        """The timer fired. Mostly the deadline has moved on since it was set: then it is set again."""
        self._timer = None
        if self.turn.done or self.closed:
            return
        now = clock()
        if now < self._deadline:
            self._arm(now)
        elif not self.first_byte:
            self._fail("timeout-first-byte", f"no byte of an answer within {self._patience:g} s")
        elif self.reader.has_head:
            self.reader.stop(f"the answer did not end within {self._total:g} s")
            self._answered()
            self.abort()
        else:
            self._fail("timeout-total", f"no whole head of an answer within {self._total:g} s")


def _say(exc: Exception) -> str:
    return getattr(exc, "strerror", None) or str(exc) or type(exc).__name__

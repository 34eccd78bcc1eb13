"""Events that wait to be written: bounded by what they weigh, since an answer may hold 5 MiB."""

from __future__ import annotations

import queue
import threading
from collections import deque

from gatewright.model.events import AnyEvent, AttemptSent

MOST = 4_000
"""Weight that may wait: as many small events, or 64 MB of bodies. Who brings more waits."""
UNIT = 16_384
"""Bytes that weigh as much as one event."""


class Backlog(queue.Queue[AnyEvent | None]):
    """A queue whose size is the weight of what is in it. None marks the end."""

    queue: deque[AnyEvent | None]

    def __init__(self) -> None:
        self._weight = 0
        self._hurry = threading.Event()
        """The end is there, or half of what may wait."""
        super().__init__(MOST)

    def _qsize(self) -> int:
        return self._weight

    def _put(self, item: AnyEvent | None) -> None:
        self.queue.append(item)
        self._weight += weight(item)
        if item is None or self._weight >= MOST // 2:
            self._hurry.set()

    def _get(self) -> AnyEvent | None:
        item = self.queue.popleft()
        self._weight -= weight(item)
        return item

    def gather(self, most: int, seconds: float) -> list[AnyEvent | None]:
        """At least one event, waited for, and what comes within `seconds` of it: up to `most`, or up to the end.

        It sleeps meanwhile: woken by each event, it would take its turn from the thread that sends.
        """
        found = [self.get()]
        if found[0] is not None:
            self._hurry.wait(seconds)
        while len(found) < most and found[-1] is not None:
            try:
                found.append(self.get_nowait())
            except queue.Empty:
                self._hurry.clear()
                break
        return found


def weight(event: AnyEvent | None) -> int:
    """At least 1, and 1 more for each full unit of bytes of an exchange."""
    if not isinstance(event, AttemptSent):
        return 1
    exchange = event.exchange
    body = len(exchange.response.body) if exchange.response else 0
    return 1 + (len(exchange.request.body) + len(exchange.sent) + len(exchange.received) + body) // UNIT

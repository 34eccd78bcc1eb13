"""The event stream of one run: every consumer gets every event, and none can stop the engine."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence

import msgspec

from gatewright.model.events import AnyEvent, Consumer, Warned


class Stream:
    """Hands events to consumers in order. A consumer that raises is warned about once and left out from then on."""

    def __init__(
        self, consumers: Sequence[Consumer], *, clock: Callable[[], float] = time.monotonic, already: float = 0.0
    ) -> None:
        """`already`: seconds of earlier parts of the run, which the times of events go on from."""
        self._consumers = list(consumers)
        self._clock = clock
        self._all = tuple(consumers)
        self._began = clock() - already

    @property
    def seconds(self) -> float:
        """Seconds since the stream began."""
        return self._clock() - self._began

    def start(self) -> None:
        """Before the first event."""
        for consumer in self._consumers:
            consumer.start()

    def emit(self, event: AnyEvent) -> None:
        """Stamp an event with its time and hand it to everybody."""
        stamped = msgspec.structs.replace(event, at=round(self.seconds, 3))
        for consumer in list(self._consumers):
            try:
                consumer.on(stamped)
            except Exception as error:  # a broken reporter must not cost the findings of the others
                self._consumers.remove(consumer)
                name = type(consumer).__name__
                self.emit(Warned(code="GW-R900", message=f"{name} broke and gets no more events: {error!r}"))

    def stop(self) -> None:
        """After the last event. Every consumer is stopped; what the first raises that breaks here is raised then."""
        broken: list[Exception] = []
        for consumer in self._all:
            try:
                consumer.stop()
            except Exception as error:  # the others must still write what they have
                broken.append(error)
        if broken:
            raise broken[0]

"""The event stream as lines of JSON (`scan --events`), secrets masked."""

from __future__ import annotations

from typing import BinaryIO

from gatewright.model.events import AnyEvent, encode
from gatewright.model.mask import Mask


class EventLines:
    """A consumer that writes one line for each event, at once, so that a reader can follow the run."""

    def __init__(self, out: BinaryIO, mask: Mask | None) -> None:
        """`mask` None shows secrets."""
        self._out, self._mask = out, mask

    def start(self) -> None:
        """Nothing to prepare: the first event carries the version."""

    def on(self, event: AnyEvent) -> None:
        """Write one event."""
        self._out.write(encode(event if self._mask is None else self._mask.event(event)) + b"\n")
        self._out.flush()

    def stop(self) -> None:
        """Whoever opened the file closes it."""

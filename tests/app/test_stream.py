from __future__ import annotations

import pytest

from gatewright.app.stream import Stream
from gatewright.model.events import AnyEvent, PhaseChanged, Warned


class Recorder:
    """Keeps what it is given; raises on the phases that it is told."""

    def __init__(self, *, breaks_on: str = "") -> None:
        self.seen: list[AnyEvent] = []
        self.calls: list[str] = []
        self._breaks_on = breaks_on

    def start(self) -> None:
        self.calls.append("start")

    def on(self, event: AnyEvent) -> None:
        if isinstance(event, PhaseChanged) and event.phase == self._breaks_on:
            raise ZeroDivisionError("broken reporter")
        self.seen.append(event)

    def stop(self) -> None:
        self.calls.append("stop")


def test_everybody_gets_every_event_in_order_with_its_time() -> None:
    times = iter((10.0, 10.5, 12.25))
    consumers = [Recorder(), Recorder()]
    stream = Stream(consumers, clock=lambda: next(times))
    stream.start()
    stream.emit(PhaseChanged(phase="explore"))
    stream.emit(PhaseChanged(phase="P2"))
    stream.stop()
    for consumer in consumers:
        assert consumer.seen == [PhaseChanged(phase="explore", at=0.5), PhaseChanged(phase="P2", at=2.25)]
        assert consumer.calls == ["start", "stop"]


def test_a_broken_consumer_is_told_of_once_and_costs_the_others_nothing() -> None:
    broken, sound = Recorder(breaks_on="explore"), Recorder()
    stream = Stream([broken, sound])
    for phase in ("log-in", "explore", "P2", "explore"):
        stream.emit(PhaseChanged(phase=phase))
    warnings = [event for event in sound.seen if isinstance(event, Warned)]
    assert [event.code for event in warnings] == ["GW-R900"]
    assert "Recorder" in warnings[0].message
    assert [event.phase for event in sound.seen if isinstance(event, PhaseChanged)] == [
        "log-in",
        "explore",
        "P2",
        "explore",
    ]
    assert [event.phase for event in broken.seen if isinstance(event, PhaseChanged)] == ["log-in"]


class Stuck(Recorder):
    """Raises when it is stopped."""

    def stop(self) -> None:
        raise OSError("the disk is full")


def test_all_are_stopped_even_when_one_breaks_there() -> None:
    broken, sound = Recorder(breaks_on="explore"), Recorder()
    stream = Stream([Stuck(), broken, sound])
    stream.start()
    stream.emit(PhaseChanged(phase="explore"))
    with pytest.raises(OSError, match="full"):
        stream.stop()
    assert sound.calls == broken.calls == ["start", "stop"]


def test_times_go_on_from_earlier_parts_of_the_run() -> None:
    stream = Stream([sound := Recorder()], clock=lambda: 3.0, already=100.0)
    stream.emit(PhaseChanged(phase="explore"))
    assert (sound.seen[0].at, stream.seconds) == (100.0, 100.0)

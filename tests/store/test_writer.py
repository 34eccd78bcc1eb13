from __future__ import annotations

import sqlite3
import time
from collections.abc import Callable

import pytest

from gatewright.model.errors import StoreError
from gatewright.model.events import AnyEvent, AttemptSent
from gatewright.model.finding import Cell
from gatewright.model.http import Exchange
from gatewright.model.mask import Mask
from gatewright.store.store import Store
from gatewright.store.writer import Writer


def until(condition: Callable[[], bool], seconds: float = 10.0) -> None:
    deadline = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < deadline, "never came true"
        time.sleep(0.01)


def test_events_are_on_the_disk_within_half_a_second_without_stop(store: Store, events: list[AnyEvent]) -> None:
    writer = store.consumer("run-1")
    writer.start()
    began = time.monotonic()
    for event in events[:-1]:
        writer.on(event)
    until(lambda: bool(store.runs()) and store.runs()[0].findings == 1)
    assert time.monotonic() - began < 5, "half a second, on a busy machine"
    writer.stop()
    writer.stop()


def test_what_exploration_teaches_is_masked_before_on_returns(
    store: Store, events: list[AnyEvent], canary: str
) -> None:
    mask = Mask(store.key)
    writer = store.consumer("run-1", mask=mask)
    writer.start()
    for event in events[:3]:
        writer.on(event)
    assert canary not in mask.text(f"it is {canary}")
    writer.stop()


def test_a_disk_that_refuses_is_told_and_stops_nothing(events: list[AnyEvent]) -> None:
    def broken() -> sqlite3.Connection:
        return sqlite3.connect(":memory:", check_same_thread=False)  # no tables

    writer = Writer(broken, "run-1", mask=Mask(b"k"))
    writer.start()
    for event in events[:3]:
        writer.on(event)
    with pytest.raises(StoreError, match="GW-D006"):
        writer.stop()
    with pytest.raises(StoreError, match="no such table"):
        writer.on(events[3])


def test_many_exchanges_are_written_quickly(
    store: Store, events: list[AnyEvent], make_exchange: Callable[..., Exchange]
) -> None:
    writer = store.consumer("run-1")
    writer.start()
    writer.on(events[0])
    cell, exchange = Cell("e", "t", "bob"), make_exchange(1)
    began = time.monotonic()
    for _ in range(2_000):
        writer.on(AttemptSent(exchange=exchange, cell=cell))
    writer.stop()
    assert time.monotonic() - began < 10
    assert store.runs()[0].requests == 2_000

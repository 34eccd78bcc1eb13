from __future__ import annotations

import queue
import threading
import time

import pytest

from gatewright.model.events import AttemptSent, Warned
from gatewright.model.http import Exchange, Request, Response
from gatewright.store.backlog import MOST, UNIT, Backlog, weight


def _event(number: int, size: int) -> AttemptSent:
    response = Response(200, (), b"x" * size)
    return AttemptSent(exchange=Exchange(number, Request("GET", "http://h", "/"), response, received=b"y" * size))


def test_what_weighs_what() -> None:
    assert weight(None) == weight(Warned(code="c", message="m")) == weight(_event(1, 100)) == 1
    assert weight(_event(1, UNIT)) == 3


def test_events_come_out_in_order() -> None:
    backlog = Backlog()
    events = [_event(1, 10), Warned(code="c", message="m"), None]
    for event in events:
        backlog.put(event)
    assert [backlog.get_nowait() for _ in events] == events
    with pytest.raises(queue.Empty):
        backlog.get_nowait()


def test_large_answers_fill_it_sooner() -> None:
    backlog, large = Backlog(), _event(1, 500 * UNIT)
    for _ in range(MOST // weight(large) + 1):
        backlog.put_nowait(large)
    with pytest.raises(queue.Full):
        backlog.put_nowait(None)
    backlog.get_nowait()
    backlog.put_nowait(None)


def test_a_batch_gathers_what_comes_meanwhile_up_to_the_end_or_the_most() -> None:
    backlog = Backlog()
    thread = threading.Timer(0.05, lambda: [backlog.put(event) for event in (_event(2, 1), None, _event(3, 1))])
    backlog.put(_event(1, 1))
    thread.start()
    begun = time.monotonic()
    assert backlog.gather(10, 20.0) == [_event(1, 1), _event(2, 1), None]
    thread.join()
    assert time.monotonic() - begun < 10, "the end is not waited past"
    for number in range(4, 8):
        backlog.put(_event(number, 1))
    assert [len(backlog.gather(2, 0.0)) for _ in range(3)] == [2, 2, 1]


def test_half_of_what_may_wait_is_not_waited_with() -> None:
    backlog = Backlog()
    backlog.put(_event(1, (MOST // 2) * UNIT // 2))
    begun = time.monotonic()
    assert len(backlog.gather(10, 20.0)) == 1
    assert time.monotonic() - begun < 10

from __future__ import annotations

import queue

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

from __future__ import annotations

import io

from gatewright.model.events import AttemptSent, RunStarted, Warned, decode, replay
from gatewright.model.http import Exchange, Request, Response
from gatewright.model.mask import Mask
from gatewright.report.lines import EventLines

CANARY = "canary-7f3a9c0e51"
ATTEMPT = AttemptSent(
    exchange=Exchange(
        1,
        Request("GET", "http://127.0.0.1:8000", "/me", (("Authorization", f"Bearer {CANARY}"),)),
        Response(200, body=b'{"name": "alice"}'),
    )
)
EVENTS = (RunStarted(run="r1", target=("http://127.0.0.1:8000",), mode="safe", seed=1, started="now"), ATTEMPT)


def test_every_event_is_one_line_that_replays() -> None:
    out = io.BytesIO()
    lines = EventLines(out, Mask(b"key"))
    lines.start()
    for event in EVENTS:
        lines.on(event)
    lines.stop()
    assert out.getvalue().count(b"\n") == len(EVENTS)
    again = io.BytesIO()
    replay(out.getvalue().splitlines(), EventLines(again, Mask(b"key")))
    assert again.getvalue() == out.getvalue()


def test_secrets_are_masked_unless_asked_for() -> None:
    for mask, shown in ((Mask(b"key"), False), (None, True)):
        out = io.BytesIO()
        EventLines(out, mask).on(ATTEMPT)
        assert (CANARY.encode() in out.getvalue()) is shown


def test_a_reader_sees_each_event_at_once() -> None:
    class Slow(io.BytesIO):
        flushed = 0

        def flush(self) -> None:
            Slow.flushed = len(self.getvalue())

    out = Slow()
    EventLines(out, None).on(Warned(code="GW-R010", message="x"))
    assert Slow.flushed == len(out.getvalue()) > 0
    assert decode(out.getvalue().strip()) == Warned(code="GW-R010", message="x")

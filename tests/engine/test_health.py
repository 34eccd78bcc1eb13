"""When a target counts as unwell, and that a run rests and then ends for it."""

from __future__ import annotations

from gatewright.engine.health import Health
from gatewright.model.http import Response, Timing


def took(seconds: float, status: int = 200) -> Response:
    return Response(status, timing=Timing(first_byte=seconds, total=seconds))


def test_slow_answers_count_beside_the_start_of_the_same_endpoints() -> None:
    health = Health()
    for _ in range(19):
        health.saw("GET /a", took(0.3), start=0.01)
    assert health.complaint() == "", "twenty are needed"
    health.saw("GET /a", took(0.3), start=0.01)
    assert "300 ms" in health.complaint()
    health.rested()
    assert health.complaint() == ""


def test_what_is_slow_by_itself_is_well() -> None:
    health = Health()
    for _ in range(40):
        health.saw("GET /report", took(0.9), start=0.8)
    assert health.complaint() == ""


def test_slow_is_more_than_five_times_and_more_than_200_ms() -> None:
    for seconds, start in ((0.19, 0.001), (0.49, 0.1)):
        health = Health()
        for _ in range(30):
            health.saw("GET /a", took(seconds), start=start)
        assert health.complaint() == ""


def test_the_first_baseline_stands_for_the_start_where_nothing_else_does() -> None:
    health = Health()
    health.saw("GET /a", took(0.01))
    for _ in range(20):
        health.saw("GET /a", took(0.3))
    assert health.complaint()


def test_more_than_a_fifth_of_fifty_failures() -> None:
    for failures, unwell in ((10, False), (11, True)):
        health = Health()
        for number in range(50):
            health.saw("GET /a", took(0.01, 503 if number < failures else 200), start=0.01)
        assert bool(health.complaint()) is unwell
    health = Health()
    for _ in range(49):
        health.saw("GET /a", None)
    assert health.complaint() == "", "fifty are needed"


def test_refusals_are_no_failures() -> None:
    health = Health()
    for _ in range(60):
        health.saw("GET /a", took(0.01, 404), start=0.01)
    assert health.complaint() == ""

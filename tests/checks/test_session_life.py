"""An ended session is looked at while it would still live: waits of a case take no time, so that this is tried here."""

from __future__ import annotations

import asyncio
from datetime import UTC, datetime
from typing import Any, cast

import pytest

from gatewright.app.tests import library
from gatewright.checks.session_life import _later
from gatewright.engine import replay
from gatewright.engine.replay import load, path_of, run
from gatewright.model.http import Exchange, Request
from gatewright.model.settings import Limits, Settings
from gatewright.model.test import LogIn


class _Probe:
    def __init__(self, patience: str) -> None:
        self.settings = Settings(limits=Limits(patience=cast(Any, patience)))


@pytest.mark.parametrize(("patience", "wait"), [("normal", 1.0), ("short", 0.25)])
@pytest.mark.parametrize("lives", [None, 3600.0, 5.0, 0.0])
def test_looks_end_within_half_of_what_is_left(patience: str, wait: float, lives: float | None) -> None:
    begun = datetime.now(UTC).timestamp() - 1.0
    session = LogIn(
        exchange=Exchange(number=1, request=Request("POST", "http://h", "/"), response=None, at=begun), lives=lives
    )
    pauses = _later(cast(Any, _Probe(patience)), session)
    assert len(pauses) == 2
    if lives in (None, 3600.0):
        assert pauses == (2.0, 8.0)
    else:
        assert sum(pauses) * wait <= max(cast(float, lives) - 1.0, 0.0) / 2
        assert lives == 0.0 or sum(pauses) * wait > 1.0


@pytest.mark.parametrize(
    ("test", "also"),
    [
        ("session-after-logout", "POST /logout"),
        ("session-after-password-change", "PUT /password"),
        ("session-refresh-reuse", "POST /refresh"),
    ],
)
def test_a_finding_at_the_probe_names_the_endpoint_that_ends_nothing(test: str, also: str) -> None:
    one = library()[test]
    fires = [case for case in load(path_of(one)) if case.fires and case.concerns(test)]
    found = [asyncio.run(run(one, case)).finding for case in fires]
    assert {(f.endpoint.name, f.also) for f in found if f} == {("GET /me", (also,))}


def test_a_used_refresh_token_is_left_alone_for_longer_than_any_allowance(monkeypatch: pytest.MonkeyPatch) -> None:
    """APIs take a used token again for some ten seconds on purpose: a case has short patience, which must not shorten that."""
    waited: list[float] = []

    async def pause(seconds: float) -> None:
        waited.append(seconds)

    monkeypatch.setattr(replay, "_at_once", pause)
    one = library()["session-refresh-reuse"]
    case = next(case for case in load(path_of(one)) if case.fires and case.concerns(one.id))
    assert asyncio.run(run(one, case)).verdict.outcome == "vulnerable"
    assert sum(waited) > 10.0

"""An ended session is looked at while it would still live: waits of a case take no time, so that this is tried here."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any, cast

import pytest

from gatewright.checks.session_life import _later
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

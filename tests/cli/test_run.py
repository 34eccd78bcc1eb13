"""What becomes of a scan in which Gatewright itself breaks."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Sequence
from pathlib import Path

import pytest

from gatewright.cli import run
from gatewright.model.errors import TargetError
from gatewright.model.events import Consumer, JobPlanned, RunStarted
from gatewright.model.finding import Cell, Report
from gatewright.model.settings import Settings


def breaking(error: Exception) -> object:
    """A scan that begins, plans one cell, and breaks."""

    async def scan(
        settings: Settings,
        consumers: Sequence[Consumer] = (),
        *,
        resume: str | None = None,
        stop: asyncio.Event | None = None,
    ) -> Report:
        for consumer in consumers:
            consumer.start()
            consumer.on(RunStarted(run="r", target=("http://h",), mode="safe", seed=1, started="2026-01-01T00:00:00Z"))
            consumer.on(JobPlanned(cell=Cell("GET http://h/a", "cors", "anon"), phase="P2"))
        raise error

    return scan


@pytest.mark.parametrize(
    ("error", "written"), [(ZeroDivisionError("inside"), True), (TargetError("gone", code="GW-R001"), False)]
)
def test_what_was_found_before_is_reported(
    error: Exception, written: bool, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(run, "scan", breaking(error))
    monkeypatch.setattr(
        run, "settings_of", lambda config, typed: Settings(formats=(("json", str(tmp_path / "r.json")),))
    )
    with pytest.raises(type(error)):
        run.run_scan(None, {}, events=None, verbosity=0)
    assert (tmp_path / "r.json").exists() is written
    if written:
        report = json.loads((tmp_path / "r.json").read_text("utf-8"))
        assert report["run"]["complete"] is False
        assert report["totals"]["cells"] == report["totals"]["skipped"] == 1

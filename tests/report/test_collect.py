from __future__ import annotations

from gatewright.model import collect as model
from gatewright.report import collect


def test_reports_and_store_use_one_collector() -> None:
    assert collect.Collector is model.Collector

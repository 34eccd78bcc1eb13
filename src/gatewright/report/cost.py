"""What a run cost, split as its goals are (checks-1-5.md 1.2): by endpoint, and by host."""

from __future__ import annotations

from collections.abc import Mapping

from msgspec import Struct

from gatewright.model.finding import Report
from gatewright.model.test import Attacker, Need, Phase, Test

PER_ENDPOINT = 60
"""Requests of exploration and of the tests that belong to an endpoint, on average, that a run should stay below."""
PER_HOST = 1_800
"""Requests of the tests that belong to a host, that a run should stay below."""


class Cost(Struct, frozen=True, kw_only=True):
    """Averages. Log-in and clean-up belong to neither."""

    per_endpoint: float
    per_host: float

    @property
    def said(self) -> str:
        """Both in a few words."""
        return f"{self.per_endpoint:,.1f} requests per endpoint, {self.per_host:,.0f} host-bound ones per host"


def cost(report: Report, tests: Mapping[str, Test]) -> Cost:
    """The cost of a run. A test that is not loaded any more counts as one of endpoints."""
    hosts = len({endpoint.origin for endpoint in report.endpoints}) or 1
    bound = sum(number for test, number in report.cost_of.items() if test in tests and of_host(tests[test]))
    others = sum(report.cost_of.values()) - bound + report.cost.get("explore", 0)
    endpoints = len(report.endpoints) or 1
    return Cost(per_endpoint=round(others / endpoints, 1), per_host=round(bound / hosts, 1))


def of_host(test: Test) -> bool:
    """Whether the requests of a test do not grow with the number of endpoints."""
    bound = test.attacker in (Attacker.HOST, Attacker.BELOW) or Need.HOST in test.needs
    return bound or test.phase in (Phase.LADDERS, Phase.BURSTS)


def share(report: Report) -> float:
    """The share of endpoints with an accepted sample, 0 to 1; 1 where there is none."""
    return round(report.with_2xx_sample / len(report.endpoints), 3) if report.endpoints else 1.0

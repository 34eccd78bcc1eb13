"""How a finding is repeated: one curl line, and a pytest that needs only the standard library."""

from __future__ import annotations

from gatewright.model.finding import Finding
from gatewright.report.curl import curl
from gatewright.report.regression import pytest, told


def curl_of(finding: Finding) -> str:
    """The curl line of the attack; empty without one."""
    attack = next((exchange for exchange in finding.exchanges if exchange.number in finding.attacks), None)
    return curl(attack, test=finding.test, meanwhile=told(finding, attack)) if attack else ""


def pytest_of(finding: Finding) -> str:
    """The source of a test file for the finding; empty without an attack."""
    return pytest(finding)

"""API8: how the clinic is set up."""

from __future__ import annotations

from gatewright.lab.weaknesses.weakness import Weakness

ROWS: tuple[Weakness, ...] = (
    Weakness(
        id="cors-any-origin",
        threat="API8:2023",
        kind="misconfiguration",
        test="cors",
        endpoint="GET /me",
        title="Any origin is reflected and allowed credentials",
    ),
)

"""API4: what costs the clinic more than it should."""

from __future__ import annotations

from gatewright.lab.weaknesses.weakness import Weakness

ROWS: tuple[Weakness, ...] = ()

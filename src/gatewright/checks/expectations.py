"""What `access.yaml` says about the endpoint of a cell."""

from __future__ import annotations

from gatewright.model.access import Whose, Word, cells_of, expected
from gatewright.model.test import Probe


def expects(probe: Probe, account: str, *, whose: Whose = "own") -> Word | None:
    """What is expected of an account there; None where nothing is written."""
    role = probe.accounts[account].role if account in probe.accounts else ""
    bound = bool(probe.knowledge.named_by(probe.endpoint.id))
    return expected(cells_of(probe.settings.access, probe.endpoint), account, role, whose=whose, bound=bound)

from __future__ import annotations

import msgspec

from gatewright.app.numbering import Numbering
from gatewright.model.events import FindingProved, PhaseChanged
from gatewright.model.finding import Finding


def _number(numbering: Numbering, finding: Finding) -> tuple[int, str]:
    event = numbering.event(FindingProved(finding=finding))
    assert isinstance(event, FindingProved)
    return event.finding.number, event.finding.status


def test_new_ones_follow_those_that_are_known_and_keep_their_number(one_finding: Finding) -> None:
    known = msgspec.structs.replace(one_finding, id="known", number=7, status="accepted")
    numbering = Numbering([known])
    assert _number(numbering, msgspec.structs.replace(one_finding, id="a")) == (8, "open")
    assert _number(numbering, msgspec.structs.replace(one_finding, id="b")) == (9, "open")
    assert _number(numbering, msgspec.structs.replace(one_finding, id="a", severity="low")) == (8, "open")
    assert _number(numbering, msgspec.structs.replace(one_finding, id="known")) == (7, "accepted")


def test_the_first_is_1_and_other_events_pass(one_finding: Finding) -> None:
    numbering = Numbering([])
    assert numbering.event(PhaseChanged(phase="P2")) == PhaseChanged(phase="P2")
    assert _number(numbering, one_finding) == (1, "open")

"""Short numbers of findings (F-12) while a run goes on: those that the store will give, without waiting for it."""

from __future__ import annotations

from collections.abc import Iterable

import msgspec

from gatewright.model.events import AnyEvent, FindingProved
from gatewright.model.finding import Finding


class Numbering:
    """Numbers findings in the order in which they are proved, after those that the store knows already.

    The store numbers in the same order. Two runs at once in one store may be shown other numbers than it keeps.
    """

    def __init__(self, known: Iterable[Finding]) -> None:
        self._known = {finding.id: (finding.number, finding.status) for finding in known}

    def event(self, event: AnyEvent) -> AnyEvent:
        """The event, its finding with number and state."""
        if not isinstance(event, FindingProved):
            return event
        following = max((number for number, _ in self._known.values()), default=0) + 1
        number, status = self._known.setdefault(event.finding.id, (following, event.finding.status))
        return msgspec.structs.replace(
            event, finding=msgspec.structs.replace(event.finding, number=number, status=status)
        )

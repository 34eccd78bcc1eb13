"""Objects that a case keeps ready, handed out as if they had just been made."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from gatewright.explore.ledger import Entry
from gatewright.model.call import Call
from gatewright.model.http import Exchange
from gatewright.model.json import Json
from gatewright.model.knowledge import Knowledge, OwnedObject


class ScriptedMaker:
    """Hands out the objects that a case keeps ready as fresh ones. Implements `ports.Maker`."""

    def __init__(self, ready: Mapping[str, Sequence[OwnedObject]]) -> None:
        self._ready = {owner: list(objects) for owner, objects in ready.items()}

    async def fresh(
        self, knowledge: Knowledge, like: OwnedObject, *, owner: str, extra: Mapping[str, Json] | None = None
    ) -> OwnedObject | None:
        """The next ready object of that owner and resource; None when there is none."""
        ready = self._ready.get(owner, [])
        return next((ready.pop(i) for i, o in enumerate(ready) if o.resource == like.resource), None)

    def writes(self, call: Call, body: bytes, account: str) -> Entry | None:
        """A case keeps no ledger."""
        return None

    def unsent(self, begun: Entry | None) -> None:
        """A case keeps no ledger."""

    def wrote(self, call: Call, exchange: Exchange, begun: Entry | None = None) -> None:
        """A case keeps no ledger."""

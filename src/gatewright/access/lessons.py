"""What refusals taught about the places of one endpoint, kept from one try to the next."""

from __future__ import annotations

from dataclasses import dataclass, field

from gatewright.model.endpoint import Place
from gatewright.model.json import Json
from gatewright.model.schema import Schema

MOST = 5
"""Values tried at one place for complaints of one kind, before it is given up."""


@dataclass(slots=True)
class Lessons:
    """Mutable; one for each endpoint that is being learnt."""

    schemas: dict[Place, Schema] = field(default_factory=dict)
    """Places as complaints described them, declared or not."""
    wrap: str = ""
    """The key under which the declared body must stand."""
    media: list[str] = field(default_factory=list)
    """Content types that were refused."""
    _tried: dict[Place, list[Json]] = field(default_factory=dict)
    _asked: dict[tuple[Place, str], int] = field(default_factory=dict)

    def tried(self, place: Place) -> list[Json]:
        """Values that were refused at a place."""
        return self._tried.setdefault(place, [])

    def fresh(self, place: Place, candidates: list[Json]) -> list[Json]:
        """The candidates that were not refused there before."""
        return [one for one in candidates if one not in self.tried(place)]

    def refuse(self, place: Place, value: Json) -> None:
        """Keep that a value was refused at a place."""
        if value is not None and value not in self.tried(place):
            self.tried(place).append(value)

    def again(self, place: Place, kind: str) -> bool:
        """Count one more complaint of a kind about a place; False when there were enough of them."""
        count = self._asked.get((place, kind), 0) + 1
        self._asked[place, kind] = count
        return count <= MOST

    def start(self) -> None:
        """Another account begins anew with what was learnt: values that were refused to one may do for another."""
        self._tried.clear()
        self._asked.clear()

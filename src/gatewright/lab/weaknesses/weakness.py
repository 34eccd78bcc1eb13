"""One weakness of the clinic: a condition that a route leaves out when asked."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import Any


@dataclass(frozen=True, slots=True, kw_only=True)
class Weakness:
    """One weakness. `test` proves it, at `endpoint`; the fields are those of `lab list --json`."""

    id: str
    threat: str
    kind: str
    test: str
    endpoint: str
    """As the specification writes it: `GET /orders/{order_id}`."""
    parameter: str | None = None
    """`path:order_id`, `body:user_id`, …; None where the test names none."""
    words: bool = False
    """True when its proof rests on what a property is called, so that a scrambled lab hides it."""
    title: str
    dialects: tuple[str, ...] = ("bearer", "cookie", "graphql")
    """Where it can exist."""
    needs: dict[str, Any] | None = None

    def listed(self) -> dict[str, Any]:
        """The row of `lab list --json`."""
        return asdict(self)

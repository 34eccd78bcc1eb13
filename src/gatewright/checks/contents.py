"""What an answer about one object shows of others: a list below a project, or of all that a named account owns."""

from __future__ import annotations

from collections.abc import Iterable

from gatewright.model.knowledge import OwnedObject
from gatewright.model.test import Probe
from gatewright.proof.leaves import Answer
from gatewright.proof.witness import Witness, markers_in


def contained(probe: Probe, owned: OwnedObject, shown: Iterable[Witness]) -> OwnedObject | None:
    """The object that values shown in an answer are really about, where these are not `owned` itself.

    One that this run made for the same account, and whose markers stand there, while none of `owned` does. None when
    the answer is about `owned`, or shows nothing of what was made.
    """
    markers = frozenset().union(*(markers_in(one.value) for one in shown))
    if not markers or markers & set(owned.markers):
        return None
    made = (
        o for o in probe.knowledge.objects if o.owner == owned.owner and o.origin == "created" and o.key != owned.key
    )
    return next((o for o in made if markers & set(o.markers)), None)


def shows(answer: Answer, owned: OwnedObject) -> bool:
    """Whether an answer holds a marker of an object."""
    return bool(markers_in(answer.text) & set(owned.markers))

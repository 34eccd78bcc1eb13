"""What this run made or changed, written down before and after, so that a killed process loses nothing."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Literal

import msgspec
from msgspec import Struct

from gatewright.model.call import Call

State = Literal["intended", "made", "gone", "void"]
"""`intended`: about to be sent, outcome unknown; `void`: the request was refused, nothing is there."""

_STANDING = ("intended", "made")


class Entry(Struct, frozen=True, kw_only=True):
    """One object that was made, or one value that was changed (then `remove` writes the old one back)."""

    number: int
    """Counts from 1 in the order of making: later ones go first."""
    kind: Literal["object", "value"]
    account: str
    what: str
    """For people: `order of alice (POST /orders)`."""
    create: Call
    state: State = "intended"
    markers: tuple[str, ...] = ()
    """Planted in it: by them a clean-up finds an object whose answer never came."""
    remove: Call | None = None
    read: Call | None = None
    """A call of the owner that shows it, to see that it is gone."""
    lists: tuple[str, ...] = ()
    """Endpoints of lists in which it would stand."""
    item: str = ""
    """Endpoint that removes one of its kind by id, for an entry whose id is not known."""
    parent: int = 0
    """Number of the entry that it stands below; it goes with it."""


class Ledger:
    """The entries of one run. `save` is told of every change before the next request is sent."""

    def __init__(self, save: Callable[[Entry], None] = lambda entry: None, entries: Iterable[Entry] = ()) -> None:
        self._save = save
        self._entries: dict[int, Entry] = {entry.number: entry for entry in entries}
        self._standing: set[int] = {entry.number for entry in self._entries.values() if entry.state in _STANDING}
        """Kept beside the entries: before each request of a run somebody asks how many stand."""
        self._last = max(self._entries, default=0)

    @property
    def entries(self) -> list[Entry]:
        """All entries, in the order of making."""
        return [self._entries[number] for number in sorted(self._entries)]

    @property
    def standing(self) -> list[Entry]:
        """What is, or may be, still there; newest first."""
        return [self._entries[number] for number in sorted(self._standing, reverse=True)]

    @property
    def stand(self) -> int:
        """How many are, or may be, still there."""
        return len(self._standing)

    def intend(
        self,
        create: Call,
        *,
        account: str,
        what: str,
        kind: Literal["object", "value"] = "object",
        markers: tuple[str, ...] = (),
        lists: tuple[str, ...] = (),
        item: str = "",
        parent: int = 0,
        remove: Call | None = None,
    ) -> Entry:
        """Write down what is about to be made or changed."""
        self._last += 1
        entry = Entry(
            number=self._last,
            kind=kind,
            account=account,
            what=what,
            create=create,
            markers=markers,
            lists=lists,
            item=item,
            parent=parent,
            remove=remove,
        )
        return self._put(entry)

    def made(
        self, entry: Entry, *, remove: Call | None = None, read: Call | None = None, markers: tuple[str, ...] = ()
    ) -> Entry:
        """It is there now; `remove` and `read` as far as known; `markers`: those of the try that was accepted."""
        known = self._entries[entry.number]
        planted = tuple(dict.fromkeys((*markers, *known.markers)))
        return self._put(
            msgspec.structs.replace(
                known, state="made", remove=remove or known.remove, read=read or known.read, markers=planted
            )
        )

    def void(self, entry: Entry) -> Entry:
        """The request was refused: nothing is there."""
        return self._put(msgspec.structs.replace(self._entries[entry.number], state="void"))

    def gone(self, entry: Entry) -> Entry:
        """It was removed, and is seen to be gone; so is what else the same call would remove."""
        known = self._entries[entry.number]
        for other in self.standing:
            if (
                other.number != known.number
                and "object" in (known.kind, other.kind)
                and _same(known.remove, other.remove)
            ):
                self._put(msgspec.structs.replace(other, state="gone"))
        return self._put(msgspec.structs.replace(known, state="gone"))

    def _put(self, entry: Entry) -> Entry:
        self._entries[entry.number] = entry
        (self._standing.add if entry.state in _STANDING else self._standing.discard)(entry.number)
        self._save(entry)
        return entry


def _same(one: Call | None, other: Call | None) -> bool:
    """Whether two calls remove the same: a test may know the id as the text of an answer, exploration as its number."""
    if one is None or other is None or one.endpoint != other.endpoint:
        return False
    return {k: str(v) for k, v in one.path.items()} == {k: str(v) for k, v in other.path.items()}

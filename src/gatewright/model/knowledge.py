"""What exploration learnt: calls that work, and objects with their owners."""

from __future__ import annotations

from collections.abc import Sequence
from functools import cached_property
from typing import Literal

from msgspec import Struct, field

from gatewright.model.access import Whose, Word
from gatewright.model.account import ANON
from gatewright.model.call import Call
from gatewright.model.endpoint import Endpoint, Place
from gatewright.model.http import Exchange
from gatewright.model.json import Json

Origin = Literal["created", "learned", "identity"]


class Sample(Struct, frozen=True, kw_only=True):
    """One working request of one account on one endpoint, with the accepted answer."""

    endpoint: str
    account: str
    call: Call
    exchange: Exchange
    made: str = ""
    """Key of the object that this call created."""


class Reference(Struct, frozen=True, kw_only=True):
    """The values by which one endpoint names one object: all its places, parents included, and which of them is its own."""

    endpoint: str
    place: Place
    """The place of the object's own id; the others are its parents'."""
    values: tuple[tuple[Place, Json], ...]
    confirmed: bool = False
    """The endpoint worked with this value and not with a random one."""


class OwnedObject(Struct, frozen=True, kw_only=True):
    """One object that belongs to one of our accounts.

    `created` by us, `learned` (in this account's list and in nobody else's; read only), or `identity` (the account
    itself: resource "user").
    """

    key: str
    """`alice/order/1`, unique in a run."""
    resource: str
    owner: str
    origin: Origin
    slot: str = "read"
    """What it is kept for: read, change, delete, spare."""
    id: Json = None
    references: tuple[Reference, ...] = ()
    markers: tuple[str, ...] = ()
    """Values that only this object holds, as planted in it."""
    parent: str = ""
    recipe: Call | None = None
    """The call that created it."""
    creation: Exchange | None = None
    """The exchange that made it, for objects that a test asked for."""
    leaked_in: tuple[str, ...] = ()
    """Endpoints whose answer gave the id to another account or to anon."""
    id_kind: str = ""
    """sequential, time, random or human (`explore.ids`); empty when it was not looked at."""

    @property
    def noun(self) -> str:
        """What people call it: its resource in words; an account itself is a profile."""
        return "profile" if self.resource == "user" else self.resource.replace("_", " ")

    def reference(self, endpoint: str, place: Place | None = None) -> Reference | None:
        """How that endpoint names this object (at that place); None when it does not."""
        return next(
            (r for r in self.references if r.endpoint == endpoint and (place is None or r.place == place)), None
        )


class Edge(Struct, frozen=True, kw_only=True):
    """A value of one endpoint's answer (or accepted request) feeds a place of another."""

    producer: str
    leaf: str
    """Path of the value in the producer's answer, `items[].id`."""
    consumer: str
    place: Place
    resource: str
    score: float
    confirmed: bool = False


class Knowledge(Struct, frozen=True, kw_only=True, dict=True):
    """Everything that exploration found out about one target."""

    endpoints: dict[str, Endpoint] = field(default_factory=dict)
    samples: tuple[Sample, ...] = ()
    objects: tuple[OwnedObject, ...] = ()
    edges: tuple[Edge, ...] = ()
    unreached: dict[str, str] = field(default_factory=dict)
    """Endpoint → why it has no accepted sample."""
    refused: dict[str, tuple[str, ...]] = field(default_factory=dict)
    """Endpoint → accounts that were refused there (401, 403) and have no sample of it."""
    protected: tuple[str, ...] = ()
    """Endpoints that refused a request without a credential."""
    resources: dict[str, dict[str, str]] = field(default_factory=dict)
    """Resource → its endpoints by purpose: create, read, list, update, replace, delete."""
    stale: bool = False
    """Clean-up has begun to remove the objects: a resumed run explores again."""
    partial: bool = False
    """Exploration ended before its end: what was not proved with this is judged again by a run that explores again."""

    @cached_property
    def _samples(self) -> dict[str, list[Sample]]:
        found: dict[str, list[Sample]] = {}
        for sample in self.samples:
            found.setdefault(sample.endpoint, []).append(sample)
        return found

    @cached_property
    def _named(self) -> dict[str, list[OwnedObject]]:
        found: dict[str, list[OwnedObject]] = {}
        for owned in self.objects:
            for endpoint in dict.fromkeys(reference.endpoint for reference in owned.references):
                found.setdefault(endpoint, []).append(owned)
        return found

    def samples_of(self, endpoint: str) -> Sequence[Sample]:
        """The samples of the endpoint, one for each account that has one."""
        return self._samples.get(endpoint, ())

    def let_in(self, endpoint: str, whose: Whose) -> dict[str, Word]:
        """Account → whether it was let in or refused; who was never told either is missing.

        `own`: with what is its own, or where nothing belongs to anybody; `others`: with an object of somebody else.
        """
        found: dict[str, Word] = dict.fromkeys(self.refused.get(endpoint, ()), "deny")
        if endpoint in self.protected:
            found[ANON] = "deny"
        found |= {sample.account: "allow" for sample in self.samples_of(endpoint)}
        owners = {owned.owner for owned in self.named_by(endpoint)}
        own = {name for name in found if not owners or name in owners or name == ANON}
        return {name: word for name, word in found.items() if (name in own) is (whose == "own")}

    def named_by(self, endpoint: str) -> Sequence[OwnedObject]:
        """Objects that the endpoint can name, in the order they were made."""
        return self._named.get(endpoint, ())

    def sample(self, endpoint: str, account: str) -> Sample | None:
        """The account's sample of the endpoint."""
        return next((s for s in self.samples_of(endpoint) if s.account == account), None)

    def owned(self, owner: str, endpoint: str, slot: str = "") -> list[OwnedObject]:
        """Objects of an account that the endpoint can name, in the order they were made."""
        return [o for o in self.named_by(endpoint) if o.owner == owner and (not slot or o.slot == slot)]

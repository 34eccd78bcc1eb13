"""Endpoints that change the caller itself: sampled with the values it has now, and put back if anything moved."""

from __future__ import annotations

import re

import msgspec

from gatewright.access.repair import Repair
from gatewright.explore import answers, schemas
from gatewright.explore.answers import Reply
from gatewright.explore.compose import Composed, Composer
from gatewright.explore.courier import Courier, Sessions
from gatewright.explore.graph import Graph, shape
from gatewright.explore.harm import DECIDING, SECRETS, ends, sets_a_state
from gatewright.explore.ledger import Entry, Ledger
from gatewright.explore.memory import Memory, leaves_of
from gatewright.explore.objects import Objects
from gatewright.explore.places import Places
from gatewright.explore.policy import administers
from gatewright.explore.portraits import beside, put_back, replaces
from gatewright.explore.trial import Settle
from gatewright.explore.words import same, words
from gatewright.model.call import Call
from gatewright.model.endpoint import Endpoint, Place, Specification
from gatewright.model.json import Json


class Selves:
    """Changes of an account's own data."""

    def __init__(
        self,
        graph: Graph,
        memory: Memory,
        courier: Courier,
        composer: Composer,
        ledger: Ledger,
        places: Places,
        objects: Objects,
        sessions: Sessions,
        specification: Specification,
    ) -> None:
        self._graph = graph
        self._reads = [endpoint for endpoint in graph.endpoints.values() if endpoint.method == "GET"]
        self._memory = memory
        self._courier = courier
        self._composer = composer
        self._ledger = ledger
        self._places = places
        self._objects = objects
        self._sessions = sessions
        self._specification = specification

    def own(self, endpoint: Endpoint) -> bool:
        """Whether an endpoint changes the caller itself.

        PUT or PATCH where a GET of the same path shows the caller, or whose path names it; POST too when its body names
        the caller, or is made of the caller's own properties.
        """
        if endpoint.method not in ("PUT", "PATCH", "POST"):
            return False
        if replaces(endpoint, self._specification):
            return any(self._below(endpoint, account) for account in self._memory.identity)
        if self.by_path(endpoint):
            return endpoint.method != "POST"
        if endpoint.method == "POST" and (administers(endpoint) or ends(endpoint) or sets_a_state(endpoint)):
            return False
        if "{" in endpoint.path or any(endpoint.id in r.creators and r.named for r in self._graph.resources.values()):
            return False
        return any(self._shows(endpoint, account) is not None for account in self._memory.identity)

    def by_path(self, endpoint: Endpoint) -> bool:
        """Whether its path names an account, and nothing else."""
        holes = [hole for hole in self._graph.holes[endpoint.id] if hole.place.within == "path"]
        return len(holes) == 1 and any(guess in self._memory.identity_keys for guess, _ in holes[0].guesses)

    def _below(self, endpoint: Endpoint, account: str) -> bool:
        """Whether its path stands right below one that shows the caller, `/me/avatar`."""
        above = shape(endpoint).rpartition("/")[0]
        return any(shape(one) == above and self._names(one, account) for one in self._reads)

    def _shows(self, endpoint: Endpoint, account: str) -> Endpoint | None:
        """The GET that shows the data which the endpoint changes: that of its path, else the account's probe."""
        where = shape(endpoint)
        alike = self._alike(endpoint, account)
        places = {where} if endpoint.method != "POST" else set()
        if alike:
            places.add(where.rpartition("/")[0])
        for candidate in self._reads:
            if shape(candidate) in places and self._names(candidate, account):
                return candidate
        probe = self._sessions.whoami(account)
        if probe is not None and probe.endpoint in self._graph.endpoints and alike:
            return self._graph.endpoints[probe.endpoint]
        return None

    def _names(self, candidate: Endpoint, account: str) -> bool:
        sample = self._memory.samples.get((candidate.id, account))
        response = sample.exchange.response if sample else None
        known = [str(v) for v in self._memory.identity.get(account, {}).values() if len(str(v)) >= 4]
        return response is not None and any(value.encode() in response.body for value in known)

    def _alike(self, endpoint: Endpoint, account: str) -> bool:
        """Whether the body names the caller, or at least two and half of its properties are the caller's own.

        Where the path names the caller, one will do, if it is all (`PATCH /members/{id}/role`).
        """
        body = schemas.body_of(endpoint)
        fields = schemas.fields(body.schema, self._specification) if body else []
        holes = [hole for hole in self._graph.holes[endpoint.id] if hole.place.within == "body"]
        if any(self._places.identity_values(hole, account) for hole in holes):
            return True
        probe = self._sessions.whoami(account)
        sample = self._memory.samples.get((probe.endpoint, account)) if probe else None
        own = leaves_of(answers.read(sample.exchange).body) if sample else {}
        shared = [field for field in fields if any(same(name.rpartition(".")[2], field.key) for name in own)]
        if shared and len(shared) == len(fields) and self.by_path(endpoint):
            return True
        return len(shared) >= 2 and 2 * len(shared) >= len(fields)

    async def change(self, endpoint: Endpoint, account: str) -> bool:
        """A sample of a change to oneself. Accounts that this run made first: only theirs are repaired. Raises Spent."""
        if (endpoint.id, account) in self._memory.samples:
            return True
        if replaces(endpoint, self._specification):
            return await self._replace(endpoint, account)
        reader = self._shows(endpoint, account)
        call = self._reading(reader, account)
        if reader is None or call is None:
            self._memory.why.setdefault(endpoint.id, f"nothing shows what {account} would change by it")
            return False
        before = await self._courier.send(reader, call, as_=account)
        composed = self._composed(endpoint, account, before)
        if isinstance(composed, str):
            self._memory.why[endpoint.id] = composed
            return False
        ours = self._sessions.accounts[account].origin != "configured"
        entry = None if ours else self._intend(endpoint, account, composed)
        known = {**leaves_of(before.body), **self._memory.own_leaves(account)}
        trial = await self._objects.try_out(endpoint, composed, account, settle=_own_values(known, free=ours))
        if not trial.accepted:
            if entry is not None:
                self._ledger.void(entry)
            self._memory.refuse(endpoint.id, trial.why, higher=trial.higher)
            return False
        self._memory.sample(endpoint.id, account, trial.call, trial.reply)
        if entry is not None:
            self._ledger.made(entry, remove=trial.call)
            if await self._as_before(endpoint, reader, call, account, before, trial.call):
                self._ledger.gone(entry)
        return True

    async def _replace(self, endpoint: Endpoint, account: str) -> bool:
        """A sample of a file put in the place of the caller's own, which is put back at clean-up."""
        every = list(self._graph.endpoints.values())
        reader = beside(endpoint, "GET", every)
        call = Call(endpoint=reader.id) if reader is not None else None
        before = (
            await self._courier.send(reader, call, as_=account) if reader is not None and call is not None else None
        )
        removal = beside(endpoint, "DELETE", every)
        restore = put_back(endpoint, before, removal, self._specification) if before is not None else None
        if restore is None and self._sessions.accounts[account].origin == "configured":
            self._memory.why[endpoint.id] = f"nothing shows how the file of {account} could be put back"
            return False
        recipe = self._memory.known(endpoint.id)
        composed = self._composer.compose(
            endpoint, f"{account}/{endpoint.name}", references={}, recipe=recipe, plant=False
        )
        what = f"the file of {account} ({endpoint.name})"
        entry = self._ledger.intend(composed.call, account=account, what=what, kind="value", remove=restore)
        trial = await self._objects.try_out(endpoint, composed, account)
        if not trial.accepted:
            self._ledger.void(entry)
            self._memory.refuse(endpoint.id, trial.why, higher=trial.higher)
            return False
        self._memory.sample(endpoint.id, account, trial.call, trial.reply)
        self._ledger.made(entry, remove=restore)
        return True

    def _intend(self, endpoint: Endpoint, account: str, composed: Composed) -> Entry:
        what = f"data of {account} ({endpoint.name})"
        return self._ledger.intend(composed.call, account=account, what=what, kind="value", remove=composed.call)

    def _reading(self, reader: Endpoint | None, account: str) -> Call | None:
        if reader is None:
            return None
        sample = self._memory.samples.get((reader.id, account))
        return sample.call if sample else self._sessions.whoami(account)

    def _composed(self, endpoint: Endpoint, account: str, before: Reply) -> Composed | str:
        """The account's present values wherever it shows them; a word why not when that would change who it is."""
        filling = self._places.fillings(endpoint, account, slot="change")[0]
        composed = self._composer.compose(
            endpoint,
            f"{account}/{endpoint.name}",
            references=filling.values,
            unknown=frozenset(hole.place for hole in filling.missing if not hole.required),
            recipe=self._memory.known(endpoint.id),
            plant=False,
        )
        body = schemas.body_of(endpoint)
        call, known = composed.call, {**leaves_of(before.body), **self._memory.own_leaves(account)}
        throwaway = self._sessions.accounts[account].origin == "throw-away"
        for field in schemas.fields(body.schema, self._specification) if body else []:
            place = Place("body", field.name)
            if place in filling.values or call.get(place) is None:
                continue
            shown = [value for name, value in known.items() if same(name.rpartition(".")[2], field.key)]
            if shown:
                call = call.with_value(place, shown[0])
            elif not field.required:
                call = call.without(place)
            elif set(words(field.key)) & SECRETS or field.schema.format == "password":
                return f"it wants {field.key}, and would change how {account} logs in"
            elif set(words(field.key)) & DECIDING:
                return f"it wants {field.key}, which {account} does not show: it might be shut out by it"
            elif not throwaway and set(words(field.key)) & {"email", "username", "login", "phone"}:
                return f"it wants {field.key}, which {account} does not show: it could not be put back"
        return Composed(call, composed.values, composed.references)

    async def _as_before(
        self, endpoint: Endpoint, reader: Endpoint, call: Call, account: str, before: Reply, sent: Call
    ) -> bool:
        """Whether the account's data are what they were; what moved is put back first."""
        old = leaves_of(before.body)
        for turn in range(2):
            new = leaves_of((await self._courier.send(reader, call, as_=account)).body)
            moved = {name: value for name, value in old.items() if new.get(name) != value}
            if not moved or turn:
                return not moved
            fixed = sent
            for place in sent.places():
                name = place.name.rpartition(".")[2]
                shown = [value for leaf, value in moved.items() if same(leaf.rpartition(".")[2], name)]
                if place.within == "body" and shown:
                    fixed = fixed.with_value(place, shown[0])
            await self._courier.send(endpoint, fixed, as_=account, purpose="undo")
        return False


def _own_values(known: dict[str, Json], *, free: bool) -> Settle:
    """Repairs that put the account's own present values; with `free` also others, where it shows none or an empty one."""

    def settle(one: Repair) -> Repair | None:
        if one.kind not in ("set", "produce"):
            return one if free or one.kind != "body" or one.value == {} or _is_wrap(one) else None
        key = re.sub(r"\[\d*\]", "", one.place.name).rpartition(".")[2]
        shown = [value for name, value in known.items() if same(name.rpartition(".")[2], key)]
        if shown and not (free and shown[0] in ("", None)):  # what a new account has not filled in may be refused
            return msgspec.structs.replace(one, kind="set", value=shown[0])
        return one if free or one.place.within == "header" else None

    return settle


def _is_wrap(one: Repair) -> bool:
    """Whether the new body is the old one under a key."""
    return isinstance(one.value, dict) and len(one.value) == 1 and isinstance(next(iter(one.value.values())), dict)

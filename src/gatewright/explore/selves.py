"""Endpoints that change the caller itself: sampled with the values it has now, and put back if anything moved."""

from __future__ import annotations

from gatewright.explore import answers, schemas
from gatewright.explore.answers import Reply
from gatewright.explore.compose import Composed, Composer
from gatewright.explore.courier import Courier, Sessions
from gatewright.explore.graph import Graph, shape
from gatewright.explore.ledger import Ledger
from gatewright.explore.memory import Memory, leaves_of
from gatewright.explore.objects import Objects
from gatewright.explore.places import Places
from gatewright.explore.trial import attempt, with_references
from gatewright.explore.words import same, words
from gatewright.model.call import Call
from gatewright.model.endpoint import Endpoint, Place, Specification
from gatewright.model.json import Json

_SECRET = frozenset({"password", "passwd", "pwd", "pin", "secret"})


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
        self._memory = memory
        self._courier = courier
        self._composer = composer
        self._ledger = ledger
        self._places = places
        self._objects = objects
        self._sessions = sessions
        self._specification = specification

    def own(self, endpoint: Endpoint) -> bool:
        """Whether an endpoint changes the caller: PUT, PATCH or POST where a GET shows the caller's identity, or a path that names it."""
        if endpoint.method not in ("PUT", "PATCH", "POST"):
            return False
        if self._by_path(endpoint):
            return True
        if "{" in endpoint.path or any(endpoint.id in r.creators and r.named for r in self._graph.resources.values()):
            return False
        return any(self._shows(endpoint, account) is not None for account in self._memory.identity)

    def _by_path(self, endpoint: Endpoint) -> bool:
        holes = [hole for hole in self._graph.holes[endpoint.id] if hole.place.within == "path"]
        return len(holes) == 1 and any(guess in self._memory.identity_keys for guess, _ in holes[0].guesses)

    def _shows(self, endpoint: Endpoint, account: str) -> Endpoint | None:
        """The GET that shows the data which the endpoint changes: on its path, above it, or the account's probe."""
        where = shape(endpoint)
        for candidate in self._graph.endpoints.values():
            if candidate.method == "GET" and shape(candidate) in (where, where.rpartition("/")[0]):
                sample = self._memory.samples.get((candidate.id, account))
                response = sample.exchange.response if sample else None
                known = [str(v) for v in self._memory.identity.get(account, {}).values() if len(str(v)) >= 4]
                if response and any(value.encode() in response.body for value in known):
                    return candidate
        probe = self._sessions.whoami(account)
        if probe is not None and probe.endpoint in self._graph.endpoints and self._overlaps(endpoint, account):
            return self._graph.endpoints[probe.endpoint]
        return None

    def _overlaps(self, endpoint: Endpoint, account: str) -> bool:
        """Whether the body's properties are those of the account's own data, or name the account."""
        body = schemas.body_of(endpoint)
        fields = schemas.fields(body.schema, self._specification) if body else []
        own = self._memory.identity.get(account, {})
        return any(same(name.rpartition(".")[2], field.key) for field in fields for name in own)

    async def change(self, endpoint: Endpoint, account: str) -> bool:
        """A sample of a change to oneself. Raises Spent."""
        if (endpoint.id, account) in self._memory.samples:
            return True
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
        back = self._back(composed.call, before)
        entry = self._ledger.intend(
            composed.call, account=account, what=f"data of {account} ({endpoint.name})", kind="value", remove=back
        )
        trial = await attempt(
            self._courier,
            endpoint,
            composed,
            as_=account,
            produce=self._objects.producer(endpoint, account),
            rounds=3,
        )
        self._memory.exercised.add(endpoint.id)
        if not trial.accepted:
            self._ledger.void(entry)
            self._memory.why[endpoint.id] = trial.why
            if trial.higher:
                self._memory.higher.add(endpoint.id)
            return False
        self._memory.sample(endpoint.id, account, trial.call, trial.reply)
        if endpoint.id not in self._memory.recipes:
            self._memory.recipes[endpoint.id] = self._composer.recipe(
                endpoint, with_references(trial.composed, trial), trial.call
            )
        self._ledger.made(entry, remove=back)
        await self._restore(endpoint, reader, call, account, before, back)
        after = await self._courier.send(reader, call, as_=account)
        if _values(after) == _values(before):
            self._ledger.gone(entry)
        return True

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
            plant=False,
        )
        body = schemas.body_of(endpoint)
        call, known = composed.call, leaves_of(before.body)
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
            elif set(words(field.key)) & _SECRET or field.schema.format == "password":
                return f"it wants {field.key}, and would change how {account} logs in"
            elif not throwaway and set(words(field.key)) & {"email", "username", "login", "phone"}:
                return f"it wants {field.key}, which {account} does not show: it could not be put back"
        return Composed(call, composed.values, composed.references)

    def _back(self, sent: Call, before: Reply) -> Call:
        """The same request with the values of before, where they were shown."""
        return sent

    async def _restore(
        self, endpoint: Endpoint, reader: Endpoint, call: Call, account: str, before: Reply, back: Call
    ) -> None:
        after = await self._courier.send(reader, call, as_=account)
        old, new = _values(before), _values(after)
        moved = {name: value for name, value in old.items() if new.get(name) != value}
        if not moved:
            return
        fixed = back
        for place in back.places():
            name = place.name.rpartition(".")[2]
            shown = [value for leaf, value in moved.items() if same(leaf.rpartition(".")[2], name)]
            if place.within == "body" and shown:
                fixed = fixed.with_value(place, shown[0])
        await self._courier.send(endpoint, fixed, as_=account, purpose="undo")


def _values(reply: Reply) -> dict[str, Json]:
    return {name: value for name, _, _, value in answers.scalars(reply.body)}

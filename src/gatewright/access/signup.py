"""Making an account through the API's own sign-up endpoint: a body from its schema, repaired by what it complains about."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Literal

import msgspec

from gatewright.access.classify import Candidate
from gatewright.access.csrf import harvest
from gatewright.access.grant import Ask, told
from gatewright.access.probes import identity_of
from gatewright.access.repair import Repair, apply, repairs
from gatewright.access.tokens import is_csrf
from gatewright.access.values import Values
from gatewright.access.words import words
from gatewright.model.account import Account
from gatewright.model.call import Call, render
from gatewright.model.endpoint import Place, Specification
from gatewright.model.http import Exchange
from gatewright.model.json import Json
from gatewright.model.secret import Keyring, Secret
from gatewright.proof.denied import says_no
from gatewright.proof.leaves import read

ROUNDS = 8
"""Repairs of one sign-up."""
_PRIVATE = frozenset(
    {"phone", "mobile", "tel", "birth", "birthday", "dob", "card", "ssn", "iban", "answer", "address", "street", "tax"}
)


@dataclass(frozen=True)
class Made:
    """An account that the API accepted, with its answer."""

    account: Account
    exchange: Exchange
    candidate: Candidate


@dataclass
class SignUp:
    """Signs accounts up at the best of the register endpoints."""

    candidates: Sequence[Candidate]
    specification: Specification
    ask: Ask
    keyring: Keyring
    now: datetime
    last: Exchange | None = None
    """The last answer, for who wants to know why there is no account."""

    async def make(
        self,
        name: str,
        *,
        role: str,
        origin: Literal["signed-up", "throw-away"],
        extra: Mapping[str, Json] | None = None,
        password: str | None = None,
    ) -> Made | str:
        """An account of ours, or why no endpoint accepted one.

        `extra` properties go into the body as they are, and so does a `password` that is given: neither is repaired.
        """
        why = "the specification has no sign-up endpoint (POST with a password that asks for no credential)"
        for candidate in self.candidates:
            made = await self._try(candidate, name, role=role, origin=origin, extra=extra or {}, given=password)
            if isinstance(made, Made):
                return made
            why = made
        return why

    async def _try(
        self,
        candidate: Candidate,
        name: str,
        *,
        role: str,
        origin: Literal["signed-up", "throw-away"],
        extra: Mapping[str, Json],
        given: str | None,
    ) -> Made | str:
        password = given if given is not None else self.keyring.password(f"account {name}").reveal()
        secrets = (candidate.secret, *candidate.confirm)
        fixed: dict[str, Json] = {place.name: password for place in secrets if place.within == "body"}
        values = Values(self.keyring, f"account {name}", now=self.now, resolve=self.specification.resolve, fixed=fixed)
        call = self._first(candidate, values, secrets, password)
        for key, value in extra.items():
            call = call.with_value(Place("body", key), value)
        exchange = await self._send(candidate, call, name)
        for turn in range(1, ROUNDS + 1):
            if accepted(exchange):
                return Made(self._account(call, candidate, name, role, origin, exchange), exchange, candidate)
            if exchange.response is None:
                break
            kept = {Place("body", key) for key in extra} | (set(secrets) if given is not None else set())
            changes = repairs(exchange.response, candidate.endpoint, call, values, turn=turn)
            changes = [change for change in changes if change.place not in kept]
            changed = self._agreeing(apply(call, [_settled(change, call) for change in changes]), candidate)
            if changed == call:
                break
            call = changed
            exchange = await self._send(candidate, call, name)
        if accepted(exchange):
            return Made(self._account(call, candidate, name, role, origin, exchange), exchange, candidate)
        return f"{candidate.endpoint.name} refuses the sign-up: {told(exchange)}"

    def _first(self, candidate: Candidate, values: Values, secrets: Sequence[Place], password: str) -> Call:
        endpoint = candidate.endpoint
        call = Call(endpoint=endpoint.id)
        if candidate.body is not None:
            body = values.body(candidate.body.schema)
            call = msgspec.structs.replace(call, body=body, content_type=candidate.body.content_type)
        for place, value in values.parameters(endpoint).items():
            call = call.with_value(place, value)
        for place in secrets:
            call = call.with_value(place, password)
        return call

    async def _send(self, candidate: Candidate, call: Call, name: str) -> Exchange:
        request = render(candidate.endpoint, call)
        self.last = exchange = await self.ask(request, name, "sign-up")
        response = exchange.response
        if response is None or response.meaning not in (403, 419):
            return exchange
        token = await harvest(self.ask, self.specification, request, name, {})
        if not token.token:
            return exchange
        for place in [place for place in call.places() if is_csrf(place.name)]:
            call = call.with_value(place, token.token)
        cookies = "; ".join(f"{key}={value}" for key, value in token.cookies.items())
        lines = [(token.header, token.token), *([("Cookie", cookies)] if cookies else [])]
        self.last = await self.ask(render(candidate.endpoint, call).with_headers(*lines), name, "sign-up")
        return self.last

    def _agreeing(self, call: Call, candidate: Candidate) -> Call:
        """The call with every confirmation equal to the password, whatever a repair made of either."""
        for place in candidate.confirm:
            if call.get(place) is not None:
                call = call.with_value(place, call.get(candidate.secret))
        return call

    def _account(
        self,
        call: Call,
        candidate: Candidate,
        name: str,
        role: str,
        origin: Literal["signed-up", "throw-away"],
        exchange: Exchange,
    ) -> Account:
        secrets = {candidate.secret, *candidate.confirm}
        sent = [(place.name, call.get(place)) for place in call.places() if place not in secrets]
        registered: dict[str, Json] = {
            key: value for key, value in sent if value is not None and not isinstance(value, (dict, list))
        }
        named = [str(call.get(place)) for place in candidate.identity if call.get(place)]
        username = named[0] if named else next((str(v) for v in registered.values() if isinstance(v, str)), name)
        unique = [v for k, v in registered.items() if isinstance(v, str) and len(v) >= 6 and _names(k)]
        answered = identity_of(read(exchange.response))
        return Account(
            name=name,
            role=role,
            username=username,
            password=Secret(str(call.get(candidate.secret))),
            identity=tuple(dict.fromkeys([*named, *unique, *sorted(answered)])),
            private=private_of(registered),
            registered=registered,
            origin=origin,
        )


def private_of(registered: Mapping[str, Json]) -> tuple[str, ...]:
    """Registered values that are nobody else's business: phone, birthday, address."""
    return tuple(
        value
        for key, value in registered.items()
        if isinstance(value, str) and _PRIVATE & set(words(key)) and "mail" not in key.lower()
    )


def accepted(exchange: Exchange) -> bool:
    """Whether a sign-up went through: no error status, and no body that says no."""
    response = exchange.response
    return response is not None and response.meaning < 400 and not says_no(read(response))


def _settled(change: Repair, call: Call) -> Repair:
    """Nobody can produce a reference before there is an account: the place goes when it can."""
    if change.kind == "produce" and change.place.within == "body" and call.get(change.place) is not None:
        return Repair(kind="remove", place=change.place, why=change.why)
    return change


def _names(place: str) -> bool:
    """Whether a registered value names the account: user names, e-mails, phones, names of people."""
    parts = set(words(place))
    return bool(parts & {"email", "mail", "user", "username", "login", "handle", "phone", "mobile", "nickname", "name"})

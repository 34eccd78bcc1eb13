"""Log-ins in two steps: name and password, then a one-time code at an endpoint of its own."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime

import msgspec

from gatewright.access.attach import attach
from gatewright.access.classify import auth_endpoints, body_of, fields
from gatewright.access.codes import Codes
from gatewright.access.grant import Ask, Grant, granted, told
from gatewright.access.located import located
from gatewright.access.tokens import set_cookies
from gatewright.access.values import Values
from gatewright.access.ways import FormLogin, identity_for
from gatewright.access.words import plain, words
from gatewright.model.account import Account, Credential
from gatewright.model.call import Call, render
from gatewright.model.endpoint import Endpoint, Place, Specification
from gatewright.model.http import Exchange
from gatewright.model.json import Json
from gatewright.model.secret import Keyring, Secret
from gatewright.proof.denied import says_no
from gatewright.proof.leaves import read

_CODE = frozenset({"code", "otp", "totp", "passcode", "pin"})
_SETUP = frozenset(
    {"send", "resend", "request", "enable", "disable", "setup", "enroll", "enrol", "generate", "activate", "backup"}
)
_CONFIRM = frozenset({"confirm", "confirmation", "activate", "activation", "verify", "verification"})
_LOGIN = frozenset({"login", "signin", "auth", "session", "token", "mfa", "fa", "otp", "totp", "challenge"})


@dataclass(eq=False)
class TwoSteps:
    """A log-in whose answer asks for a code, and the endpoint that takes it."""

    first: FormLogin
    endpoint: Endpoint
    place: Place
    """Where the code goes."""
    specification: Specification
    ask: Ask
    codes: Codes
    keyring: Keyring
    now: datetime
    renewable: bool = True

    @property
    def name(self) -> str:
        """`POST /login → POST /login/code`."""
        return f"{self.first.name} → {self.endpoint.name}"

    async def enter(self, account: Account, password: Secret | None) -> Grant:
        """One try; a first step that is refused ends it."""
        await self.codes.expect(account)
        grant = await self.first.enter(account, password)
        response = grant.exchange.response if grant.exchange is not None else None
        if response is None or response.meaning >= 400 or says_no(read(response)):
            return grant
        code = await self.codes.code(account)
        if code is None:
            return Grant(
                exchange=grant.exchange, sent=grant.sent, why=f"{grant.why}, and no code came for the second step"
            )
        exchange, sent = await self._second(account, grant, code)
        jar = {name: value for name, (value, _) in set_cookies(response).items() if value}
        done = granted(exchange, sent, jar)
        why = f"{self.endpoint.name} answers {told(exchange)}"
        return replace(done, extra=grant.extra, why=why)

    async def _second(self, account: Account, grant: Grant, code: str) -> tuple[Exchange, set[str]]:
        """Sends the code, with what the first answer gave under the same names, its token and its cookies."""
        endpoint = self.endpoint
        answer = read(grant.exchange.response if grant.exchange is not None else None)
        given = {plain(leaf.path.rpartition(".")[2]): leaf.value for leaf in answer.leaves if leaf.value}
        values = Values(self.keyring, f"code {endpoint.id}", now=self.now, resolve=self.specification.resolve, fixed={})
        call = _call(endpoint, values, {self.place: code}, account, given)
        held = [
            Credential(within="cookie", name=item.name, value=item.value)
            for item in grant.found
            if item.source.startswith("cookie:")
        ]
        token = next((item for item in grant.found if not item.source.startswith("cookie:") and item.order < 30), None)
        if token is not None and endpoint.secured:
            held.append(
                Credential(within="header", name="Authorization", prefix=token.prefix or "Bearer ", value=token.value)
            )
        request = attach(render(endpoint, call), (*held, *grant.extra))
        return await self.ask(request, account.name, "log-in"), {code, *grant.sent}


def second_steps(specification: Specification) -> list[tuple[Endpoint, Place]]:
    """Endpoints that take the code of a log-in, with its place, likeliest first; at most two."""
    found = []
    for endpoint, place in _coded(specification):
        named = set(words(endpoint.path + " " + endpoint.operation))
        if not named & _SETUP:
            found.append((not named & _LOGIN, endpoint.secured, len(endpoint.path), endpoint, place))
    found.sort(key=lambda row: row[:3])
    return [(endpoint, place) for *_, endpoint, place in found[:2]]


def confirmations(specification: Specification) -> list[tuple[Endpoint, Place]]:
    """Endpoints that confirm a sign-up by a code or token, with its place; at most two."""
    found = []
    for endpoint, place in _coded(specification, _CODE | {"token", "key"}):
        if set(words(endpoint.path + " " + endpoint.operation)) & _CONFIRM and not endpoint.secured:
            found.append((endpoint, place))
    return found[:2]


@dataclass(frozen=True)
class Confirmation:
    """Confirms a sign-up: follows the link that was mailed, or enters the code where the specification takes one."""

    specification: Specification
    ask: Ask
    keyring: Keyring
    now: datetime

    async def __call__(self, account: Account, mailed: str) -> bool:
        """Whether the link or some endpoint accepted it. A link out of scope is not followed."""
        if "://" in mailed:
            return _accepted(await self.ask(located(mailed, ""), account.name, "sign-up"))
        resolve = self.specification.resolve
        for endpoint, place in confirmations(self.specification):
            values = Values(self.keyring, f"confirm {endpoint.id}", now=self.now, resolve=resolve, fixed={})
            call = _call(endpoint, values, {place: mailed}, account, {})
            if _accepted(await self.ask(render(endpoint, call), account.name, "sign-up")):
                return True
        return False


def _accepted(exchange: Exchange) -> bool:
    response = exchange.response
    return response is not None and response.meaning < 400 and not says_no(read(response))


def _coded(specification: Specification, named: frozenset[str] = _CODE) -> list[tuple[Endpoint, Place]]:
    """Endpoints of the class `otp` with the place of their code."""
    kinds = auth_endpoints(specification)
    found = []
    for endpoint in specification.endpoints:
        if kinds.get(endpoint.id) != "otp" or endpoint.method not in ("POST", "PUT", "PATCH", "GET"):
            continue
        places = list(fields(endpoint, specification.resolve))
        place = next((p for p in places if set(words(p.name.rpartition(".")[2])) & named), None)
        if place is not None and "{" not in endpoint.path:
            found.append((endpoint, place))
    return found


def _call(
    endpoint: Endpoint, values: Values, fixed: dict[Place, Json], account: Account, given: dict[str, str]
) -> Call:
    """A call of the endpoint: what is fixed, what an answer gave under the same name, names of the account, made-up values."""
    body = body_of(endpoint)
    call = Call(endpoint=endpoint.id, content_type=body.content_type if body is not None else "")
    if body is not None:
        made = values.body(body.schema)
        call = msgspec.structs.replace(call, body=made)
    for place, value in values.parameters(endpoint).items():
        call = call.with_value(place, value)
    for place in [*call.places()]:
        last = plain(place.name.rpartition(".")[2])
        if place in fixed:
            continue
        if last in given:
            call = call.with_value(place, given[last])
        elif {"user", "username", "email", "mail", "login"} & set(words(place.name.rpartition(".")[2])):
            call = call.with_value(place, identity_for(account, place))
    for place, value in fixed.items():
        call = call.with_value(place, value)
    return call

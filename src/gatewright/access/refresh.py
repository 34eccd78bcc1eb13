"""Renewing a session by its refresh token: for sessions that cannot log in again, and where the log-in fails."""

from __future__ import annotations

from dataclasses import dataclass

from gatewright.access.attach import attach
from gatewright.access.classify import auth_endpoints, body_of, fields
from gatewright.access.grant import Ask, Grant, granted
from gatewright.access.words import plain, words
from gatewright.model.account import Credential
from gatewright.model.call import Call, render
from gatewright.model.endpoint import Endpoint, Place, Specification
from gatewright.model.secret import Secret


@dataclass(frozen=True)
class Refresher:
    """The refresh endpoint of a specification, with the place that takes the token."""

    endpoint: Endpoint
    place: Place
    ask: Ask

    async def refresh(self, account: str, token: Secret, credentials: tuple[Credential, ...]) -> Grant:
        """One try. The old credentials go along: some APIs want both, the others do not look at them."""
        body = body_of(self.endpoint)
        call = Call(endpoint=self.endpoint.id, content_type=body.content_type if body is not None else "")
        call = call.with_value(self.place, token.reveal())
        if any(plain(name) == "granttype" for name in _names(self.endpoint)):
            call = call.with_value(Place("body", "grant_type"), "refresh_token")
        exchange = await self.ask(attach(render(self.endpoint, call), credentials), account, "log-in")
        return granted(exchange, {token.reveal()})


def refresher(specification: Specification, ask: Ask) -> Refresher | None:
    """The refresh endpoint; None when the specification has none that takes a token."""
    kinds = auth_endpoints(specification)
    for endpoint in specification.endpoints:
        if kinds.get(endpoint.id) == "refresh" and endpoint.method in ("POST", "PUT", "GET"):
            places = list(fields(endpoint, specification.resolve))
            named = [place for place in places if "refresh" in words(place.name)]
            named += [place for place in places if "token" in words(place.name)]
            if named:
                return Refresher(endpoint, named[0], ask)
    return None


def _names(endpoint: Endpoint) -> list[str]:
    body = body_of(endpoint)
    return list(body.schema.properties) if body is not None else []

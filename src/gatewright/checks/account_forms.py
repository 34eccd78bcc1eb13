"""Requests that change an account: which of an endpoint's places take the present password, a new one, a name.

By names and schemas alone; what else an endpoint requires is filled with what the account was registered with, or shows
of itself.
"""

from __future__ import annotations

import re
from collections.abc import Mapping

from msgspec import UNSET, Struct

from gatewright.access.classify import is_secret
from gatewright.access.words import plain, words
from gatewright.checks.own_account import Own, ask
from gatewright.explore.schemas import Field, body_of, fields
from gatewright.model.account import Credential
from gatewright.model.call import Call, render
from gatewright.model.endpoint import Endpoint, Place
from gatewright.model.json import Json
from gatewright.model.test import Probe
from gatewright.proof.leaves import Answer, as_text, read

PRESENT = frozenset({"old", "current", "existing", "previous", "present"})
_NAME = frozenset({"username", "login", "handle", "nickname"})
_HOLE = re.compile(r"\{([^}]+)\}")


class Form(Struct, frozen=True, kw_only=True):
    """An endpoint with its places by what they take, and a call that has all other required values."""

    endpoint: Endpoint
    call: Call
    present: tuple[Place, ...] = ()
    """Take the present password."""
    secret: tuple[Place, ...] = ()
    """Take a new password, and its repetition."""
    email: tuple[Place, ...] = ()
    name: tuple[Place, ...] = ()
    token: tuple[Place, ...] = ()
    """Take a refresh token."""

    def with_values(self, places: tuple[Place, ...], value: Json) -> Form:
        """The form with a value at these places."""
        call = self.call
        for place in places:
            call = call.with_value(place, value)
        return Form(
            endpoint=self.endpoint,
            call=call,
            present=self.present,
            secret=self.secret,
            email=self.email,
            name=self.name,
            token=self.token,
        )


def takes(probe: Probe, endpoint: Endpoint) -> Form:
    """The places of an endpoint's body by what they take; its call is still empty."""
    body = body_of(endpoint)
    told = fields(body.schema, probe.specification) if body is not None else []
    secrets = [f for f in told if is_secret(_place(f), f.schema)]
    present = [f for f in secrets if PRESENT & set(words(f.key))]
    plain_ones = [f for f in told if f not in secrets]
    return Form(
        endpoint=endpoint,
        call=Call(endpoint=endpoint.id, content_type=body.content_type if body is not None else ""),
        present=tuple(map(_place, present)),
        secret=tuple(_place(f) for f in secrets if f not in present),
        email=tuple(_place(f) for f in plain_ones if {"email", "mail"} & set(words(f.key))),
        name=tuple(_place(f) for f in plain_ones if _is_name(f.key)),
        token=tuple(_place(f) for f in plain_ones if "token" in words(f.key) and "csrf" not in words(f.key)),
    )


def naming(probe: Probe, *, mail: str, name: str) -> Call | None:
    """The request of the cell's endpoint that names an account by mail or name, as it wants it; None: it wants more."""
    found = takes(probe, probe.endpoint)
    call = found.call
    for places, value in ((found.email, mail), (found.name, name)):
        for place in places:
            call = call.with_value(place, value)
    body = body_of(probe.endpoint)
    for one in fields(body.schema, probe.specification) if body is not None else []:
        listed = (*one.schema.enum, *one.schema.examples)
        if one.required and call.get(_place(one)) is None:
            if not listed:
                return None
            call = call.with_value(_place(one), listed[0])
    return call if render(probe.endpoint, call).body or call.query else None


async def form(
    probe: Probe, endpoint: Endpoint, own: Own, *, held: tuple[Credential, ...], keep: frozenset[Place] = frozenset()
) -> Form | None:
    """The form with what the account itself can say of every other required place; None where it cannot.

    `keep` names places that the caller fills. At most two requests: the account's probe, where values are wanted of it.
    """
    found = takes(probe, endpoint)
    body = body_of(endpoint)
    told = fields(body.schema, probe.specification) if body is not None else []
    mine = {*found.present, *found.secret, *found.token, *keep}
    wanted = [f for f in told if f.required and _place(f) not in mine]
    view = Answer(0, "", (), "", ())
    if wanted or _HOLE.search(endpoint.path):
        view = read((await ask(probe, own, held, purpose="control: what it shows of itself")).response)
    call = found.call
    for one in wanted:
        value = _known(one, own, view)
        if value is None:
            return None
        call = call.with_value(_place(one), value)
    for parameter in endpoint.parameters:
        if parameter.within == "path":
            named = await _named(probe, endpoint, parameter.name, view)
            if named is None:
                return None
            call = call.with_value(parameter.place, named)
    return Form(
        endpoint=endpoint,
        call=call,
        present=found.present,
        secret=found.secret,
        email=found.email,
        name=found.name,
        token=found.token,
    )


def of_class(probe: Probe, kind: str) -> list[Endpoint]:
    """Endpoints of the log-in that have this class, in the order of the specification."""
    return [
        endpoint
        for id_, found in probe.auth_endpoints.items()
        if found == kind and (endpoint := _endpoint(probe, id_)) is not None
    ]


def name_keys(registered: Mapping[str, Json]) -> list[str]:
    """Keys of a sign-up that name the account: user name, e-mail; the likeliest first."""
    names = [k for k, v in registered.items() if isinstance(v, str) and _is_name(k.rpartition(".")[2])]
    mails = [k for k, v in registered.items() if isinstance(v, str) and "@" in v]
    if not names and not mails:
        names = [k for k, v in registered.items() if isinstance(v, str) and words(k) == ("name",)]
    return names + mails


def _endpoint(probe: Probe, id_: str) -> Endpoint | None:
    known = probe.knowledge.endpoints.get(id_)
    return known or next((e for e in probe.specification.endpoints if e.id == id_), None)


def _place(one: Field) -> Place:
    return Place("body", one.name)


def _is_name(key: str) -> bool:
    parts = words(key)
    return bool(_NAME & set(parts)) or parts[-2:] == ("user", "name")


def _known(one: Field, own: Own, view: Answer) -> Json:
    """A value for a required place: registered, shown by the account's probe, else an example; None where none is known."""
    registered = own.account.registered if own.account is not None else {}
    for key, value in registered.items():
        if plain(key.rpartition(".")[2]) == plain(one.key):
            return value
    shown = next((leaf.value for leaf in view.leaves if plain(leaf.path.rpartition(".")[2]) == plain(one.key)), None)
    if shown is not None and "string" not in one.schema.types and shown.lstrip("-").isdigit():
        return int(shown)
    if shown is not None:
        return shown
    listed = (*one.schema.enum, *one.schema.examples)
    default = None if one.schema.default is UNSET else one.schema.default
    return listed[0] if listed else default


async def _named(probe: Probe, endpoint: Endpoint, hole: str, view: Answer) -> Json:
    """The account's value for a path parameter: shown where another account's probe shows the value that names it there."""
    for name in probe.accounts:
        for owned in probe.knowledge.owned(name, endpoint.id):
            reference = owned.reference(endpoint.id, Place("path", hole)) if owned.origin == "identity" else None
            call = probe.whoami(name)
            shown = probe.knowledge.endpoints.get(call.endpoint) if call else None
            if reference is None or call is None or shown is None:
                continue
            known = dict(reference.values)[reference.place]
            other = read(
                (await probe.send(call, as_=name, purpose="control: how it is named", endpoint=shown)).response
            )
            paths = {leaf.path for leaf in other.leaves if leaf.value == as_text(known)}
            text = next((leaf.value for leaf in view.leaves if leaf.path in paths), None)
            if text is not None:
                return int(text) if isinstance(known, int) and text.isdigit() else text
    return None

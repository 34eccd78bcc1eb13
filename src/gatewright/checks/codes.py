"""Codes that are sent to an account: where an endpoint takes one, how a step is finished with it, and what that opens."""

from __future__ import annotations

import re
from collections.abc import Sequence

from msgspec import Struct
from msgspec.structs import replace

from gatewright.access.tokens import credentials_in, is_csrf
from gatewright.access.words import plain, words
from gatewright.checks.account_forms import takes
from gatewright.checks.own_account import Own, ask, is_shown
from gatewright.explore.schemas import Field, body_of, fields
from gatewright.model.account import Credential
from gatewright.model.call import Call
from gatewright.model.endpoint import Endpoint, Place
from gatewright.model.http import Exchange
from gatewright.model.secret import Secret
from gatewright.model.test import Probe
from gatewright.proof.leaves import as_text, read

_CODE = frozenset({"code", "otp", "pin", "totp", "passcode"})
_HOLE = re.compile(r"\{([^}]+)\}")


class HalfWay(Struct, frozen=True):
    """A log-in that stopped at the second step: the account, and the answer to its password."""

    own: Own
    begun: Exchange


def codes_of(probe: Probe, endpoint: Endpoint) -> list[Place]:
    """Where an endpoint takes a code."""
    return [Place("body", one.name) for one in _fields(probe, endpoint) if _CODE & set(words(one.key))]


def _fields(probe: Probe, endpoint: Endpoint) -> list[Field]:
    body = body_of(endpoint)
    return fields(body.schema, probe.specification) if body is not None else []


def taken_at(probe: Probe, endpoint: Endpoint) -> list[Place]:
    """Where an endpoint takes a code, or a token that was sent in its place: in its body or its path."""
    holes = [name for name in _HOLE.findall(endpoint.path) if {"token", *_CODE} & set(words(name))]
    return codes_of(probe, endpoint) or list(takes(probe, endpoint).token) or [Place("path", name) for name in holes]


def step_with(
    probe: Probe, endpoint: Endpoint, half: HalfWay, code: object, word: str = "", *, into: Sequence[Place] = ()
) -> Call | None:
    """The second step with this code (`...`: without one); None where something else that it requires is not known.

    `into`: where the code goes, when that is not for the names to say.
    """
    told_places = takes(probe, endpoint)
    codes = [*into] or codes_of(probe, endpoint)
    registered = half.own.account.registered if half.own.account is not None else {}
    answered = {plain(leaf.path.rpartition(".")[2]): leaf.value for leaf in read(half.begun.response).leaves}
    known = {plain(key.rpartition(".")[2]): as_text(value) for key, value in registered.items()} | answered
    call = told_places.call
    for place in codes:
        if place.within == "path":
            call = call.with_value(place, code)  # type: ignore[arg-type]  # JSON: a code
    for one in _fields(probe, endpoint):
        place = Place("body", one.name)
        if place in codes:
            call = call if code is ... else call.with_value(place, code)  # type: ignore[arg-type]  # JSON, or the mark
        elif place in told_places.secret:
            call = call.with_value(place, word)
        elif plain(one.key) in known:
            call = call.with_value(place, known[plain(one.key)])
        elif one.required:
            found = credentials_in(half.begun.response) if half.begun.response is not None else []
            if not found:
                return None
            call = call.with_value(place, found[0].value.reveal())
    return call


def wrong_code(right: str, probe: Probe) -> str:
    """Another code of the same shape."""
    digits = "".join(probe.random.choice("0123456789") if c.isdigit() else c for c in right)
    return digits if digits != right else right[:-1] + ("1" if right[-1] != "1" else "2")


async def worked(probe: Probe, half: HalfWay, last: Exchange, word: str, *, reset: bool) -> bool:
    """Whether a finished step had its effect: the new password logs in, else what it gave is shown the account."""
    if reset:
        return (await probe.try_log_in(half.own.name, word, purpose="read-back: the new password")).accepted
    return await opens(probe, half, last) is not None


async def opens(probe: Probe, half: HalfWay, sent: Exchange) -> Exchange | None:
    """The answer that shows the account to what a second step gave."""
    finished = HalfWay(half.own, sent)
    for candidate in half_credentials(finished, await probe.credentials(half.own.name)):
        answer = await ask(probe, half.own, candidate, purpose="read-back")
        if is_shown(half.own, answer):
            return answer
    return None


def half_credentials(half: HalfWay, held: tuple[Credential, ...]) -> list[tuple[Credential, ...]]:
    """What an answer gives, each in the place of the account's session."""
    response = half.begun.response
    main = max((c for c in held if not is_csrf(c.name)), key=lambda c: len(c.value.reveal()), default=None)
    if response is None or main is None:
        return []
    values = list(dict.fromkeys(found.value.reveal() for found in credentials_in(response)))[:3]
    return [(replace(main, value=Secret(value)),) for value in values]

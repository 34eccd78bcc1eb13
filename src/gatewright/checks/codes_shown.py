"""E1 at the endpoints that send codes: the answer to whoever asks holds the code itself (checks-1-5.md 4.1).

Tried on an account that was signed up for it: nobody asks for a code for it, and finishes with what the answer holds.
"""

from __future__ import annotations

import re

from gatewright.checks.account_forms import form, of_class, takes
from gatewright.checks.codes import HalfWay, step_with, taken_at, worked, wrong_code
from gatewright.checks.own_account import Own, accepted, new_password, newcomer, told
from gatewright.model.endpoint import Endpoint, Place
from gatewright.model.http import Exchange
from gatewright.model.test import Probe
from gatewright.model.verdict import Verdict, conclude, proved
from gatewright.proof.leaves import Leaf, read
from gatewright.proof.privacy import words
from gatewright.proof.sensitive import masked
from gatewright.proof.witness import sent_text

_NAMES = frozenset({"code", "otp", "pin", "token", "link", "url", "key", "secret", "passcode", "debug", "preview"})
_CODE = re.compile(r"^(?:\d{4,8}|[A-Za-z0-9_.=-]{6,1024})$")
_IN_LINK = re.compile(r"[/=]([A-Za-z0-9_.-]{6,1024})/?$")
_CVSS = "CVSS:4.0/AV:N/AC:L/AT:N/PR:N/UI:N/VC:H/VI:H/VA:N/SC:N/SI:N/SA:N"
_MOST = 3


async def code_shown(probe: Probe) -> Verdict:
    """The verdict on an endpoint that sends a code to an account."""
    named, endpoint = takes(probe, probe.endpoint), probe.endpoint
    if named.secret or taken_at(probe, endpoint) or not (named.email or named.name):
        return conclude("no_such_function", "it sends no code to an account")
    ends = [
        e
        for e in (*of_class(probe, "reset"), *of_class(probe, "otp"), *of_class(probe, "change_password"))
        if e.id != endpoint.id
        and taken_at(probe, e)
        and (takes(probe, e).secret or probe.auth_endpoints[e.id] == "otp")
    ]
    if not ends:
        return conclude("no_such_function", "no endpoint that takes such a code is known")
    own = await newcomer(probe)
    if isinstance(own, Verdict):
        return own
    half = await _begun(probe, own)
    if half is None or not accepted(half.begun):
        why = told(half.begun) if half else "what it requires is not known"
        return conclude("baseline_broken", f"asking for a code was not accepted: {why}")
    shown = _candidates(half.begun)
    if not shown:
        return conclude("protected", "its answer holds nothing like a code")
    for leaf in shown:
        for end in ends[:2]:
            verdict = await _finishes(probe, half, leaf, end)
            if verdict is not None:
                return verdict
    return conclude("protected", f"what its answer holds ({shown[0].path}) is accepted nowhere as a code")


async def _begun(probe: Probe, own: Own) -> HalfWay | None:
    filled = await form(probe, probe.endpoint, own, held=())
    if filled is None:
        return None
    return HalfWay(own, await probe.send(filled.call, as_=own.name, purpose="a code is asked for", credentials=()))


def _candidates(exchange: Exchange) -> list[Leaf]:
    """Leaves that may be a code, or hold one at the end of a link."""
    sent = sent_text(exchange.request)
    found = []
    for leaf in read(exchange.response).leaves:
        link = _IN_LINK.search(leaf.value) if leaf.value.startswith(("http", "/")) else None
        value = link[1] if link else leaf.value
        if (
            words(leaf.path.rpartition(".")[2]) & _NAMES
            and _CODE.match(value)
            and value not in sent
            and not masked(value)
        ):
            found.append(Leaf(leaf.path, value, leaf.item))
    return found[:_MOST]


async def _finishes(probe: Probe, half: HalfWay, leaf: Leaf, end: Endpoint) -> Verdict | None:
    """The finding, when what the answer held ends the step, twice, and another code of its shape does not."""
    sent: list[Exchange] = []
    code, reset = leaf.value, bool(takes(probe, end).secret)
    garbled = await _send(
        probe, half, end, wrong_code(code, probe), new_password(probe), purpose="control: another code"
    )
    if garbled is None:
        return None
    refused = not accepted(garbled)
    if not probe.control(
        "garbage",
        f"another code at {end.name}",
        expected="refused",
        observed=told(garbled),
        holds=refused,
    ):
        return None
    for again in ("", ", again"):
        if again:
            half = await _begun(probe, half.own) or half
            code = next((one.value for one in _candidates(half.begun) if one.path == leaf.path), "")
        word = new_password(probe)
        done = await _send(probe, half, end, code, word, purpose=f"attack: the code of the answer{again}")
        if not code or done is None or not accepted(done) or not await worked(probe, half, done, word, reset=reset):
            return None
        sent += [half.begun, done]
    effect = "sets a new password, which logs in" if reset else "logs in"
    return proved(
        title="A code is shown to whoever asks for it",
        summary=f"{probe.endpoint.name} answers with the code that it sends (`{leaf.path}`): whoever knows an address {effect}.",
        proof=(
            f"without a credential a code was asked for, for the account {half.own.name}: {told(half.begun)}",
            f"the answer holds it in {leaf.path}; at {end.name} it {effect}, and another code of that shape is refused",
            "a second code was shown and accepted as well",
        ),
        attacks=tuple(exchange.number for exchange in sent),
        place=Place("body", leaf.path),
        severity="high",
        cvss=_CVSS,
        victim=half.own.name,
    )


async def _send(probe: Probe, half: HalfWay, end: Endpoint, code: str, word: str, *, purpose: str) -> Exchange | None:
    call = step_with(probe, end, half, code, word, into=taken_at(probe, end))
    if call is None:
        return None
    return await probe.send(call, as_=half.own.name, purpose=purpose, endpoint=end, credentials=())

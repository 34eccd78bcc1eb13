"""Tokens that live too long: those that have ended and still work, and those that never end."""

from __future__ import annotations

from msgspec import Struct

from gatewright.checks.forging import Gate, accepted, gate_of, in_order, observed, send, token_of
from gatewright.checks.jwt_secret import signing_key
from gatewright.model.http import Exchange
from gatewright.model.json import Json
from gatewright.model.test import Attacker, Need, Phase, Probe, check
from gatewright.model.verdict import Verdict, conclude, proved
from gatewright.proof import jwt

_LONGEST = 60.0
"""Seconds that the deferred phase waits at most."""
_BEYOND = {"normal": 120.0, "short": 2.0}
"""Seconds after a token's end, by patience, before it is sent again: clocks differ."""
_OLD = {"normal": 1800.0, "short": 5.0}
"""Seconds that a token without an end must have lived to say anything."""
_MONTH = 30 * 86_400
_OTHER = b"gw another secret"


class Aged(Struct, frozen=True):
    """The first token of an account in this run, kept apart."""

    account: str
    token: jwt.Token
    age: float


@check(
    "auth-expired",
    threat="API2:2023",
    title="Tokens are accepted after they have expired",
    severity="medium",
    cwe=(613,),
    attacker=Attacker.HOST,
    needs=(Need.SESSION,),
    phase=Phase.DEFERRED,
    requests=14,
)
async def auth_expired(probe: Probe) -> Verdict:
    """Send a token after its own end.

    ## What it does
    Keeps the first token of the run apart and sends it two minutes after it has ended, if the run lasts that long; it
    never waits for more than a minute. Where the key that signs tokens is known (`signing_key` of an account, or it was
    guessed), it signs one that ended an hour ago instead.

    ## Why it matters
    A token that was stolen from a log, a browser or a backup stays worth as much as a password, for ever.

    ## How it is proved
    A fresh token is accepted: the answer names the account; with one bit of the signature turned over it is refused.
    The expired one is accepted twice: the answer names the account. One that we signed has a twin, signed with another
    key, which is refused.

    ## When it is wrong
    When the API allows for more than two minutes (an hour, where we signed) of difference between clocks.

    ## Remedy
    Check `exp` of every token with at most a minute of leeway, and end sessions on the server as well.

    ## References
    - https://www.rfc-editor.org/rfc/rfc7519#section-4.1.4
    - https://cwe.mitre.org/data/definitions/613.html
    """
    account, key = await signing_key(probe)
    if account:
        return await _signed(probe, account, key)
    aged = next((a for a in await _kept(probe) if isinstance(a.token.claims.get("exp"), (int, float))), None)
    if aged is None:
        return conclude("not_visible", "no account's credential says when it ends: only the log-out can be tested")
    ends, begun = aged.token.claims.get("exp"), aged.token.claims.get("iat", aged.token.claims.get("nbf"))
    if not isinstance(ends, (int, float)) or not isinstance(begun, (int, float)):
        return conclude("not_visible", f"{aged.account}'s token does not say when it began, so that its end is unknown")
    left = float(ends) - float(begun) + _BEYOND[probe.settings.limits.patience] - aged.age
    if left > _LONGEST:
        why = f"{aged.account}'s token lives for {left / 60:.0f} min more; give its `signing_key`, or a shorter life"
        return conclude("not_visible", why)
    await _wait(probe, left)
    return await _works(
        probe,
        aged,
        "expired",
        f"the first token of the run, {_BEYOND[probe.settings.limits.patience]:.0f} s after its end,",
    )


@check(
    "jwt-no-expiry",
    threat="API2:2023",
    title="Tokens never expire, or only after more than a month",
    severity="low",
    cwe=(613,),
    attacker=Attacker.HOST,
    needs=(Need.SESSION, Need.JWT),
    phase=Phase.DEFERRED,
    requests=10,
    tags=("jwt",),
)
async def jwt_no_expiry(probe: Probe) -> Verdict:
    """Look for tokens without an end, and whether they still work at the end of the run.

    ## What it does
    Reads the accounts' tokens: without `exp`, or with one more than 30 days after `iat`. Sends the first such token of
    the run again when it is half an hour old (five seconds with short patience); it never waits for more than a minute.

    ## Why it matters
    Nobody notices a stolen token that works for years, and changing the password does not end it.

    ## How it is proved
    The token states no end within 30 days, and is accepted twice at that age: the answer names the account. With one
    bit of its signature turned over it is refused.

    ## When it is wrong
    When the API ends sessions on the server earlier than the token says, but later than this run lasts.

    ## Remedy
    Let access tokens end within the hour and renew them with a refresh token that can be withdrawn.

    ## References
    - https://www.rfc-editor.org/rfc/rfc7519#section-4.1.4
    - https://cwe.mitre.org/data/definitions/613.html
    """
    kept = await _kept(probe)
    if not kept:
        return conclude("not_jwt", "no account's credential is a JSON Web Token")
    aged = next((a for a in kept if _endless(a.token)), None)
    if aged is None:
        return conclude("protected", f"the tokens of {', '.join(a.account for a in kept)} end within 30 days")
    left = _OLD[probe.settings.limits.patience] - aged.age
    if left > _LONGEST:
        why = f"{aged.account}'s token states no end within 30 days, but it is only {aged.age / 60:.0f} min old"
        return conclude("not_visible", f"{why}; a longer run would show that it still works")
    await _wait(probe, left)
    return await _works(
        probe, aged, "endless", f"a token without an end within 30 days, {aged.age + max(left, 0):.0f} s old,"
    )


def _endless(token: jwt.Token) -> bool:
    ends, begun = token.claims.get("exp"), token.claims.get("iat", token.claims.get("nbf"))
    if not isinstance(ends, (int, float)):
        return "exp" not in token.claims
    return isinstance(begun, (int, float)) and ends - begun > _MONTH


async def _kept(probe: Probe) -> list[Aged]:
    """The first tokens of all accounts that a call names, the cell's own first."""
    found: list[Aged] = []
    for name in in_order(probe):
        kept = probe.first_credentials(name) if probe.whoami(name) is not None else None
        token = next((t for c in kept.credentials if (t := jwt.parse(c.value.reveal()))), None) if kept else None
        if kept is not None and token is not None:
            found.append(Aged(name, token, kept.age))
    return found


async def _wait(probe: Probe, seconds: float) -> None:
    """Waits that many seconds, whatever the patience."""
    if seconds > 0:
        await probe.wait(seconds * (4 if probe.settings.limits.patience == "short" else 1))


async def _works(probe: Probe, aged: Aged, word: str, told: str) -> Verdict:
    """Whether the kept token is accepted, twice; a token of today works and one with a wrong signature does not."""
    gate = await gate_of(probe, aged.account)
    if gate.stop is not None:
        return gate.stop
    if gate.unchecked:
        return conclude("control_failed", "a wrong signature is accepted as well: jwt-signature-unchecked judges that")
    first = await send(probe, gate, aged.token.text, purpose=f"attack: {word} token")
    if not accepted(gate, first):
        return conclude("denied", f"{told} was refused: {observed(gate, first)}")
    second = await send(probe, gate, aged.token.text, purpose=f"attack: {word} token, again")
    if not accepted(gate, second):
        return conclude("unstable", f"{told} was accepted once, and not again")
    return _found(gate, told, (first, second), "the token with one bit of its signature turned over is refused")


async def _signed(probe: Probe, account: str, key: bytes) -> Verdict:
    """With the key known: a token that ended an hour before a good one began."""
    gate = await gate_of(probe, account)
    if gate.stop is not None:
        return gate.stop
    token = await token_of(probe, account)
    ends = token.claims.get("exp") if token else None
    if token is None or not isinstance(ends, (int, float)):
        return conclude("not_visible", f"{account}'s token has no end that could have passed")
    begun = token.claims.get("iat", token.claims.get("nbf"))
    start = float(begun) if isinstance(begun, (int, float)) else float(ends) - 10 * 365 * 86_400
    old: dict[str, Json] = {n: int(start) - 7200 for n in ("iat", "nbf", "auth_time") if n in token.claims}
    old["exp"] = int(start) - 3600
    fresh = await send(
        probe, gate, jwt.resigned(token, key, algorithm=token.algorithm), purpose="baseline: signed by us"
    )
    if not accepted(gate, fresh):
        return conclude("baseline_broken", "a token that we signed with the known key is not accepted")
    expired = jwt.resigned(token, key, algorithm=token.algorithm, claims=old)
    first = await send(probe, gate, expired, purpose="attack: expired token")
    if not accepted(gate, first):
        return conclude("denied", f"a token that ended an hour ago was refused: {observed(gate, first)}")
    forged = jwt.resigned(token, _OTHER, algorithm=token.algorithm, claims=old)
    twin = await send(probe, gate, forged, purpose="control: another secret")
    if not probe.control(
        "twin",
        "the same expired claims, signed with another key",
        expected="refused",
        observed=observed(gate, twin),
        holds=not accepted(gate, twin),
    ):
        return conclude("control_failed", "the expired claims are accepted with a wrong signature, too")
    second = await send(probe, gate, expired, purpose="attack: expired token, again")
    if not accepted(gate, second):
        return conclude("unstable", "the expired token was accepted once, and not again")
    return _found(gate, "a token that ended an hour ago", (first, second), "signed with another key it is refused")


def _found(gate: Gate, told: str, attacks: tuple[Exchange, ...], control: str) -> Verdict:
    shown = ", ".join(sorted(value for _, value in gate.witness)[:2])
    return proved(
        summary=f"{gate.endpoint.name} accepts {told.rstrip(',')}: whoever has it stays in {gate.account}'s name.",
        proof=(
            f"{gate.account}'s present token is accepted at {gate.endpoint.name}: the answer names {shown}",
            control,
            f"{told} was accepted twice, and the answer named {shown}",
        ),
        attacks=tuple(exchange.number for exchange in attacks),
    )

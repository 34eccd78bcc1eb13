"""Tokens whose secret can be guessed, and what else the server leaves unchecked once one can sign."""

from __future__ import annotations

import asyncio
import hmac
from collections.abc import Callable, Mapping
from urllib.parse import urlsplit

from msgspec import Struct

from gatewright.checks.forging import (
    Form,
    Gate,
    accepted,
    forged,
    gate_of,
    holder,
    in_order,
    observed,
    original,
    send,
    token_of,
)
from gatewright.model.json import Json
from gatewright.model.test import Attacker, Need, Phase, Probe, check
from gatewright.model.verdict import Verdict, conclude, proved
from gatewright.proof import jwt, secrets

_ALSO_BASE64 = 20_000
"""Words that are read as base64, too."""
_OTHER = b"gw another secret"


class Guess(Struct, frozen=True):
    """The secret of a token, or how many words were tried for it."""

    key: bytes | None
    tried: int


@check(
    "jwt-weak-secret",
    threat="API2:2023",
    title="Tokens are signed with a secret that can be guessed",
    severity="high",
    cwe=(347, 521, 798),
    attacker=Attacker.HOST,
    needs=(Need.SESSION, Need.JWT),
    phase=Phase.LIFE_CYCLE,
    requests=24,
    tags=("jwt",),
)
async def jwt_weak_secret(probe: Probe) -> Verdict:
    """Guess the secret that signs the API's tokens, offline, and sign one with it.

    ## What it does
    Tries up to 100,000 words on an account's own token (HS256, HS384, HS512), without sending anything: common words,
    defaults of tutorials and frameworks, names of this API with endings, base64 of these. When one fits, it signs
    the same claims with it and sends that.

    ## Why it matters
    Whoever has one token can do the same, at billions of words a second. The secret lets anybody write tokens: any
    user, any role.

    ## How it is proved
    The good token is accepted and the same token with one bit of its signature turned over is refused. The word fits the
    signature, and a token with another expiry, signed with it, is accepted twice: the answer names the account.
    Its twin, signed with another secret, is refused. With another account's claims it then shows that account; that
    makes the finding critical.

    ## When it is wrong
    No case is known. A secret that is not found here may still be weak.

    ## Remedy
    Sign with at least 32 bytes from a random source, kept out of the code and its repository, or with a private key. Change
    the secret that was found: every token signed with it is worth nothing.

    ## References
    - https://www.rfc-editor.org/rfc/rfc8725#section-3.5
    - https://cwe.mitre.org/data/definitions/521.html
    """
    account = await holder(probe, lambda token: token.algorithm in jwt.HMACS)
    if not account:
        return conclude("not_jwt", "no account has a token that is signed with a shared secret")
    gate = await gate_of(probe, account)
    if gate.stop is not None:
        return gate.stop
    guess = await guessed(probe, account)
    if guess.key is None:
        tried = f"{guess.tried:,} common words were tried on {account}'s token, offline, and none fits"
        return conclude("denied", f"{tried}; a longer list may still hold its secret")
    shown = guess.key.decode("utf-8", "replace")
    told = f"the secret {shown[:1]}…{shown[-1:]} ({len(guess.key)} bytes)" if guess.key else "an empty secret"
    return await forged(probe, [_resigned(f"{told} and another expiry", guess.key)], account=account)


@check(
    "jwt-claims",
    threat="API2:2023",
    title="Claims that say whom a token is for are not checked",
    severity="low",
    cwe=(345, 287),
    attacker=Attacker.HOST,
    needs=(Need.SESSION, Need.JWT),
    phase=Phase.LIFE_CYCLE,
    requests=40,
    tags=("jwt",),
)
async def jwt_claims(probe: Probe) -> Verdict:
    """Sign tokens that are meant for somebody else, or for later.

    ## What it does
    Only where the key that signs tokens is known, because the settings say it (`signing_key` of an account) or it was
    guessed: signs the account's own claims with another audience, another issuer, a beginning in the future, and
    another type where the token states a particular one.

    ## Why it matters
    Where several services share a key, a token of one opens the others.

    ## How it is proved
    A token signed with the key, its claims as they were, is accepted; a token with one of these claims wrong is accepted
    twice: the answer names the account. The same claims signed with another key are refused.

    ## When it is wrong
    When the API is meant to take tokens of any issuer or audience that hold the key.

    ## Remedy
    Give the verifier the one issuer and the one audience that are right here, and let it check `nbf` and `typ`.

    ## References
    - https://www.rfc-editor.org/rfc/rfc8725#section-3.9
    - https://www.rfc-editor.org/rfc/rfc7519#section-4.1
    """
    account, key = await signing_key(probe)
    if not account:
        why = "needs the key that signs tokens: give it as `signing_key` of an account whose tokens it signs"
        return conclude("needs_configuration", why)
    gate = await gate_of(probe, account)
    if gate.stop is not None:
        return gate.stop
    token = await token_of(probe, account)
    works = token is not None and accepted(
        gate,
        await send(probe, gate, jwt.resigned(token, key, algorithm=token.algorithm), purpose="baseline: signed by us"),
    )
    if token is None or not works:
        return conclude("baseline_broken", "a token that we signed with the known key is not accepted")
    found = await _taken(probe, gate, token, key)
    if isinstance(found, Verdict):
        return found
    if not found:
        if not await original(probe, gate):
            return conclude("session_lost", "the original token is no longer accepted")
        why = "tokens with a wrong audience, issuer, beginning or type were refused, as far as it has them"
        return conclude("denied", why)
    listed = ", ".join(found)
    return proved(
        summary=f"{gate.endpoint.name} accepts tokens with a wrong {listed}: tokens that were made for others.",
        proof=(
            f"a token that we signed with {account}'s key, its claims as they were, is accepted",
            f"with a wrong {listed} it was accepted twice, and the answer named {account}",
            "the same claims, signed with another key, are refused",
        ),
        attacks=tuple(number for numbers in found.values() for number in numbers),
        severity="low",
    )


async def _taken(probe: Probe, gate: Gate, token: jwt.Token, key: bytes) -> dict[str, tuple[int, int]] | Verdict:
    """The claims that were accepted although they are wrong, each with its two attempts; a verdict where a twin was, too."""
    found: dict[str, tuple[int, int]] = {}
    for name, header, claims in _wrong(token):
        form = _resigned(f"another {name}", key, header=header, claims=claims)
        first = await send(probe, gate, form.forge(token), purpose=f"attack: {form.name}")
        if not accepted(gate, first):
            continue
        twin = await send(probe, gate, form.twin(token), purpose=f"control: {form.twin_name}")
        if not probe.control(
            "twin",
            f"the same with {form.twin_name}",
            expected="refused",
            observed=observed(gate, twin),
            holds=not accepted(gate, twin),
        ):
            return conclude("control_failed", "the same claims are accepted with a wrong signature, too")
        second = await send(probe, gate, form.forge(token), purpose=f"attack: {form.name}, again")
        if accepted(gate, second):
            found[name] = (first.number, second.number)
    return found


def _wrong(token: jwt.Token) -> list[tuple[str, Mapping[str, Json], Mapping[str, Json]]]:
    """Name, header and claims that differ; only what the token itself states can be wrong in it."""
    rows: list[tuple[str, Mapping[str, Json], Mapping[str, Json]]] = []
    if "aud" in token.claims:
        rows.append(("audience", {}, {"aud": "https://gw.example.com/another"}))
    if "iss" in token.claims:
        rows.append(("issuer", {}, {"iss": "https://gw.example.com"}))
    begun = token.claims.get("iat", token.claims.get("nbf"))
    if isinstance(begun, (int, float)):
        rows.append(("beginning", {}, {"nbf": int(begun) + 86_400}))
    if str(token.header.get("typ", "JWT")).upper() != "JWT":
        rows.append(("type", {"typ": "gw+jwt"}, {}))
    return rows


async def signing_key(probe: Probe) -> tuple[str, bytes]:
    """An account and the key that signs its tokens, given or guessed; an empty name when none is known."""
    for name in in_order(probe):
        account = probe.accounts[name]
        token = await token_of(probe, name) if account.signing_key and probe.whoami(name) else None
        key = account.signing_key.reveal().encode() if account.signing_key else b""
        if token is not None and jwt.fits(token, key):
            return name, key
    name = await holder(probe, lambda token: token.algorithm in jwt.HMACS)
    key_ = (await guessed(probe, name)).key if name else None
    return (name, key_) if key_ is not None else ("", b"")


async def guessed(probe: Probe, account: str) -> Guess:
    """The secret of the account's token, tried once per run, offline, for at most a quarter of a second."""

    async def guess() -> Guess:
        token = await token_of(probe, account)
        return await asyncio.to_thread(_guess, token, _names(probe, token)) if token is not None else Guess(None, 0)

    return await probe.once(f"weak secret {account}", guess)


def _guess(token: jwt.Token, own: list[str]) -> Guess:
    """The first word whose HMAC is the token's signature; the likeliest are also read as base64."""
    head, name, signature = token.text.rpartition(".")[0].encode(), jwt.HMACS[token.algorithm], token.signature
    tried = 0
    for word in secrets.words(own):
        tried += 1
        key = word.encode()
        if hmac.digest(key, head, name) == signature:
            return Guess(key, tried)
        raw = secrets.decoded(word) if tried <= _ALSO_BASE64 else None
        if raw and hmac.digest(raw, head, name) == signature:
            return Guess(raw, tried)
    return Guess(None, tried)


def _names(probe: Probe, token: jwt.Token | None) -> list[str]:
    """What a secret may be named after: the API's title, its host, the token's issuer and audience."""
    hosts = [urlsplit(probe.endpoint.origin).hostname or ""]
    told = [token.claims.get(name) for name in ("iss", "aud")] if token else []
    hosts += [urlsplit(value).hostname or value for value in told if isinstance(value, str)]
    return [name for name in (probe.specification.title, *hosts) if name]


def _resigned(
    name: str, key: bytes, *, header: Mapping[str, Json] | None = None, claims: Mapping[str, Json] | None = None
) -> Form:
    """The token signed with a key; its expiry is moved by a minute so that it is none that the server issued."""

    def signed(secret: bytes) -> Callable[[jwt.Token], str]:
        def forge(token: jwt.Token) -> str:
            ends = token.claims.get("exp")
            moved: dict[str, Json] = {"exp": int(ends) + 60} if isinstance(ends, (int, float)) else {"gw": 1}
            return jwt.resigned(
                token, secret, algorithm=token.algorithm, header=header, claims={**moved, **(claims or {})}
            )

        return forge

    return Form(name, signed(key), "another secret", signed(_OTHER))

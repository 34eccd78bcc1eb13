"""The family of forged JSON Web Tokens. They share one gate: a good token is accepted, one with a bad signature is not.

All run on the account's own probe, the call whose answer names it: accepted means that the identity is seen there,
never a status or an error text. Forging needs no library: proof/jwt.py spells every part by hand.
"""

from __future__ import annotations

from collections.abc import Callable

from msgspec import Struct
from msgspec.structs import replace

from gatewright.model.account import ANON, Credential
from gatewright.model.call import Call
from gatewright.model.endpoint import Endpoint
from gatewright.model.http import Exchange
from gatewright.model.json import Json
from gatewright.model.secret import Secret
from gatewright.model.test import Attacker, Need, Phase, Probe, check
from gatewright.model.verdict import Verdict, conclude, proved
from gatewright.proof import jwt
from gatewright.proof.leaves import read

_CLOCKS = frozenset({"exp", "iat", "nbf", "jti", "auth_time"})
_BETWEEN = 10
"""Attempts after which the original is sent again: a session that died would make everything look refused."""
CVSS = "CVSS:4.0/AV:N/AC:L/AT:N/PR:N/UI:N/VC:H/VI:H/VA:N/SC:N/SI:N/SA:N"


class Gate(Struct, frozen=True, kw_only=True):
    """What all members of the family need to know, asked once per account."""

    stop: Verdict | None
    """Why no member can judge anything; None when the gate is open."""
    endpoint: Endpoint
    call: Call
    witness: frozenset[tuple[str, str]]
    """Path and value of the leaves that name the account, seen with its token alone."""
    alone: bool
    """Whether the token is enough; else the account's other credentials go with it."""
    unchecked: bool
    """A token with a wrong signature was accepted."""
    exchanges: tuple[Exchange, ...]


class Form(Struct, frozen=True):
    """One spelling of a forged token, and its twin: as close as possible without what the weakness believes."""

    name: str
    forge: Callable[[jwt.Token], str]
    twin_name: str
    twin: Callable[[jwt.Token], str]


@check(
    "jwt-none",
    threat="API2:2023",
    title="Tokens that say that they are not signed are accepted",
    severity="high",
    cwe=(347, 287),
    attacker=Attacker.HOST,
    needs=(Need.SESSION, Need.JWT),
    phase=Phase.LIFE_CYCLE,
    requests=50,
    tags=("jwt",),
)
async def jwt_none(probe: Probe) -> Verdict:
    """Send the account's token with the algorithm `none` in its header.

    ## What it does
    Rewrites the header of the account's own token to the algorithm `none` (in four spellings, empty, and absent), with
    the signature empty, left out with its dot, and kept. The claims stay as they were.

    ## Why it matters
    A server that believes the header lets anybody write tokens: any user, any role, without a password or a key.

    ## How it is proved
    The good token is accepted and the same token with one bit of its signature turned over is refused: signatures are
    checked. A token with `none` is accepted twice: the answer names the account. Its twin, spelled alike with
    the original algorithm, is refused. Where a second account is known, a token with its claims then shows that
    account's identity; that makes the finding critical.

    ## When it is wrong
    When something in front of the API replaces the credential of every request. No case is known.

    ## Remedy
    Fix the algorithm on the server: pass the verifier a list with the one algorithm in use, and never take it from
    the token. Refuse tokens without a signature before looking at their claims.

    ## References
    - https://www.rfc-editor.org/rfc/rfc8725#section-3.1
    - https://cwe.mitre.org/data/definitions/347.html
    """
    return await _forged(probe, _none_forms())


@check(
    "jwt-signature-stripped",
    threat="API2:2023",
    title="Tokens without their signature are accepted",
    severity="high",
    cwe=(347, 287),
    attacker=Attacker.HOST,
    needs=(Need.SESSION, Need.JWT),
    phase=Phase.LIFE_CYCLE,
    requests=20,
    tags=("jwt",),
)
async def jwt_signature_stripped(probe: Probe) -> Verdict:
    """Send the account's token with its signature left out.

    ## What it does
    Sends header and claims of the account's own token as they are, with the signature left out: with its dot, and
    without.

    ## Why it matters
    A server that checks a signature only where there is one lets anybody write tokens: any user, any role.

    ## How it is proved
    The good token is accepted and the same token with one bit of its signature turned over is refused. The token
    without a signature is accepted twice: the answer names the account. The twin with a wrong signature is refused in
    between. Where a second account is known, a token with its claims then shows that account's identity; that makes
    the finding critical.

    ## When it is wrong
    When something in front of the API replaces the credential of every request. No case is known.

    ## Remedy
    Verify with a library call that fails on a missing signature, and treat a token of other than three parts as
    none at all. Do not decode claims before the signature was verified.

    ## References
    - https://www.rfc-editor.org/rfc/rfc8725#section-3.3
    - https://cwe.mitre.org/data/definitions/347.html
    """
    return await _forged(
        probe,
        [
            Form("the signature left out", lambda t: f"{jwt.restated(t)}.", "a wrong signature", jwt.flipped),
            Form("signature and dot left out", jwt.restated, "a wrong signature", jwt.flipped),
        ],
    )


@check(
    "jwt-signature-unchecked",
    threat="API2:2023",
    title="The signature of tokens is not checked",
    severity="high",
    cwe=(347, 287),
    attacker=Attacker.HOST,
    needs=(Need.SESSION, Need.JWT),
    phase=Phase.LIFE_CYCLE,
    requests=20,
    tags=("jwt",),
)
async def jwt_signature_unchecked(probe: Probe) -> Verdict:
    """Send the account's token with a wrong signature.

    ## What it does
    Turns over one bit in the middle of the signature of the account's own token, so that the decoded bytes differ for
    sure, and sends it. Then it changes a claim under the old signature.

    ## Why it matters
    A signature that nobody checks lets anybody write tokens: any user, any role.

    ## How it is proved
    Without a credential, and with something that is no token, the account's own probe is refused. With the wrong
    signature it is accepted twice, and once more with a changed claim: the answer names the account each time.
    Where a second account is known, a token with its claims then shows that account's identity; that makes the
    finding critical.

    ## When it is wrong
    When a gateway checks signatures on other paths than this one. It is still wrong here.

    ## Remedy
    Verify the signature of every token with the key of its issuer before reading any claim; many libraries have a
    `decode` that does not verify: do not use it for that.

    ## References
    - https://www.rfc-editor.org/rfc/rfc8725#section-3.3
    - https://cwe.mitre.org/data/definitions/347.html
    """
    gate = await _gate(probe)
    if gate.stop is not None:
        return gate.stop
    if not gate.unchecked:
        return conclude("denied", "the token with a wrong signature was refused")
    nonsense = await _send(probe, gate, "gw.no.token", purpose="control: no token at all")
    if not probe.control(
        "nonsense",
        "something that is no token",
        expected="refused",
        observed=_observed(gate, nonsense),
        holds=not _accepted(gate, nonsense),
    ):
        return conclude("not_protected", "anything at all is accepted as a credential there")
    token = await _token(probe)
    if token is None:
        return conclude("session_lost", "no token is left to work on")
    changed = f"{jwt.restated(token, claims={'gw': probe.random.randrange(10**6)})}.{token.text.rpartition('.')[2]}"
    first = await _send(probe, gate, jwt.flipped(token), purpose="attack: wrong signature")
    second = await _send(probe, gate, changed, purpose="attack: changed claim")
    if not (_accepted(gate, first) and _accepted(gate, second)):
        return conclude("unstable", "a token with a wrong signature was accepted once, and not again")
    return await _conclude(probe, gate, "a wrong signature", jwt.flipped, (first, second))


def _none_forms() -> list[Form]:
    forms = []
    for spelling, told in (("none", "none"), ("None", "None"), ("NONE", "NONE"), ("nOnE", "nOnE"), ("", "empty")):
        forms += _spelled(spelling, f"algorithm {told}")
    return forms + _spelled(None, "no algorithm")


def _spelled(algorithm: str | None, name: str) -> list[Form]:
    """The three ways to treat the signature under one algorithm; the twins keep the original header."""

    def head(token: jwt.Token) -> str:
        return jwt.restated(token, header={"alg": algorithm})

    return [
        Form(f"{name}, signature empty", lambda t: f"{head(t)}.", "the original algorithm, signature empty", _empty),
        Form(f"{name}, signature left out", head, "the original algorithm, signature left out", jwt.restated),
        Form(
            f"{name}, signature kept",
            lambda t: f"{head(t)}.{t.text.rpartition('.')[2]}",
            "a wrong signature",
            jwt.flipped,
        ),
    ]


def _empty(token: jwt.Token) -> str:
    return f"{jwt.restated(token)}."


async def _forged(probe: Probe, forms: list[Form]) -> Verdict:
    """Try the forms in turn; the first that is accepted twice while its twin is refused proves."""
    gate = await _gate(probe)
    if gate.stop is not None:
        return gate.stop
    if gate.unchecked:
        return conclude("control_failed", "a wrong signature is accepted as well: jwt-signature-unchecked judges that")
    twins = ""
    for number, form in enumerate(forms):
        token = await _token(probe)
        if token is None or (number % _BETWEEN == _BETWEEN - 1 and not await _original(probe, gate)):
            return conclude("session_lost", "the original token is no longer accepted")
        first = await _send(probe, gate, form.forge(token), purpose=f"attack: {form.name}")
        if not _accepted(gate, first):
            continue
        twin = await _send(probe, gate, form.twin(token), purpose=f"control: {form.twin_name}")
        if not probe.control(
            "twin",
            f"the same with {form.twin_name}",
            expected="refused",
            observed=_observed(gate, twin),
            holds=not _accepted(gate, twin),
        ):
            twins = form.twin_name
            continue
        second = await _send(probe, gate, form.forge(token), purpose=f"attack: {form.name}, again")
        if _accepted(gate, second):
            return await _conclude(probe, gate, form.name, form.forge, (first, second))
    if not await _original(probe, gate):
        return conclude("session_lost", "the original token is no longer accepted")
    if twins:
        return conclude("control_failed", f"accepted, but so is {twins}: another weakness explains it")
    return conclude("denied", f"all {len(forms)} spellings were refused, the original was accepted before and after")


async def _conclude(
    probe: Probe, gate: Gate, name: str, forge: Callable[[jwt.Token], str], attacks: tuple[Exchange, ...]
) -> Verdict:
    """The proved verdict, critical when the same forgery shows another account's identity."""
    effect = await _become(probe, gate, forge)
    shown = ", ".join(sorted(value for _, value in gate.witness)[:2])
    facts = [
        f"{probe.account}'s own token is accepted at {gate.endpoint.name}: the answer names {shown}",
        "the same without a credential is refused"
        + ("" if gate.unchecked else ", and so is the token with one bit of its signature turned over"),
        f"with {name} it was accepted twice, and the answer named {shown}",
    ]
    if effect is None:
        who = f"{probe.account}'s"
        numbers = tuple(exchange.number for exchange in attacks)
    else:
        other, exchange = effect
        facts.append(f"with the claims of {other} in it, the answer named {other}")
        who = "anybody's"
        numbers = (exchange.number, *(e.number for e in attacks))
    return proved(
        summary=f"Whoever writes a token with {name} acts in {who} name at {gate.endpoint.name}, without any key.",
        proof=tuple(facts),
        attacks=numbers,
        severity="critical" if effect else "high",
        cvss=CVSS,
        victim=effect[0] if effect else "",
    )


async def _become(probe: Probe, gate: Gate, forge: Callable[[jwt.Token], str]) -> tuple[str, Exchange] | None:
    """The effect: a forged token with another own account's claims shows that account. None when that cannot be seen."""
    token = await _token(probe)
    others = [name for name in probe.accounts if name not in (probe.account, ANON)]
    for other in sorted(others, key=lambda name: (probe.accounts[name].origin == "throw-away", name))[:2]:
        held = await probe.credentials(other)
        theirs = next((t for c in held if (t := jwt.parse(c.value.reveal()))), None)
        if token is None or theirs is None:
            continue
        claims: dict[str, Json] = {
            key: theirs.claims[key]
            for key, value in token.claims.items()
            if key not in _CLOCKS and key in theirs.claims and theirs.claims[key] != value
        }
        names = probe.identity(other) - {value for _, value in gate.witness}
        if not claims or not names:
            continue
        changed = jwt.parse(f"{jwt.restated(token, claims=claims)}.{token.text.rpartition('.')[2]}")
        if changed is None:
            continue
        exchange = await _send(probe, gate, forge(changed), purpose=f"attack: as {other}")
        paths = {path for path, _ in gate.witness}
        if any(leaf.path in paths and leaf.value in names for leaf in read(exchange.response).leaves):
            return other, exchange
    return None


async def _gate(probe: Probe) -> Gate:
    gate = await probe.once(f"jwt gate {probe.account}", lambda: _ask(probe))
    probe.cite(*gate.exchanges)
    return gate


async def _ask(probe: Probe) -> Gate:
    """Four to six requests: the original twice, nobody, and the token with a wrong signature."""
    call = probe.whoami(probe.account)
    endpoint = probe.knowledge.endpoints.get(call.endpoint, probe.endpoint) if call else probe.endpoint
    gate = Gate(
        stop=None,
        endpoint=endpoint,
        call=call or Call(endpoint=endpoint.id),
        witness=frozenset(),
        alone=True,
        unchecked=False,
        exchanges=(),
    )
    token = await _token(probe)
    if call is None or token is None:
        return replace(gate, stop=conclude("not_jwt", f"no credential of {probe.account} is a JSON Web Token"))
    first = await _send(probe, gate, token.text, purpose="baseline")
    if not _names(probe, first):
        gate = replace(gate, alone=False)
        first = await _send(probe, gate, token.text, purpose="baseline")
    second = await _send(probe, gate, token.text, purpose="baseline")
    nobody = await _send(probe, gate, None, purpose="control: no credential")
    wrong = await _send(probe, gate, jwt.flipped(token), purpose="control: wrong signature")
    witness = (_names(probe, first) & _names(probe, second)) - _names(probe, nobody)
    gate = replace(gate, witness=witness, exchanges=(first, second, nobody, wrong))
    if not witness:
        why = f"no answer to {probe.account}'s token names it and is hidden from nobody"
        return replace(gate, stop=conclude("baseline_broken", why))
    return replace(gate, unchecked=witness <= _names(probe, wrong))


async def _token(probe: Probe) -> jwt.Token | None:
    """The account's present token."""
    held = await probe.credentials(probe.account)
    return next((token for c in held if (token := jwt.parse(c.value.reveal()))), None)


async def _send(probe: Probe, gate: Gate, text: str | None, *, purpose: str) -> Exchange:
    """The probe call with a text in place of the token; None: no credential at all."""
    held = await probe.credentials(probe.account) if text is not None else ()
    changed: list[Credential] = []
    for credential in held:
        if jwt.parse(credential.value.reveal()):
            changed.append(replace(credential, value=Secret(text or "")))
        elif not gate.alone:
            changed.append(credential)
    return await probe.send(
        gate.call,
        as_=probe.account if text is not None else ANON,
        purpose=purpose,
        endpoint=gate.endpoint,
        credentials=tuple(changed),
    )


def _names(probe: Probe, exchange: Exchange) -> frozenset[tuple[str, str]]:
    """Leaves of an answer that name the account."""
    identity = probe.identity(probe.account)
    return frozenset((leaf.path, leaf.value) for leaf in read(exchange.response).leaves if leaf.value in identity)


def _accepted(gate: Gate, exchange: Exchange) -> bool:
    """Whether the answer names the account just as the good token's does."""
    leaves = {(leaf.path, leaf.value) for leaf in read(exchange.response).leaves}
    return gate.witness <= leaves


def _observed(gate: Gate, exchange: Exchange) -> str:
    status = exchange.response.status if exchange.response else exchange.error
    return "accepted" if _accepted(gate, exchange) else f"refused: {status}"


async def _original(probe: Probe, gate: Gate) -> bool:
    """C7: the good token still works."""
    token = await _token(probe)
    if token is None:
        return False
    exchange = await _send(probe, gate, token.text, purpose="control: the original again")
    accepted = _accepted(gate, exchange)
    return probe.control(
        "C7", "the original token again", expected="accepted", observed=_observed(gate, exchange), holds=accepted
    )

"""The family of forged JSON Web Tokens. They share one gate: a good token is accepted, one with a bad signature is not.

All run on the account's own probe, the call whose answer names it: accepted means that the identity is seen there,
never a status or an error text. Forging needs no library: proof/jwt.py spells every part by hand.
"""

from __future__ import annotations

from gatewright.checks.forging import Form, accepted, concluded, forged, gate_of, observed, send, token_of
from gatewright.model.test import Attacker, Need, Phase, Probe, check
from gatewright.model.verdict import Verdict, conclude
from gatewright.proof import jwt


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
    return await forged(probe, _none_forms())


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
    return await forged(
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
    gate = await gate_of(probe)
    if gate.stop is not None:
        return gate.stop
    if not gate.unchecked:
        return conclude("denied", "the token with a wrong signature was refused")
    nonsense = await send(probe, gate, "gw.no.token", purpose="control: no token at all")
    if not probe.control(
        "nonsense",
        "something that is no token",
        expected="refused",
        observed=observed(gate, nonsense),
        holds=not accepted(gate, nonsense),
    ):
        return conclude("not_protected", "anything at all is accepted as a credential there")
    token = await token_of(probe, gate.account)
    if token is None:
        return conclude("session_lost", "no token is left to work on")
    changed = f"{jwt.restated(token, claims={'gw': probe.random.randrange(10**6)})}.{token.text.rpartition('.')[2]}"
    first = await send(probe, gate, jwt.flipped(token), purpose="attack: wrong signature")
    second = await send(probe, gate, changed, purpose="attack: changed claim")
    if not (accepted(gate, first) and accepted(gate, second)):
        return conclude("unstable", "a token with a wrong signature was accepted once, and not again")
    return await concluded(probe, gate, "a wrong signature", jwt.flipped, (first, second))


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

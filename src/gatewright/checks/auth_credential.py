"""Credentials that should be refused: cut short, or made for something else. They share a gate: garbage is refused."""

from __future__ import annotations

from collections.abc import Sequence

import msgspec
from msgspec import Struct

from gatewright.access.tokens import garbage, is_csrf
from gatewright.access.words import words
from gatewright.model.account import ANON, Credential
from gatewright.model.call import Call
from gatewright.model.endpoint import Endpoint
from gatewright.model.http import Exchange
from gatewright.model.secret import Secret
from gatewright.model.test import Attacker, LogIn, Need, Phase, Probe, check
from gatewright.model.verdict import Severity, Verdict, conclude, proved
from gatewright.proof import jwt
from gatewright.proof.leaves import read

_LEAST = 12
"""Characters of a value that can be cut without becoming nothing."""


class Gate(Struct, frozen=True, kw_only=True):
    """What a credential opens, asked once per account."""

    stop: Verdict | None
    """Why nothing can be judged; None when the gate is open."""
    endpoint: Endpoint
    call: Call
    witness: frozenset[tuple[str, str]] = frozenset()
    """Path and value of the leaves that name the account, seen with its credentials alone."""
    exchanges: tuple[Exchange, ...] = ()


class Attempt(Struct, frozen=True):
    """A value in the place of a credential, and its twin of the same length that means nothing."""

    name: str
    place: Credential
    value: str
    twin: str


@check(
    "auth-truncated",
    threat="API2:2023",
    title="A part of a credential is enough",
    severity="medium",
    cwe=(287, 1025),
    attacker=Attacker.HOST,
    needs=(Need.SESSION,),
    phase=Phase.LIFE_CYCLE,
    requests=40,
)
async def auth_truncated(probe: Probe) -> Verdict:
    """Send an account's credential cut short.

    ## What it does
    Sends the account's own credential cut to two thirds, to a half, to nothing but its scheme, and empty, at the call
    whose answer names the account.

    ## Why it matters
    A server that compares only the beginning, or looks a session up by what it begins with, can be satisfied with much
    less than the whole secret: the rest need not be known or guessed.

    ## How it is proved
    The whole credential is accepted: the answer names the account; nobody is not, and neither is garbage of the same
    shape. The part is accepted twice: the answer names the account; garbage of the part's length is refused in between.

    ## When it is wrong
    When what was cut away is no part of the secret, such as padding that nobody needs. Then the part is the credential.

    ## Remedy
    Compare whole credentials, in constant time, and refuse what is shorter than it must be.

    ## References
    - https://cwe.mitre.org/data/definitions/1025.html
    - https://cwe.mitre.org/data/definitions/287.html
    """
    gate = await _gate(probe)
    if gate.stop is not None:
        return gate.stop
    attempts = [a for c in await proving(probe) for a in _cut(probe, c)]
    return await _judge(probe, gate, attempts, severity="medium", done="a part of the credential")


@check(
    "auth-foreign",
    threat="API2:2023",
    title="A token that was made for something else is accepted",
    severity="medium",
    cwe=(287, 345),
    attacker=Attacker.HOST,
    needs=(Need.SESSION,),
    phase=Phase.LIFE_CYCLE,
    requests=30,
)
async def auth_foreign(probe: Probe) -> Verdict:
    """Send tokens that are no access tokens in place of the access token.

    ## What it does
    Logs the account in once more and sends the other tokens of that answer (its refresh token, its id token) in
    place of the credential, and a token by a key and an issuer of our own.

    ## Why it matters
    An id token goes to browsers and third parties, a refresh token lives for weeks: where they open the API, they are
    worth as much as the access token and guarded less. A token of a stranger's issuer is worth nothing and must not open
    anything.

    ## How it is proved
    The access token is accepted: the answer names the account; nobody is not, and neither is garbage. The other token
    is accepted twice: the answer names the account; the same with other characters in it is refused in between.

    ## When it is wrong
    When the API is meant to be called with that token. Then it is the access token, and the log-in's names mislead.

    ## Remedy
    Check what a token is for (`aud`, `typ`, `token_use`, scope) before its claims are read, and sign or store each kind apart.

    ## References
    - https://www.rfc-editor.org/rfc/rfc8725#section-3.12
    - https://www.rfc-editor.org/rfc/rfc9068#section-4
    """
    gate = await _gate(probe)
    if gate.stop is not None:
        return gate.stop
    held = await proving(probe)
    entry = await fresh_log_in(probe, probe.account)
    attempts = [*_others(probe, held, entry), *_strangers(probe, held)][:4]
    if not attempts:
        return conclude(
            "not_visible", "its log-in gives no other token, and its credential is none that names an issuer"
        )
    return await _judge(probe, gate, attempts, severity="medium", done="a token that is no access token")


async def proving(probe: Probe) -> list[Credential]:
    """The account's credentials that say who it is: CSRF tokens go along with them and prove nothing."""
    return [c for c in await probe.credentials(probe.account) if not is_csrf(c.name)]


async def fresh_log_in(probe: Probe, account: str) -> LogIn:
    """One more log-in of an account, for all tests that only look at its answer."""
    entry = await probe.once(f"fresh log-in {account}", lambda: probe.try_log_in(account, purpose="control: log-in"))
    if entry.exchange is not None:
        probe.cite(entry.exchange)
    return entry


def _cut(probe: Probe, credential: Credential) -> list[Attempt]:
    """A credential's parts, longest first, with garbage of each part's length."""
    value = credential.value.reveal()
    if len(value) < _LEAST:
        return []
    lengths = [("two thirds", len(value) * 2 // 3), ("half", len(value) // 2), ("nothing", 0)]
    return [
        Attempt(f"{name} of {credential.name}", credential, value[:n], _alike(probe, value, n)) for name, n in lengths
    ]


def _alike(probe: Probe, value: str, length: int) -> str:
    """Garbage of a part's length; of a token that was cut within its signature only what is left of the signature.

    That is accepted as well where nobody looks at signatures.
    """
    head = value.rpartition(".")[0] + "."
    kept = head if jwt.parse(value) is not None and length > len(head) else ""
    return kept + garbage(value[len(kept) : length], probe.random) or "gw"


def _others(probe: Probe, held: Sequence[Credential], entry: LogIn) -> list[Attempt]:
    """The tokens of a log-in answer that say by their names or claims that they are no access tokens."""
    known = {c.value.reveal() for c in (*held, *entry.credentials)}
    if entry.exchange is None or entry.exchange.response is None or not held:
        return []
    found: dict[str, str] = {}
    for leaf in read(entry.exchange.response).leaves:
        name = words(leaf.path.rpartition(".")[2])
        token = jwt.parse(leaf.value)
        use = str((token.claims.get("token_use") or token.claims.get("token_type") or "") if token else "").lower()
        if len(leaf.value) < 16 or leaf.value in known:
            continue
        if "refresh" in name or use == "refresh":
            found.setdefault("its refresh token", leaf.value)
        elif name[-2:] == ("id", "token") or use == "id":
            found.setdefault("its id token", leaf.value)
    return [Attempt(name, held[0], value, _damaged(probe, value)) for name, value in found.items()]


def _strangers(probe: Probe, held: Sequence[Credential]) -> list[Attempt]:
    """A token with the account's claims by another issuer and key."""
    for credential in held:
        token = jwt.parse(credential.value.reveal())
        if token is not None and token.algorithm in jwt.HMACS:
            key = probe.random.randbytes(32)
            claims = {"iss": "https://gw.example.com"}
            value = jwt.resigned(token, key, algorithm=token.algorithm, claims=claims)
            other = jwt.parse(value)
            if other is not None:
                return [Attempt("a token of another issuer and key", credential, value, jwt.flipped(token))]
    return []


def _damaged(probe: Probe, value: str) -> str:
    token = jwt.parse(value)
    return jwt.flipped(token) if token is not None else garbage(value, probe.random)


async def _judge(probe: Probe, gate: Gate, attempts: Sequence[Attempt], *, severity: Severity, done: str) -> Verdict:
    """The first value that is accepted twice while its twin is refused proves."""
    explained = ""
    for attempt in attempts:
        first = await _send(probe, gate, attempt, attempt.value, purpose=f"attack: {attempt.name}")
        if not _accepted(gate, first):
            continue
        twin = await _send(probe, gate, attempt, attempt.twin, purpose="control: garbage of the same length")
        if not probe.control(
            "garbage",
            "garbage of the same length in its place",
            expected="refused",
            observed="accepted" if _accepted(gate, twin) else "refused",
            holds=not _accepted(gate, twin),
        ):
            explained = attempt.name
            continue
        second = await _send(probe, gate, attempt, attempt.value, purpose=f"attack: {attempt.name}, again")
        if _accepted(gate, second):
            return proved(
                summary=f"{gate.endpoint.name} accepts {attempt.name} in place of {probe.account}'s credential.",
                proof=(
                    f"{probe.account}'s credential is accepted at {gate.endpoint.name}: the answer names the account",
                    "without a credential, and with garbage of the same shape, it is refused",
                    f"{attempt.name} was accepted twice, garbage of the same length refused in between",
                ),
                attacks=(first.number, second.number),
                severity=severity,
            )
    if explained:
        return conclude("control_failed", f"{explained} is accepted, but so is garbage in its place")
    again = await probe.send(gate.call, purpose="control: the whole credential again", endpoint=gate.endpoint)
    if not _accepted(gate, again):
        return conclude("session_lost", "the credential itself is no longer accepted")
    return conclude("denied", f"{done} was refused in {len(attempts)} forms, the credential accepted before and after")


async def _gate(probe: Probe) -> Gate:
    gate = await probe.once(f"credential gate {probe.account}", lambda: _ask(probe))
    probe.cite(*gate.exchanges)
    return gate


async def _ask(probe: Probe) -> Gate:
    """Four requests: the account twice, nobody, and garbage in every credential."""
    call = probe.whoami(probe.account)
    if call is None:
        why = conclude("baseline_broken", f"no answer names {probe.account}")
        return Gate(stop=why, endpoint=probe.endpoint, call=Call(endpoint=probe.endpoint.id))
    endpoint = probe.knowledge.endpoints.get(call.endpoint, probe.endpoint)
    held = await probe.credentials(probe.account)
    wrong = tuple(_with(c, garbage(c.value.reveal(), probe.random)) for c in held)
    first = await probe.send(call, purpose="baseline", endpoint=endpoint)
    second = await probe.send(call, purpose="baseline", endpoint=endpoint)
    nobody = await probe.send(call, as_=ANON, purpose="control: nobody", endpoint=endpoint, credentials=())
    bad = await probe.send(call, purpose="control: garbage", endpoint=endpoint, credentials=wrong)
    identity = probe.identity(probe.account)
    seen = [{(x.path, x.value) for x in read(e.response).leaves if x.value in identity} for e in (first, second)]
    others = {(x.path, x.value) for e in (nobody, bad) for x in read(e.response).leaves}
    witness = frozenset((seen[0] & seen[1]) - others)
    stop: Verdict | None = None
    if not witness:
        stop = conclude(
            "baseline_broken", f"no answer names {probe.account} and is hidden from nobody and from garbage"
        )
    return Gate(stop=stop, endpoint=endpoint, call=call, witness=witness, exchanges=(first, second, nobody, bad))


async def _send(probe: Probe, gate: Gate, attempt: Attempt, value: str, *, purpose: str) -> Exchange:
    """The account's call with a value in place of one credential; the others go along."""
    held = await probe.credentials(probe.account)
    changed = tuple(_with(c, value) if _same(c, attempt.place) else c for c in held)
    return await probe.send(gate.call, purpose=purpose, endpoint=gate.endpoint, credentials=changed)


def _with(credential: Credential, value: str) -> Credential:
    return msgspec.structs.replace(credential, value=Secret(value))


def _same(one: Credential, other: Credential) -> bool:
    return (one.within, one.name) == (other.within, other.name)


def _accepted(gate: Gate, exchange: Exchange) -> bool:
    return gate.witness <= {(leaf.path, leaf.value) for leaf in read(exchange.response).leaves}

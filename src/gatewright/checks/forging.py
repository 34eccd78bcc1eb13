"""What all checks of forged tokens share: the gate, what counts as accepted, and what a success opens.

A forged token counts only where the account's own probe, the call whose answer names it, names the account again.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence

from msgspec import Struct
from msgspec.structs import replace

from gatewright.checks.controls import call_of
from gatewright.model.account import ANON, Credential
from gatewright.model.call import Call
from gatewright.model.endpoint import Endpoint
from gatewright.model.http import Exchange
from gatewright.model.json import Json
from gatewright.model.secret import Secret
from gatewright.model.test import Probe
from gatewright.model.verdict import Verdict, conclude, proved
from gatewright.proof import jwt
from gatewright.proof.leaves import read

_CLOCKS = frozenset({"exp", "iat", "nbf", "jti", "auth_time"})
_RANKS = frozenset(
    {"role", "roles", "scope", "scopes", "scp", "groups", "permissions", "authorities", "admin", "is_admin", "isadmin", "is_staff", "level", "realm_access"}
)  # fmt: skip
"""Claims by which APIs tell what an account may do, lowered."""
_BETWEEN = 10
"""Attempts after which the original is sent again: a session that died would make everything look refused."""
CVSS = "CVSS:4.0/AV:N/AC:L/AT:N/PR:N/UI:N/VC:H/VI:H/VA:N/SC:N/SI:N/SA:N"


class Gate(Struct, frozen=True, kw_only=True):
    """What all members of the family need to know, asked once per account."""

    account: str
    """Whose token it is."""
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


class Judged(Struct, frozen=True):
    """What became of a row of forms: the verdict, and the form that was accepted, if any."""

    verdict: Verdict
    gate: Gate | None = None
    form: Form | None = None


async def forged(probe: Probe, forms: Sequence[Form], *, account: str = "") -> Verdict:
    """Try the forms in turn; the first that is accepted twice while its twin is refused proves."""
    return (await judged(probe, forms, account=account)).verdict


async def judged(probe: Probe, forms: Sequence[Form], *, account: str = "") -> Judged:
    """As `forged`, with the form that was accepted."""
    gate = await gate_of(probe, account)
    if gate.stop is not None:
        return Judged(gate.stop)
    if gate.unchecked:
        why = "a wrong signature is accepted as well: jwt-signature-unchecked judges that"
        return Judged(conclude("control_failed", why), gate)
    twins = ""
    for number, form in enumerate(forms):
        token = await token_of(probe, gate.account)
        if token is None or (number % _BETWEEN == _BETWEEN - 1 and not await original(probe, gate)):
            return Judged(conclude("session_lost", "the original token is no longer accepted"), gate)
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
            twins = form.twin_name
            continue
        second = await send(probe, gate, form.forge(token), purpose=f"attack: {form.name}, again")
        if accepted(gate, second):
            return Judged(await concluded(probe, gate, form.name, form.forge, (first, second)), gate, form)
    if not await original(probe, gate):
        return Judged(conclude("session_lost", "the original token is no longer accepted"), gate)
    if twins:
        return Judged(conclude("control_failed", f"accepted, but so is {twins}: another weakness explains it"), gate)
    many = f"all {len(forms)} spellings were" if len(forms) > 1 else f"{forms[0].name} was" if forms else "nothing was"
    return Judged(conclude("denied", f"{many} refused, the original was accepted before and after"), gate)


async def concluded(
    probe: Probe, gate: Gate, name: str, forge: Callable[[jwt.Token], str], attacks: tuple[Exchange, ...]
) -> Verdict:
    """The proved verdict, critical when the same forgery shows another account's identity or opens what is meant for a higher role."""
    effect = await _become(probe, gate, forge)
    risen = await _rise(probe, gate, forge) if effect is None else None
    shown = ", ".join(sorted(value for _, value in gate.witness)[:2])
    facts = [
        f"{gate.account}'s own token is accepted at {gate.endpoint.name}: the answer names {shown}",
        "the same without a credential is refused"
        + ("" if gate.unchecked else ", and so is the token with one bit of its signature turned over"),
        f"with {name} it was accepted twice, and the answer named {shown}",
    ]
    who, numbers = f"{gate.account}'s", tuple(exchange.number for exchange in attacks)
    if effect is not None:
        other, exchange = effect
        facts.append(f"with the claims of {other} in it, the answer named {other}")
        who = "anybody's"
        numbers = (exchange.number, *(e.number for e in attacks))
    if risen is not None:
        other, place, exchange = risen
        facts.append(f"with the role of {other} in it, it opened {place}, which refuses {gate.account}'s own token")
        numbers = (*numbers, exchange.number)
    return proved(
        summary=f"Whoever writes a token with {name} acts in {who} name at {gate.endpoint.name}.",
        proof=tuple(facts),
        attacks=numbers,
        severity="critical" if effect or risen else "high",
        cvss=CVSS,
        victim=effect[0] if effect else "",
    )


async def _become(probe: Probe, gate: Gate, forge: Callable[[jwt.Token], str]) -> tuple[str, Exchange] | None:
    """The effect: a forged token with another own account's claims shows that account. None when that cannot be seen."""
    token = await token_of(probe, gate.account)
    others = [name for name in probe.accounts if name not in (gate.account, ANON)]
    for other in sorted(others, key=lambda name: (probe.accounts[name].origin == "throw-away", name))[:2]:
        theirs = await token_of(probe, other)
        if token is None or theirs is None:
            continue
        claims: dict[str, Json] = {
            key: theirs.claims[key]
            for key, value in token.claims.items()
            if key not in _CLOCKS and key in theirs.claims and theirs.claims[key] != value
        }
        names = probe.identity(other) - {value for _, value in gate.witness}
        changed = _with(token, claims)
        if not names or changed is None:
            continue
        exchange = await send(probe, gate, forge(changed), purpose=f"attack: as {other}")
        paths = {path for path, _ in gate.witness}
        if any(leaf.path in paths and leaf.value in names for leaf in read(exchange.response).leaves):
            return other, exchange
    return None


async def _rise(probe: Probe, gate: Gate, forge: Callable[[jwt.Token], str]) -> tuple[str, str, Exchange] | None:
    """The effect where nobody else's identity shows: the role of a higher account opens what refuses the own one."""
    token = await token_of(probe, gate.account)
    higher = [name for name in probe.accounts if probe.rank(name) > probe.rank(gate.account)]
    for other in sorted(higher, key=lambda name: (-probe.rank(name), name))[:1]:
        theirs = await token_of(probe, other)
        if token is None or theirs is None:
            continue
        claims = {k: v for k, v in theirs.claims.items() if k.lower() in _RANKS and token.claims.get(k) != v}
        changed = _with(token, claims)
        place = next(iter(_reserved(probe, gate.account, other)), None)
        if changed is None or place is None:
            continue
        endpoint, call = place
        refused = await probe.send(call, as_=gate.account, purpose="control: the own role", endpoint=endpoint)
        opened = await send(probe, gate, forge(changed), purpose=f"attack: role of {other}", at=(endpoint, call))
        if refused.response is not None and refused.response.meaning in (401, 403) and _opens(opened):
            return other, endpoint.name, opened
    return None


def _opens(exchange: Exchange) -> bool:
    return exchange.response is not None and exchange.response.ok and bool(read(exchange.response).leaves)


def _reserved(probe: Probe, low: str, high: str) -> list[tuple[Endpoint, Call]]:
    """Endpoints that only read, accept the higher account and have no accepted request of the lower one's rank."""
    found = []
    for endpoint in probe.knowledge.endpoints.values():
        ranks = {probe.rank(s.account) for s in probe.knowledge.samples_of(endpoint.id)}
        call = call_of(probe, high, endpoint=endpoint)
        if (
            endpoint.method == "GET"
            and not endpoint.stream
            and call is not None
            and ranks
            and min(ranks) > probe.rank(low)
        ):
            found.append((endpoint, call))
    return sorted(found, key=lambda pair: ("{" in pair[0].path, pair[0].path))


def _with(token: jwt.Token, claims: dict[str, Json]) -> jwt.Token | None:
    """The token with other claims and the old signature; None when nothing changes."""
    if not claims:
        return None
    return jwt.parse(f"{jwt.restated(token, claims=claims)}.{token.text.rpartition('.')[2]}")


async def holder(probe: Probe, wanted: Callable[[jwt.Token], bool]) -> str:
    """The account whose token is of the wanted kind: the cell's own first, then others; empty when none is."""
    for name in in_order(probe):
        if probe.whoami(name) is not None:
            token = await token_of(probe, name)
            if token is not None and wanted(token):
                return name
    return ""


def in_order(probe: Probe) -> list[str]:
    """All accounts: the cell's own first, the throw-away ones last, since other tests break those."""
    accounts = probe.accounts
    return sorted(accounts, key=lambda n: (n != probe.account, accounts[n].origin == "throw-away", n))


async def gate_of(probe: Probe, account: str = "") -> Gate:
    """The gate of an account (default: the cell's), asked once per run."""
    name = account or probe.account
    gate = await probe.once(f"jwt gate {name}", lambda: _ask(probe, name))
    probe.cite(*gate.exchanges)
    return gate


async def _ask(probe: Probe, account: str) -> Gate:
    """Four to six requests: the original twice, nobody, and the token with a wrong signature."""
    call = probe.whoami(account)
    endpoint = probe.knowledge.endpoints.get(call.endpoint, probe.endpoint) if call else probe.endpoint
    gate = Gate(
        account=account,
        stop=None,
        endpoint=endpoint,
        call=call or Call(endpoint=endpoint.id),
        witness=frozenset(),
        alone=True,
        unchecked=False,
        exchanges=(),
    )
    token = await token_of(probe, account)
    if call is None or token is None:
        return replace(gate, stop=conclude("not_jwt", f"no credential of {account} is a JSON Web Token"))
    first = await send(probe, gate, token.text, purpose="baseline")
    if not _names(probe, gate, first):
        gate = replace(gate, alone=False)
        first = await send(probe, gate, token.text, purpose="baseline")
    second = await send(probe, gate, token.text, purpose="baseline")
    nobody = await send(probe, gate, None, purpose="control: no credential")
    wrong = await send(probe, gate, jwt.flipped(token), purpose="control: wrong signature")
    witness = (_names(probe, gate, first) & _names(probe, gate, second)) - _names(probe, gate, nobody)
    gate = replace(gate, witness=witness, exchanges=(first, second, nobody, wrong))
    if not witness:
        why = f"no answer to {account}'s token names it and is hidden from nobody"
        return replace(gate, stop=conclude("baseline_broken", why))
    return replace(gate, unchecked=witness <= _names(probe, gate, wrong))


async def token_of(probe: Probe, account: str) -> jwt.Token | None:
    """The account's present token."""
    held = await probe.credentials(account)
    return next((token for c in held if (token := jwt.parse(c.value.reveal()))), None)


async def send(
    probe: Probe, gate: Gate, text: str | None, *, purpose: str, at: tuple[Endpoint, Call] | None = None
) -> Exchange:
    """The probe call (or another, `at`) with a text in place of the token; None: no credential at all."""
    held = await probe.credentials(gate.account) if text is not None else ()
    changed: list[Credential] = []
    for credential in held:
        if jwt.parse(credential.value.reveal()):
            changed.append(replace(credential, value=Secret(text or "")))
        elif not gate.alone:
            changed.append(credential)
    endpoint, call = at or (gate.endpoint, gate.call)
    return await probe.send(
        call,
        as_=gate.account if text is not None else ANON,
        purpose=purpose,
        endpoint=endpoint,
        credentials=tuple(changed),
    )


def _names(probe: Probe, gate: Gate, exchange: Exchange) -> frozenset[tuple[str, str]]:
    """Leaves of an answer that name the account."""
    identity = probe.identity(gate.account)
    return frozenset((leaf.path, leaf.value) for leaf in read(exchange.response).leaves if leaf.value in identity)


def accepted(gate: Gate, exchange: Exchange) -> bool:
    """Whether the answer names the account just as the good token's does."""
    leaves = {(leaf.path, leaf.value) for leaf in read(exchange.response).leaves}
    return gate.witness <= leaves


def observed(gate: Gate, exchange: Exchange) -> str:
    """`accepted`, or `refused` with the status."""
    status = exchange.response.status if exchange.response else exchange.error
    return "accepted" if accepted(gate, exchange) else f"refused: {status}"


async def original(probe: Probe, gate: Gate) -> bool:
    """C7: the good token still works."""
    token = await token_of(probe, gate.account)
    if token is None:
        return False
    exchange = await send(probe, gate, token.text, purpose="control: the original again")
    return probe.control(
        "C7",
        "the original token again",
        expected="accepted",
        observed=observed(gate, exchange),
        holds=accepted(gate, exchange),
    )

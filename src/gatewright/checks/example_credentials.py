"""`example-credentials`: name and password that stand as examples in the specification, and log in."""

from __future__ import annotations

from collections.abc import Iterable
from urllib.parse import quote_plus

import msgspec
from msgspec import UNSET, Struct

from gatewright.access.words import words
from gatewright.model.account import ANON, Credential
from gatewright.model.call import Call, leaves
from gatewright.model.endpoint import Endpoint
from gatewright.model.errors import ScopeError
from gatewright.model.http import Exchange, Request
from gatewright.model.json import Json
from gatewright.model.schema import Schema
from gatewright.model.test import Attacker, LogIn, Need, Phase, Probe, check
from gatewright.model.verdict import Severity, Verdict, conclude, proved
from gatewright.proof.leaves import as_text, read

_MOST = 3
_SECRET = {"password", "passwd", "pass", "pwd", "pin", "secret", "passcode", "passphrase"}
_NAME = {"username", "user", "name", "login", "email", "mail", "phone", "account", "identifier"}
_MARKS = ("string", "user@example.com", "<password>", "password-here")
"""What tools put where nobody wrote an example."""


class Pair(Struct, frozen=True, order=True):
    """A name and a password of the specification."""

    name: str
    password: str


@check(
    "example-credentials",
    threat="API2:2023",
    title="A name and password of the specification's examples log in",
    severity="medium",
    cwe=(798, 1392),
    attacker=Attacker.AUTH,
    needs=(Need.SESSION,),
    phase=Phase.LIFE_CYCLE,
    requests=16,
    classes=("login",),
)
async def example_credentials(probe: Probe) -> Verdict:
    """Log in with the examples and defaults of the specification.

    ## What it does
    Takes name and password that stand together as examples or defaults at the log-in, in the specification, three pairs at
    most, and tries each once; then the same name with a random password.

    ## Why it matters
    The specification is the first thing that a stranger reads. An account that was made for its examples, or for the
    people who tried them out, is everybody's.

    ## How it is proved
    The pair logs in: it gives a credential like that of the accounts of this run, and the call that names them is
    accepted with it. The same name with a random password gives none.

    ## When it is wrong
    When the account is meant for everybody to try the API out and can reach nothing else.

    ## Remedy
    Delete the account, or give it a password that stands nowhere; write examples that can never exist.

    ## References
    - https://cwe.mitre.org/data/definitions/798.html
    - https://cwe.mitre.org/data/definitions/1392.html
    """
    pairs = _pairs(probe)[:_MOST]
    if not pairs:
        return conclude("no_such_function", "the specification has no example of a name with a password at its log-in")
    own = next((name for name in sorted(probe.accounts) if _usable(probe, name)), "")
    if not own:
        return conclude("needs_configuration", "needs an account that logs in by name and password")
    for pair in pairs:
        entry = await _enter(probe, own, pair.name, pair.password)
        if entry.exchange is None or entry.exchange.response is None:
            return conclude("not_visible", "the name cannot be put into the log-in's request as it was found to work")
        if _throttled(entry):
            return conclude("blocked", "the log-in is throttled: its examples cannot be tried")
        if not entry.accepted:
            continue
        wrong = await _enter(probe, own, pair.name, f"gw-{probe.random.randrange(10**12)}-Wrong")
        if not probe.control(
            "difference",
            "the same name with a random password",
            expected="refused",
            observed="accepted" if wrong.accepted else "refused",
            holds=not wrong.accepted,
        ):
            return conclude("control_failed", "a random password is accepted for that name as well")
        seen = await _look(probe, own, entry)
        if seen is None:
            return conclude("control_failed", "it gives a credential, but the account's own call is refused with it")
        return await _found(probe, pair, entry, seen)
    return conclude("denied", f"{len(pairs)} pairs of the specification's examples were refused")


def _usable(probe: Probe, name: str) -> bool:
    account = probe.accounts[name]
    return bool(account.username and account.password) and probe.whoami(name) is not None


def _pairs(probe: Probe) -> list[Pair]:
    """Pairs that the specification writes at the log-in, those of whole examples first, none of our own accounts."""
    found: list[Pair] = []
    for body in probe.endpoint.bodies:
        schema = probe.specification.resolve(body.schema)
        for example in schema.examples:
            found += _of(leaves(example))
        told = {name: _told(probe.specification.resolve(inner)) for name, inner in schema.properties.items()}
        found += _of((name, value) for name, value in told.items())
    for parameter in probe.endpoint.parameters:
        found += _of([(parameter.name, _told(parameter.schema))])
    own = {account.username for account in probe.accounts.values()}
    return [pair for pair in dict.fromkeys(found) if pair.name not in own]


def _told(schema: Schema) -> Json:
    """An example of a property, else its default."""
    default = schema.default if schema.default is not UNSET else None
    return next(iter(schema.examples), default)


def _of(values: Iterable[tuple[str, Json]]) -> list[Pair]:
    """The pair that values with their names make, if they do."""
    name = password = ""
    for key, value in values:
        last = set(words(key.rpartition(".")[2]))
        text = as_text(value) if isinstance(value, (str, int)) and not isinstance(value, bool) else ""
        if not text or text in _MARKS:
            continue
        if last & _SECRET:
            password = password or text
        elif last & _NAME:
            name = name or text
    return [Pair(name, password)] if name and password else []


async def _enter(probe: Probe, own: str, name: str, password: str) -> LogIn:
    """The log-in of an account of ours, with another name in its request."""
    account = probe.accounts[own]
    known = {value for value in (account.username, *account.identity) if len(value) >= 3}

    def renamed(request: Request) -> Request:
        text = request.body.decode("utf-8", "surrogateescape")
        before = text
        for value in sorted(known, key=len, reverse=True):
            for old, new in ((f'"{value}"', _json(name)), (f"={quote_plus(value)}&", f"={quote_plus(name)}&")):
                text = text.replace(old, new)
            if text.endswith(f"={quote_plus(value)}"):
                text = text.removesuffix(quote_plus(value)) + quote_plus(name)
        if text == before and (request.body or request.header("authorization")):
            raise ScopeError("the log-in does not carry the name as text", code="GW-E004", where=probe.endpoint.name)
        return msgspec.structs.replace(request, body=text.encode("utf-8", "surrogateescape"))

    try:
        return await probe.try_log_in(own, password, purpose="attack: an example of the specification", edit=renamed)
    except ScopeError:
        return LogIn()


def _json(text: str) -> str:
    escaped = text.replace("\\", "\\\\").replace('"', '\\"')
    return f'"{escaped}"'


def _throttled(entry: LogIn) -> bool:
    answer = entry.exchange.response if entry.exchange is not None else None
    return answer is not None and answer.status == 429


async def _look(probe: Probe, own: str, entry: LogIn) -> Exchange | None:
    """The call that names accounts, with the new credential; None when it is refused or names the account of ours."""
    call = probe.whoami(own)
    if call is None:
        return None
    endpoint = probe.knowledge.endpoints.get(call.endpoint, probe.endpoint)
    exchange = await _send(probe, endpoint, call, entry.credentials, purpose="attack: who it is")
    answer = read(exchange.response)
    named = {leaf.value for leaf in answer.leaves} & probe.identity(own)
    return exchange if exchange.response is not None and exchange.response.ok and answer.leaves and not named else None


async def _found(probe: Probe, pair: Pair, entry: LogIn, seen: Exchange) -> Verdict:
    opened = await _higher(probe, entry)
    severity: Severity = "high" if opened else "medium"
    facts = [
        f"the specification has `{pair.name}` with a password as an example of {probe.endpoint.name}",
        "the pair logs in, and the account's own call is accepted with it; a random password is refused",
    ]
    if opened:
        facts.append(f"it opens {opened}, which refuses every account of this run")
    numbers = [e.number for e in (entry.exchange, seen) if e is not None]
    return proved(
        summary=f"Anybody logs in as `{pair.name}` with the password of the specification's example.",
        proof=tuple(facts),
        attacks=tuple(numbers),
        severity=severity,
        victim=pair.name,
    )


async def _higher(probe: Probe, entry: LogIn) -> str:
    """An endpoint that no account of this run may read, and this one may: at most three are tried."""
    unread = [
        e
        for e in probe.knowledge.endpoints.values()
        if e.method == "GET" and "{" not in e.path and "403" in probe.knowledge.unreached.get(e.id, "")
    ]
    for endpoint in sorted(unread, key=lambda e: e.path)[:3]:
        call = Call(endpoint=endpoint.id)
        exchange = await _send(probe, endpoint, call, entry.credentials, purpose="attack: what nobody here may")
        if exchange.response is not None and exchange.response.ok and read(exchange.response).leaves:
            return endpoint.name
    return ""


async def _send(
    probe: Probe, endpoint: Endpoint, call: Call, credentials: tuple[Credential, ...], *, purpose: str
) -> Exchange:
    return await probe.send(call, as_=ANON, purpose=purpose, endpoint=endpoint, credentials=credentials)

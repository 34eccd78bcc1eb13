"""Credentials where others can read them: in the address of a request, or in a cookie without its guards."""

from __future__ import annotations

from urllib.parse import urlsplit

from gatewright.access.tokens import garbage
from gatewright.checks.auth_credential import fresh_log_in, proving
from gatewright.model.account import ANON, Credential
from gatewright.model.call import Call
from gatewright.model.endpoint import Endpoint
from gatewright.model.http import Exchange
from gatewright.model.secret import Secret
from gatewright.model.test import Attacker, Need, Phase, Probe, check
from gatewright.model.verdict import Verdict, conclude, proved
from gatewright.proof.leaves import read

_NAMES = ("access_token", "token", "jwt", "api_key", "sessionid")


@check(
    "session-token-in-url",
    threat="API2:2023",
    title="The credential is accepted in the address",
    severity="low",
    cwe=(598,),
    attacker=Attacker.HOST,
    needs=(Need.SESSION,),
    phase=Phase.LIFE_CYCLE,
    requests=14,
)
async def session_token_in_url(probe: Probe) -> Verdict:
    """Send the account's credential in the query, and nowhere else.

    ## What it does
    Sends the account's own credential as `access_token`, `token`, `jwt`, `api_key` and `sessionid` in the query of the
    call whose answer names the account, without its header or cookie. An API that wants its credential in the query is
    told so.

    ## Why it matters
    Addresses are written into logs of servers and proxies, into the history of browsers, and into the Referer header
    of what a page links to: the credential goes with them.

    ## How it is proved
    With the credential in the query alone the answer names the account, twice; without a credential, and with garbage in
    the same place, it does not.

    ## When it is wrong
    When the address is meant to be a secret that is used once, such as a link in a mail.

    ## Remedy
    Take credentials from the Authorization header or from a cookie only, and refuse them elsewhere.

    ## References
    - https://www.rfc-editor.org/rfc/rfc6750#section-5.3
    - https://cwe.mitre.org/data/definitions/598.html
    """
    call = probe.whoami(probe.account)
    held = await proving(probe)
    if call is None or not held:
        return conclude("baseline_broken", f"no answer names {probe.account}")
    endpoint = probe.knowledge.endpoints.get(call.endpoint, probe.endpoint)
    meant = [c for c in held if c.within == "query"]
    value = (meant or held)[0].value
    names = [c.name for c in meant] or list(_NAMES)
    first = await _ask(probe, endpoint, call, names, value)
    nobody = await probe.send(call, as_=ANON, purpose="control: nobody", endpoint=endpoint, credentials=())
    shown = _named(probe, first) - _named(probe, nobody)
    if not shown:
        tried = ", ".join(names)
        return conclude("denied", f"a credential in the query ({tried}) was not taken: no answer named the account")
    name = names[0]
    for one in names if len(names) > 1 else ():
        first = await _ask(probe, endpoint, call, [one], value)
        name = one
        if shown <= _named(probe, first):
            break
    wrong = Secret(garbage(value.reveal(), probe.random))
    bad = await _ask(probe, endpoint, call, [name], wrong, purpose="control: garbage in the query")
    refused = not shown <= _named(probe, bad)
    observed = "refused" if refused else "accepted"
    if not probe.control("garbage", "garbage in the query", expected="refused", observed=observed, holds=refused):
        return conclude("not_protected", "garbage in the same place names the account as well")
    second = await _ask(probe, endpoint, call, [name], value)
    if not (shown <= _named(probe, first) and shown <= _named(probe, second)):
        return conclude("unstable", "the credential in the query was taken once, and not again")
    return _taken(probe, endpoint, name, (first, second))


async def _ask(
    probe: Probe,
    endpoint: Endpoint,
    call: Call,
    names: list[str],
    text: Secret,
    *,
    purpose: str = "attack: the credential in the query",
) -> Exchange:
    """The call with a text under each of the names in its query, and no other credential."""
    placed = tuple(Credential(within="query", name=name, value=text) for name in names)
    return await probe.send(call, as_=probe.account, purpose=purpose, endpoint=endpoint, credentials=placed)


def _taken(probe: Probe, endpoint: Endpoint, name: str, attacks: tuple[Exchange, Exchange]) -> Verdict:
    return proved(
        summary=f"{endpoint.name} takes {probe.account}'s credential from the query (`{name}`), where logs keep it.",
        proof=(
            f"with the credential as `{name}` in the query and nowhere else, the answer named {probe.account}, twice",
            "without a credential, and with garbage in the same place, it did not",
        ),
        attacks=tuple(exchange.number for exchange in attacks),
    )


def _named(probe: Probe, exchange: Exchange) -> set[tuple[str, str]]:
    identity = probe.identity(probe.account)
    return {(leaf.path, leaf.value) for leaf in read(exchange.response).leaves if leaf.value in identity}


@check(
    "session-cookie-flags",
    threat="API2:2023",
    title="The session cookie lacks its guards",
    severity="low",
    cwe=(1004, 614, 1275),
    attacker=Attacker.HOST,
    needs=(Need.SESSION,),
    phase=Phase.LIFE_CYCLE,
    requests=4,
)
async def session_cookie_flags(probe: Probe) -> Verdict:
    """Read how the log-in sets the cookie that is the credential.

    ## What it does
    Logs an account in once more and reads the Set-Cookie lines of those cookies that were proved to be its credential:
    `HttpOnly`, `Secure` (where the API is reached by https), `SameSite`, and a `Domain` wider than the host.

    ## Why it matters
    Without `HttpOnly` any script that gets into a page takes the session along; without `Secure` it goes over plain HTTP;
    without `SameSite`, or with a wide `Domain`, other sites' requests and other hosts' pages carry it.

    ## How it is proved
    The cookie is the account's credential: the run's log-in showed that requests without it are refused. The
    attribute is not in the line that sets it.

    ## When it is wrong
    When a page needs to read the cookie itself, or sets the attribute in another way. Other cookies are not looked at.

    ## Remedy
    Set session cookies with `HttpOnly; Secure; SameSite=Lax` (or `Strict`) and without `Domain`; a `__Host-` name makes
    browsers insist on it.

    ## References
    - https://www.rfc-editor.org/rfc/rfc6265#section-4.1.2
    - https://cwe.mitre.org/data/definitions/1004.html
    """
    names = {c.name for c in await proving(probe) if c.within == "cookie"}
    if not names:
        return conclude("not_cookie_auth", f"{probe.account}'s credential is no cookie")
    entry = await fresh_log_in(probe, probe.account)
    answer = entry.exchange.response if entry.exchange is not None else None
    lines = [
        line
        for line in (answer.header_values("set-cookie") if answer else [])
        if line.partition("=")[0].strip() in names
    ]
    if not lines or entry.exchange is None:
        return conclude("not_visible", "no log-in of this run shows how the cookie is set")
    parts = urlsplit(probe.endpoint.origin)
    lacks = {line.partition("=")[0].strip(): _lacking(line, parts.scheme, parts.hostname or "") for line in lines}
    found = [f"`{name}` {', '.join(missing)}" for name, missing in lacks.items() if missing]
    if not found:
        return conclude("protected", f"{', '.join(lacks)}: HttpOnly, SameSite and what else is due are set")
    told = "; ".join(found)
    return proved(
        summary=f"The session cookie of {probe.endpoint.origin} is set {told}.",
        proof=(f"the cookie is {probe.account}'s credential", f"the log-in sets it {told}"),
        attacks=(entry.exchange.number,),
    )


def _lacking(line: str, scheme: str, host: str) -> list[str]:
    """What a Set-Cookie line lacks, in words."""
    told = [part.strip().partition("=") for part in line.split(";")[1:]]
    attributes = {name.strip().lower(): value.strip().lower() for name, _, value in told}
    found = []
    if "httponly" not in attributes:
        found.append("without HttpOnly")
    if scheme == "https" and "secure" not in attributes:
        found.append("without Secure")
    if "samesite" not in attributes:
        found.append("without SameSite")
    elif attributes["samesite"] == "none" and scheme == "https":
        found.append("with SameSite=None")
    domain = attributes.get("domain", "").lstrip(".")
    if domain and domain != host.lower():
        found.append(f"with Domain={domain}, wider than {host}")
    return found

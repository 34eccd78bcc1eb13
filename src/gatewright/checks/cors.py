"""`cors`: pages of other origins may read what a logged-in user sees."""

from __future__ import annotations

from collections.abc import Callable
from urllib.parse import urlsplit

from msgspec import Struct

from gatewright.model.account import ANON, Credential
from gatewright.model.call import Call
from gatewright.model.endpoint import Endpoint
from gatewright.model.http import Exchange, Request
from gatewright.model.test import Attacker, Need, Phase, Probe, check
from gatewright.model.verdict import Severity, Verdict, conclude, proved
from gatewright.proof.leaves import read


class Trick(Struct, frozen=True):
    """One way to spell an origin that is not the API's own, made anew from a random word each time."""

    name: str
    origin: Callable[[str], str]
    repeats: bool = True
    """Whether two random words give two origins: a server that allows both allows them all."""


@check(
    "cors",
    threat="API8:2023",
    title="Pages of any origin may read answers with credentials",
    severity="medium",
    cwe=(942, 346),
    attacker=Attacker.HOST,
    needs=(Need.SESSION,),
    phase=Phase.READS,
    requests=24,
)
async def cors(probe: Probe) -> Verdict:
    """Ask for personal data as a page of another origin would, and see whether the browser may hand it over.

    ## What it does
    Sends the account's own probe with `Origin` headers of strangers: a random site, `null`, and names that a sloppy
    comparison takes for the API's own. Then it looks at `Access-Control-Allow-Origin` and `-Credentials`.

    ## Why it matters
    With both, any page that a logged-in user visits reads the user's data with the user's session.

    ## How it is proved
    The answer names the account, and the answer to nobody does not: it is personal. Two random origins are both
    allowed by name together with credentials, and what they get is personal still. How a browser would send the
    session decides how much it matters: cookies and Basic are sent by themselves; a bearer token is not, so that the
    weakness sleeps until a cookie comes: low.

    ## When it is wrong
    When the server means every origin, and nothing personal is ever sent by cookie. Then leave
    `Access-Control-Allow-Credentials` out.

    ## Remedy
    Answer only to a fixed list of origins, compared as a whole, never by prefix, suffix or reflection; never to
    `null`. Send `Access-Control-Allow-Credentials` only where a listed origin needs it, and `Vary: Origin` always.

    ## References
    - https://fetch.spec.whatwg.org/#http-cors-protocol
    - https://cwe.mitre.org/data/definitions/942.html
    """
    call = probe.whoami(probe.account)
    if call is None:
        return conclude("needs_configuration", "needs an account whose log-in is proved by an answer that names it")
    endpoint = probe.knowledge.endpoints.get(call.endpoint, probe.endpoint)
    plain = await probe.send(call, purpose="baseline", endpoint=endpoint)
    nobody = await probe.send(call, as_=ANON, purpose="control: no credential", endpoint=endpoint, credentials=())
    personal = _names(probe, plain) - _names(probe, nobody)
    exposed = _names(probe, nobody)
    if not personal and not exposed:
        return conclude("baseline_broken", f"no answer to {probe.account} names it: nothing personal to read")
    tried = []
    for trick in _tricks(endpoint):
        first = await _ask(probe, call, endpoint, trick)
        tried.append(first)
        if not _allowed(first):
            continue
        if not personal:
            break
        second = await _again(probe, call, endpoint, trick, personal)
        if second is not None:
            return await _conclude(probe, endpoint, trick, (first, second), personal)
    return _quiet(tried, exposed, probe, endpoint)


async def _again(
    probe: Probe, call: Call, endpoint: Endpoint, trick: Trick, personal: frozenset[tuple[str, str]]
) -> Exchange | None:
    """The second origin of the kind, where it is allowed too and the answer is personal; else a list of origins it is."""
    exchange = await _ask(probe, call, endpoint, trick)
    kept = _allowed(exchange) and personal <= _names(probe, exchange)
    held = probe.control(
        "two origins",
        f"{trick.name}, a second time" + (" with another name" if trick.repeats else ""),
        expected="allowed again",
        observed="allowed" if kept else "not allowed: a list of origins",
        holds=kept,
    )
    return exchange if held else None


def _tricks(endpoint: Endpoint) -> list[Trick]:
    """Origins of strangers, the plainest first. `gwX.HOST` is left out: whoever owns HOST owns that name."""
    parts = urlsplit(endpoint.origin)
    host, port = parts.hostname or "", f":{parts.port}" if parts.port else ""
    rows = [
        Trick("a random site", lambda word: f"https://{word}.example"),
        Trick("the origin null of sandboxed pages", lambda _: "null", repeats=False),
        Trick("a site whose name begins with the API's", lambda word: f"https://{host}.{word}.example"),
    ]
    if host and not host.replace(".", "").isdigit() and ":" not in host:
        rows += [
            Trick("a site whose name ends with the API's", lambda word: f"https://{word}{host}"),
            Trick(
                "the API's name with a character that some browsers let pass",
                lambda word: f"https://{host}%60.{word}.example",
            ),
        ]
        if parts.scheme == "https":
            rows.append(Trick("the API's host without TLS", lambda _: f"http://{host}{port}", repeats=False))
    return rows


async def _ask(probe: Probe, call: Call, endpoint: Endpoint, trick: Trick) -> Exchange:
    origin = trick.origin(probe.marker())

    def foreign(request: Request) -> Request:
        return request.with_headers(("Origin", origin))

    return await probe.send(call, purpose=f"attack: {trick.name}", endpoint=endpoint, edit=foreign)


def _allowed(exchange: Exchange) -> bool:
    """Whether a browser would hand this answer, asked for with credentials, to the page that asked (Fetch 4.10)."""
    response = exchange.response
    if response is None:
        return False
    origins = response.header_values("access-control-allow-origin")
    credentials = response.header_values("access-control-allow-credentials")
    return origins == [exchange.request.header("origin")] and credentials == ["true"]


def _names(probe: Probe, exchange: Exchange) -> frozenset[tuple[str, str]]:
    identity = probe.identity(probe.account)
    return frozenset((leaf.path, leaf.value) for leaf in read(exchange.response).leaves if leaf.value in identity)


async def _conclude(
    probe: Probe,
    endpoint: Endpoint,
    trick: Trick,
    attacks: tuple[Exchange, Exchange],
    personal: frozenset[tuple[str, str]],
) -> Verdict:
    severity, told = _session(await probe.credentials(probe.account), probe)
    origins = " and ".join(sorted({e.request.header("origin") or "" for e in attacks}))
    return proved(
        summary=f"A page of any origin ({trick.name}) may read {endpoint.name} with its visitor's credentials.",
        proof=(
            f"{endpoint.name} names {probe.account} ({', '.join(sorted(v for _, v in personal)[:2])}), and nobody without a credential",
            f"Origin {origins}: allowed by name, with Access-Control-Allow-Credentials: true, and the answer named {probe.account}",
            told,
        ),
        attacks=tuple(exchange.number for exchange in attacks),
        severity=severity,
        cvss="" if severity == "low" else "CVSS:4.0/AV:N/AC:L/AT:N/PR:N/UI:A/VC:H/VI:N/VA:N/SC:N/SI:N/SA:N",
        victim=probe.account,
    )


def _session(credentials: tuple[Credential, ...], probe: Probe) -> tuple[Severity, str]:
    """How bad it is by how a browser would send the session, and the sentence for it."""
    if any(c.within == "header" and c.prefix.lower().startswith("basic") for c in credentials):
        return "high", "the session is HTTP Basic, which a browser sends by itself"
    cookies = [c.name for c in credentials if c.within == "cookie"]
    if not cookies or any(c.within != "cookie" for c in credentials):
        return "low", "the session is a token that a browser does not send by itself: dormant until a cookie carries it"
    policy = _same_site(probe, cookies)
    if policy == "none":
        return "high", "the session is a cookie with SameSite=None, which a browser sends to other sites"
    if policy in ("lax", "strict"):
        return "low", f"the session is a cookie with SameSite={policy.capitalize()}: dormant while it stays so"
    return "medium", "the session is a cookie without SameSite, which some browsers send to other sites"


def _same_site(probe: Probe, cookies: list[str]) -> str:
    """`none`, `lax` or `strict` where an answer that set the cookie is among the samples; else empty."""
    for sample in probe.knowledge.samples:
        if sample.exchange.response is None:
            continue
        for line in sample.exchange.response.header_values("set-cookie"):
            name, *attributes = [part.strip().lower() for part in line.split(";")]
            if name.partition("=")[0] in {cookie.lower() for cookie in cookies}:
                found = next((a.partition("=")[2] for a in attributes if a.startswith("samesite=")), "")
                if found:
                    return found
    return ""


def _quiet(tried: list[Exchange], exposed: frozenset[tuple[str, str]], probe: Probe, endpoint: Endpoint) -> Verdict:
    """Nothing proved with credentials: why, and whether everybody's pages read personal data without any."""
    open_to_all = [
        e for e in tried if e.response is not None and e.response.header_values("access-control-allow-origin") == ["*"]
    ]
    if exposed and (open_to_all or any(_allowed(e) for e in tried)):
        return conclude("public", f"{endpoint.name} names {probe.account} to everybody: auth-missing judges that")
    if open_to_all:
        return conclude("protected", "any origin may read, but browsers refuse that together with credentials")
    if any(_allowed(e) for e in tried):
        return conclude("protected", "some origins are allowed by name, not those of strangers")
    return conclude("protected", f"none of {len(tried)} foreign origins was allowed to read with credentials")

"""Requests that another site makes a browser send: what carries the session, what guards it, and whether a change stays.

Shared by the tests of csrf.py (checks-1-5.md 3.3): one gate per endpoint, asked once for all of them.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence

from msgspec import Struct

from gatewright.access.tokens import is_csrf
from gatewright.checks.controls import bind, call_of, holds_value, look
from gatewright.checks.effects import found, renewed, seen, text_places
from gatewright.model.account import Credential
from gatewright.model.call import Call
from gatewright.model.endpoint import Endpoint, Place
from gatewright.model.http import Exchange, Request
from gatewright.model.knowledge import OwnedObject
from gatewright.model.test import Probe
from gatewright.model.verdict import Verdict, conclude
from gatewright.proof.denied import DeniedFamily
from gatewright.proof.leaves import Answer, read

Edit = Callable[[Request], Request]


class Carried(Struct, frozen=True, kw_only=True):
    """The credentials of an account, by what a browser does with them."""

    cookies: tuple[Credential, ...]
    """Sent by itself, also for another site."""
    tokens: tuple[Credential, ...]
    """CSRF tokens: headers, and cookies that repeat them."""
    others: tuple[Credential, ...]
    """Sent by the page alone, such as a bearer token."""

    @property
    def headers(self) -> tuple[Credential, ...]:
        """Tokens in headers."""
        return tuple(c for c in self.tokens if c.within == "header")

    @property
    def copies(self) -> tuple[Credential, ...]:
        """Tokens in cookies."""
        return tuple(c for c in self.tokens if c.within == "cookie")


class Change(Struct, frozen=True, kw_only=True):
    """A change of the account's own data that shows a marker when it was stored."""

    account: str
    call: Call
    place: Place | None = None
    """Where the marker goes; None: into every text, of something new."""
    owned: OwnedObject | None = None
    """What is changed; None: the account itself, or something new."""

    def marked(self, marker: str) -> Call | None:
        """The call with a marker."""
        if self.place is None:
            return renewed(self.call, marker)
        return self.call.with_value(self.place, marker)


class Gate(Struct, frozen=True, kw_only=True):
    """What must hold before any forged request means something; `verdict` is set when it does not."""

    exchanges: tuple[Exchange, ...] = ()
    carried: Carried = Carried(cookies=(), tokens=(), others=())
    change: Change | None = None
    token_places: tuple[Place, ...] = ()
    """Where the request itself holds a token."""
    verdict: Verdict | None = None

    @property
    def tokened(self) -> bool:
        """Whether a token goes with the change."""
        return bool(self.carried.tokens or self.token_places)


async def gate(probe: Probe) -> Gate:
    """The gate of the probe's endpoint; its exchanges become evidence of this cell as well."""
    opened = await probe.once(f"csrf {probe.endpoint.id} {probe.account}", lambda: _opened(probe))
    probe.cite(*opened.exchanges)
    return opened


async def _opened(probe: Probe) -> Gate:
    account = _actor(probe)
    carried = await carried_by(probe, account)
    if not carried.cookies:
        why = "the session is no cookie: a browser does not send it for another site"
        return Gate(verdict=conclude("not_cookie_auth", why))
    change = await _change(probe, account)
    if isinstance(change, Verdict):
        return Gate(verdict=change)
    places = tuple(p for p in change.call.places() if is_csrf(p.name))
    sent: list[Exchange] = []

    async def kept(credentials: Sequence[Credential], purpose: str, edit: Edit | None = None) -> bool:
        return await stored(probe, change, credentials, purpose=purpose, edit=edit, sent=sent)

    everything = (*carried.cookies, *carried.tokens)
    if not await kept(everything, "baseline: cookies and token"):
        reason = "not_cookie_auth" if carried.others else "not_visible"
        why = "with its cookies alone the change is refused" if carried.others else "the change is seen nowhere"
        return Gate(exchanges=tuple(sent), verdict=conclude(reason, why))
    anybody = await kept(carried.tokens, "control: without the session cookie")
    held = probe.control(
        "cookie",
        "the change without the session cookie",
        expected="refused",
        observed="stored" if anybody else "refused",
        holds=not anybody,
    )
    if not held:
        why = "the change needs no session at all: auth-missing judges that"
        return Gate(exchanges=tuple(sent), verdict=conclude("public", why))
    if not await kept(everything, "control: another site, valid token", foreign(probe)):
        why = "a request that names another site as its origin is refused although its token is valid"
        return Gate(exchanges=tuple(sent), verdict=conclude("protected", why))
    return Gate(exchanges=tuple(sent), carried=carried, change=change, token_places=places)


async def carried_by(probe: Probe, account: str) -> Carried:
    """An account's credentials, sorted."""
    held = await probe.credentials(account)
    tokens = tuple(c for c in held if c.within in ("header", "cookie") and is_csrf(c.name))
    cookies = tuple(c for c in held if c.within == "cookie" and c not in tokens)
    return Carried(cookies=cookies, tokens=tokens, others=tuple(c for c in held if c not in (*tokens, *cookies)))


def _actor(probe: Probe) -> str:
    """Who changes its own data: a throw-away account where it is the account itself, else the cell's."""
    if "{" in probe.endpoint.path or probe.endpoint.id in _creators(probe):
        return probe.account
    thrown = [n for n, a in probe.accounts.items() if a.origin == "throw-away"]
    able = [n for n in thrown if call_of(probe, n) is not None]
    return able[-1] if able else probe.account


def _creators(probe: Probe) -> set[str]:
    return {purposes.get("create", "") for purposes in probe.knowledge.resources.values()}


async def _change(probe: Probe, account: str) -> Change | Verdict:
    """A change of what is the account's own: an object of ours, something new, or the throw-away account itself."""
    endpoint = probe.endpoint
    call = call_of(probe, account)
    if call is None:
        return conclude("baseline_broken", "no accepted request is known")
    if endpoint.id in _creators(probe):
        if renewed(call, "gw") is None:
            return conclude("not_visible", "what it creates holds no text that could be found again")
        return Change(account=account, call=call)
    for owned in probe.knowledge.owned(account, endpoint.id):
        if owned.origin == "created" and owned.slot != "delete":
            made = await probe.fresh(owned)
            reference = made.reference(endpoint.id) if made else None
            view = await look(probe, made, purpose="control: before") if made else None
            places = text_places(call, view) if view else []
            if made is not None and reference is not None and places:
                return Change(account=account, call=bind(call, reference), place=places[0], owned=made)
            return conclude("not_visible", "no text that it writes is seen again")
    if probe.accounts[account].origin != "throw-away":
        return conclude("no_reference", "it changes nothing that this run made")
    view = await _self(probe, account)
    places = text_places(call, view) if view else []
    if not places:
        return conclude("not_visible", "no text that it writes is seen again")
    return Change(account=account, call=call, place=places[0])


async def _self(probe: Probe, account: str) -> Answer | None:
    """What the account sees of itself: the GET of the same path, else its probe."""
    for endpoint in _mirrors(probe, account):
        call = call_of(probe, account, endpoint=endpoint) or probe.whoami(account)
        if call is not None and call.endpoint == endpoint.id:
            return read((await probe.send(call, as_=account, purpose="read-back", endpoint=endpoint)).response)
    return None


def _mirrors(probe: Probe, account: str) -> list[Endpoint]:
    same = [e for e in probe.knowledge.endpoints.values() if e.method == "GET" and e.path == probe.endpoint.path]
    own = probe.whoami(account)
    endpoint = probe.knowledge.endpoints.get(own.endpoint) if own else None
    return [*same, *([endpoint] if endpoint else [])]


async def stored(
    probe: Probe,
    change: Change,
    credentials: Sequence[Credential],
    *,
    purpose: str,
    edit: Edit | None = None,
    call: Callable[[Call], Call] | None = None,
    sent: list[Exchange] | None = None,
) -> bool:
    """Whether the change with a marker of its own stays, sent with these credentials alone.

    `call` alters the marked call, `edit` the finished request; the exchange is added to `sent`.
    """
    marker = probe.marker()
    marked = change.marked(marker)
    if marked is None:
        return False
    marked = call(marked) if call is not None else marked
    exchange = await probe.send(marked, as_=change.account, purpose=purpose, credentials=tuple(credentials), edit=edit)
    if sent is not None:
        sent.append(exchange)
    if exchange.response is None or DeniedFamily().denied(read(exchange.response)):
        return False
    if change.owned is not None:
        return await seen(probe, change.owned, marker, exchange)
    if change.place is None:
        return bool(await found(probe, marker, exchange, as_=change.account))
    return holds_value(await _self(probe, change.account), marker)


def foreign(probe: Probe, then: Edit | None = None) -> Edit:
    """An edit that makes a request one of another site: Origin, Referer and Sec-Fetch-Site as a browser sets them."""
    origin = f"https://{probe.marker()}.example"

    def edit(request: Request) -> Request:
        headers = (("Origin", origin), ("Referer", origin + "/"), ("Sec-Fetch-Site", "cross-site"))
        request = request.with_headers(*headers)
        return then(request) if then is not None else request

    return edit


async def same_site(probe: Probe, account: str) -> str | None:
    """`none`, `lax`, `strict`, `unset`: what the log-in says of the session cookie; None where that was not seen."""

    async def ask() -> str | None:
        cookies = {c.name.lower() for c in (await carried_by(probe, account)).cookies}
        answer = (await probe.try_log_in(account, purpose="control: what the cookie allows")).exchange
        for line in answer.response.header_values("set-cookie") if answer and answer.response else ():
            name, *attributes = [part.strip().lower() for part in line.split(";")]
            if name.partition("=")[0] in cookies:
                return next((a.partition("=")[2] for a in attributes if a.startswith("samesite=")), "unset")
        return None

    return await probe.once(f"same-site {account}", ask)


SIMPLE = ("application/x-www-form-urlencoded", "multipart/form-data", "text/plain", "")
"""Content types that a page may send to another site without being asked (Fetch, CORS-safelisted request-header)."""


def feasible(method: str, content_type: str, cookie: str | None) -> tuple[bool, str]:
    """Whether a browser would send such a request for another site today, and the sentence that says why."""
    if method not in ("GET", "POST"):
        return False, f"a browser asks first before it sends {method} for another site"
    if method == "POST" and content_type.partition(";")[0].strip().lower() not in SIMPLE:
        return False, f"a browser asks first before it sends {content_type} for another site"
    if cookie is None:
        return False, "how the cookie is marked was not seen"
    if cookie == "strict" or (cookie == "lax" and method != "GET"):
        return False, f"the cookie is SameSite={cookie.title()}, and stays at home today"
    marked = "without SameSite" if cookie == "unset" else f"SameSite={cookie.title()}"
    return True, f"the cookie is {marked}, and the request one that any page may send"


def without_tokens(places: Sequence[Place]) -> Callable[[Call], Call]:
    """A change of a call that takes the tokens out of it."""

    def taken(call: Call) -> Call:
        for place in places:
            call = call.without(place)
        return call

    return taken


def with_token(places: Sequence[Place], value: str) -> Callable[[Call], Call]:
    """A change of a call that puts another token into its places."""

    def put(call: Call) -> Call:
        for place in places:
            call = call.with_value(place, value)
        return call

    return put


def spelled(probe: Probe) -> bool:
    """Whether the specification asks for a CSRF token elsewhere and not here: the endpoint never had one."""
    guards = {s.name for s in probe.specification.schemes.values() if is_csrf(s.parameter)}
    if not guards:
        return False

    def asked(endpoint: Endpoint) -> bool:
        return any(name in guards for r in endpoint.security or () for name, _ in r.schemes)

    return not asked(probe.endpoint) and any(asked(e) for e in probe.knowledge.endpoints.values())

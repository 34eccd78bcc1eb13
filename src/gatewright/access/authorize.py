"""OAuth2 authorization code with PKCE (RFC 6749 4.1, RFC 7636): the server's own log-in pages, gone through as a browser would."""

from __future__ import annotations

import base64
import hashlib
import secrets
from collections.abc import Mapping
from dataclasses import dataclass, field
from urllib.parse import parse_qsl, urlencode, urljoin, urlsplit

import msgspec

from gatewright.access.codes import Codes
from gatewright.access.grant import Ask, Grant, granted, told
from gatewright.access.located import FORM, located
from gatewright.access.pages import Form, forms
from gatewright.access.tokens import set_cookies
from gatewright.access.ways import Client
from gatewright.access.words import words
from gatewright.model.account import Account
from gatewright.model.http import Exchange, Request, Response
from gatewright.model.json import Json
from gatewright.model.secret import Secret
from gatewright.proof.leaves import read

HOPS = 12
"""Most requests of one authorization: pages, submissions, redirects."""
_WHERE = frozenset({"redirect", "location", "url", "uri", "next", "href", "callback", "to"})


@dataclass
class _Visit:
    """One way through the pages of an authorization server."""

    account: Account
    secret: str
    redirect: str
    state: str
    jar: dict[str, str] = field(default_factory=dict)
    logged_in: int = 0
    """How often name and password were sent."""
    coded: int = 0
    why: str = ""


@dataclass(eq=False)
class AuthorizationCode:
    """The grant `authorization_code`. What the server sends to the redirect address is read, and never followed."""

    authorize: Request
    """Origin and target of the authorization endpoint."""
    client: Client
    """The client at the token endpoint."""
    ask: Ask
    codes: Codes
    options: Mapping[str, str] = field(default_factory=dict)
    renewable: bool = True

    @property
    def name(self) -> str:
        """`OAuth2 authorization code at /authorize`."""
        return f"OAuth2 authorization code at {self.authorize.target.partition('?')[0]}"

    async def enter(self, account: Account, password: Secret | None) -> Grant:
        """One try: the authorization, the log-in pages, the code against a token."""
        verifier = secrets.token_urlsafe(48)
        told_ = {**self.options, **account.oauth2}
        redirect = told_.get("redirect_uri") or self.authorize.origin + "/callback"
        secret = (password or account.password or Secret("")).reveal()
        visit = _Visit(account, secret, redirect, secrets.token_urlsafe(16))
        await self.codes.expect(account)
        code, last = await self._authorized(visit, told_, verifier)
        sent = {secret, account.username, visit.state, verifier}
        if code is None:
            return Grant(exchange=last, sent=frozenset(sent), why=visit.why or "no code came back")
        pairs = {"grant_type": "authorization_code", "code": code, "redirect_uri": redirect, "code_verifier": verifier}
        exchange = await self.client.post(self.ask, account, pairs, secret=None)
        return granted(exchange, {*sent, code})

    async def refresh(self, account: Account, token: Secret) -> Grant:
        """New tokens for the refresh token (RFC 6749 section 6)."""
        return await self.client.refresh(self.ask, account, token)

    async def _authorized(
        self, visit: _Visit, options: Mapping[str, str], verifier: str
    ) -> tuple[str | None, Exchange]:
        """The code, or None with `visit.why`, and the last exchange."""
        digest = base64.urlsafe_b64encode(hashlib.sha256(verifier.encode()).digest()).rstrip(b"=").decode()
        asked = {
            "response_type": "code",
            "client_id": options.get("client_id", ""),
            "redirect_uri": visit.redirect,
            "state": visit.state,
            "code_challenge": digest,
            "code_challenge_method": "S256",
        }
        asked |= {"scope": options["scope"]} if options.get("scope") else {}
        mark = "&" if "?" in self.authorize.target else "?"
        request = Request("GET", self.authorize.origin, f"{self.authorize.target}{mark}{urlencode(asked)}")
        for _ in range(HOPS):
            lines = [("Accept", "text/html, application/json;q=0.9")]
            if visit.jar:
                lines.append(("Cookie", "; ".join(f"{name}={value}" for name, value in visit.jar.items())))
            exchange = await self.ask(request.with_headers(*lines), visit.account.name, "log-in")
            response = exchange.response
            if response is None:
                visit.why = exchange.error or "no answer"
                return None, exchange
            for name, (value, _) in set_cookies(response).items():
                visit.jar.pop(name, None)
                visit.jar |= {name: value} if value else {}
            page = request.url
            target = response.header("location") if 300 <= response.status < 400 else _named(response)
            if target and _is_redirect(urljoin(page, target), visit.redirect):
                return _code(urljoin(page, target), visit), exchange
            following = located(urljoin(page, target), "") if target else await self._answered(visit, response, page)
            if following is None:
                return None, exchange
            if isinstance(following, str):
                return following, exchange
            request = following
        visit.why = f"no code after {HOPS} pages"
        return None, exchange

    async def _answered(self, visit: _Visit, response: Response, page: str) -> Request | str | None:
        """What a person would send next from this page; a code that stands in it; None with `visit.why`."""
        answer = read(response)
        if answer.kind == "json":
            code = next((leaf.value for leaf in answer.leaves if leaf.path.rpartition(".")[2] == "code"), None)
            if code and visit.logged_in:
                return code
            return _with_json(visit, page, told_by=response)
        found = forms(response.body.decode("utf-8", "replace"))
        asks = next((f for f in found if f.password or f.code), None)
        form = asks or next((f for f in found if f.identity), None) or next(iter(found), None)
        if form is None:
            visit.why = f"{urlsplit(page).path} answers {response.status} and has no form"
            return None
        if _is_redirect(urljoin(page, form.action or page), visit.redirect):  # response_mode=form_post
            return next((f.value for f in form.fields if f.name == "code"), None)
        values = await self._values(visit, form, page, response)
        if values is None:
            return None
        method, url, body = form.submission(page, values)
        place = located(url, "")
        lines = (("Content-Type", FORM),) if method == "POST" else ()
        return Request(method, place.origin, place.target, lines, body)

    async def _values(self, visit: _Visit, form: Form, page: str, response: Response) -> dict[str, str] | None:
        """What goes into the form; None when it was filled in before and came back."""
        values: dict[str, str] = {}
        if form.identity:
            values[form.identity.name] = visit.account.username
        if form.password:
            if visit.logged_in:
                visit.why = f"{urlsplit(page).path} answers {response.status} and asks for the password again"
                return None
            visit.logged_in += 1
            values[form.password.name] = visit.secret
        if form.code:
            code = await self.codes.code(visit.account) if not visit.coded else None
            if code is None:
                again = "refuses the one-time code" if visit.coded else "asks for a one-time code, and there is none"
                visit.why = f"{urlsplit(page).path} {again}"
                return None
            visit.coded += 1
            values[form.code.name] = code
        return values


def _with_json(visit: _Visit, page: str, *, told_by: Response) -> Request | None:
    """Name and password as JSON, to the page that asked for them; once."""
    if visit.logged_in:
        visit.why = f"{urlsplit(page).path} answers {told(Exchange(0, Request('POST', '', ''), told_by))}"
        return None
    visit.logged_in += 1
    place = located(page, "")
    body = msgspec.json.encode({"username": visit.account.username, "password": visit.secret})
    return Request("POST", place.origin, place.target, (("Content-Type", "application/json"),), body)


def _named(response: Response) -> str | None:
    """The address that a JSON answer sends one to."""
    try:
        body: Json = msgspec.json.decode(response.body)
    except (msgspec.DecodeError, UnicodeDecodeError):
        return None
    if not isinstance(body, dict):
        return None
    for name, value in body.items():
        if isinstance(value, str) and set(words(name)) & _WHERE and (value.startswith("/") or "://" in value):
            return value
    return None


def _is_redirect(url: str, redirect: str) -> bool:
    """Whether an address is the redirect address: scheme, host, port and path are the same."""
    one, other = urlsplit(url), urlsplit(redirect)
    return (one.scheme, one.netloc, one.path or "/") == (other.scheme, other.netloc, other.path or "/")


def _code(url: str, visit: _Visit) -> str | None:
    """The code in the redirect address; one with another state is not ours (RFC 6749 10.12)."""
    parts = urlsplit(url)
    told_ = dict(parse_qsl(parts.query or parts.fragment))
    if told_.get("error"):
        visit.why = f"the authorization server says {told_['error']}: {told_.get('error_description', '')}".rstrip(": ")
        return None
    if told_.get("state", visit.state) != visit.state:
        visit.why = "the authorization server came back with another state"
        return None
    if not told_.get("code"):
        visit.why = "the redirect has no code in it"
    return told_.get("code")

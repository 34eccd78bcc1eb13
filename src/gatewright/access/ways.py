"""The ways of logging in with a name and a password: an endpoint of the API, OAuth2 grants, HTTP Basic."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from urllib.parse import urlencode

import msgspec

from gatewright.access.classify import Candidate, fields
from gatewright.access.codes import Codes
from gatewright.access.csrf import Csrf, absorb, harvest
from gatewright.access.grant import Ask, Grant, granted
from gatewright.access.located import FORM
from gatewright.access.tokens import basic, is_csrf
from gatewright.access.values import Values
from gatewright.access.words import plain, words
from gatewright.model.account import Account, Credential
from gatewright.model.call import Call, render
from gatewright.model.endpoint import Place, Specification
from gatewright.model.http import Exchange, Request
from gatewright.model.json import Json
from gatewright.model.secret import Keyring, Secret

_CODE = frozenset({"otp", "totp", "mfa", "fa", "passcode"})
"""`fa` is what `2fa` is split into."""
_USUAL = ("accept", "accept-language", "accept-encoding", "content-type", "authorization", "cookie", "user-agent")
_ONCE = frozenset({"request", "correlation", "trace", "idempotency", "nonce", "timestamp", "date"})
"""Words of headers whose value belongs to one request alone."""


@dataclass(eq=False)
class FormLogin:
    """A log-in endpoint of the specification: JSON or form body, or query; with a CSRF token where one is wanted."""

    candidate: Candidate
    specification: Specification
    ask: Ask
    keyring: Keyring
    now: datetime
    csrf: bool = False
    """Fetch a token first; learnt from the first refusal."""
    codes: Codes | None = None
    """For a log-in that takes a one-time code with the password."""
    renewable: bool = True
    media: str = field(default="")

    def __post_init__(self) -> None:
        body = self.candidate.body
        self.media = body.content_type if body is not None else ""

    @property
    def name(self) -> str:
        """`POST /login`."""
        return self.candidate.endpoint.name

    async def enter(self, account: Account, password: Secret | None) -> Grant:
        """One try; repeated once with a CSRF token, or as a form, when the answer asks for that."""
        account = await self._with_code(account)
        secret = (password or account.password or Secret("")).reveal()
        token = Csrf()
        if self.csrf:
            token = await harvest(self.ask, self.specification, self._request(account, secret, token), account.name, {})
        exchange, sent = await self._post(account, secret, token)
        if not self.csrf and _wants_csrf(exchange):
            absorbed = Csrf()
            if exchange.response is not None:
                absorb(absorbed, exchange.response, self.specification)
            request = self._request(account, secret, token)
            token = await harvest(self.ask, self.specification, request, account.name, absorbed.cookies)
            if token.token:
                self.csrf = True
                exchange, sent = await self._post(account, secret, token)
        if exchange.response is not None and exchange.response.meaning == 415 and self.media:
            self.media = FORM if "json" in self.media else "application/json"
            exchange, sent = await self._post(account, secret, token)
        return await self._grant(account, exchange, sent, token)

    async def _grant(self, account: Account, exchange: Exchange, sent: set[str], token: Csrf) -> Grant:
        before = token.token
        if exchange.response is not None:
            absorb(token, exchange.response, self.specification)
        if self.csrf and token.token == before and exchange.response is not None and exchange.response.meaning < 400:
            request = self._request(account, "", Csrf())
            token = await harvest(self.ask, self.specification, request, account.name, token.cookies)
        grant = granted(exchange, sent, {name: value for name, value in token.cookies.items() if not is_csrf(name)})
        extra = (*token.credentials(), *self._bound(account))
        return Grant(grant.exchange, grant.found, None, extra, grant.sent, grant.lives, grant.why)

    async def _with_code(self, account: Account) -> Account:
        """The account with the code of its authenticator as the value of the place that takes one."""
        if account.totp_secret is None or self.codes is None:
            return account
        places = fields(self.candidate.endpoint, self.specification.resolve, self.candidate.body)
        names = [place.name for place in places if _CODE & set(words(place.name.rpartition(".")[2]))]
        code = await self.codes.totp(account) if names else None
        if code is None:
            return account
        return msgspec.structs.replace(account, registered={**account.registered, names[0]: code})

    def _bound(self, account: Account) -> tuple[Credential, ...]:
        """Headers that the log-in was sent with (a device, a client id): tokens may be bound to them."""
        sent = self._call(account, "", Csrf()).headers
        return tuple(
            Credential(within="header", name=name, value=Secret(str(value)))
            for name, value in sent.items()
            if not is_csrf(name) and name.lower() not in _USUAL and not _ONCE & set(words(name))
        )

    async def _post(self, account: Account, secret: str, token: Csrf) -> tuple[Exchange, set[str]]:
        request = self._request(account, secret, token)
        sent = {secret, *(identity_for(account, place) for place in self.candidate.identity)}
        return await self.ask(request, account.name, "log-in"), sent

    def _request(self, account: Account, secret: str, token: Csrf) -> Request:
        request = render(self.candidate.endpoint, self._call(account, secret, token))
        lines = [(token.header, token.token)] if token.token else []
        if token.cookies:
            lines.append(("Cookie", "; ".join(f"{name}={value}" for name, value in token.cookies.items())))
        return request.with_headers(*lines)

    def _call(self, account: Account, secret: str, token: Csrf) -> Call:
        candidate, endpoint = self.candidate, self.candidate.endpoint
        resolve = self.specification.resolve
        registered = {plain(name): value for name, value in account.registered.items()}
        fixed: dict[Place, Json] = {candidate.secret: secret, **dict.fromkeys(candidate.confirm, secret)}
        for place in _told(candidate, account):
            fixed[place] = identity_for(account, place)
        for place in fields(endpoint, resolve, candidate.body):
            if plain(place.name) == "granttype":
                fixed[place] = "password"
            if token.token and is_csrf(place.name):
                fixed[place] = token.token
            if place not in fixed and place not in candidate.identity and plain(place.name) in registered:
                fixed[place] = registered[plain(place.name)]
        if token.input and self.media == FORM:
            fixed[Place("body", token.input)] = token.token
        names = {place.name: value for place, value in fixed.items() if place.within == "body"}
        values = Values(
            self.keyring, f"log-in {endpoint.id} {account.name}", now=self.now, resolve=resolve, fixed=names
        )
        body: Json = None
        if candidate.body is not None:
            schema = resolve(candidate.body.schema)
            made = values.body(schema)
            wanted = {*schema.required, *(name.partition(".")[0] for name in names)}
            body = {k: v for k, v in made.items() if k in wanted} if isinstance(made, dict) else {}
        call = Call(endpoint=endpoint.id, body=body, content_type=self.media)
        given = values.parameters(endpoint)
        for place, value in {**given, **fixed}.items():
            if place.within != "body" or place.name not in names or call.get(place) is None:
                call = call.with_value(place, value)
        return call


def _told(candidate: Candidate, account: Account) -> list[Place]:
    """Which identity places are filled: the required ones and those we know a value for, else the likeliest."""
    schema = candidate.body.schema if candidate.body is not None else None
    required = schema.required if schema is not None else ()
    known = {plain(name) for name in account.registered}
    chosen = [p for p in candidate.identity if p.name in required or plain(p.name.rpartition(".")[2]) in known]
    mails = [p for p in candidate.identity if {"email", "mail"} & set(words(p.name))] if "@" in account.username else []
    return chosen or mails[:1] or list(candidate.identity[:1])


def identity_for(account: Account, place: Place) -> str:
    """What an account enters at an identity place: what it signed up with there, an e-mail where one is wanted."""
    last = plain(place.name.rpartition(".")[2])
    for name, value in account.registered.items():
        if plain(name.rpartition(".")[2]) == last:
            return str(value)
    if {"email", "mail"} & set(words(place.name)) and "@" not in account.username:
        everything = [*account.identity, *map(str, account.registered.values())]
        return next((value for value in everything if "@" in value), account.username)
    return account.username


def _wants_csrf(exchange: Exchange) -> bool:
    response = exchange.response
    if response is None or response.meaning not in (400, 401, 403, 412, 419, 422):
        return False
    return response.meaning in (403, 419) or is_csrf(response.body[:5000].decode("latin-1"))


@dataclass(eq=False)
class Client:
    """A client at a token endpoint: by Basic first, then in the body (RFC 6749 2.3.1)."""

    token_url: Request
    """Origin and target of the token endpoint."""
    options: Mapping[str, str] = field(default_factory=dict)
    in_body: bool = False
    """Basic was refused before."""

    def credentials(self, account: Account) -> tuple[str, str]:
        """Id and secret of the client; the secret may be empty."""
        options = {**self.options, **account.oauth2}
        return options.get("client_id", ""), options.get("client_secret", "")

    async def post(
        self,
        ask: Ask,
        account: Account,
        pairs: Mapping[str, str],
        *,
        secret: str | None = None,
        name: str = "",
        again: bool = True,
    ) -> Exchange:
        """One request for a token, sent once more with the client in the body when Basic is refused.

        `secret` and `name` stand for those of the account's client. `again` False: a refusal is what was wanted.
        """
        client, own = self.credentials(account)
        client, own = client or name, own if secret is None else secret
        exchange = await ask(self._request(pairs, client, own), account.name, "log-in")
        refused = exchange.response is not None and exchange.response.meaning in (400, 401)
        if refused and again and not self.in_body and client and own:
            self.in_body = True
            exchange = await ask(self._request(pairs, client, own), account.name, "log-in")
        return exchange

    async def refresh(self, ask: Ask, account: Account, token: Secret) -> Grant:
        """New tokens for a refresh token (RFC 6749 section 6)."""
        pairs = {"grant_type": "refresh_token", "refresh_token": token.reveal()}
        return granted(await self.post(ask, account, pairs), {token.reveal()})

    def _request(self, pairs: Mapping[str, str], client: str, secret: str) -> Request:
        lines, sent = [("Content-Type", FORM), ("Accept", "application/json")], dict(pairs)
        if client and (self.in_body or not secret):
            sent |= {"client_id": client, **({"client_secret": secret} if secret else {})}
        elif client:
            lines.append(("Authorization", "Basic " + basic(client, secret)))
        return Request("POST", self.token_url.origin, self.token_url.target, tuple(lines), urlencode(sent).encode())


@dataclass(eq=False)
class OAuth2:
    """An OAuth2 grant that needs no browser (RFC 6749 4.3 and 4.4)."""

    client: Client
    grant: str
    """`password` or `client_credentials`."""
    ask: Ask
    renewable: bool = True

    @property
    def name(self) -> str:
        """`OAuth2 password at /token`."""
        return f"OAuth2 {self.grant} at {self.client.token_url.target}"

    async def enter(self, account: Account, password: Secret | None) -> Grant:
        """One try."""
        options = {**self.client.options, **account.oauth2}
        pairs = {"grant_type": self.grant} | ({"scope": options["scope"]} if options.get("scope") else {})
        own = (password or account.password or Secret("")).reveal()
        client, client_secret = self.client.credentials(account)
        if self.grant == "password":
            pairs |= {"username": account.username, "password": own}
            exchange = await self.client.post(self.ask, account, pairs, again=password is None)
        else:
            secret = password.reveal() if password else None if client_secret else own
            exchange = await self.client.post(
                self.ask, account, pairs, secret=secret, name=account.username, again=password is None
            )
        return granted(exchange, {own, account.username, client, client_secret} - {""})

    async def refresh(self, account: Account, token: Secret) -> Grant:
        """New tokens for the refresh token."""
        return await self.client.refresh(self.ask, account, token)


@dataclass(frozen=True)
class Basic:
    """HTTP Basic with each request (RFC 7617): nothing is sent to log in."""

    name: str = "HTTP Basic"
    renewable: bool = False

    async def enter(self, account: Account, password: Secret | None) -> Grant:
        """The header."""
        secret = (password or account.password or Secret("")).reveal()
        value = Secret(basic(account.username, secret))
        return Grant(fixed=(Credential(within="header", name="Authorization", prefix="Basic ", value=value),))

"""The ways of logging in with a name and a password: an endpoint of the API, OAuth2 grants, HTTP Basic."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from urllib.parse import urlencode, urlsplit

from gatewright.access.classify import Candidate, fields
from gatewright.access.csrf import Csrf, absorb, harvest
from gatewright.access.grant import Ask, Grant, granted
from gatewright.access.tokens import basic, is_csrf
from gatewright.access.values import Values
from gatewright.access.words import plain, words
from gatewright.model.account import Account, Credential
from gatewright.model.call import Call, render
from gatewright.model.endpoint import Place, Specification
from gatewright.model.http import Exchange, Request
from gatewright.model.json import Json
from gatewright.model.secret import Keyring, Secret

FORM = "application/x-www-form-urlencoded"


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
        return Grant(grant.exchange, grant.found, None, token.credentials(), grant.sent, grant.lives, grant.why)

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
        values = Values(self.keyring, f"log-in {endpoint.id}", now=self.now, resolve=resolve, fixed=names)
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
class OAuth2:
    """An OAuth2 grant at a token endpoint (RFC 6749 4.3 and 4.4), client by Basic first, then in the body (2.3.1)."""

    token_url: Request
    """Origin and target of the token endpoint."""
    grant: str
    """`password` or `client_credentials`."""
    ask: Ask
    options: Mapping[str, str] = field(default_factory=dict)
    renewable: bool = True
    in_body: bool = False

    @property
    def name(self) -> str:
        """`OAuth2 password at /token`."""
        return f"OAuth2 {self.grant} at {self.token_url.target}"

    async def enter(self, account: Account, password: Secret | None) -> Grant:
        """One try; with the client in the body when Basic is refused."""
        exchange, sent = await self._post(account, password)
        client = exchange.response is not None and exchange.response.meaning in (400, 401)
        if client and not self.in_body and self._client(account, password)[0] and password is None:
            self.in_body = True
            exchange, sent = await self._post(account, password)
        return granted(exchange, sent)

    def _client(self, account: Account, password: Secret | None) -> tuple[str, str]:
        options = {**self.options, **account.oauth2}
        if self.grant == "client_credentials":
            own = account.password.reveal() if account.password else ""
            secret = password.reveal() if password else options.get("client_secret", own)
            return options.get("client_id", account.username), secret
        return options.get("client_id", ""), options.get("client_secret", "")

    async def _post(self, account: Account, password: Secret | None) -> tuple[Exchange, set[str]]:
        client, client_secret = self._client(account, password)
        pairs = {"grant_type": self.grant}
        secret = (password or account.password or Secret("")).reveal()
        if self.grant == "password":
            pairs |= {"username": account.username, "password": secret}
        scope = {**self.options, **account.oauth2}.get("scope", "")
        pairs |= {"scope": scope} if scope else {}
        lines = [("Content-Type", FORM), ("Accept", "application/json")]
        if client and (self.in_body or not client_secret):
            pairs |= {"client_id": client, **({"client_secret": client_secret} if client_secret else {})}
        elif client:
            lines.append(("Authorization", "Basic " + basic(client, client_secret)))
        request = Request("POST", self.token_url.origin, self.token_url.target, tuple(lines), urlencode(pairs).encode())
        return await self.ask(request, account.name, "log-in"), {secret, account.username, client_secret, client} - {""}


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


def located(url: str, origin: str, base: str = "") -> Request:
    """A GET of an absolute URL, or of one relative to the API's origin (and base path)."""
    parts = urlsplit(url)
    if parts.scheme in ("http", "https") and parts.netloc:
        query = f"?{parts.query}" if parts.query else ""
        return Request("GET", f"{parts.scheme}://{parts.netloc}", (parts.path or "/") + query)
    path = url if url.startswith("/") else f"{base}/{url}"
    return Request("GET", origin, path)

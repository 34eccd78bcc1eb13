"""Which OAuth2 grants fit an account, and where their endpoints are: of the account, the specification, or discovered."""

from __future__ import annotations

from dataclasses import dataclass, field

from gatewright.access.authorize import AuthorizationCode
from gatewright.access.codes import Codes
from gatewright.access.discovery import PATHS, Server, discover
from gatewright.access.grant import Ask, Way
from gatewright.access.located import located
from gatewright.access.ways import Client, OAuth2
from gatewright.model.account import Account
from gatewright.model.endpoint import Specification

_FLOWS = {"client_credentials": "clientCredentials", "authorization_code": "authorizationCode"}
"""Grant → its flow in OpenAPI, where the names differ."""


@dataclass
class Grants:
    """The grants of one API. What was discovered is asked for once."""

    specification: Specification
    ask: Ask
    codes: Codes
    origin: str
    base: str
    _servers: dict[tuple[str, ...], Server | None] = field(default_factory=dict)
    _ways: dict[str, Way] = field(default_factory=dict)

    async def configured(self, account: Account) -> list[Way]:
        """The ways of an account that has an `oauth2:` of its own."""
        told = account.oauth2
        found = Server(
            authorize=told.get("authorize_url") or self._flow("authorization_code", "authorizationUrl"),
            token=told.get("token_url", ""),
        )
        wanted = [told["grant"]] if told.get("grant") else [*self._likely(account)]
        ways = [way for grant in wanted if (way := self._way(grant, found, told)) is not None]
        if ways:
            return ways
        issuer = told.get("issuer", "").rstrip("/")
        server = await self._discovered([issuer + path for path in PATHS] if issuer else [])
        if server is None:
            return []
        both = Server(authorize=found.authorize or server.authorize, token=found.token or server.token)
        usable = [grant for grant in wanted if told.get("grant") or not server.grants or grant in server.grants]
        return [way for grant in usable if (way := self._way(grant, both, told)) is not None]

    async def open(self, taken: set[str]) -> list[Way]:
        """What the specification lets somebody do who has a name and a password only. `taken`: paths tried as forms."""
        found: list[Way] = []
        for grant in ("password", "client_credentials"):
            place = self._flow(grant, "tokenUrl")
            if place and (grant != "password" or located(place, self.origin, self.base).target not in taken):
                way = self._way(grant, Server(), {})
                found += [way] if way is not None else []
        if not found and any(scheme.kind == "openIdConnect" for scheme in self.specification.schemes.values()):
            server = await self._discovered([])
            if server is not None and "password" in server.grants:
                way = self._way("password", server, {})
                found += [way] if way is not None else []
        return found

    @property
    def wants_client(self) -> bool:
        """Whether the specification logs people in by a browser, so that a client is needed."""
        schemes = self.specification.schemes.values()
        return any(s.kind == "openIdConnect" or "authorizationCode" in s.flows for s in schemes)

    def _likely(self, account: Account) -> list[str]:
        """Grants by how likely they are meant."""
        if not account.username:
            return ["client_credentials"]
        code = account.oauth2.get("authorize_url") or account.oauth2.get("redirect_uri")
        return ["authorization_code", "password"] if code else ["password", "authorization_code"]

    def _way(self, grant: str, server: Server, told: dict[str, str]) -> Way | None:
        """The way of a grant; the same for every account of the same client."""
        token = server.token or self._flow(grant, "tokenUrl")
        if not token or (grant == "authorization_code" and not server.authorize):
            return None
        key = f"{grant} {server.authorize} {token} {told.get('client_id', '')} {told.get('client_secret', '')}"
        if key not in self._ways:
            client = Client(located(token, self.origin, self.base))
            if grant == "authorization_code":
                page = located(server.authorize, self.origin, self.base)
                self._ways[key] = AuthorizationCode(page, client, self.ask, self.codes)
            else:
                self._ways[key] = OAuth2(client, grant, self.ask)
        return self._ways[key]

    def _flow(self, grant: str, what: str) -> str:
        """An address of the flow in the specification; empty when it has none."""
        name = _FLOWS.get(grant, grant)
        schemes = self.specification.schemes.values()
        return next((url for s in schemes if (url := s.flows.get(name, {}).get(what, ""))), "")

    async def _discovered(self, first: list[str]) -> Server | None:
        """What the issuer says, else the address in the specification, else the usual ones of the API's own host."""
        named = [s.url for s in self.specification.schemes.values() if s.kind == "openIdConnect" and s.url]
        urls = first or [located(url, self.origin, self.base).url for url in named]
        urls = urls or [self.origin + path for path in PATHS]
        key = tuple(urls)
        if key not in self._servers:
            self._servers[key] = await discover(self.ask, urls)
        return self._servers[key]

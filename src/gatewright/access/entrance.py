"""Getting one account in: which ways there are, which of them is real, and where its credential goes."""

from __future__ import annotations

import dataclasses
import random
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime

import msgspec

from gatewright.access.classify import body_of, candidates
from gatewright.access.codes import Codes
from gatewright.access.csrf import wants
from gatewright.access.grant import Ask, Grant, Ready, Way, alike, granted
from gatewright.access.located import located
from gatewright.access.oauth import Grants
from gatewright.access.placing import Placed, Placer, fill
from gatewright.access.probes import Probe, id_words, identity_of, key_of, named_probe
from gatewright.access.second import TwoSteps, second_steps
from gatewright.access.session import Session, claimed
from gatewright.access.steps import Steps
from gatewright.access.tokens import garbage
from gatewright.access.ways import Basic, FormLogin
from gatewright.model.account import Account, Credential
from gatewright.model.endpoint import Specification
from gatewright.model.http import Exchange
from gatewright.model.secret import Keyring, Secret
from gatewright.model.settings import Settings
from gatewright.proof.leaves import read


@dataclass
class Entrance:
    """Logs accounts in. What was found for one account is tried first for the next."""

    ask: Ask
    specification: Specification
    settings: Settings
    keyring: Keyring
    now: datetime
    source: random.Random
    clock: Callable[[], float]
    wall: Callable[[], float]
    codes: Codes
    placer: Placer = field(init=False)
    called: frozenset[str] = field(init=False)
    """The API's own words for an id."""
    known: list[tuple[Way, Placed, Grant | None]] = field(default_factory=list)
    """Ways that are proved real, with the place of their credential and what a wrong password got."""
    grants: Grants = field(init=False)
    _ways: list[Way] | None = None

    def __post_init__(self) -> None:
        self.called = id_words(self.specification)
        self.placer = Placer(self.ask, self.specification, self.source)
        self.grants = Grants(self.specification, self.ask, self.codes, *self.place())

    async def enter(self, account: Account, answer: Exchange | None = None) -> Session | str:
        """A session, or why there is none. `answer`: what the sign-up answered, used when nothing else logs in."""
        account = self._with_client(account)
        identity = frozenset(value for value in (account.username, *account.identity) if value)
        reasons: list[str] = []
        ways = await self.ways(account)
        proved = [entry for entry in self.known if entry[0] in ways]
        for way, placed, wrong in proved:
            result = await self._again(account, way, placed, wrong, identity)
            if isinstance(result, Session):
                return result
            reasons.append(f"{way.name}: {result}")
        for way in ways:
            if any(way == entry[0] for entry in proved):
                continue
            result = await self._first(account, way, identity, alone=len(ways) == 1)
            if isinstance(result, Session):
                return result
            reasons.append(f"{way.name}: {result}")
        if answer is not None:
            session = await self._with_sign_up(account, answer, identity)
            if session is not None:
                return session
        return "; ".join(reasons) or _nothing(account, client=self.grants.wants_client)

    def _with_client(self, account: Account) -> Account:
        """An account of ours with the OAuth2 client by which the configured ones log in: people share it."""
        if account.origin == "configured" or account.oauth2:
            return account
        shared = next((a.oauth2 for a in self.settings.accounts if a.oauth2 and a.username), {})
        return msgspec.structs.replace(account, oauth2=shared)

    async def ways(self, account: Account) -> list[Way]:
        """The ways that fit an account, likeliest first."""
        login = account.login or self.settings.login
        if account.credentials or (account.cert and not (account.username or login or account.oauth2)):
            return [Ready((*account.credentials, *shown(account)))]
        if login is not None:
            origin, base = self.place()
            return [Steps(login, self.ask, origin, base, codes=self.codes)]
        if account.oauth2:
            return await self.grants.configured(account)
        if self._ways is None:
            self._ways = await self._specified()
        if not account.username or not account.password:
            return []
        twice = [way for way in self._ways if isinstance(way, TwoSteps) and self.codes.has(account)]
        once = [way for way in self._ways if not isinstance(way, TwoSteps)]
        return [*twice, *once] if account.totp_secret else [*once, *twice]

    def place(self) -> tuple[str, str]:
        """Origin and base path of the API."""
        if self.settings.target:
            request = located(self.settings.target[0], "")
            return request.origin, request.target.rstrip("/")
        first = next(iter(self.specification.endpoints), None)
        return (first.origin, first.base) if first is not None else ("", "")

    async def _specified(self) -> list[Way]:
        """What the specification offers to somebody with a name and a password."""
        csrf = wants(self.specification)
        forms = [
            FormLogin(
                c, self.specification, self.ask, self.keyring, self.now,
                csrf=csrf and body_of(c.endpoint) is not None, codes=self.codes,
            )
            for c in candidates(self.specification, "login")
        ]  # fmt: skip
        found: list[Way] = [*forms]
        found += await self.grants.open({way.candidate.endpoint.base + way.candidate.endpoint.path for way in forms})
        schemes = self.specification.schemes.values()
        if any(s.kind == "http" and s.scheme.lower() == "basic" for s in schemes) or (not found and not schemes):
            found.append(Basic())
        for endpoint, place in second_steps(self.specification):
            found += [
                TwoSteps(first, endpoint, place, self.specification, self.ask, self.codes, self.keyring, self.now)
                for first in forms[:1]
            ]
        return found

    async def _again(
        self, account: Account, way: Way, placed: Placed, wrong: Grant | None, identity: frozenset[str]
    ) -> Session | str:
        """A way that is proved, with another account: its probe must let it in, no wrong password is sent."""
        grant = await go(way, account, None)
        if wrong is not None and _told_alike(wrong, grant):
            return f"answers as to a wrong password: {grant.why}"
        if grant.empty:
            return _without_credential(grant)
        named = identity | self._told(grant, placed)
        found: Placed | str | None = await self.placer.check(account.name, grant, placed, named)
        if found is None:
            found = await self.placer.place(account.name, grant, None, named, only=await self._named_probe(account))
        if isinstance(found, str):
            return f"{grant.why + ', but ' if grant.exchange else ''}{found}"
        return self._session(account, way, grant, found, identity)

    async def _first(self, account: Account, way: Way, identity: frozenset[str], *, alone: bool) -> Session | str:
        """A way for the first time: a wrong password must fail, the right one give what a probe accepts."""
        wrong: Grant | None = None
        if way.renewable and _has_secret(account):
            wrong = await go(way, account, _wrong(account, self.source))
        right = await go(way, account, None)
        if wrong is not None and _told_alike(wrong, right):
            return f"a wrong and the right password get the same answer, {right.why}"
        if right.empty:
            return _without_credential(right)
        named = identity | claimed(right.fixed or ()) | _answered(right, self.called)
        only = await self._named_probe(account)
        placed = await self.placer.place(account.name, right, wrong, named, only=only)
        if isinstance(way, Basic) and isinstance(placed, Placed) and placed.probe is None and not alone:
            placed = "no GET shows whether it is accepted"
        if isinstance(placed, Placed) and placed.probe is None and wrong is not None and not _told_apart(wrong, right):
            placed = "a wrong and the right password differ in values only, and no GET tells strangers apart"
        if isinstance(placed, str):
            return f"{right.why + ', but ' if right.exchange else ''}{placed}"
        self.known.append((way, placed, wrong))
        return self._session(account, way, right, placed, identity)

    async def _named_probe(self, account: Account) -> Probe | None:
        """The probe of an explicit log-in."""
        login = None if account.credentials else account.login or self.settings.login
        if login is None or not login.probe:
            return None
        origin, base = self.place()
        place = located(login.probe.partition(" ")[2], origin, base)
        return await named_probe(self.specification, self.ask, login.probe, login.probe_status, place)

    async def _with_sign_up(self, account: Account, answer: Exchange, identity: frozenset[str]) -> Session | None:
        """The credential that the sign-up itself answered; it cannot be renewed."""
        sent = {account.password.reveal() if account.password else "", *map(str, account.registered.values())}
        grant = granted(answer, sent)
        if grant.empty:
            return None
        placed = await self.placer.place(account.name, grant, None, identity)
        if isinstance(placed, str) or placed.probe is None:
            return None
        return self._session(account, Ready(placed.credentials, "sign-up answer"), grant, placed, identity)

    def _session(self, account: Account, way: Way, grant: Grant, placed: Placed, identity: frozenset[str]) -> Session:
        known = identity | self._told(grant, placed)
        if placed.answer is not None and placed.names:
            known |= identity_of(placed.answer, self.called) | key_of(placed.answer)
        session = Session(account, way, placed, identity=known)
        session.granted(grant, placed, self.clock(), self.wall())
        if placed.answer is not None:
            session.alive_at = self.clock()
        return session

    def _told(self, grant: Grant, placed: Placed) -> frozenset[str]:
        """What the log-in answer and the JWTs in it say about the account."""
        credentials = grant.fixed if placed.slots is None else fill(placed.slots, grant)
        return claimed(credentials or ()) | _answered(grant, self.called)


def _answered(grant: Grant, called: frozenset[str]) -> frozenset[str]:
    """Identity values in the log-in answer; its credentials are none."""
    if grant.exchange is None or grant.exchange.response is None:
        return frozenset()
    secrets = {item.value.reveal() for item in grant.found if item.order < 35}
    return identity_of(read(grant.exchange.response), called) - secrets


def _has_secret(account: Account) -> bool:
    return bool(account.password) or bool(account.oauth2.get("client_secret"))


def _wrong(account: Account, source: random.Random) -> Secret:
    """A wrong password of the same shape."""
    secret = account.password.reveal() if account.password else account.oauth2.get("client_secret", "")
    return Secret(garbage(secret, source) if any(c.isalnum() for c in secret) else secret + "x7")


async def go(way: Way, account: Account, password: Secret | None) -> Grant:
    """One try at a way, with the account's client certificate as part of what it gives."""
    grant = await way.enter(account, password)
    extra = () if isinstance(way, Ready) else shown(account)
    return dataclasses.replace(grant, extra=grant.extra + extra) if extra else grant


def shown(account: Account) -> tuple[Credential, ...]:
    """The client certificate of an account as a credential; none without one."""
    if not account.cert:
        return ()
    return (Credential(within="certificate", name="certificate", value=Secret(account.cert)),)


def _nothing(account: Account, *, client: bool) -> str:
    if client and not account.oauth2:
        return "people log in by OAuth2 here, which needs a client: `oauth2: {client_id: …, redirect_uri: …}`"
    if account.oauth2:
        return "no token endpoint is known: give `token_url` under `oauth2:`, and `authorize_url` where people log in"
    if account.username or account.password:
        return "the specification has no log-in endpoint: write the steps under `login:`"
    return "the account has nothing that logs it in"


def _told_alike(wrong: Grant, right: Grant) -> bool:
    """Whether both passwords got the same answer, what was sent and what may be a credential apart."""
    if wrong.exchange is None or right.exchange is None or right.exchange.response is None:
        return False
    hidden = wrong.sent | right.sent | {item.value.reveal() for item in (*wrong.found, *right.found)}
    return alike(wrong.exchange.response, right.exchange.response, hidden)


def _told_apart(wrong: Grant, right: Grant) -> bool:
    """Whether the answers differ in status, form or cookies, not only in values that may change by themselves."""
    if wrong.exchange is None or right.exchange is None:
        return False
    one, other = read(wrong.exchange.response), read(right.exchange.response)
    cookies = {item.source for item in wrong.found} != {item.source for item in right.found}
    return one.status != other.status or one.paths() != other.paths() or cookies


def _without_credential(grant: Grant) -> str:
    response = grant.exchange.response if grant.exchange is not None else None
    accepted = response is not None and response.meaning < 300
    return f"{grant.why}, which holds no credential" if accepted else grant.why or "no credential"

"""All accounts of a run: made, logged in, renewed, told apart. Every request of an account passes here."""

from __future__ import annotations

import random
import re
import time
from collections.abc import Callable, Mapping, Sequence
from contextvars import ContextVar
from datetime import UTC, datetime

import msgspec
from msgspec import Struct

from gatewright.access.attach import attach
from gatewright.access.classify import candidates
from gatewright.access.codes import Codes
from gatewright.access.entrance import Entrance, go, shown
from gatewright.access.grant import Grant, Refreshes
from gatewright.access.mailbox import PATIENCE, Mailbox
from gatewright.access.newcomers import SUBJECT, Newcomers
from gatewright.access.placing import Placed
from gatewright.access.principals import same_principal
from gatewright.access.refresh import refresher
from gatewright.access.roles import guess, learn, named, told
from gatewright.access.second import Confirmation
from gatewright.access.session import Session, further, placed_anew
from gatewright.access.signup import Made, SignUp
from gatewright.model.account import ANON, Account, Credential
from gatewright.model.call import Call
from gatewright.model.endpoint import Specification
from gatewright.model.errors import ScopeError
from gatewright.model.finding import AccountState, Cell
from gatewright.model.http import Exchange, Request
from gatewright.model.json import Json
from gatewright.model.knowledge import Knowledge
from gatewright.model.secret import Keyring, Secret
from gatewright.model.settings import Settings
from gatewright.model.test import Kept, LogIn, Registration, Sender
from gatewright.proof.leaves import read

_CONFIRMATION = re.compile(r"verif|confirm|activat", re.IGNORECASE)
_MOST_FAILURES = 3
"""Log-ins in a row that fail before an account counts as lost."""


class _Trial(Struct, frozen=True):
    """How the requests of a log-in go out that a test asked for."""

    purpose: str
    cell: Cell | None
    edit: Callable[[Request], Request] | None
    burst: bool


_TRIAL: ContextVar[_Trial | None] = ContextVar("trial", default=None)


def _epoch() -> float:
    return datetime.now(UTC).timestamp()


class Sessions:
    """The accounts of a run and their sessions.

    `made`: accounts of an earlier part of the same run, logged in again instead of signing up anew (their passwords
    derive from the key file); `keep` is told of every account as soon as it is made. `clock` is monotonic seconds, `wall` seconds since the epoch.
    """

    def __init__(
        self,
        sender: Sender,
        specification: Specification,
        settings: Settings,
        *,
        keyring: Keyring,
        made: Sequence[Account] = (),
        keep: Callable[[Account], None] = lambda account: None,
        clock: Callable[[], float] = time.monotonic,
        wall: Callable[[], float] = _epoch,
        warn: Callable[[str, str], None] = lambda code, message: None,
    ) -> None:
        self._sender = sender
        self._specification = specification
        self._settings = settings
        self._shown = {account.name: shown(account) for account in settings.accounts}
        self._clock = clock
        self._wall = wall
        self._warn = warn
        self._sessions: dict[str, Session] = {}
        self._accounts: dict[str, Account] = {}
        self._roles: list[str] = []
        self.single_session = False
        """A second log-in of an account ends its first session."""
        self._extra = sum(1 for account in made if account.name.startswith("gw-extra-"))
        now = datetime.fromtimestamp(wall(), UTC)
        source = random.Random(f"{settings.seed} access")
        patience = PATIENCE / 4 if settings.limits.patience == "short" else PATIENCE
        hook = settings.hooks.get("mail", {})
        self._mailbox = Mailbox(hook, self._ask, patience) if hook else None
        codes = Codes(wall, self._mailbox)
        self._entrance = Entrance(self._ask, specification, settings, keyring, now, source, clock, wall, codes)
        self._refresher = refresher(specification, self._ask)
        sign_up = SignUp(candidates(specification, "register"), specification, self._ask, keyring, now)
        confirm = Confirmation(specification, self._ask, keyring, now)
        known = {account.name: account for account in made}
        self._newcomers = Newcomers(settings, keyring, sign_up, self._entrance, confirm, self._mailbox, known, keep)

    @property
    def accounts(self) -> Mapping[str, Account]:
        """Accounts that are logged in, by name; their `identity` holds all that was learnt."""
        return self._accounts

    @property
    def made(self) -> tuple[Account, ...]:
        """Accounts that this run signed up, also those that could not log in: for resuming and for leftovers."""
        return tuple(self._newcomers.made.values())

    async def open(self) -> list[AccountState]:
        """Sign up what is wanted, log every account in, find its probe. A bad account is a state `failed` with why.

        Raises BudgetError only.
        """
        states: list[AccountState] = []
        ours = [await self._newcomers.make(name, origin) for name, origin in self._newcomers.wanted()]
        # our own accounts come first: the wrong password that proves a log-in is tried on one of them, not on yours
        states += [await self._enter(account, exchange, why) for account, exchange, why in ours]
        states += [await self._enter(account, None, "") for account in self._settings.accounts]
        states = self._apart(states)
        states = self._with_roles(states)
        self.single_session = await self._tried_twice()
        order = {account.name: index for index, account in enumerate(self._settings.accounts)}
        return sorted(states, key=lambda state: order.get(state.name, len(order)))

    async def sign_up(self, extra: Mapping[str, Json]) -> tuple[str, Exchange] | None:
        """One more account, for a test alone: its name and the answer to its sign-up; None when it cannot be made.

        It is none of `accounts`; `send`, `whoami` and `identity` know it. `extra` properties go into its sign-up.
        """
        made = await self.register(extra)
        return (made.name, made.exchange) if made.logged_in and made.exchange is not None else None

    async def register(self, extra: Mapping[str, Json], *, password: str | None = None) -> Registration:
        """As `sign_up`, with what became of it. `extra` and a `password` that is given are sent as they are."""
        self._extra += 1
        name = f"gw-extra-{self._extra}"
        made = await self._newcomers.sign_up(name, "throw-away", extra=extra, password=password)
        if not isinstance(made, Made):
            return Registration(exchange=self._newcomers.last, why=made)
        result = await self._newcomers.let_in(made.account, made.exchange)
        if isinstance(result, str):
            return Registration(name=name, exchange=made.exchange, why=result, account=made.account)
        self._sessions[name] = result
        return Registration(name=name, logged_in=True, exchange=made.exchange, account=made.account)

    async def log_in(self, name: str, password: str | None = None) -> bool:
        """Whether a fresh log-in works now, with the account's own password or another."""
        return (await self.try_log_in(name, password)).accepted

    async def try_log_in(
        self,
        name: str,
        password: str | None = None,
        *,
        purpose: str = "log-in",
        cell: Cell | None = None,
        edit: Callable[[Request], Request] | None = None,
        burst: bool = False,
    ) -> LogIn:
        """One fresh log-in, with the account's own password or another.

        Its session stays as it is, unless the API allows one only: then the new one is taken. `edit` changes the requests that carry the password. Nothing is sent where a credential was given ready-made.
        """
        session = self._session(name)
        if not session.way.renewable:
            return LogIn()
        secret = Secret(password) if password is not None else None
        token = _TRIAL.set(_Trial(purpose, cell, edit, burst))
        try:
            grant = await go(session.way, session.account, secret)
        finally:
            _TRIAL.reset(token)
        if self.single_session:
            placed = placed_anew(session, grant)
            if placed is not None:
                session.granted(grant, placed, self._clock(), self._wall())
        return further(session, grant, self._wall())

    async def try_refresh(
        self,
        name: str,
        token: Secret,
        *,
        held: tuple[Credential, ...] = (),
        purpose: str = "refresh",
        cell: Cell | None = None,
    ) -> LogIn | None:
        """One use of a refresh token, with `held` beside it; the account's session stays as it is.

        None when the specification has no endpoint that takes one.
        """
        session = self._session(name)
        if self._refresher is None:
            return None
        trial = _TRIAL.set(_Trial(purpose, cell, None, False))
        try:
            grant = await self._refresher.refresh(name, token, held)
        finally:
            _TRIAL.reset(trial)
        return further(session, grant, self._wall())

    async def mail(self, name: str, *, other_than: str | None = None, wait: bool = True) -> str | None:
        """The newest code or link mailed to an account, by `hooks.mail`; None without a hook, address or mail in time.

        `other_than`: the one seen before; a newer one is waited for. `wait` False looks once.
        """
        account = self._accounts.get(name) or self._newcomers.made.get(name)
        if self._mailbox is None or account is None:
            return None
        return await self._mailbox.newest(account, other_than=other_than, wait=wait)

    async def send(
        self,
        request: Request,
        *,
        as_: str,
        purpose: str = "",
        cell: Cell | None = None,
        credentials: tuple[Credential, ...] | None = None,
        burst: bool = False,
    ) -> Exchange:
        """Send a request as an account; `credentials` replaces its own (empty: none).

        When the answer looks like one to nobody and the account's probe is dead, it logs in again and the request is
        sent once more; otherwise the exchange is as it is. Raises BudgetError, ScopeError, LookupError.
        """
        if as_ == ANON or credentials is not None:
            ready = attach(request, credentials or ())
            return await self._sender.send(ready, account=as_, purpose=purpose, cell=cell, burst=burst)
        session = self._session(as_)
        await self._fresh(session)
        began, turn = self._clock(), session.turn
        ready = attach(request, session.credentials)
        exchange = await self._sender.send(ready, account=as_, purpose=purpose, cell=cell, burst=burst)
        if not session.suspects(exchange.response):
            return exchange
        if session.turn == turn and (session.placed.probe is None or await self.bracket(as_, began)):
            return exchange
        if session.turn == turn or not session.live:
            return exchange
        return await self._sender.send(attach(request, session.credentials), account=as_, purpose=purpose, cell=cell)

    async def credentials(self, name: str) -> tuple[Credential, ...]:
        """The account's credentials, renewed where they are about to end; none for `anon`."""
        if name == ANON:
            return ()
        session = self._session(name)
        await self._fresh(session)
        return session.credentials

    @property
    def ways(self) -> Mapping[str, tuple[Credential, ...]]:
        """The present credentials of every account, as they are."""
        return {name: session.credentials for name, session in self._sessions.items() if session.credentials}

    def first_credentials(self, name: str) -> Kept | None:
        """The credentials of the account's first log-in in this run, also when they were renewed since."""
        session = self._sessions.get(name)
        if session is None or not session.credentials:
            return None
        credentials, obtained = session.first or (session.credentials, session.obtained)
        return Kept(credentials, self._clock() - obtained)

    async def alive(self, name: str) -> bool:
        """Whether the session answers its probe now. An account without a probe is taken to be alive."""
        return name == ANON or await self._probe(self._session(name)) is True

    async def bracket(self, name: str, since: float) -> bool:
        """Whether a probe begun at or after `since` (the sessions' clock) found the session alive.

        One probe serves all that wait for it. A dead session is renewed, once for all, and the answer is False: what
        was sent since then does not count.
        """
        if name == ANON:
            return True
        session = self._session(name)
        if session.alive_at >= since:
            return True
        turn = session.turn
        async with session.probing:
            if session.turn != turn or session.failures >= _MOST_FAILURES:
                return False
            state = True if session.alive_at >= since else await self._probe(session)
            if state is False:
                session.died(self._clock())
                await self._revive(session)
            return state is True

    async def renew(self, name: str) -> bool:
        """Log in again; callers that wait meanwhile share the one log-in. False when it failed or cannot be done."""
        session = self._session(name)
        turn, failures = session.turn, session.failures
        async with session.renewing:
            if session.turn != turn or session.failures != failures:
                return session.live
            if session.failures >= _MOST_FAILURES:
                return False
            grant, placed = await self._again(session)
            if placed is None:
                session.failures += 1
                session.live = False
                if name in self._accounts:  # one that a test signed up may be meant to end
                    self._warn("GW-A001", f"{name} could not log in again: {session.way.name}: {grant.why}")
                return False
            session.granted(grant, placed, self._clock(), self._wall())
            return True

    async def _probe(self, session: Session) -> bool | None:
        """Whether the session is alive; None when the target is not well enough to tell."""
        probe = session.placed.probe
        if probe is None:
            return session.live
        began = self._clock()
        exchange = await self._ask(attach(probe.request, session.credentials), session.account.name, "probe")
        response = exchange.response
        if response is None or response.meaning == 429 or response.meaning >= 500:
            return None
        if not session.shows(read(response)):
            return False
        session.alive_at = max(session.alive_at, began)
        return True

    async def _revive(self, session: Session) -> None:
        """Log in again and look at once whether that helped: an account that was locked or deleted stays dead."""
        if not await self.renew(session.account.name) or await self._probe(session) is not False:
            session.stillborn = 0
            return
        session.stillborn += 1
        if session.stillborn >= _MOST_FAILURES:
            session.live, session.failures = False, _MOST_FAILURES
            self._warn("GW-A001", f"{session.account.name} logs in, but its probe refuses it: given up")

    async def _again(self, session: Session) -> tuple[Grant, Placed | None]:
        """A new grant: by the refresh token where the way has such, by the way itself, by the API's own refresh endpoint."""
        grant = Grant(why="it cannot be renewed")
        if isinstance(session.way, Refreshes) and session.refresh is not None:
            grant = await session.way.refresh(session.account, session.refresh)
            placed = placed_anew(session, grant)
            if placed is not None:
                return grant, placed
        if session.way.renewable:
            grant = await go(session.way, session.account, None)
        placed = placed_anew(session, grant)
        if placed is None and session.refresh is not None and self._refresher is not None:
            fresh = await self._refresher.refresh(session.account.name, session.refresh, session.placed.credentials)
            placed = placed_anew(session, fresh)
            grant = fresh if placed is not None else grant
        return grant, placed

    def whoami(self, name: str) -> Call | None:
        """The probe of an account whose answer names it; None when there is none."""
        session = self._sessions.get(name)
        if session is None or session.placed.probe is None or not session.placed.names:
            return None
        return session.placed.probe.call

    def identity(self, name: str) -> frozenset[str]:
        """Values that name an account, as text: given, registered, answered by log-in and probe, claimed by its JWT."""
        session = self._sessions.get(name)
        return session.identity if session is not None else frozenset()

    def rank(self, name: str) -> int:
        """Height of an account's role, lowest 0; accounts of one role are equal, those of two never; anon is -1."""
        account = self._accounts.get(name)
        if name == ANON or account is None:
            return -1 if name == ANON else 0
        order = self.roles()
        return order.index(account.role) if account.role in order else 0

    def roles(self) -> list[str]:
        """The roles of the accounts, lowest first: configured, else guessed, or as `learn_roles` corrected them."""
        return self._roles or list(self._settings.roles) or guess({a.role for a in self._accounts.values()})

    def learn_roles(self, knowledge: Knowledge) -> None:
        """Correct the order of roles that nobody configured by what each was seen to read."""
        if self._settings.roles:
            return
        reads: dict[str, set[str]] = {}
        for sample in knowledge.samples:
            account = self._accounts.get(sample.account)
            if account is not None and sample.endpoint.startswith("GET "):
                reads.setdefault(account.role, set()).add(sample.endpoint)
        self._roles = learn(self.roles(), reads)

    async def _enter(self, account: Account, answer: Exchange | None, why: str) -> AccountState:
        result: Session | str = why
        if not why:
            result = await self._newcomers.let_in(account, answer)
        if isinstance(result, str):
            if account.origin != "configured" and _CONFIRMATION.search(result):
                result += "; a mail may have to be confirmed first: `hooks.mail` says how to read it"
            return AccountState(name=account.name, role=account.role, login="failed", how=result, origin=account.origin)
        self._sessions[account.name] = result
        identity = tuple(dict.fromkeys([*account.identity, *sorted(result.identity)]))
        self._accounts[account.name] = msgspec.structs.replace(account, identity=identity)
        return AccountState(
            name=account.name, role=account.role, login="ok", how=_how(result, answer), origin=account.origin
        )

    async def _tried_twice(self) -> bool:
        """Whether a second log-in ends the first session; tried on the throw-away account S, which keeps the second."""
        session = self._sessions.get(SUBJECT)
        if session is None or session.placed.probe is None or not session.way.renewable:
            return False
        grant = await go(session.way, session.account, None)
        placed = placed_anew(session, grant)
        if placed is None:
            return False
        first = await self._probe(session)
        session.granted(grant, placed, self._clock(), self._wall())
        return first is False and await self._probe(session) is True

    def _with_roles(self, states: list[AccountState]) -> list[AccountState]:
        """Accounts that nobody gave a role get the one that their own answers and tokens name."""
        bare = {name: self._sessions[name] for name, account in self._accounts.items() if not account.role}
        if self._settings.roles or not bare:
            return states
        said: dict[str, str] = {}
        for name, session in bare.items():
            tokens = [credential.value.reveal() for credential in session.credentials]
            answers = [session.placed.answer] if session.placed.answer is not None and session.placed.names else []
            said[name] = told(answers, tokens)
        roles = named(said)
        for name, role in roles.items():
            self._accounts[name] = msgspec.structs.replace(self._accounts[name], role=role)
        return [msgspec.structs.replace(state, role=roles.get(state.name, state.role)) for state in states]

    def _apart(self, states: list[AccountState]) -> list[AccountState]:
        """Accounts that are one and the same principal, and whoever names somebody else, do not count as logged in."""
        kept: list[AccountState] = []
        for state in states:
            session = self._sessions.get(state.name)
            twin = next(
                (s.name for s in kept if session is not None and s.name in self._sessions
                 and same_principal(self._sessions[s.name], session)), None,
            )  # fmt: skip
            if twin is None:
                kept.append(state)
                continue
            del self._sessions[state.name], self._accounts[state.name]
            how = f"{twin} and {state.name} are the same account"
            kept.append(msgspec.structs.replace(state, login="failed", how=how))
        return kept

    async def _fresh(self, session: Session) -> None:
        renewable = session.way.renewable or (session.refresh is not None and self._refresher is not None)
        if renewable and session.live and session.ending(self._clock()):
            await self.renew(session.account.name)

    async def _ask(self, request: Request, account: str, purpose: str) -> Exchange:
        """A request of the log-in itself; one out of scope comes back as an exchange that says so."""
        trial = _TRIAL.get()
        try:
            if trial is not None and purpose == "log-in":
                request = trial.edit(request) if trial.edit is not None else request
                return await self._sender.send(
                    request, account=account, purpose=trial.purpose, cell=trial.cell, burst=trial.burst
                )
            return await self._sender.send(request, account=account, purpose=purpose)
        except ScopeError as error:
            return Exchange(
                number=0, request=request, response=None, account=account, purpose=purpose, error=error.what
            )

    def _session(self, name: str) -> Session:
        if name not in self._sessions:
            raise LookupError(f"no account {name!r} is logged in; there are: {', '.join(self._sessions) or 'none'}")
        return self._sessions[name]


def _how(session: Session, answer: Exchange | None) -> str:
    """`POST /login → json:/token → Authorization: Bearer, checked at GET /me`."""
    placed = session.placed
    way = session.way.name if placed.how.startswith(session.way.name) else f"{session.way.name} → {placed.how}"
    checked = (
        f", checked at {placed.probe.endpoint.name}" if placed.probe else ", not checked: no GET tells strangers apart"
    )
    made = f"signed up at {answer.request.method} {answer.request.target}; " if answer is not None else ""
    return made + way + checked

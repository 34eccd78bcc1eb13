"""The probe of one cell: sends, records, keeps controls and takes back what a test changed."""

from __future__ import annotations

import asyncio
import random
import time
from collections.abc import Awaitable, Callable, Mapping
from typing import TypeVar

import msgspec

from gatewright.engine.health import Health
from gatewright.engine.ports import Identities, Maker
from gatewright.explore.cleanup import curl_line
from gatewright.explore.ledger import Entry, Ledger
from gatewright.model.account import ANON, Account, Credential
from gatewright.model.call import Call, render
from gatewright.model.endpoint import Endpoint, Specification
from gatewright.model.errors import BudgetError, ScopeError
from gatewright.model.finding import Cell, Leftover
from gatewright.model.http import Exchange, Request
from gatewright.model.json import Json
from gatewright.model.knowledge import Knowledge, OwnedObject
from gatewright.model.secret import Keyring, Secret
from gatewright.model.settings import Settings
from gatewright.model.stream import EAR, Ear
from gatewright.model.test import Kept, Listener, LogIn, Registration
from gatewright.model.verdict import Control

T = TypeVar("T")
_EVENTUALLY = 2.5
"""Seconds that a stream is listened to after what should be told on it."""
SAFE_METHODS = frozenset({"GET", "HEAD", "OPTIONS"})


class Bench:
    """What all probes of a run share: sessions, knowledge, results asked for once, and the worker slots."""

    def __init__(
        self,
        identities: Identities,
        maker: Maker,
        specification: Specification,
        settings: Settings,
        *,
        knowledge: Knowledge,
        keyring: Keyring,
        slots: int | None = None,
        pause: Callable[[float], Awaitable[None]] = asyncio.sleep,
        ledger: Ledger | None = None,
        auth_endpoints: Mapping[str, str] | None = None,
        listener: Callable[[], Awaitable[Listener | None]] | None = None,
        certificate: Callable[[str], bytes] = lambda _: b"",
    ) -> None:
        """`ledger` keeps what is to be taken back beyond the life of this process; `listener` opens our listener.

        `certificate` gives what an origin showed in TLS.
        """
        self.listener = listener
        self.certificate = certificate
        self.auth_endpoints = auth_endpoints or {}
        self.ledger = ledger or Ledger()
        self.pause = pause
        self.identities = identities
        self.maker = maker
        self.specification = specification
        self.settings = settings
        self.knowledge = knowledge
        self.keyring = keyring
        self.width = slots or settings.limits.concurrency
        """Cells that are worked on at once."""
        self.slots = asyncio.Semaphore(self.width)
        self.quiet = asyncio.Semaphore(1)
        """Held by a cell that measures, and by a patient one except while it waits: neither disturbs the other."""
        self.health = Health()
        self.leftovers: list[Leftover] = []
        self._locks: dict[str, asyncio.Lock] = {}
        self._results: dict[str, object] = {}
        self._markers = 0

    def marker(self) -> str:
        """A marker that no earlier one of this run equals."""
        self._markers += 1
        return self.keyring.marker(f"engine {self._markers}")

    async def rest(self, seconds: float) -> None:
        """Wait, and go on with half as many cells at once; a quarter as long with short patience."""
        await self.pause(seconds / 4 if self.settings.limits.patience == "short" else seconds)
        fewer = self.width // 2
        for _ in range(fewer):  # taken for good, as cells give them back
            await self.slots.acquire()
        self.width -= fewer

    def lock(self, key: str) -> asyncio.Lock:
        """The lock of a name; cells that change the same resource take turns."""
        return self._locks.setdefault(f"lock {key}", asyncio.Lock())

    async def once(self, key: str, make: Callable[[], Awaitable[T]]) -> T:
        """Run `make` once per key; who comes meanwhile waits for the result. A failed `make` is tried again."""
        async with self._locks.setdefault(key, asyncio.Lock()):
            if key not in self._results:
                self._results[key] = await make()
        return self._results[key]  # type: ignore[return-value]  # one key, one type: the caller's T

    async def fresh(
        self, like: OwnedObject, *, owner: str, extra: Mapping[str, Json] | None = None
    ) -> OwnedObject | None:
        """Another object, remembered in the knowledge of the run."""
        made = await self.maker.fresh(self.knowledge, like, owner=owner, extra=extra)
        if made is not None:
            self.knowledge = msgspec.structs.replace(self.knowledge, objects=(*self.knowledge.objects, made))
        return made


class CellProbe:
    """The `Probe` that a test is given for one cell. See `model.test.Probe` for the meaning of each method."""

    def __init__(self, bench: Bench, cell: Cell, endpoint: Endpoint, *, patient: bool = False) -> None:
        self._bench = bench
        self._patient = patient
        self._endpoint = endpoint
        self.cell = cell
        self.exchanges: list[Exchange] = []
        self.controls: list[Control] = []
        self.used: dict[str, float] = {}
        """Account → monotonic second of its last request with its own credentials."""
        self.sent = 0
        self._undo: list[tuple[Entry, Call, Endpoint]] = []
        self._random = random.Random(f"{bench.settings.seed} {cell.endpoint} {cell.test} {cell.account}")

    @property
    def endpoint(self) -> Endpoint:
        """The endpoint of the cell."""
        return self._endpoint

    @property
    def account(self) -> str:
        """The attacker."""
        return self.cell.account

    @property
    def accounts(self) -> Mapping[str, Account]:
        """Accounts that are logged in."""
        return self._bench.identities.accounts

    @property
    def knowledge(self) -> Knowledge:
        """What exploration learnt, with objects made since."""
        return self._bench.knowledge

    @property
    def specification(self) -> Specification:
        """The specification."""
        return self._bench.specification

    @property
    def settings(self) -> Settings:
        """The settings of the run."""
        return self._bench.settings

    @property
    def random(self) -> random.Random:
        """Choices of this cell, the same for the same seed."""
        return self._random

    @property
    def auth_endpoints(self) -> Mapping[str, str]:
        """Endpoint id → its class, for the endpoints of the log-in."""
        return self._bench.auth_endpoints

    def rank(self, account: str) -> int:
        """Height of the role; anon is -1."""
        return -1 if account == ANON else self._bench.identities.rank(account)

    def identity(self, account: str) -> frozenset[str]:
        """Values that name the account."""
        return frozenset() if account == ANON else self._bench.identities.identity(account)

    def marker(self) -> str:
        """A new marker."""
        return self._bench.marker()

    async def send(
        self,
        call: Call,
        *,
        as_: str | None = None,
        purpose: str = "attack",
        endpoint: Endpoint | None = None,
        credentials: tuple[Credential, ...] | None = None,
        edit: Callable[[Request], Request] | None = None,
        burst: bool = False,
    ) -> Exchange:
        """Send a call as an account and record it."""
        target = endpoint or self._endpoint
        request = render(target, call)
        if edit is not None:
            request = edit(request)
        if self.settings.limits.mode == "read-only" and request.method not in SAFE_METHODS:
            raise ScopeError(
                f"{target.name} may change something, and the mode is read-only",
                code="GW-E001",
                where=target.name,
                help="use --mode safe on a system that may be written to",
            )
        account = as_ or self.account
        self.sent += 1
        unsafe = request.method not in SAFE_METHODS
        begun = self._bench.maker.writes(call, request.body, account) if unsafe else None
        try:
            exchange = await self._bench.identities.send(
                request, as_=account, purpose=purpose, cell=self.cell, credentials=credentials, burst=burst
            )
        except (BudgetError, ScopeError):
            self._bench.maker.unsent(begun)
            raise
        if credentials is None and account != ANON:
            self.used[account] = time.monotonic()
        self.exchanges.append(exchange)
        if purpose.startswith("baseline") and not target.stream:
            self._healthy(target, exchange)
        if unsafe:
            self._bench.maker.wrote(call, exchange, begun)
        return exchange

    async def listen(
        self,
        call: Call,
        *,
        meanwhile: Callable[[], Awaitable[None]],
        enough: Callable[[str], bool],
        as_: str | None = None,
        purpose: str = "attack",
        credentials: tuple[Credential, ...] | None = None,
    ) -> Exchange:
        """Listen to the cell's stream. What is sent meanwhile is none of the listening."""

        async def undisturbed() -> None:
            EAR.set(None)
            await meanwhile()

        token = EAR.set(Ear(undisturbed, enough))
        try:
            return await self.send(call, as_=as_, purpose=purpose, credentials=credentials, edit=self._patiently)
        finally:
            EAR.reset(token)

    def _patiently(self, request: Request) -> Request:
        """Events may come through queues of their own: they are waited for as long as the run's patience lasts."""
        if request.listen is None or self.settings.limits.patience == "short":
            return request
        return msgspec.structs.replace(request, listen=msgspec.structs.replace(request.listen, seconds=_EVENTUALLY))

    def _healthy(self, endpoint: Endpoint, exchange: Exchange) -> None:
        """Tell the run's guard of an answer that must be as it always was."""
        sample = next(iter(self.knowledge.samples_of(endpoint.id)), None)
        response = sample.exchange.response if sample is not None else None
        start = response.timing.total if response is not None else None
        self._bench.health.saw(endpoint.id, exchange.response, start=start)

    async def credentials(self, account: str) -> tuple[Credential, ...]:
        """The account's present credentials."""
        return await self._bench.identities.credentials(account)

    async def alive(self, account: str) -> bool:
        """Whether the session answers now."""
        return await self._bench.identities.alive(account)

    def whoami(self, account: str) -> Call | None:
        """The call that names the account."""
        return self._bench.identities.whoami(account)

    async def fresh(
        self, like: OwnedObject, *, owner: str | None = None, extra: Mapping[str, Json] | None = None
    ) -> OwnedObject | None:
        """Another object of the same kind."""
        return await self._bench.fresh(like, owner=owner or like.owner, extra=extra)

    async def sign_up(self, extra: Mapping[str, Json]) -> tuple[str, Exchange] | None:
        """One more account, for this test alone."""
        made = await self._bench.identities.sign_up(extra)
        if made is not None:
            self.cite(made[1])
        return made

    async def register(self, extra: Mapping[str, Json], *, password: str | None = None) -> Registration:
        """One more account, for this test alone, and what became of it."""
        made = await self._bench.identities.register(extra, password=password)
        if made.exchange is not None:
            self.sent += 1
            self.cite(made.exchange)
        return made

    async def try_log_in(
        self,
        account: str,
        password: str | None = None,
        *,
        purpose: str = "log-in",
        edit: Callable[[Request], Request] | None = None,
        burst: bool = False,
    ) -> LogIn:
        """One fresh log-in, recorded."""
        tried = await self._bench.identities.try_log_in(
            account, password, purpose=purpose, cell=self.cell, edit=edit, burst=burst
        )
        if tried.exchange is not None:
            self.sent += 1
            self.cite(tried.exchange)
        return tried

    async def log_in(self, account: str, password: str | None = None) -> bool:
        """Whether a fresh log-in works now."""
        return await self._bench.identities.log_in(account, password)

    async def try_refresh(
        self, account: str, token: Secret, *, held: tuple[Credential, ...] = (), purpose: str = "refresh"
    ) -> LogIn | None:
        """One recorded use of a refresh token."""
        tried = await self._bench.identities.try_refresh(account, token, held=held, purpose=purpose, cell=self.cell)
        if tried is not None and tried.exchange is not None:
            self.sent += 1
            self.cite(tried.exchange)
        return tried

    async def mail(self, account: str, *, other_than: str | None = None, wait: bool = True) -> str | None:
        """The newest code or link mailed to an account. A worker is not held while it waits."""
        if not wait:
            return await self._bench.identities.mail(account, other_than=other_than, wait=False)
        self._bench.slots.release()
        try:
            return await self._bench.identities.mail(account, other_than=other_than)
        finally:
            await self._bench.slots.acquire()

    def leave(self, what: str, call: Call, *, endpoint: Endpoint) -> None:
        """Something of ours stays behind; nothing where the ledger knows of it: clean-up removes or lists it."""
        if any(entry.create == call for entry in self._bench.ledger.entries):
            return
        self._bench.leftovers.append(Leftover(what, curl_line(render(endpoint, call), ANON)))

    def undo(self, what: str, call: Call, *, as_: str, endpoint: Endpoint) -> None:
        """Register the call that takes a change back. It is written down at once, for clean-up and a resumed run."""
        entry = self._bench.ledger.intend(call, account=as_, what=what, kind="value", remove=call)
        self._undo.append((self._bench.ledger.made(entry), call, endpoint))

    async def once(self, key: str, make: Callable[[], Awaitable[T]]) -> T:
        """Ask once per run. The worker slot is given back meanwhile only where `make` itself waits."""
        return await self._bench.once(key, make)

    def cite(self, *exchanges: Exchange) -> None:
        """Add exchanges of another cell to the evidence."""
        known = {exchange.number for exchange in self.exchanges}
        fresh = {exchange.number: exchange for exchange in exchanges if exchange.number not in known}
        self.exchanges.extend(fresh.values())

    def control(self, name: str, what: str, *, expected: str, observed: str, holds: bool) -> bool:
        """Record a control. One that is switched off for a test of the controls always holds."""
        if name in self.settings.disabled_controls:
            return True
        self.controls.append(Control(name, what, expected, observed, holds))
        return holds

    async def listener(self) -> Listener | None:
        """Our listener; None where there is none."""
        return await self._bench.listener() if self._bench.listener is not None else None

    def certificate(self, origin: str) -> bytes:
        """The certificate that an origin showed; empty for one without TLS."""
        return self._bench.certificate(origin)

    def first_credentials(self, account: str) -> Kept | None:
        """The credentials of the account's first log-in."""
        return self._bench.identities.first_credentials(account)

    async def wait(self, seconds: float) -> None:
        """Wait without holding a worker; a quarter as long with short patience."""
        self._bench.slots.release()
        if self._patient:
            self._bench.quiet.release()
        try:
            await self._bench.pause(seconds / 4 if self.settings.limits.patience == "short" else seconds)
        finally:
            if self._patient:
                await self._bench.quiet.acquire()
            await self._bench.slots.acquire()

    async def take_back(self) -> None:
        """Run the registered undo calls, newest first; what the target refuses stays in the ledger for clean-up."""
        while self._undo:
            entry, call, endpoint = self._undo.pop()
            try:
                exchange = await self.send(call, as_=entry.account, purpose="undo", endpoint=endpoint)
            except (BudgetError, ScopeError):
                continue
            if exchange.response is not None and (exchange.response.ok or exchange.response.status == 404):
                self._bench.ledger.gone(entry)

"""The gate: the one way to the target. Scope, budget, pace and record, for every request.

Nothing else opens a socket to a target: exploration, log-in and checks all send through here. What is refused raises
before a connection is made; what fails on the wire is the exchange's `error`.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Awaitable, Callable, Sequence
from types import TracebackType
from typing import Self

from gatewright import __version__
from gatewright.model.account import ANON
from gatewright.model.errors import ScopeError, WireError
from gatewright.model.finding import Cell
from gatewright.model.http import Exchange, Request, Response
from gatewright.model.settings import Settings
from gatewright.model.stream import EAR
from gatewright.wire.address import Origin, read_origin
from gatewright.wire.budget import Budget, Spent
from gatewright.wire.client import IDEMPOTENT, Client, Outcome
from gatewright.wire.coding import ACCEPTED
from gatewright.wire.connection import Connection
from gatewright.wire.connection import clock as wire_clock
from gatewright.wire.guard import Guard, out_of_scope, path_of
from gatewright.wire.names import Resolve, system_resolver
from gatewright.wire.pace import LONGEST_PAUSE, Pace, retry_after
from gatewright.wire.pool import Pool
from gatewright.wire.scope import ScopeRules, hook_pages

_RESENDINGS = 2
"""How often a request is sent again after the target asked to wait."""


class Gate:
    """Sends requests to the targets of a run. Satisfies `model.test.Sender`; an async context manager.

    `targets` are URLs whose origins are in scope when `settings.scope.include` is empty. `record` gets every exchange,
    failed ones too, with the cell it was sent for. `already` is what an earlier part of a resumed run has spent, and
    `first` the number of the first exchange. `clock` counts the time budget, in seconds; `resolve` gives the addresses
    of a name.
    """

    def __init__(
        self,
        settings: Settings,
        *,
        run: str,
        targets: Sequence[str],
        record: Callable[[Exchange, Cell | None], None] | None = None,
        already: Spent = Spent(),  # noqa: B008 - frozen
        first: int = 1,
        clock: Callable[[], float] = time.monotonic,
        sleep: Callable[[float], Awaitable[None]] = asyncio.sleep,
        resolve: Resolve = system_resolver,
    ) -> None:
        limits = settings.limits
        self._rules = ScopeRules(settings.scope, targets, also=hook_pages(settings.hooks))
        self._own = settings.headers
        self._budget = Budget(limits, clock=clock, already=already)
        self._pace = Pace(rate=limits.rate, concurrency=limits.concurrency, clock=clock, sleep=sleep)
        agent = ("User-Agent", f"Gatewright/{__version__} (run {run})")
        defaults = (agent, ("Accept-Encoding", ACCEPTED), *settings.headers)
        self._client = Client(settings, defaults=defaults, resolve=resolve)
        self._record = record
        self._number = first - 1
        self._epoch = time.time_ns() / 1e9 - wire_clock()
        self._ways: dict[str, tuple[Pool, Guard]] = {}
        self._by_origin: dict[tuple[Origin, str], Pool] = {}

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self.close()

    @property
    def spent(self) -> Spent:
        """Requests and bytes sent, and seconds since the run began."""
        return self._budget.spent

    @property
    def left(self) -> Spent:
        """What the budget still allows."""
        return self._budget.left

    def extend(self, seconds: float) -> None:
        """Lets the time last this many seconds from now on: clean-up may go beyond the time of the run."""
        self._budget.extend(seconds)

    def allows(self, url: str) -> str:
        """Empty when requests to the URL are in scope, else the reason in one sentence. Names are not resolved."""
        try:
            return self._rules.refusal(read_origin(url), path_of(url))
        except ScopeError as error:
            return error.what

    def refuse(self, origin: str) -> None:
        """Sends nothing to this origin from now on: it is our own listener."""
        self._rules.refuse(read_origin(origin))

    def certificate(self, origin: str) -> bytes:
        """The certificate that an origin showed last, DER; empty where it showed none so far."""
        return self._client.certificates.get(origin, b"")

    async def send(
        self,
        request: Request,
        *,
        account: str = ANON,
        purpose: str = "",
        cell: Cell | None = None,
        resend: bool = True,
        burst: bool = False,
    ) -> Exchange:
        """Sends one request and records the exchange; a failure on the wire is its `error`.

        After a 429 or 503 with a Retry-After of at most 60 s it waits and sends the request again, twice at most, each
        time as an exchange of its own; `resend=False` takes the first answer as it is, and in a `burst` the pace does
        not learn from it either. Raises ScopeError or BudgetError, then nothing was sent.
        """
        pool, guard = (None if request.certificate else self._ways.get(request.origin)) or self._way(request)
        wire, unsendable = self._encode(request, pool, guard)
        if not pool.checked:
            await self._client.check(pool)
        if request.listen is not None:
            return await self._listen(request, pool, wire, unsendable, account=account, purpose=purpose, cell=cell)
        repeatable = request.framing == "auto" and request.method in IDEMPOTENT
        pace, left = self._pace, _RESENDINGS if resend and not burst and request.framing == "auto" else 0
        client, method = self._client, request.method
        while True:
            if not pace.enter_now():
                self._budget.check(len(wire), pace.held_until)
                await pace.enter()
            response: Response | None = None
            kept: Connection | None = None
            try:
                self._number = number = self._number + 1
                if unsendable:
                    outcome = Outcome(None, unsendable, b"", wire_clock())
                else:
                    self._budget.take(len(wire))
                    kept = client.ask_kept(pool, wire, method, repeatable=repeatable)
                    if kept is not None:
                        await kept.turn
                    if kept is None or (kept.error is not None and repeatable and kept.went_stale):
                        outcome = await client.ask(pool, wire, method, stale=kept)
                    else:
                        outcome = client.outcome(pool, kept)
                response = outcome.response
            except BaseException:  # cancelled: an answer that comes late must not meet another request
                if kept is not None:
                    kept.abort()
                raise
            finally:
                pace.leave(None if burst else response)
            if outcome.times > 1:
                self._budget.count_again(len(wire))
            at = self._epoch + outcome.started
            exchange = Exchange(number, request, response, account, purpose, outcome.error, at, wire, outcome.received)
            if self._record is not None:
                self._record(exchange, cell)
            if response is None or response.status not in (429, 503) or not left or not self._may_resend(response):
                return exchange
            left -= 1

    async def _listen(
        self,
        request: Request,
        pool: Pool,
        wire: bytes,
        unsendable: str,
        *,
        account: str,
        purpose: str,
        cell: Cell | None,
    ) -> Exchange:
        """Listens to a stream. It holds no place among the requests once it is open; it counts as one."""
        ear, token = EAR.get(), EAR.set(None)  # what happens meanwhile is not listened to by the same ear
        left = False

        def opened() -> None:
            nonlocal left
            if not left:
                left = True
                self._pace.leave()

        try:
            self._budget.check(len(wire), self._pace.held_until)
            await self._pace.enter()
            self._number = number = self._number + 1
            outcome, said = Outcome(None, unsendable, b"", wire_clock()), b""
            try:
                if not unsendable:
                    self._budget.take(len(wire))
                    outcome, said = await self._client.listen(pool, request, wire, ear, opened)
            finally:
                opened()
        finally:
            EAR.reset(token)
        at = self._epoch + outcome.started
        sent = wire + said
        exchange = Exchange(
            number, request, outcome.response, account, purpose, outcome.error, at, sent, outcome.received
        )
        if self._record is not None:
            self._record(exchange, cell)
        return exchange

    async def close(self) -> None:
        """Closes every connection."""
        for pool in self._by_origin.values():
            pool.close()
        await asyncio.sleep(0)  # lets the transports call back

    def _encode(self, request: Request, pool: Pool, guard: Guard) -> tuple[bytes, str]:
        """The bytes of a request, or why there are none. Raises ScopeError for what must not be sent."""
        try:
            wire, plain = pool.encode(request)
        except WireError as error:
            return b"", error.what
        guard.check(request, wire, plain=plain)
        return wire, ""

    def _may_resend(self, response: Response) -> bool:
        """The target said when to come again, and the budget lasts until then."""
        seconds = retry_after(response)
        left = self._budget.left
        return seconds is not None and seconds <= LONGEST_PAUSE and seconds < left.seconds and left.requests > 0

    def _way(self, request: Request) -> tuple[Pool, Guard]:
        """The pool and the guard of an origin as it is spelled. Raises ScopeError when nothing of it is in scope.

        Requests that show another client certificate go over connections of their own.
        """
        text, certificate = request.origin, request.certificate
        origin = read_origin(text)
        refusal = self._rules.origin_refusal(origin)
        if refusal:
            raise out_of_scope(refusal, text)
        pool = self._by_origin.get((origin, certificate))
        if pool is None:
            pool = self._client.pool(origin, literal=self._rules.is_literal(origin), certificate=certificate)
            self._by_origin[origin, certificate] = pool
        way = pool, Guard(self._rules, origin, own=self._own, proxied=pool.plain_proxy)
        if not certificate:
            self._ways[text] = way
        return way

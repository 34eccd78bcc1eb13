"""Sends exploration's calls: as an account, within exploration's share of the budget, decoded once."""

from __future__ import annotations

import asyncio
import contextlib
import time
from collections.abc import Awaitable, Callable, Iterator, Mapping
from typing import Protocol

from gatewright.explore.answers import Reply, read
from gatewright.explore.ledger import Entry, Ledger
from gatewright.model.account import Account, Credential
from gatewright.model.call import Call, render
from gatewright.model.endpoint import Endpoint
from gatewright.model.errors import BudgetError, ScopeError
from gatewright.model.finding import Cell
from gatewright.model.http import Exchange, Request


class Sessions(Protocol):
    """The accounts, logged in; `access.sessions.Sessions` is the real one."""

    @property
    def accounts(self) -> Mapping[str, Account]:
        """Accounts that are logged in, by name, in the order of the settings."""

    async def send(
        self,
        request: Request,
        *,
        as_: str,
        purpose: str = "",
        cell: Cell | None = None,
        credentials: tuple[Credential, ...] | None = None,
    ) -> Exchange:
        """Send a request as an account; `anon` sends no credential."""

    def whoami(self, name: str) -> Call | None:
        """The call whose answer names the account."""

    def identity(self, name: str) -> frozenset[str]:
        """Values that name the account."""

    def rank(self, name: str) -> int:
        """Height of its role; -1 for anon."""


_SILENT = 20
"""After so many requests in a row without any answer the target is taken to be gone."""


_DOUBTS = 8
"""Things that may be looked for again; many are made at the same time."""
_BEHIND = 0.5
"""Seconds that a target may be behind its own writes (checks-1-5.md 1.10: read at 0 and 0.5 s)."""


class Spent(Exception):  # noqa: N818
    """Exploration's share of the budget is used up: internal, ends the phase and never leaves the package."""


@contextlib.contextmanager
def sending(ledger: Ledger, entry: Entry | None) -> Iterator[None]:
    """What was written down before a request that then never left is crossed out: clean-up need not look for it."""
    try:
        yield
    except Spent:
        if entry is not None:
            ledger.void(entry)
        raise


class Courier:
    """Every request of exploration passes here. At most `requests`, for at most `seconds`, `width` at once."""

    def __init__(
        self,
        sessions: Sessions,
        *,
        requests: int,
        seconds: float,
        width: int,
        clock: Callable[[], float] = time.monotonic,
        settle: Callable[[float], None] = lambda seconds: None,
        pause: Callable[[float], Awaitable[None]] = asyncio.sleep,
    ) -> None:
        """`settle` is told how long the target is behind its own writes, once that was seen."""
        self._settle, self._pause = settle, pause
        self._doubts = _DOUBTS
        self.sessions = sessions
        self.sent = 0
        self.ended = ""
        """The budget of the whole run that is spent (`requests`, `time`, `sent`), or `stop`; empty while none is."""
        self._most = requests
        self._clock = clock
        self._seconds = seconds
        self._end = float("inf")
        self.refusals: dict[str, set[str]] = {}
        """Endpoint → accounts (anon as well) that were answered 401 or 403."""
        self._silent = 0
        self._gate = asyncio.Semaphore(width)

    async def doubt(self) -> bool:
        """Whether what was just made, and is not there, may come late: then it has waited. A few times in a run only."""
        self._doubts -= 1
        if self._doubts < 0:
            return False
        await self._pause(_BEHIND)
        return True

    def settles(self) -> None:
        """It came late: from now on every read waits for the writes before it."""
        self._doubts = 0
        self._settle(_BEHIND)

    def start(self) -> None:
        """Exploration begins: its time runs from here."""
        self._end = self._clock() + self._seconds

    def release(self) -> None:
        """Exploration is over: from here on only the run's own budget binds."""
        self._most, self._end = 10**9, float("inf")

    async def send(self, endpoint: Endpoint, call: Call, *, as_: str, purpose: str = "explore") -> Reply:
        """Send a call as an account. Raises Spent when the share or the run's whole budget is used up.

        A request that scope forbids is an exchange without an answer, numbered 0.
        """
        async with self._gate:
            if self.sent >= self._most or self._clock() >= self._end or self._silent >= _SILENT:
                raise Spent
            self.sent += 1
            request = render(endpoint, call)
            try:
                exchange = await self.sessions.send(request, as_=as_, purpose=purpose)
            except BudgetError as error:
                self.ended = error.where
                raise Spent from error
            except ScopeError as error:
                return read(Exchange(0, request, None, account=as_, purpose=purpose, error=f"scope: {error.what}"))
            self._silent = self._silent + 1 if exchange.response is None else 0
            reply = read(exchange)
            if reply.refused:
                self.refusals.setdefault(endpoint.id, set()).add(as_)
            return reply

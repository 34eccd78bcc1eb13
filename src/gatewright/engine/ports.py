"""What the engine needs from below: the sessions of access, and a maker of objects from exploration.

They are protocols so that a test also runs against recorded or scripted answers, without a network (`replay.py`).
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Protocol

from gatewright.explore.ledger import Entry
from gatewright.model.account import Account, Credential
from gatewright.model.call import Call
from gatewright.model.finding import Cell
from gatewright.model.http import Exchange, Request
from gatewright.model.json import Json
from gatewright.model.knowledge import Knowledge, OwnedObject
from gatewright.model.secret import Secret
from gatewright.model.test import Kept, LogIn, Registration


class Standing(Protocol):
    """Who there is and how high: all that a plan needs to know of the accounts."""

    @property
    def accounts(self) -> Mapping[str, Account]:
        """Accounts that are logged in, by name."""

    def whoami(self, name: str) -> Call | None:
        """The call that names the account."""

    def rank(self, name: str) -> int:
        """Height of its role."""


class Identities(Standing, Protocol):
    """The accounts, logged in; `access.sessions.Sessions` is the real one."""

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
        """Send a request as an account."""

    async def register(self, extra: Mapping[str, Json], *, password: str | None = None) -> Registration:
        """One more account for a test alone, and what became of its sign-up."""

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
        """One fresh log-in; the account's session stays as it is."""

    async def sign_up(self, extra: Mapping[str, Json]) -> tuple[str, Exchange] | None:
        """One more account for a test alone: its name and the answer to its sign-up."""

    async def log_in(self, name: str, password: str | None = None) -> bool:
        """Whether a fresh log-in works now, with the account's own password or another."""

    async def mail(self, name: str, *, other_than: str | None = None, wait: bool = True) -> str | None:
        """The newest code or link mailed to an account, other than the one seen before; None when none came."""

    async def try_refresh(
        self,
        name: str,
        token: Secret,
        *,
        held: tuple[Credential, ...] = (),
        purpose: str = "refresh",
        cell: Cell | None = None,
    ) -> LogIn | None:
        """One use of a refresh token; None when there is no endpoint for it."""

    async def credentials(self, name: str) -> tuple[Credential, ...]:
        """The present credentials of an account."""

    def first_credentials(self, name: str) -> Kept | None:
        """Those of its first log-in in this run; None without a log-in."""

    async def alive(self, name: str) -> bool:
        """Whether the session answers now."""

    async def bracket(self, name: str, since: float) -> bool:
        """Whether a probe later than `since` (monotonic seconds) found the session alive."""

    def identity(self, name: str) -> frozenset[str]:
        """Values that name the account."""


class Maker(Protocol):
    """Makes further objects; `explore.explorer.Explorer` is the real one."""

    async def fresh(
        self, knowledge: Knowledge, like: OwnedObject, *, owner: str, extra: Mapping[str, Json] | None = None
    ) -> OwnedObject | None:
        """Another object of the same kind, with `extra` properties in its body; None when it is refused."""

    def writes(self, call: Call, body: bytes, account: str) -> Entry | None:
        """Told before a test sends what may make an object; what it gives back goes to `wrote` with the answer."""

    def unsent(self, begun: Entry | None) -> None:
        """Told that what `writes` wrote down never left: the budget was spent, or it was out of scope."""

    def wrote(self, call: Call, exchange: Exchange, begun: Entry | None = None) -> None:
        """Told of each request of a test that may change something: what it has made must not be forgotten."""

"""One-time codes for an account: of its authenticator, else of its mailbox."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field

from gatewright.access import totp
from gatewright.access.mailbox import Mailbox
from gatewright.model.account import Account


@dataclass(eq=False)
class Codes:
    """Gives codes. Many servers take none twice, so that of a period goes out once; `wall` is seconds since the epoch."""

    wall: Callable[[], float]
    mailbox: Mailbox | None = None
    pause: Callable[[float], Awaitable[None]] = asyncio.sleep
    _used: dict[str, int] = field(default_factory=dict)
    _seen: dict[str, str | None] = field(default_factory=dict)

    def has(self, account: Account) -> bool:
        """Whether there is somewhere to take a code from."""
        return account.totp_secret is not None or self.mailbox is not None

    async def expect(self, account: Account) -> None:
        """To be called before a code is asked for: what is in the mailbox by then is not it."""
        if account.totp_secret is None and self.mailbox is not None:
            self._seen[account.name] = await self.mailbox.newest(account, wait=False)

    async def code(self, account: Account) -> str | None:
        """The code to enter now; None when none came."""
        if account.totp_secret is not None:
            return await self.totp(account)
        if self.mailbox is None:
            return None
        return await self.mailbox.newest(account, other_than=self._seen.get(account.name))

    async def totp(self, account: Account) -> str | None:
        """The code of the authenticator; None without one. Waits for the next period when this one's is used up.

        That of the coming period counts already: servers allow for clocks that differ (RFC 6238 section 6).
        """
        if account.totp_secret is None:
            return None
        secret = account.totp_secret.reveal()
        rules = totp.read(secret)
        step = max(rules.step(self.wall()), self._used.get(secret, -1) + 1)
        while step > rules.step(self.wall()) + 1:
            await self.pause(rules.period - self.wall() % rules.period + 0.05)
        self._used[secret] = step
        return rules.code(step)

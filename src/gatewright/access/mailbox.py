"""What is mailed to an account (codes, links), read by the hook of `gatewright.yaml`."""

from __future__ import annotations

import asyncio
import re
import time
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from urllib.parse import quote

from gatewright.access.extract import extract, fill
from gatewright.access.grant import Ask
from gatewright.access.located import located
from gatewright.model.account import Account

PATIENCE = 10.0
"""Seconds that a mail may take."""
_FIRST, _LONGEST = 0.1, 1.0
"""Pauses between two looks: they double from the first to the longest."""
_LINE = re.compile(r"(?:([A-Za-z]+)\s+)?(https?://\S+)")


@dataclass(frozen=True)
class Mailbox:
    """Reads `hooks.mail`: `request` with `{address}` in it, and `extract` for what is wanted of the answer.

    The first that `extract` finds is taken, so that a mailbox which answers with several mails must have the newest
    first. `patience` is the most seconds to wait for one.
    """

    hook: Mapping[str, str]
    ask: Ask
    patience: float = PATIENCE
    clock: Callable[[], float] = time.monotonic
    pause: Callable[[float], Awaitable[None]] = asyncio.sleep

    async def newest(self, account: Account, *, other_than: str | None = None, wait: bool = True) -> str | None:
        """The newest code or link mailed to the account's address; None when none came in time, or it has no address.

        `other_than`: the one seen before; a newer one is waited for. `wait` False looks once.
        """
        address = address_of(account)
        line = _LINE.fullmatch(self.hook.get("request", "").strip())
        if not address or line is None:
            return None
        place = located(fill(line[2], {"address": quote(address, safe="@")}), "")
        request = place if not line[1] else type(place)(line[1].upper(), place.origin, place.target)
        end, step = self.clock() + self.patience, _FIRST
        while True:
            exchange = await self.ask(request, account.name, "mail")
            if exchange.response is not None and exchange.response.ok:
                found = extract(exchange.response, self.hook.get("extract", ""))
                if found and found != other_than:
                    return found
            if not wait or self.clock() + step > end:
                return None
            await self.pause(step)
            step = min(step * 2, _LONGEST)


def address_of(account: Account) -> str:
    """The e-mail address of an account: what it signed up with, else the first address among its names."""
    registered = [str(value) for name, value in account.registered.items() if "mail" in name.lower()]
    everything = [*registered, account.username, *account.identity, *map(str, account.registered.values())]
    return next((value for value in everything if re.fullmatch(r"[^@\s]+@[^@\s]+\.[^@\s]+", value)), "")

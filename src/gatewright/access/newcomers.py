"""Accounts of our own: which are wanted, how they are made, confirmed and let in."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Literal

import msgspec

from gatewright.access.entrance import Entrance
from gatewright.access.mailbox import Mailbox
from gatewright.access.roles import guess
from gatewright.access.second import Confirmation
from gatewright.access.session import Session
from gatewright.access.signup import Made, SignUp, private_of
from gatewright.model.account import Account
from gatewright.model.http import Exchange
from gatewright.model.json import Json
from gatewright.model.secret import Keyring
from gatewright.model.settings import Settings

VICTIM, SUBJECT = "gw-victim", "gw-subject"
"""The throw-away accounts V and S of checks-1-5.md."""
_Origin = Literal["signed-up", "throw-away"]


@dataclass
class Newcomers:
    """The accounts that a run makes. `made`: those there are, also of an earlier part of the run; `keep` is told of each."""

    settings: Settings
    keyring: Keyring
    _sign_up: SignUp
    _entrance: Entrance
    _confirm: Confirmation
    _mailbox: Mailbox | None
    made: dict[str, Account]
    _keep: Callable[[Account], None]

    @property
    def last(self) -> Exchange | None:
        """The answer to the last sign-up."""
        return self._sign_up.last

    def wanted(self) -> list[tuple[str, _Origin]]:
        """Accounts to make: those of `--sign-up`, and V and S where the mode and the specification allow."""
        settings = self.settings
        if settings.sign_up == 0 or (settings.limits.mode == "read-only" and not settings.sign_up):
            return []
        users: list[tuple[str, _Origin]] = []
        users += [(f"user{number}", "signed-up") for number in range(1, (settings.sign_up or 0) + 1)]
        if self._sign_up.candidates and settings.limits.mode != "read-only":
            users += [(VICTIM, "throw-away"), (SUBJECT, "throw-away")]
        return users

    async def make(self, name: str, origin: _Origin) -> tuple[Account, Exchange | None, str]:
        """An account of ours with the sign-up's answer, or why there is none."""
        password = self.keyring.password(f"account {name}")
        if name in self.made:
            again = self.made[name]
            private = again.private or private_of(again.registered)  # neither it nor the password is stored
            account = msgspec.structs.replace(again, password=again.password or password, private=private)
            self.made[name] = account
            return account, None, ""
        bare = Account(name=name, role=self.common_role(), password=password, origin=origin)
        if self.settings.limits.mode == "read-only":
            return bare, None, "read-only makes no accounts"
        made = await self.sign_up(name, origin)
        return (made.account, made.exchange, "") if isinstance(made, Made) else (bare, None, made)

    async def sign_up(
        self, name: str, origin: _Origin, *, extra: Mapping[str, Json] | None = None, password: str | None = None
    ) -> Made | str:
        """A new account, remembered at once, or why there is none."""
        made = await self._sign_up.make(
            name, role=self.common_role(), origin=origin, extra=extra or {}, password=password
        )
        if isinstance(made, Made):
            self.made[name] = made.account
            self._keep(made.account)
        return made

    async def let_in(self, account: Account, answer: Exchange | None) -> Session | str:
        """The account logged in; one that we signed up may have to confirm its address first."""
        result = await self._entrance.enter(account, answer)
        if isinstance(result, str) and answer is not None and self._mailbox is not None:
            mailed = await self._mailbox.newest(account)
            if mailed is not None and await self._confirm(account, mailed):
                result = await self._entrance.enter(account, answer)
        return result

    def common_role(self) -> str:
        """The role of an ordinary account: the lowest configured one that an account has, else `user`.

        Empty where accounts are configured without one: then roles are learnt, theirs as well.
        """
        roles = self.settings.roles
        used = [roles.index(account.role) for account in self.settings.accounts if account.role in roles]
        if used:
            return roles[min(used)]
        declared = {account.role for account in self.settings.accounts}
        if "" in declared and not roles:
            return ""
        named = guess(declared)
        if not roles and named:
            return named[0]
        return "user" if "user" in roles or not roles else roles[0]

"""Checks each account's log-in: whether it works, what was found, where the token goes."""

from __future__ import annotations

import difflib
import secrets
import shlex
from collections.abc import Sequence

import msgspec
from msgspec import Struct

from gatewright.access.sessions import Sessions
from gatewright.app.document import load_specification
from gatewright.app.target import place
from gatewright.model.account import Account
from gatewright.model.errors import UsageError
from gatewright.model.secret import Keyring
from gatewright.model.settings import Settings
from gatewright.report.placeholders import credential_variables
from gatewright.wire.gate import Gate


class LoginRow(Struct, frozen=True, kw_only=True):
    """How the log-in of one account went. `exports` are shell lines with its secrets, only when they were asked for."""

    name: str
    role: str
    login: str
    """`ok` or `failed`."""
    how: str
    exports: tuple[str, ...] = ()


async def login(settings: Settings, names: Sequence[str] = (), *, export: bool = False) -> list[LoginRow]:
    """Log the named accounts in (all of them by default). No account is made.

    Raises UsageError GW-U008 when there is no such account, and what loading the specification raises.
    """
    chosen = tuple(find(settings.accounts, name) for name in names) or settings.accounts
    if not chosen:
        help_ = "--account alice=USER:PASSWORD, or `accounts` in gatewright.yaml"
        raise UsageError("no account is given", code="GW-U008", help=help_)
    ours = msgspec.structs.replace(settings, accounts=chosen, sign_up=0)
    placed = place(await load_specification(ours), ours)
    async with Gate(ours, run="login", targets=placed.targets) as gate:
        sessions = Sessions(gate, placed.specification, ours, keyring=Keyring(secrets.token_bytes(32), "login"))
        states = await sessions.open()
        rows = []
        for state in states:
            ok = state.login == "ok"
            held = await sessions.credentials(state.name) if ok and export else ()
            lines = tuple(
                f"export {name}={shlex.quote(value)}" for name, value in credential_variables(state.name, held)
            )
            rows.append(LoginRow(name=state.name, role=state.role, login=state.login, how=state.how, exports=lines))
        return rows


def find(accounts: Sequence[Account], name: str) -> Account:
    """One account by name. Raises UsageError GW-U008 with the near names."""
    found = next((account for account in accounts if account.name == name), None)
    if found is None:
        names = [account.name for account in accounts]
        near = difflib.get_close_matches(name, names, n=1)
        hint = f"did you mean `{near[0]}`?" if near else f"there are: {', '.join(names) or 'none'}"
        raise UsageError(f"no account `{name}`", code="GW-U008", help=hint)
    return found

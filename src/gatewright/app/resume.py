"""The settings of a run that goes on: as they were, with the secrets of now, since secrets are not stored."""

from __future__ import annotations

from pathlib import Path

import msgspec

from gatewright.app.past import opened
from gatewright.model.account import Account
from gatewright.model.errors import UsageError
from gatewright.model.mask import MASKED
from gatewright.model.settings import Limits, Settings
from gatewright.settings import Flags
from gatewright.settings.flags import override
from gatewright.store.journal import Journal


def resumed(name: str, now: Settings, flags: Flags, *, directory: Path) -> tuple[str, Settings]:
    """The id of the run and its settings. `now` is the configuration with `flags`; what was typed now wins.

    Raises UsageError for no such run, and GW-U018 when an account of it has no secret any more.
    """
    with opened(now) as store:
        run = store.run_id(name)
        journal = store.journal(run)
    then = journal.settings
    if then is None:
        raise UsageError(f"the run {run} never began", code="GW-U018", help="start a new one: gatewright scan")
    known = {account.name: account for account in now.accounts}
    base = msgspec.structs.replace(
        then,
        accounts=tuple(known.get(account.name, account) for account in then.accounts),
        headers=now.headers or tuple(line for line in then.headers if not MASKED.search(line[1])),
        hooks=now.hooks,
        login=now.login,
        proxy=now.proxy or then.proxy,
        target=_shown(then.target) or now.target,
        spec=_shown(then.spec) or now.spec,
        store=now.store,
        formats=(),
        limits=_limits(journal, then.limits),
    )
    settings = override(base, flags, directory)
    lost = next((account for account in settings.accounts if not _can_log_in(account)), None)
    if lost is not None:
        help_ = f"gatewright runs resume {run} --account {lost.name}=…, or give it in gatewright.yaml"
        raise UsageError(f"the secrets of {lost.name} are not stored", code="GW-U018", help=help_)
    return run, settings


def _limits(journal: Journal, limits: Limits) -> Limits:
    """A run that ended on a budget may spend as much again; one that was killed goes on with what was left."""
    if not journal.stopped.startswith("the budget of "):
        return limits
    return msgspec.structs.replace(
        limits,
        requests=journal.requests + limits.requests,
        time=journal.seconds + limits.time,
        sent=limits.sent * 2,
    )


def _shown(values: tuple[str, ...]) -> tuple[str, ...]:
    """The values, unless one of them held a secret."""
    return () if any(MASKED.search(value) for value in values) else values


def _can_log_in(account: Account) -> bool:
    secret = account.password or account.credentials or account.login or account.cert
    return bool(secret) or "client_secret" in account.oauth2

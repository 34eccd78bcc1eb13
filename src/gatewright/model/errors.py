"""The errors of Gatewright.

GatewrightError                  what, where, what to do; a stable code
├── UsageError                   the command line or configuration is wrong        (exit 2)
├── SourceError                  a specification or traffic file cannot be used     (exit 2)
├── TargetError                  the target cannot be reached or lets nobody in     (exit 3)
├── ScopeError                   a request would leave the scope; never sent
├── BudgetError                  the run's budget is spent; nothing more is sent
├── StoreError                   the store cannot be opened or written              (exit 4)
└── WireError                    one exchange failed; carried by the exchange
"""

from __future__ import annotations


class GatewrightError(Exception):
    """Any error that a user can act on.

    `code` is stable (`GW-U001`), `what` one sentence, `where` a file, line or endpoint (may be empty), `help` what to do.
    """

    exit_code = 4

    def __init__(self, what: str, *, code: str, where: str = "", help: str = "") -> None:  # noqa: A002
        super().__init__(what)
        self.what = what
        self.code = code
        self.where = where
        self.help = help

    def __str__(self) -> str:
        lines = [f"{self.code}  {self.what}"]
        if self.where:
            lines.append(f"  {self.where}")
        if self.help:
            lines.append(f"help: {self.help}")
        return "\n".join(lines)


class UsageError(GatewrightError):
    """The command line or the configuration cannot be used."""

    exit_code = 2


class SourceError(GatewrightError):
    """A specification or a traffic file cannot be used at all."""

    exit_code = 2


class TargetError(GatewrightError):
    """The target cannot be reached, or lets nobody in."""

    exit_code = 3


class ScopeError(GatewrightError):
    """A request would have left the scope. It was not sent."""


class BudgetError(GatewrightError):
    """The budget of the run is spent, or it was interrupted. Nothing was sent.

    `where` names what ended it: `requests`, `time`, `sent` (bytes), or `stop` for an interruption.
    """


class StoreError(GatewrightError):
    """The store cannot be opened, read or written."""


class WireError(GatewrightError):
    """One exchange failed: no connection, a time-out, or an answer that cannot be read at all."""

"""The typed settings of `gatewright.yaml` and the flags (interface.md sections 2 and 3)."""

from __future__ import annotations

from typing import Literal

from msgspec import Struct, field

from gatewright.model.access import Row
from gatewright.model.account import Account, Login
from gatewright.model.json import Json
from gatewright.model.verdict import Severity

Mode = Literal["read-only", "safe", "full"]


class Scope(Struct, frozen=True):
    """URL patterns (`*` matches anything) that requests may go to; empty include: the targets' origins."""

    include: tuple[str, ...] = ()
    exclude: tuple[str, ...] = ()


class Limits(Struct, frozen=True, kw_only=True):
    """Budgets and pace of a run."""

    requests: int = 20_000
    time: float = 600.0
    """Seconds."""
    rate: float | None = None
    """Requests per second; None: adaptive."""
    concurrency: int = 16
    body: int = 5 * 1024 * 1024
    """Bytes kept of an answer's body."""
    sent: int = 64 * 1024 * 1024
    """Bytes sent in all."""
    mode: Mode = "safe"
    exclusive: bool = False
    patience: Literal["normal", "short"] = "normal"
    connect: float = 5.0
    """Seconds to connect."""
    first_byte: float = 15.0
    """Seconds to the first byte of an answer."""
    total: float = 30.0
    """Seconds for a whole answer."""


class Tls(Struct, frozen=True, kw_only=True):
    """TLS of the target."""

    expect: bool = False
    ca: str | None = None
    insecure: bool = False
    cert: str | None = None


class Choice(Struct, frozen=True):
    """Which tests and endpoints: patterns of `--only` and `--skip` (`API1`, `tag:x`, `GET /users/*`, test id)."""

    only: tuple[str, ...] = ()
    skip: tuple[str, ...] = ()


class Settings(Struct, frozen=True, kw_only=True):
    """All that one run needs to know."""

    target: tuple[str, ...] = ()
    spec: tuple[str, ...] = ()
    scope: Scope = Scope()
    roles: tuple[str, ...] = ()
    """Lowest to highest."""
    accounts: tuple[Account, ...] = ()
    sign_up: int | None = None
    """None: only the throw-away accounts; 0: not even those."""
    headers: tuple[tuple[str, str], ...] = ()
    hooks: dict[str, dict[str, str]] = field(default_factory=dict)
    policy: dict[str, str] = field(default_factory=dict)
    """Path pattern → `private` or `public`."""
    access: tuple[Row, ...] = ()
    """Rows of `access.yaml`."""
    login: Login | None = None
    limits: Limits = Limits()
    proxy: str | None = None
    tls: Tls = Tls()
    choice: Choice = Choice()
    checks: dict[str, dict[str, Json]] = field(default_factory=dict)
    severity: dict[str, Severity] = field(default_factory=dict)
    seed: int = 1
    store: str = ".gatewright/gatewright.db"
    fail_on: Severity | Literal["never"] = "high"
    formats: tuple[tuple[str, str | None], ...] = ()
    """Pairs of format and path."""
    baseline: str | None = None
    show_secrets: bool = False
    warnings: tuple[str, ...] = ()
    """What reading the file had to tell: keys for features that this version does not have."""
    disabled_controls: frozenset[str] = frozenset()
    """For the tests that prove that each control bites; no flag or key sets it."""

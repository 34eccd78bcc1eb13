"""The scan options of the command line (interface.md section 2), as typed, and how they override the file."""

from __future__ import annotations

import re
from pathlib import Path
from urllib.parse import urlsplit

import msgspec
from msgspec import Struct

from gatewright.model.errors import UsageError
from gatewright.model.settings import Choice, Limits, Settings
from gatewright.model.verdict import SEVERITIES
from gatewright.settings.accounts import account_flag
from gatewright.settings.units import seconds, suggestion

FORMATS = ("console", "json", "sarif", "html")
"""Formats that this version writes; the registry of `report` has the same."""
_HEADER = re.compile(r"([!#$%&'*+.^_`|~0-9A-Za-z-]+):[ \t]*(.*)", re.DOTALL)


class Flags(Struct, frozen=True, kw_only=True):
    """What was typed; None, False or empty: not given. `sign_up` 0 is given."""

    target: str | None = None
    spec: tuple[str, ...] = ()
    """SPEC_OR_URL and every `--spec`."""
    accounts: tuple[str, ...] = ()
    """`NAME[/ROLE]=FORM`."""
    sign_up: int | None = None
    only: tuple[str, ...] = ()
    skip: tuple[str, ...] = ()
    mode: str | None = None
    exclusive: bool = False
    patience: str | None = None
    max_requests: int | None = None
    max_time: str | None = None
    """`10m`."""
    rate: float | None = None
    concurrency: int | None = None
    headers: tuple[str, ...] = ()
    """`NAME: VALUE`."""
    proxy: str | None = None
    insecure: bool = False
    callback: str | None = None
    formats: tuple[str, ...] = ()
    """`FORMAT[=PATH]`."""
    baseline: str | None = None
    fail_on: str | None = None
    store: str | None = None
    seed: int | None = None
    show_secrets: bool = False


def override(settings: Settings, flags: Flags, directory: Path) -> Settings:
    """The settings with what was typed. Paths are taken from `directory`. Raises UsageError."""
    changes: dict[str, object] = {"limits": _flag_limits(settings.limits, flags)}
    if flags.target is not None:
        if not is_url(flags.target):
            raise _wrong("--target", flags.target, "a target is a URL such as http://127.0.0.1:5000")
        changes["target"] = (flags.target,)
    if flags.spec:
        changes["spec"] = tuple(located(spec, directory) for spec in flags.spec)
    if flags.accounts:
        made = [account_flag(text, directory=directory) for text in flags.accounts]
        names = [account.name for account in made]
        twice = next((name for name in names if names.count(name) > 1), None)
        if twice:
            raise UsageError(f"--account {twice} stands twice", code="GW-C006", help="give each account its own name")
        for account in made:
            if settings.roles and account.role and account.role not in settings.roles:
                raise _wrong(f"--account {account.name}", account.role, suggestion(account.role, settings.roles))
        changes["accounts"] = tuple(a for a in settings.accounts if a.name not in names) + tuple(made)
    if flags.sign_up is not None:
        if flags.sign_up < 0:
            raise _wrong("--sign-up", str(flags.sign_up), "a number from 0 up")
        changes["sign_up"] = flags.sign_up
    if flags.headers:
        lines = tuple(_header_line(text) for text in flags.headers)
        names = [name.lower() for name, _ in lines]
        changes["headers"] = tuple(line for line in settings.headers if line[0].lower() not in names) + lines
    if flags.only or flags.skip:
        changes["choice"] = Choice(only=flags.only, skip=settings.choice.skip + flags.skip)
    if flags.insecure:
        changes["tls"] = msgspec.structs.replace(settings.tls, insecure=True)
    if flags.callback not in (None, "auto"):
        warning = "--callback: this version has no use yet for a listener; it was ignored"
        changes["warnings"] = (*settings.warnings, warning)
    if flags.fail_on is not None:
        changes["fail_on"] = _word("--fail-on", flags.fail_on, (*SEVERITIES, "never"))
    if flags.formats:
        changes["formats"] = tuple(_format(text, directory) for text in flags.formats)
    if flags.baseline is not None:
        changes["baseline"] = str(directory / flags.baseline)
    if flags.store is not None:
        changes["store"] = located(flags.store, directory)
    if flags.proxy is not None:
        changes["proxy"] = flags.proxy
    if flags.seed is not None:
        changes["seed"] = flags.seed
    changes["show_secrets"] = flags.show_secrets
    return msgspec.structs.replace(settings, **changes)


def _flag_limits(limits: Limits, flags: Flags) -> Limits:
    changes: dict[str, object] = {}
    for option, value, key in (
        ("--max-requests", flags.max_requests, "requests"),
        ("--concurrency", flags.concurrency, "concurrency"),
        ("--rate", flags.rate, "rate"),
    ):
        if value is not None:
            if not value > 0:
                raise _wrong(option, str(value), "a number above 0")
            changes[key] = value
    if flags.max_time is not None:
        changes["time"] = seconds(flags.max_time)
        if not changes["time"]:
            raise _wrong("--max-time", flags.max_time, "write it like 90s, 10m or 1h30m")
    if flags.mode is not None:
        changes["mode"] = _word("--mode", flags.mode, ("read-only", "safe", "full"))
    if flags.patience is not None:
        changes["patience"] = _word("--patience", flags.patience, ("normal", "short"))
    if flags.exclusive:
        changes["exclusive"] = True
    return msgspec.structs.replace(limits, **changes)


def _header_line(text: str) -> tuple[str, str]:
    """Never repeats the value: it may be a secret."""
    match = _HEADER.fullmatch(text)
    if match is None or "\n" in text or "\r" in text:
        raise UsageError("--header is written 'NAME: VALUE'", code="GW-C006")
    return match[1], match[2]


def _format(text: str, directory: Path) -> tuple[str, str | None]:
    name, equals, path = text.partition("=")
    _word("--format", name, FORMATS)
    return name, str(directory / path) if equals and path != "-" else None


def _word(option: str, value: str, known: tuple[str, ...]) -> str:
    if value not in known:
        raise _wrong(option, value, suggestion(value, known))
    return value


def _wrong(option: str, value: str, help_: str) -> UsageError:
    return UsageError(f"{option}: `{value}` is not possible", code="GW-C006", help=help_)


def located(text: str, folder: Path) -> str:
    """A URL as it is; a path from its folder."""
    return text if "://" in text else str(folder / text)


def is_url(text: str) -> bool:
    """An http or https URL with a host."""
    try:
        parts = urlsplit(text)
        return parts.scheme in ("http", "https") and bool(parts.hostname) and parts.port != 0
    except ValueError:
        return False

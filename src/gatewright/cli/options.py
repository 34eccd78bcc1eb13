"""Options that several commands share, and the settings that come of what was typed."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, TypeAlias, TypeVar

import click

if TYPE_CHECKING:
    from gatewright.model.settings import Settings
    from gatewright.settings import Flags

Typed: TypeAlias = str | int | float | bool | tuple[str, ...] | None
"""What click hands over for one option whose name is that of a field of `settings.Flags`."""
Command = TypeVar("Command", bound=Callable[..., object])


def run_options(command: Command) -> Command:
    """The options that say what is tested and as whom; their names are fields of `settings.Flags`."""
    for option in reversed(_RUN):
        command = option(command)
    return command


def scan_options(command: Command) -> Command:
    """The further options of `scan`; their names are fields of `settings.Flags`."""
    for option in reversed(_SCAN):
        command = option(command)
    return command


def store_options(command: Command) -> Command:
    """The options of commands that only read the store."""
    for option in reversed(_STORE):
        command = option(command)
    return command


def resume_options(command: Command) -> Command:
    """The options of a run that goes on; what is not given is as it was."""
    for option in reversed(_RESUME):
        command = option(command)
    return command


def try_options(command: Command) -> Command:
    """The options of one test on one endpoint: what is tested, as whom, how far it may go."""
    for option in reversed(_TRY):
        command = option(command)
    return command


def flags_of(typed: Mapping[str, Typed]) -> Flags:
    """What was typed, as the settings want it."""
    import msgspec

    from gatewright.settings import Flags

    return msgspec.convert({name: value for name, value in typed.items() if value is not None}, Flags)


def settings_of(config: str | None, typed: Mapping[str, Typed]) -> Settings:
    """The settings of the nearest gatewright.yaml with what was typed. Raises UsageError."""
    import os
    from pathlib import Path

    from gatewright.settings import load

    return load(config=config, directory=Path.cwd(), flags=flags_of(typed), environ=os.environ)


_CONFIG = click.option("--config", metavar="FILE", help="Configuration. Default: the nearest gatewright.yaml.")
_STORE_PLACE = click.option(
    "--store", metavar="URL|FILE", help="Where runs are kept. Default: .gatewright/gatewright.db."
)
_ACCOUNT = click.option(
    "--account",
    "accounts",
    multiple=True,
    metavar="NAME[/ROLE]=FORM",
    help="USER:PASSWORD, bearer:TOKEN, basic:USER:PASSWORD, cookie:NAME=VALUE or header:NAME=VALUE; @FILE for a value.",
)
_HEADER = click.option(
    "--header", "headers", multiple=True, metavar="'NAME: VALUE'", help="On every request; repeatable."
)
_PROXY = click.option("--proxy", metavar="URL|env", help="HTTP proxy; env: that of the environment.")
_MOST = (
    click.option("--max-requests", type=int, metavar="N", help="Default 20000."),
    click.option("--max-time", metavar="10m", help="90s, 10m, 1h30m. Default 10m."),
    click.option("--rate", type=float, metavar="N", help="Requests per second. Default: adaptive."),
    click.option("--concurrency", type=int, metavar="N", help="Requests at once. Default 16."),
)
_REPORTS = (
    click.option(
        "--format",
        "formats",
        multiple=True,
        metavar="FORMAT[=PATH]",
        help="console, json, html, sarif; repeatable. Without PATH json and sarif go to stdout, html to a file.",
    ),
    click.option("--baseline", metavar="FILE", help="A JSON report: only what is new in this run fails."),
    click.option("--fail-on", metavar="SEVERITY", help="low, medium, high (default), critical or never."),
    _STORE_PLACE,
)
_SECRETS = click.option("--show-secrets", is_flag=True, help="Do not mask secrets in reports.")
_RUN = (
    click.option("--target", metavar="URL", help="The API's address; overrides the specification's servers."),
    click.option("--spec", multiple=True, metavar="FILE|URL", help="A further specification; repeatable."),
    _CONFIG,
    _ACCOUNT,
    _HEADER,
    _PROXY,
    click.option("--insecure", is_flag=True, help="Do not verify certificates; written into the report."),
)
_MODE = click.option(
    "--mode", metavar="read-only|safe|full", help="safe (default) changes only what the run itself made."
)
_PATIENCE = click.option("--patience", metavar="normal|short", help="Waits; short is for labs.")
_SIGN_UP = click.option(
    "--sign-up", type=int, metavar="N", help="Make N accounts through the API's sign-up; 0: none at all."
)
_SCAN = (
    _SIGN_UP,
    click.option(
        "--only", multiple=True, metavar="PATTERN", help="API1, tag:NAME, 'GET /users/*' or a test id; * matches."
    ),
    click.option("--skip", multiple=True, metavar="PATTERN", help="Leave these out; patterns as in --only."),
    _MODE,
    click.option("--exclusive", is_flag=True, help="Nobody else uses the target now."),
    _PATIENCE,
    *_MOST,
    *_REPORTS,
    click.option("--seed", type=int, metavar="N", help="Same seed: same plan, order and choices."),
    _SECRETS,
)
_TRY = (*_RUN, _SIGN_UP, _MODE, _PATIENCE, _STORE_PLACE, _SECRETS)
_RESUME = (_CONFIG, _ACCOUNT, _HEADER, _PROXY, *_MOST, *_REPORTS, _SECRETS)
_STORE = (
    _CONFIG,
    _STORE_PLACE,
    click.option("--json", "as_json", is_flag=True, help="JSON instead of text."),
)

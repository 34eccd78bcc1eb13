"""`gatewright login`."""

from __future__ import annotations

import click

from gatewright.cli.options import Typed, run_options, settings_of
from gatewright.cli.table import print_rows


@click.command(short_help="Check each account's log-in.")
@click.argument("names", nargs=-1, metavar="[ACCOUNT]...")
@click.option("--export", is_flag=True, help="Print the shell lines that set $GW_TOKEN_ALICE, and nothing else.")
@click.option("--json", "as_json", is_flag=True, help="One JSON array instead of the table.")
@run_options
def login(names: tuple[str, ...], export: bool, as_json: bool, config: str | None, **typed: Typed) -> int:
    """Log in as each ACCOUNT (default: all) and say what was found and where the token goes.

    Exits 1 when one of them cannot log in. With --export, the curl lines and pytests of a finding find their tokens.

    \b
    Examples:
      gatewright login
      gatewright login alice --account alice=alice:@password.txt --spec openapi.json
      eval "$(gatewright login --export)"
    """
    import asyncio

    from gatewright.app.login import login as check

    rows = asyncio.run(check(settings_of(config, typed), names, export=export))
    if export:
        for row in rows:
            for line in row.exports:
                click.echo(line)
            if row.login != "ok":
                click.echo(f"{row.name} could not log in: {row.how}", err=True)
    else:
        columns = {"ACCOUNT": "name", "ROLE": "role", "LOGIN": "login", "HOW": "how"}
        print_rows(rows, columns, as_json=as_json, empty="")
    return 0 if all(row.login == "ok" for row in rows) else 1

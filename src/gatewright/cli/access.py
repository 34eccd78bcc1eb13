"""`gatewright access`: who was let do what."""

from __future__ import annotations

import click

from gatewright.cli.main import Family
from gatewright.cli.options import Typed, settings_of, store_options
from gatewright.cli.table import align, clean, print_json, terminal_width


@click.group(cls=Family, no_args_is_help=False, short_help="Who was let do what: the access matrix.")
def access() -> None:
    """Who was let do what: account by endpoint, from the attempts of a run, beside what access.yaml expects.

    \b
    Examples:
      gatewright access show
      gatewright access save
    """


@access.command(short_help="The matrix of one run as a table.")
@click.argument("run", default="last")
@store_options
def show(run: str, config: str | None, as_json: bool, **typed: Typed) -> None:
    """Show the access matrix of a RUN: one row per endpoint, one column per account.

    `allow` and `deny` are what was seen, with `!` where access.yaml expects the other; a dot where nothing was tried.
    A column such as "bob: others'" is about the objects of another account of bob's rank.

    \b
    Examples:
      gatewright access show
      gatewright access show 3f9a --json
    """
    from gatewright.app.access import access_of
    from gatewright.report.access import differences, document, matrix, told

    report = access_of(settings_of(config, typed), run)
    if as_json:
        print_json(document(report))
        return
    table = matrix(report)
    if not table.rows:
        click.echo("nothing was seen: the run ended before its exploration did")
        return
    rows = [[*(told(field) for field in row.fields), clean(row.name)] for row in table.rows]
    click.echo("\n".join(align([[*table.titles, "ENDPOINT"], *rows], width=terminal_width())))
    for difference in differences(report):
        click.echo(clean(difference))


@access.command(short_help="Keep the matrix of one run as access.yaml.")
@click.argument("run", default="last")
@click.option("--output", metavar="FILE", default="access.yaml", show_default=True, help="Where it is written.")
@click.option("--force", is_flag=True, help="Write it anew when it is there.")
@store_options
def save(run: str, output: str, force: bool, config: str | None, as_json: bool, **typed: Typed) -> None:
    """Write what a RUN learnt as access.yaml, to be read and corrected: the next scan reports every difference.

    \b
    Examples:
      gatewright access save
      gatewright access save last --output access.yaml --force
    """
    from gatewright.app.access import save_access

    path, rows = save_access(settings_of(config, typed), run, output=output, force=force)
    if as_json:
        print_json({"path": str(path), "rows": rows})
    else:
        click.echo(f"{path}: {rows} rows; correct what is not meant so, then scan again")

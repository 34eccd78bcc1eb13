"""`gatewright findings`: what was proved."""

from __future__ import annotations

import click

from gatewright.cli.main import Family
from gatewright.cli.options import Typed, settings_of, store_options
from gatewright.cli.table import print_json, print_rows


@click.group(cls=Family, no_args_is_help=False, short_help="What was proved.")
def findings() -> None:
    """What was proved, in this store, with how to repeat and repair it.

    \b
    Examples:
      gatewright findings list
      gatewright findings show F-1
    """


@findings.command("list", short_help="List the findings, worst first.")
@click.argument("run", required=False)
@store_options
def list_(run: str | None, config: str | None, as_json: bool, **typed: Typed) -> None:
    """List the findings of a RUN, or of all runs, worst first.

    \b
    Examples:
      gatewright findings list
      gatewright findings list last
      gatewright findings list --json
    """
    from gatewright.app.past import list_findings

    columns = {
        "NUMBER": "number",
        "SEVERITY": "severity",
        "STATUS": "status",
        "TEST": "test",
        "ENDPOINT": "endpoint",
        "SUMMARY": "summary",
    }
    rows = list_findings(settings_of(config, typed), run)
    empty = "nothing was proved; what was tried and what was not: gatewright runs show"
    print_rows(rows, columns, as_json=as_json, empty=empty)


@findings.command(short_help="One finding: proof, controls, curl, remedy.")
@click.argument("finding")
@store_options
def show(finding: str, config: str | None, as_json: bool, **typed: Typed) -> None:
    """Show one FINDING, by its number or id: proof, controls, the curl line that repeats it, the remedy.

    \b
    Examples:
      gatewright findings show F-1
      gatewright findings show F-1 --json
    """
    from gatewright.app.past import show_finding

    text, document = show_finding(settings_of(config, typed), finding)
    if as_json:
        print_json(document)
    else:
        click.echo(text)

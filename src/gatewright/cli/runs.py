"""`gatewright runs`: past and running scans."""

from __future__ import annotations

import click

from gatewright.cli.main import Family
from gatewright.cli.options import Typed, resume_options, settings_of, store_options
from gatewright.cli.table import print_rows


@click.group(cls=Family, no_args_is_help=False, short_help="Past and running scans.")
def runs() -> None:
    """Past and running scans: what they found, and going on with one that was interrupted.

    \b
    Examples:
      gatewright runs list
      gatewright runs show last
      gatewright runs resume last
    """


@runs.command("list", short_help="List the runs, newest first.")
@store_options
def list_(config: str | None, as_json: bool, **typed: Typed) -> None:
    """List the runs of the store, newest first.

    \b
    Examples:
      gatewright runs list
      gatewright runs list --json --store team.db
    """
    from gatewright.app.past import list_runs

    columns = {
        "RUN": "id",
        "STARTED": "started",
        "FINISHED": "finished",
        "COMPLETE": "complete",
        "SECONDS": "seconds",
        "REQUESTS": "requests",
        "FINDINGS": "findings",
        "TARGET": "target",
    }
    empty = "no run yet: gatewright scan, or gatewright demo"
    print_rows(list_runs(settings_of(config, typed)), columns, as_json=as_json, empty=empty)


@runs.command(short_help="The report of one run.")
@click.argument("run", default="last")
@store_options
def show(run: str, config: str | None, as_json: bool, **typed: Typed) -> None:
    """Show the report of a RUN: its id, the beginning of it, its number, or `last`. With --json: the JSON report.

    \b
    Examples:
      gatewright runs show
      gatewright runs show 3f9a
      gatewright runs show last --json > report.json
    """
    from gatewright.app.past import show_run

    form = "json" if as_json else "console"
    click.echo(show_run(settings_of(config, typed), run, form=form), nl=False)


@runs.command(short_help="Go on with an interrupted run.")
@click.argument("run", default="last")
@click.option("--clean", is_flag=True, help="Only remove what the run left behind.")
@resume_options
@click.option("-q", "quiet", is_flag=True, help="Findings and the last line only.")
@click.option("-v", "verbose", is_flag=True, help="Each finding with its proof.")
def resume(run: str, clean: bool, config: str | None, quiet: bool, verbose: bool, **typed: Typed) -> int:
    """Go on with a RUN that was interrupted or killed; nothing that is done is done again.

    Its options are those of the run. Secrets are not stored: they come from the configuration or --account again.

    \b
    Examples:
      gatewright runs resume last
      gatewright runs resume 3f9a --account alice=alice:@alice.txt
      gatewright runs resume last --clean
    """
    from gatewright.cli.run import run_again, run_clean

    if clean:
        return run_clean(config, typed, run)
    return run_again(config, typed, run, verbosity=-1 if quiet else int(verbose))

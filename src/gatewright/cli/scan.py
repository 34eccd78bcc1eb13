"""`gatewright scan`."""

from __future__ import annotations

import click

from gatewright.cli.options import Typed, run_options, scan_options


@click.command(short_help="Scan an API: inventory, tests, findings.")
@click.argument("spec_or_url", required=False)
@run_options
@scan_options
@click.option(
    "--plan", is_flag=True, help="Print what the specification alone lets one plan; nothing goes to the target."
)
@click.option("--events", metavar="FILE|-", help="Write every event of the run as a line of JSON.")
@click.option("-q", "quiet", is_flag=True, help="Findings and the last line only.")
@click.option("-v", "verbose", is_flag=True, help="Each finding with its proof.")
def scan(
    spec_or_url: str | None,
    config: str | None,
    plan: bool,
    events: str | None,
    quiet: bool,
    verbose: bool,
    **typed: Typed,
) -> int:
    """Learn what the API is, test it, and report what is proved.

    SPEC_OR_URL is a specification's file or URL, or just the API's address. Exit codes: 0 nothing at or over --fail-on,
    1 findings, 2 usage, 3 target unreachable or nobody let in, 4 Gatewright failed, 130 interrupted.

    \b
    Examples:
      gatewright scan http://127.0.0.1:8000/openapi.json --sign-up 2
      gatewright scan openapi.yaml --account alice=alice:@a.txt --account bob=bob:@b.txt --format json=report.json
      gatewright scan openapi.yaml --only API1 --only "GET /users/*" --plan
    """
    from gatewright.cli.run import print_plan, run_scan

    if spec_or_url is not None:
        named = typed["spec"]
        typed["spec"] = (spec_or_url, *(named if isinstance(named, tuple) else ()))
    if plan:
        return print_plan(config, typed)
    return run_scan(config, typed, events=events, verbosity=-1 if quiet else int(verbose))

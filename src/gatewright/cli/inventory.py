"""`gatewright inventory`: what the API really is."""

from __future__ import annotations

import click

from gatewright.cli.main import Family
from gatewright.cli.options import Typed, settings_of, store_options
from gatewright.cli.table import clean, print_json, print_rows


@click.group(cls=Family, no_args_is_help=False, short_help="What the API really is.")
def inventory() -> None:
    """What the API really is: the endpoints that a run knew, and what became of each.

    \b
    Examples:
      gatewright inventory list
      gatewright inventory show "GET /users/{id}"
    """


@inventory.command("list", short_help="List the endpoints.")
@click.option("--run", default="last", show_default=True, help="The run whose inventory it is.")
@store_options
def list_(run: str, config: str | None, as_json: bool, **typed: Typed) -> None:
    """List the endpoints that a run knew: secured, reached or why not, findings.

    \b
    Examples:
      gatewright inventory list
      gatewright inventory list --json --run 3f9a
    """
    from gatewright.app.inventory import list_inventory

    columns = {
        "ENDPOINT": "endpoint",
        "HOST": "host",
        "SECURED": "secured",
        "PARAMETERS": "parameters",
        "REACHED": "sampled",
        "FINDINGS": "findings",
        "WHY NOT": "why",
    }
    empty = "the run knew no endpoint: gatewright scan SPEC"
    print_rows(list_inventory(settings_of(config, typed), run), columns, as_json=as_json, empty=empty)


@inventory.command(short_help="All about one endpoint.")
@click.argument("endpoint")
@click.option("--run", default="last", show_default=True, help="The run whose inventory it is.")
@store_options
def show(endpoint: str, run: str, config: str | None, as_json: bool, **typed: Typed) -> None:
    """Show one ENDPOINT: parameters, security, who reached it, which of our objects it names, verdicts.

    \b
    Examples:
      gatewright inventory show "GET /users/{id}"
      gatewright inventory show /users/{id} --json
    """
    from gatewright.app.inventory import show_endpoint

    page = show_endpoint(settings_of(config, typed), endpoint, run)
    if as_json:
        print_json(page)
        return
    row = page.row
    facts = {
        "": page.summary,
        "source": page.source,
        "security": " or ".join(page.security),
        "answers": ", ".join(page.answers),
        "reached by": ", ".join(page.samples) or f"nobody: {row.why}",
        "objects": ", ".join(page.objects),
        "verdicts": ", ".join(f"{count} {word}" for word, count in page.verdicts.items()),
        "findings": ", ".join(page.findings),
    }
    click.echo(f"{row.endpoint}  {row.host}")
    for name, value in facts.items():
        if value:
            click.echo(f"  {name:10}  {clean(value)}")
    if page.parameters:
        click.echo("")
        columns = {"PARAMETER": "place", "TYPE": "type", "REQUIRED": "required"}
        print_rows(page.parameters, columns, as_json=False, empty="")

"""`gatewright tests`: the library."""

from __future__ import annotations

import click

from gatewright.cli.main import Family
from gatewright.cli.table import print_json, print_rows


@click.group(cls=Family, no_args_is_help=False, short_help="The library of tests.")
def tests() -> None:
    """The library of tests: what there is, what each does, and new ones of your own.

    \b
    Examples:
      gatewright tests list
      gatewright tests list API1 high
      gatewright tests show object-access-read
    """


@tests.command("list", short_help="List tests by words.")
@click.argument("words", nargs=-1, metavar="[WORD]...")
@click.option("--json", "as_json", is_flag=True, help="One JSON array instead of the table.")
def list_(words: tuple[str, ...], as_json: bool) -> None:
    """List the tests that hold every WORD: in id, title, threat, severity, CWE, tag or explanation.

    \b
    Examples:
      gatewright tests list
      gatewright tests list jwt
      gatewright tests list CWE-639 --json
    """
    from gatewright.app.tests import list_tests

    columns = {"TEST": "id", "THREAT": "threat", "SEVERITY": "severity", "REQUESTS": "requests", "TITLE": "title"}
    print_rows(
        list_tests(words), columns, as_json=as_json, empty="no test holds all these words: gatewright tests list"
    )


@tests.command(short_help="Explain one test.")
@click.argument("test")
@click.option("--json", "as_json", is_flag=True, help="One JSON object instead of the text.")
def show(test: str, as_json: bool) -> None:
    """Explain one TEST: what it does, how it is proved, when it is wrong, and the remedy.

    \b
    Examples:
      gatewright tests show cors
      gatewright tests show object-access-read --json
    """
    from gatewright.app.tests import show_test

    page = show_test(test)
    if as_json:
        print_json(page)
        return
    row = page.test
    click.echo(f"{row.id}  {row.title}")
    click.echo(f"{row.threat} {page.threat_title} · {row.severity} · {', '.join(row.cwe)}")
    click.echo(f"at most {row.requests} requests a cell · runs in {row.phase} · {page.effect}")
    for need in page.needs:
        click.echo(f"needs {need}")
    for heading, text in page.sections.items():
        click.echo(f"\n{heading}\n{text}")

"""`gatewright tests`: the library."""

from __future__ import annotations

import os
from pathlib import Path

import click

from gatewright.cli.main import Family
from gatewright.cli.options import Typed, try_options
from gatewright.cli.table import clean, print_json, print_rows


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


@tests.command(short_help="Write a new check that works.")
@click.argument("name")
def new(name: str) -> None:
    """Write a check NAME and its cases: two files that work as they are, to be rewritten.

    In a checkout of Gatewright they go to src/gatewright/checks/, elsewhere to security-tests/.

    \b
    Examples:
      gatewright tests new debug-header
      gatewright tests new cookie-without-guards
    """
    from gatewright.app.new_test import checkout, new_test

    here = Path.cwd()
    paths = new_test(name, directory=here)
    for path in paths:
        click.echo(f"wrote {os.path.relpath(path, here)}")
    known = name if checkout(here) else os.path.relpath(paths[0], here)
    click.echo(f"try it: gatewright tests try {known} --cases")


@tests.command("try", short_help="Play one test and see why its verdict.")
@click.argument("test")
@click.option("--cases", is_flag=True, help="Play the cases beside the test, without a network.")
@click.option("--endpoint", metavar="'METHOD /path'", help="Run it on this endpoint of a live API.")
@click.option("--json", "as_json", is_flag=True, help="JSON instead of text.")
@try_options
def try_(test: str, cases: bool, endpoint: str | None, as_json: bool, config: str | None, **typed: Typed) -> int:
    """Play one TEST (an id, or with --cases the path of a check's file) and show why its verdict is what it is.

    With --cases exits 1 when a case does not come out as it says. With --endpoint the API is explored as in a scan, and
    then only this test is run, there alone.

    \b
    Examples:
      gatewright tests try object-access-read --cases
      gatewright tests try security-tests/debug_header.py --cases
      gatewright tests try cors --endpoint "GET /me" --spec openapi.json --sign-up 2
    """
    if cases is (endpoint is not None):
        raise click.UsageError("give either --cases or --endpoint; `gatewright tests try --help` has examples")
    if endpoint is not None:
        from gatewright.cli.run import run_try

        return run_try(config, typed, test=test, endpoint=endpoint, as_json=as_json)
    import asyncio

    from gatewright.app.cases import try_cases

    results = asyncio.run(try_cases(test))
    if as_json:
        print_json(results)
    else:
        for result in results:
            state = "FAIL" if result.problem else "todo" if result.todo else "ok"
            click.echo(f"{state:4}  {result.kind:7}  {result.title}  ({result.outcome}: {result.reason})")
            if result.problem:
                click.echo(f"      {result.problem}")
                for step in result.steps:
                    click.echo(clean(f"      {step.purpose:22} {step.account:8} {step.request} → {step.answer}"))
        failed = sum(bool(result.problem) for result in results)
        click.echo(f"{len(results) - failed} passed, {failed} failed")
    return 1 if any(result.problem for result in results) else 0

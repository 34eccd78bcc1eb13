"""Running a scan from the command line: outputs, Ctrl-C and the exit code. `scan` and `runs resume` share it."""

from __future__ import annotations

import asyncio
import contextlib
import os
from collections.abc import Mapping
from pathlib import Path

import click

from gatewright.app.baseline import known_findings, only_new
from gatewright.app.clean import clean as clean_run
from gatewright.app.outputs import Outputs
from gatewright.app.plan import plan
from gatewright.app.resume import resumed
from gatewright.app.scan import exit_code, scan
from gatewright.app.tryout import try_endpoint
from gatewright.cli.failure import FAILED
from gatewright.cli.interrupt import run_interruptible
from gatewright.cli.options import Typed, flags_of, settings_of
from gatewright.cli.table import clean, print_json, print_rows
from gatewright.model.errors import SourceError, TargetError, UsageError
from gatewright.model.settings import Settings
from gatewright.model.verdict import MEANING

LONGEST_LINE = 160
"""Characters of one exchange in text; --json has all of it."""


def run_scan(config: str | None, typed: Mapping[str, Typed], *, events: str | None, verbosity: int) -> int:
    """Scan with what was typed, print and write everything; the exit code."""
    return _run(settings_of(config, typed), events=events, verbosity=verbosity)


def run_again(config: str | None, typed: Mapping[str, Typed], name: str, *, verbosity: int) -> int:
    """Go on with a run, print and write everything; the exit code."""
    run, settings = resumed(name, settings_of(config, typed), flags_of(typed), directory=Path.cwd())
    return _run(settings, events=None, verbosity=verbosity, resume=run)


def run_clean(config: str | None, typed: Mapping[str, Typed], name: str) -> int:
    """Remove what a run left behind; 1 when something stays."""
    run, settings = resumed(name, settings_of(config, typed), flags_of(typed), directory=Path.cwd())
    cleaned = asyncio.run(clean_run(run, settings))
    for leftover in cleaned.left:
        click.echo(clean(f"left  {leftover.what}  {leftover.curl}"))
    click.echo(f"{cleaned.standing - len(cleaned.left)} of {cleaned.standing} removed")
    return 1 if cleaned.left else 0


def _run(settings: Settings, *, events: str | None, verbosity: int, resume: str | None = None) -> int:
    for warning in settings.warnings:
        click.echo(warning, err=True)
    known = known_findings(settings.baseline)  # before the scan: a typing mistake must not cost ten minutes
    with Outputs(settings, environ=os.environ, directory=Path.cwd(), events=events, verbosity=verbosity) as outputs:
        try:
            report = run_interruptible(lambda stop: scan(settings, outputs.consumers, resume=resume, stop=stop))
        except KeyboardInterrupt:
            if outputs.run:
                click.echo(f"what was left behind: gatewright runs resume {outputs.run} --clean", err=True)
            raise
        except Exception as error:
            _keep(outputs, error)
            raise
        code, why = exit_code(only_new(report, known), settings)
        outputs.finish(report, exit_code=code)
    if why:
        click.echo(why, err=True)
    return code


def _keep(outputs: Outputs, error: Exception) -> None:
    """Gatewright itself failed: what was found until then is reported all the same."""
    if not outputs.run or isinstance(error, (UsageError, SourceError, TargetError)):
        return
    with contextlib.suppress(UsageError):
        outputs.finish(outputs.so_far, exit_code=FAILED)


def print_plan(config: str | None, typed: Mapping[str, Typed]) -> int:
    """Print the plan; always 0."""
    settings = settings_of(config, typed)
    found = asyncio.run(plan(settings))
    click.echo(f"Target     {', '.join(found.target)}")
    click.echo(f"Inventory  {found.endpoints} endpoints of {found.specification}")
    click.echo(f"Accounts   {', '.join(found.accounts) or 'none: --sign-up 2, or --account NAME=USER:PASSWORD'}")
    click.echo(f"Mode       {found.mode}: up to {found.creating} endpoints may be asked to make objects")
    click.echo(f"Requests   at most {found.limit} in all; the tests alone at most {found.most}\n")
    columns = {
        "TEST": "test",
        "SEVERITY": "severity",
        "CELLS": "cells",
        "REQUESTS": "requests",
        "NOT RUN": "settled",
        "WHY": "why",
    }
    print_rows(found.rows, columns, as_json=False, empty="no test is chosen")
    return 0


def run_try(config: str | None, typed: Mapping[str, Typed], *, test: str, endpoint: str, as_json: bool) -> int:
    """Run one test on one endpoint and print everything that led to its verdict; always 0."""
    settings = settings_of(config, typed)
    results = run_interruptible(lambda stop: try_endpoint(test, endpoint, settings, stop=stop))
    if as_json:
        print_json(results)
        return 0
    if not results:
        click.echo(f"{test} has no cell on {endpoint}: it does not concern that endpoint")
    for result in results:
        click.echo(f"{test} on {endpoint} as {result.account}")
        for sent in result.exchanges:
            told = clean(f"  {sent.purpose:28} {sent.account:10} {sent.request} → {sent.answer}")
            click.echo(told if len(told) <= LONGEST_LINE else told[: LONGEST_LINE - 1] + "…")
        if result.difference:
            click.echo("\n  what the attack changed (-), and what came back (+)")
            for line in result.difference:
                click.echo(clean(f"    {line}"))
        click.echo("")
        for control in result.controls:
            state = "ok" if control.holds else "NO"
            click.echo(clean(f"  {state}  {control.what}: expected {control.expected}, observed {control.observed}"))
        click.echo(clean(f"{result.outcome}: {result.reason}. {result.why}"))
        click.echo(f"what would change it: {MEANING[result.reason][1]}\n")
    return 0

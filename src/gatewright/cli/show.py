"""The demonstration from the command line: lab, scan, reports, and whether everything was found."""

from __future__ import annotations

import asyncio
import json
import os
import sys
from pathlib import Path

import click

from gatewright.app.demo import FOLDER, Missed, lab, missed, prepare, settings_for
from gatewright.app.demo import Lab as RunningLab
from gatewright.app.outputs import Outputs
from gatewright.app.scan import scan
from gatewright.cli.failure import INTERRUPTED
from gatewright.cli.interrupt import run_interruptible
from gatewright.lab.weaknesses import WEAKNESSES
from gatewright.model.settings import Settings
from gatewright.settings import Flags, load

HTML, JSON = "report.html", "report.json"


def run_demo(*, offer: bool, keep: bool) -> int:
    """Scan the lab; 0 when all that it has on was proved, 1 when not, 130 when interrupted."""
    folder = Path.cwd() / FOLDER
    code = run_interruptible(lambda stop: _demo(folder, stop, keep=keep))
    report = folder / HTML
    terminal = sys.stdin.isatty() and sys.stdout.isatty()
    if offer and terminal and report.exists() and click.confirm(f"Open {FOLDER}/{HTML}?", default=True):
        click.launch(str(report))
    return code


async def _demo(folder: Path, stop: asyncio.Event, *, keep: bool) -> int:
    prepare(folder)
    async with lab() as running:
        click.echo(
            f"A clinic with a shop, with {len(running.weaknesses)} weaknesses, listens on {running.url}", err=True
        )
        settings = settings_for(running, _configured(running, folder), folder)
        with Outputs(settings, environ=os.environ, directory=folder) as outputs:
            report = await scan(settings, outputs.consumers, stop=stop)
            lost = missed(report, [weakness.listed() for weakness in WEAKNESSES], running.weaknesses)
            code = INTERRUPTED if stop.is_set() else 1 if lost else 0
            outputs.finish(report, exit_code=code)
        _verdict(running, lost)
        if keep and not stop.is_set():
            click.echo(f"{running.url} goes on until Ctrl-C; `cd {FOLDER}` has its gatewright.yaml", err=True)
            await stop.wait()
    return code


def _configured(running: RunningLab, folder: Path) -> Settings:
    """A gatewright.yaml (JSON is YAML) with the accounts that the lab printed, to go on with, and its settings."""
    document = {"spec": running.spec, "accounts": running.accounts, "hooks": running.hooks}
    (folder / "gatewright.yaml").write_text(json.dumps(document, indent=2) + "\n", encoding="utf-8")
    formats = tuple(f"{name.rpartition('.')[2]}={name}" for name in (HTML, JSON))
    return load(config=None, directory=folder, flags=Flags(formats=formats), environ=os.environ)


def _verdict(running: RunningLab, lost: list[Missed]) -> None:
    """Whether everything was found, in words."""
    number = len(running.weaknesses)
    click.echo(
        f"\n{number - len(lost)} of {number} weaknesses of the clinic were proved; its fixed twin: gatewright lab up --fixed"
    )
    for weakness in lost:
        click.echo(f"missed: {weakness.id} ({weakness.test}, {weakness.endpoint})")

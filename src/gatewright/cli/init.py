"""`gatewright init`."""

from __future__ import annotations

import os
from pathlib import Path

import click


@click.command(short_help="Write a first gatewright.yaml.")
@click.argument("spec", required=False)
def init(spec: str | None) -> None:
    """Write a commented gatewright.yaml from what SPEC shows: servers, security schemes, log-in, sign-up.

    SPEC is a file or URL; without it the usual names in this folder are tried. Says what is still missing.

    \b
    Examples:
      gatewright init
      gatewright init openapi.yaml
      gatewright init http://127.0.0.1:8000/openapi.json
    """
    import asyncio

    from gatewright.app.init import init as write
    from gatewright.model.settings import Settings

    here = Path.cwd()
    written = asyncio.run(write(spec, directory=here, settings=Settings()))
    click.echo(f"wrote {os.path.relpath(written.path, here)}")
    for sentence in written.found:
        click.echo(f"  found    {sentence}")
    for sentence in written.missing:
        click.echo(f"  missing  {sentence}")
    click.echo("next: gatewright scan --plan, or gatewright scan")

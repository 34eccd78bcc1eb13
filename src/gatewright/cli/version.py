"""`gatewright version`."""

from __future__ import annotations

import click

from gatewright import __version__


@click.command()
def version() -> None:
    """Print the version."""
    click.echo(f"gatewright {__version__}")

"""The `gatewright` group: commands are loaded when they are called, so that `--help` stays quick."""

from __future__ import annotations

import importlib

import click

from gatewright import __version__

COMMANDS: dict[str, str] = {"version": "gatewright.cli.version:version"}
"""Command → module and function."""


class LazyGroup(click.Group):
    """Imports a command's module only when that command is asked for."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        """Name the commands in the order of COMMANDS."""
        return list(COMMANDS)

    def get_command(self, ctx: click.Context, name: str) -> click.Command | None:
        """Import and return one command; None for an unknown name."""
        if name not in COMMANDS:
            return None
        module, _, attribute = COMMANDS[name].partition(":")
        command: click.Command = getattr(importlib.import_module(module), attribute)
        return command


@click.group(cls=LazyGroup)
@click.version_option(__version__, prog_name="gatewright")
def main() -> None:
    """Test an API for the OWASP API Security Top 10 and report only what is proved."""

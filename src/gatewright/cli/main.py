"""The `gatewright` group: commands are loaded when they are called, so that `--version` and completion stay quick."""

from __future__ import annotations

import importlib
import sys
from collections.abc import Sequence

import click

from gatewright import __version__
from gatewright.cli.failure import report_failure

COMMANDS: dict[str, str] = {
    "demo": "gatewright.cli.demo:demo",
    "scan": "gatewright.cli.scan:scan",
    "init": "gatewright.cli.init:init",
    "login": "gatewright.cli.login:login",
    "inventory": "gatewright.cli.inventory:inventory",
    "tests": "gatewright.cli.tests:tests",
    "runs": "gatewright.cli.runs:runs",
    "findings": "gatewright.cli.findings:findings",
    "access": "gatewright.cli.access:access",
    "lab": "gatewright.cli.lab:lab",
    "doctor": "gatewright.cli.doctor:doctor",
    "version": "gatewright.cli.version:version",
}
"""Command → module and function, in the order of `--help`."""


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

    def resolve_command(
        self, ctx: click.Context, args: list[str]
    ) -> tuple[str | None, click.Command | None, list[str]]:
        """Find the command of the arguments; an unknown one names its neighbours."""
        refuse_unknown(self, ctx, args)
        return super().resolve_command(ctx, args)


class Family(click.Group):
    """A command with commands of its own, such as `runs list`."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        """Name the commands in the order of the file."""
        return list(self.commands)

    def resolve_command(
        self, ctx: click.Context, args: list[str]
    ) -> tuple[str | None, click.Command | None, list[str]]:
        """Find the command of the arguments; an unknown one names its neighbours."""
        refuse_unknown(self, ctx, args)
        return super().resolve_command(ctx, args)


def refuse_unknown(group: click.Group, ctx: click.Context, args: list[str]) -> None:
    """Raise click's UsageError with "did you mean" when the first argument is no command (nor an option)."""
    names = group.list_commands(ctx)
    if ctx.resilient_parsing or args[0] in names or args[0].startswith("-"):
        return
    import difflib  # only here: the command line must start quickly

    near = difflib.get_close_matches(args[0], names, n=1)
    hint = f"did you mean `{near[0]}`?" if near else "there are: " + ", ".join(names)
    raise click.UsageError(f"no command `{args[0]}`; {hint}", ctx)


@click.group(cls=LazyGroup, context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100})
@click.version_option(__version__, prog_name="gatewright", message="%(prog)s %(version)s")
def main() -> None:
    """Test an API for the OWASP API Security Top 10 and report only what is proved.

    \b
    Examples:
      gatewright demo
      gatewright scan http://127.0.0.1:5000/openapi.json --sign-up 2
      gatewright scan --help
    """


def run(arguments: Sequence[str] | None = None) -> int:
    """Run one command line (default: that of the process) and return its exit code ."""
    words = sys.argv[1:] if arguments is None else arguments
    try:
        code = main.main(args=list(words) or ["--help"], prog_name="gatewright", standalone_mode=False)
    except (Exception, KeyboardInterrupt) as error:
        return report_failure(error)
    return code if isinstance(code, int) else 0

"""`gatewright demo`."""

from __future__ import annotations

import click


@click.command(short_help="Scan a weak API on this machine.")
@click.option("--no-open", is_flag=True, help="Do not offer to open the report.")
@click.option("--keep", is_flag=True, help="Leave the weak API running until Ctrl-C, to try things on.")
def demo(no_open: bool, keep: bool) -> int:
    """Start a deliberately weak API on this machine, scan it, and print what is proved.

    Leaves report.json, report.html and the configuration in gatewright-demo/ (emptied first). Exits 0 when everything that is
    wrong with that API was proved, else 1.

    \b
    Examples:
      gatewright demo
      gatewright demo --no-open
      gatewright demo --keep
    """
    from gatewright.cli.show import run_demo

    return run_demo(offer=not no_open, keep=keep)

"""What the command line says when something fails, and the exit code that goes with it (interface.md section 2)."""

from __future__ import annotations

import os
import sys

import click

from gatewright.model.errors import GatewrightError, UsageError

INTERRUPTED = 130
FAILED = 4


def report_failure(error: BaseException) -> int:
    """Print one failure to stderr: what, where, what to do. Returns its exit code."""
    if isinstance(error, (KeyboardInterrupt, click.Abort)):
        click.echo("interrupted", err=True)
        return INTERRUPTED
    if isinstance(error, BrokenPipeError):  # `gatewright tests list | head`: the reader has had enough
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return 0
    if isinstance(error, GatewrightError):
        click.echo(str(error), err=True)
        return error.exit_code
    if isinstance(error, click.ClickException):
        click.echo(str(usage_error(error)), err=True)
        return UsageError.exit_code
    place = save_traceback(error)
    said = str(error).strip().splitlines()
    what = f"Gatewright itself failed: {type(error).__name__}{': ' + said[0] if said else ''}"
    help_ = "what was found before is in the store (`gatewright runs list`); please report this with the file above"
    click.echo(str(GatewrightError(what, code="GW-X001", where=place, help=help_)), err=True)
    return FAILED


def usage_error(error: click.ClickException) -> UsageError:
    """A complaint of click in the form of ours: `did you mean` goes to the help line."""
    message, _, hint = error.format_message().rstrip(".").replace("Did you mean", "did you mean").partition("; ")
    message, _, mean = message.replace("(did you mean", "did you mean").rstrip(")").partition(" did you mean")
    context = getattr(error, "ctx", None)
    path = context.command_path if context else "gatewright"
    hint = hint or (f"did you mean{mean}" if mean else f"`{path} --help` lists what there is")
    return UsageError(message[:1].lower() + message[1:].rstrip(". "), code="GW-U001", where=path, help=hint)


def save_traceback(error: BaseException) -> str:
    """Write the traceback into a file that only its owner can read; its path, or why it could not be written."""
    import tempfile  # both only here: the command line must start quickly
    import traceback

    try:
        handle, name = tempfile.mkstemp(prefix="gatewright-", suffix=".traceback")
        with os.fdopen(handle, "w", encoding="utf-8") as file:
            file.write("".join(traceback.format_exception(error)))
        return name
    except OSError as failure:
        return f"the traceback could not be saved: {failure.strerror}"

"""What a run prints and writes: the console, the reports, the event lines, and which of them gets stdout."""

from __future__ import annotations

import contextlib
import secrets
import sys
import time
from collections.abc import Mapping
from pathlib import Path
from types import TracebackType
from typing import BinaryIO, Self, TextIO

from gatewright.app.tests import library
from gatewright.model.collect import Collector
from gatewright.model.errors import UsageError
from gatewright.model.events import AnyEvent, Consumer, RunStarted
from gatewright.model.finding import Report
from gatewright.model.mask import Mask, secrets_of
from gatewright.model.settings import Settings
from gatewright.report.console import for_terminal
from gatewright.report.lines import EventLines
from gatewright.report.registry import FORMATS, render

FILE = "gatewright-report"
"""Name of a report without a path; its end comes from the format."""


class RunName:
    """Remembers the id of the run, for what must be said when the run itself can say nothing more."""

    def __init__(self) -> None:
        self.run = ""

    def start(self) -> None:
        """Nothing to prepare."""

    def on(self, event: AnyEvent) -> None:
        """Keep the id."""
        if isinstance(event, RunStarted):
            self.run = event.run

    def stop(self) -> None:
        """Nothing to finish."""


class Outputs:
    """The outputs of one run; a context manager that closes the event file.

    The console has stdout unless a report or the events go there; then it has stderr. `events` is a path or `-`;
    `verbosity` is -1 (findings only), 0 or 1. Raises UsageError GW-U009 when two outputs want stdout.
    """

    def __init__(
        self,
        settings: Settings,
        *,
        environ: Mapping[str, str],
        directory: Path,
        events: str | None = None,
        verbosity: int = 0,
    ) -> None:
        self._settings = settings
        self._mask = None if settings.show_secrets else Mask(secrets.token_bytes(16), secrets_of(settings))
        self._files = _files(settings, directory)
        taken = [name for name, path in self._files if path is None] + (["events"] if events == "-" else [])
        if len(taken) > 1:
            help_ = f"give one of them a path: --format {taken[0]}={FILE}.{taken[0]}"
            raise UsageError(f"{' and '.join(taken)} both go to stdout", code="GW-U009", help=help_)
        self._stack = contextlib.ExitStack()
        self._name = RunName()
        self._console = for_terminal(
            mask=self._mask or Mask(b"shown"),
            clock=time.monotonic,
            environ=environ,
            out=sys.stderr if taken else None,
            verbosity=verbosity,
        )
        self._seen = Collector()
        self.consumers: list[Consumer] = [self._name, self._seen, self._console]
        if events is not None:
            self.consumers.append(EventLines(self._open(directory, events), self._mask))

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._stack.close()

    @property
    def run(self) -> str:
        """The id of the run; empty until it has begun."""
        return self._name.run

    @property
    def so_far(self) -> Report:
        """What the run has found until now."""
        return self._seen.report()

    def finish(self, report: Report, *, exit_code: int) -> list[Path]:
        """Write every report and the summary; the files that were written. Raises UsageError GW-U013 for one that cannot be."""
        written = []
        for name, path in self._files:
            text = render(name, report, tests=library(), mask=self._mask)
            if path is None:
                _print(sys.stdout, text)
            else:
                _write(path, text)
                written.append(path)
        here = Path.cwd()
        shown = [str(path.relative_to(here) if path.is_relative_to(here) else path) for path in written]
        fail_on = self._settings.fail_on
        self._console.summary(report, library(), fail_on=fail_on, exit_code=exit_code, files=shown)
        return written

    def _open(self, directory: Path, events: str) -> BinaryIO:
        if events == "-":
            return sys.stdout.buffer
        try:
            return self._stack.enter_context((directory / events).open("wb"))
        except OSError as error:
            raise _unwritable(directory / events, error) from error


def _files(settings: Settings, directory: Path) -> list[tuple[str, Path | None]]:
    """Format and path of every report but the console's own; no path: stdout."""
    found: list[tuple[str, Path | None]] = []
    for name, path in settings.formats:
        if path is not None:
            found.append((name, Path(path)))
        elif name != "console":
            known = FORMATS[name]
            found.append((name, None if known.stdout else directory / f"{FILE}.{known.extension}"))
    return found


def _write(path: Path, text: str) -> None:
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")
    except OSError as error:
        raise _unwritable(path, error) from error


def _print(stream: TextIO, text: str) -> None:
    stream.write(text)
    stream.flush()


def _unwritable(path: Path, error: OSError) -> UsageError:
    return UsageError(f"cannot be written: {error.strerror}", code="GW-U013", where=str(path))

"""The console: findings on stdout when they are proved, progress on stderr, a summary at the end (pages.md section 11)."""

from __future__ import annotations

import os
import shutil
import sys
from collections.abc import Callable, Mapping, Sequence
from typing import TextIO

from gatewright.model.events import (
    AccountReady,
    AnyEvent,
    AttemptSent,
    BudgetSpent,
    EndpointLearnt,
    FindingProved,
    JobPlanned,
    JobStarted,
    Left,
    PhaseChanged,
    RunStarted,
    VerdictReached,
    Warned,
)
from gatewright.model.finding import AccountState, Cell, Finding, Report
from gatewright.model.mask import Mask
from gatewright.model.test import Test
from gatewright.report.summary import Look, finding_lines, headline, last_line, summary_lines
from gatewright.report.text import ascii_only, clean, count, duration, fit

EVERY = 30.0
"""Seconds between two lines of progress where stderr is no terminal."""
_REDRAW = 0.1
_TURNS = "⠋⠙⠹⠸⠼⠴⠦⠧⠇⠏"


class Console:
    """A consumer that draws. What goes to stdout is the same with or without a terminal, colour apart."""

    def __init__(
        self,
        *,
        out: TextIO,
        err: TextIO,
        clock: Callable[[], float],
        look: Look,
        mask: Mask,
        live: bool = False,
        ascii: bool = False,  # noqa: A002
        verbosity: int = 0,
    ) -> None:
        """`clock` counts seconds; `live` redraws one line of stderr; `verbosity` -1: findings only, 1: proof as well."""
        self._out, self._err, self._clock, self._look, self._mask = out, err, clock, look, mask
        self._live, self._ascii, self._verbosity = live, ascii, verbosity
        self._began = self._drawn = clock()
        self._line = ""
        self._turn = 0
        self._phase, self._total = "", 0
        self._requests = self._done = self._settled = 0
        self._planned: set[Cell] = set()
        self._accounts: dict[str, AccountState] = {}
        self._endpoints: dict[str, bool] = {}
        self._mode = ""
        self._told = False
        self._left: set[str] = set()
        self._shown: dict[str, Finding] = {}

    def start(self) -> None:
        """Remembers when it began."""
        self._began = self._drawn = self._clock()

    def on(self, event: AnyEvent) -> None:
        """Counts, and prints what deserves a line."""
        if isinstance(event, AttemptSent):
            self._requests += 1
        elif isinstance(event, JobPlanned):
            self._planned.add(event.cell)
            self._settled += event.settled
        elif isinstance(event, VerdictReached):
            self._done += 1
        elif isinstance(event, EndpointLearnt):
            self._endpoints[event.endpoint.id] = event.sampled
        elif isinstance(event, FindingProved):
            self._finding(event.finding)
        else:
            self._tell(event)
        self._progress()

    def stop(self) -> None:
        """Takes the live line away."""
        self._erase()

    def summary(
        self, report: Report, tests: Mapping[str, Test], *, fail_on: str, exit_code: int, files: Sequence[str] = ()
    ) -> None:
        """The end: threat table, cells with reasons, where the reports are, the exit line."""
        self._erase()
        report = self._mask.report(report)
        if self._verbosity >= 0:
            self._print(self._out, "")
            for line in summary_lines(report, tests, self._look):
                self._print(self._out, line)
            if report.findings:
                first = next((f"F-{f.number}" for f in report.findings if f.number), report.findings[0].id)
                self._print(self._out, f"\nDetails  gatewright findings show {first}")
        if files:
            self._print(self._out, f"Reports  {'  '.join(map(clean, files))}")
        self._print(self._out, self._look.bold(last_line(report, fail_on=fail_on, exit_code=exit_code)))

    def _finding(self, finding: Finding) -> None:
        """Prints a finding when it is proved; one that only grew is told by the summary."""
        masked = self._mask.finding(finding)
        known = self._shown.get(finding.id)
        self._shown[finding.id] = masked
        if known is not None and known.severity == masked.severity:
            return
        self._erase()
        lines = [headline(masked, self._look)] if self._verbosity < 1 else [*finding_lines(masked, self._look), ""]
        for line in lines:
            self._print(self._out, line)

    def _tell(self, event: AnyEvent) -> None:
        if isinstance(event, RunStarted):
            self._mode = event.mode
            resumed = "  resumed" if event.resumed else ""
            insecure = "  certificates are not verified" if event.insecure else ""
            said = f"Run         {event.run}  {', '.join(event.target)}  mode {event.mode}  seed {event.seed}"
            self._say(said + resumed + insecure)
        elif isinstance(event, AccountReady):
            self._accounts[event.state.name] = event.state
            if event.state.login != "ok":
                self._say(f"Account     {event.state.name} could not log in: {event.state.how}")
        elif isinstance(event, PhaseChanged):
            self._phase, self._total = event.phase, event.total
        elif isinstance(event, JobStarted):
            self._plan()
        elif isinstance(event, Warned):
            self._say(f"{event.code}  {event.message}")
        elif isinstance(event, BudgetSpent):
            limit = duration(event.limit) if event.budget == "time" else count(event.limit)
            self._say(f"Budget      {event.budget} spent ({limit}): what was not tried yet is skipped")
        elif isinstance(event, Left) and event.leftover.what not in self._left:
            self._left.add(event.leftover.what)
            self._say(f"Left behind {event.leftover.what}  {event.leftover.curl}")

    def _plan(self) -> None:
        """Inventory and plan, once, when the first job starts."""
        if self._told:
            return
        self._told = True
        ready = [state.name for state in self._accounts.values() if state.login == "ok"]
        who = f"accounts {', '.join(ready)}: logged in" if ready else "no account: anonymous only"
        sampled = sum(self._endpoints.values())
        self._say(
            f"Inventory   {count(len(self._endpoints))} endpoints, {count(sampled)} with an accepted request   {who}   mode {self._mode}"
        )
        tests = len({cell.test for cell in self._planned})
        jobs = len(self._planned) - self._settled
        self._say(
            f"Plan        {count(len(self._planned))} cells of {tests} tests: {count(jobs)} jobs to do, {count(self._settled)} settled without a request"
        )

    def _progress(self) -> None:
        now = self._clock()
        if self._verbosity < 0 or now - self._drawn < (_REDRAW if self._live else EVERY):
            return
        self._drawn = now
        text = self._state(now)
        if not self._live:
            self._print(self._err, text)
            return
        self._turn = (self._turn + 1) % len(_TURNS)
        self._line = fit(f"{_TURNS[self._turn]} {text}", max(20, self._look.width - 1)).rstrip()
        drawn = "|/-\\"[self._turn % 4] + ascii_only(self._line[1:]) if self._ascii else self._line
        self._err.write(f"\r\x1b[K{drawn}")
        self._err.flush()

    def _state(self, now: float) -> str:
        seconds = max(now - self._began, 0.001)
        jobs = f"{count(self._done)}/{count(len(self._planned))} cells  " if self._planned else ""
        phase = f"{clean(self._phase)}  " if self._phase else ""
        left = ""
        if self._told and self._done > self._settled and len(self._planned) > self._done:
            rate = (self._done - self._settled) / seconds
            left = f"  about {duration((len(self._planned) - self._done) / rate)} left" if rate else ""
        found = f"  {len(self._shown)} found" if self._shown else ""
        return f"{phase}{jobs}{count(self._requests)} requests  {self._requests / seconds:.0f}/s{found}{left}"

    def _say(self, text: str) -> None:
        """A line on stderr, above the live one."""
        if self._verbosity < 0:
            return
        self._erase()
        self._print(self._err, clean(self._mask.text(text)))

    def _erase(self) -> None:
        if self._line:
            self._err.write("\r\x1b[K")
            self._err.flush()
            self._line = ""

    def _print(self, stream: TextIO, text: str) -> None:
        stream.write((ascii_only(text) if self._ascii else text) + "\n")
        stream.flush()


def for_terminal(
    *,
    mask: Mask,
    clock: Callable[[], float],
    environ: Mapping[str, str],
    out: TextIO | None = None,
    ascii: bool = False,  # noqa: A002
    verbosity: int = 0,
) -> Console:
    """The console of this process: colour and a live line on a terminal, unless NO_COLOR or TERM=dumb says otherwise.

    `out` takes what goes to stdout otherwise: stderr, when stdout is taken by a report.
    """
    out = sys.stdout if out is None else out
    encoding = (out.encoding or "ascii").lower().replace("-", "")
    dumb = environ.get("TERM") == "dumb"
    colour = out.isatty() and not environ.get("NO_COLOR") and not dumb
    columns = shutil.get_terminal_size((120, 24)).columns if out.isatty() else 120
    return Console(
        out=out,
        err=sys.stderr,
        clock=clock,
        look=Look(width=max(60, columns), colour=colour),
        mask=mask,
        live=sys.stderr.isatty() and not dumb and os.name == "posix",
        ascii=ascii or not encoding.startswith("utf"),
        verbosity=verbosity,
    )

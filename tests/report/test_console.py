from __future__ import annotations

import io
import re
from collections.abc import Callable

import msgspec
import pytest

from gatewright.model.events import AnyEvent, AttemptSent, BudgetSpent, FindingProved, JobStarted, Warned
from gatewright.model.finding import Finding, Report
from gatewright.model.mask import Mask
from gatewright.model.test import Test
from gatewright.report.console import Console, for_terminal
from gatewright.report.summary import Look


class Screen:
    """A console with a clock that is moved by hand."""

    def __init__(self, mask: Mask, **options: object) -> None:
        self.out, self.err, self.now = io.StringIO(), io.StringIO(), 0.0
        self.console = Console(
            out=self.out, err=self.err, clock=lambda: self.now, mask=mask, **({"look": Look()} | options)
        )  # type: ignore[arg-type]
        self.console.start()

    def play(self, events: list[AnyEvent]) -> Screen:
        for event in events:
            self.now = max(self.now, event.at)
            self.console.on(event)
        self.console.stop()
        return self


def test_a_whole_run(
    events: list[AnyEvent], report: Report, tests: dict[str, Test], mask: Mask, golden: Callable[[str, str], None]
) -> None:
    screen = Screen(mask).play(events)
    screen.console.summary(report, tests, fail_on="high", exit_code=1, files=["gatewright-report.html"])
    golden("report/console.out.txt", screen.out.getvalue())
    golden("report/console.err.txt", screen.err.getvalue())


def test_ascii_is_ascii_and_no_escape_gets_through(
    events: list[AnyEvent], report: Report, tests: dict[str, Test], mask: Mask
) -> None:
    screen = Screen(mask, ascii=True).play(events)
    screen.console.summary(report, tests, fail_on="high", exit_code=1)
    text = screen.out.getvalue() + screen.err.getvalue()
    assert text.isascii()
    assert "\x1b" not in text
    assert "! HIGH" in text


def test_stdout_is_the_same_with_a_terminal_colour_apart(
    events: list[AnyEvent], report: Report, tests: dict[str, Test], mask: Mask
) -> None:
    plain = Screen(mask).play(events)
    live = Screen(mask, live=True, look=Look(colour=True)).play(events)
    for screen in (plain, live):
        screen.console.summary(report, tests, fail_on="high", exit_code=1)
    assert "\x1b[31m" in live.out.getvalue()
    assert re.sub(r"\x1b\[\d+m", "", live.out.getvalue()) == plain.out.getvalue()


def test_without_a_terminal_a_line_every_thirty_seconds(events: list[AnyEvent], mask: Mask) -> None:
    screen = Screen(mask)
    sent = next(event for event in events if isinstance(event, AttemptSent))
    for second in range(95):
        screen.now = float(second)
        screen.console.on(sent)
    lines = screen.err.getvalue().splitlines()
    assert len(lines) == 3
    assert lines[0].strip().startswith("31 requests")


def test_a_terminal_has_one_live_line_that_goes_away(events: list[AnyEvent], mask: Mask) -> None:
    screen = Screen(mask, live=True).play(events)
    assert "\r\x1b[K⠙ " in screen.err.getvalue()
    assert screen.err.getvalue().endswith("\r\x1b[K")


def test_a_finding_that_grows_is_told_once(findings: tuple[Finding, Finding], mask: Mask) -> None:
    found = findings[0]
    grown = msgspec.structs.replace(found, also=("GET /other/{id}",))
    worse = msgspec.structs.replace(grown, severity="critical")
    screen = Screen(mask).play([FindingProved(finding=f) for f in (found, grown, worse)])
    lines = screen.out.getvalue().splitlines()
    assert [line.split()[1] for line in lines] == ["HIGH", "CRIT"]
    assert "(+1)" in lines[1]


def test_quiet_prints_findings_and_the_last_line(
    events: list[AnyEvent], report: Report, tests: dict[str, Test], mask: Mask
) -> None:
    screen = Screen(mask, verbosity=-1).play(events)
    screen.console.summary(report, tests, fail_on="high", exit_code=1)
    assert screen.err.getvalue() == ""
    assert len(screen.out.getvalue().splitlines()) == 3


def test_verbose_prints_the_proof(events: list[AnyEvent], mask: Mask) -> None:
    assert "+ alice made note 7" in Screen(mask, verbosity=1).play(events).out.getvalue()


def test_budgets_and_warnings_are_told(mask: Mask, events: list[AnyEvent]) -> None:
    started = next(event for event in events if isinstance(event, JobStarted))
    said = (
        Screen(mask)
        .play([started, BudgetSpent(budget="time", limit=600), Warned(code="GW-X1", message="a\nb")])
        .err.getvalue()
    )
    assert "no account: anonymous only" in said
    assert "time spent (10 min 0 s)" in said
    assert "GW-X1  a␊b" in said


@pytest.mark.parametrize(("environ", "colour"), [({}, False), ({"NO_COLOR": "1"}, False), ({"TERM": "dumb"}, False)])
def test_for_terminal_has_no_colour_where_there_is_no_terminal(
    environ: dict[str, str],
    colour: bool,
    mask: Mask,
    findings: tuple[Finding, Finding],
    capsys: pytest.CaptureFixture[str],
) -> None:
    console = for_terminal(mask=mask, clock=lambda: 0.0, environ=environ, ascii=True)
    console.on(FindingProved(finding=findings[0]))
    out = capsys.readouterr().out
    assert ("\x1b" in out) is colour
    assert out.startswith("! HIGH")

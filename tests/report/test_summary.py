from __future__ import annotations

from collections.abc import Callable

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from gatewright.model.finding import Finding, Report
from gatewright.model.mask import Mask
from gatewright.model.test import Test
from gatewright.report.summary import Look, headline, last_line, ordered, render, summary_lines, wrapped
from gatewright.report.text import width


def test_the_format_console(
    report: Report, tests: dict[str, Test], mask: Mask, golden: Callable[[str, str], None]
) -> None:
    golden("report/report.txt", render(mask.report(report), tests))


@pytest.mark.parametrize("columns", [60, 80, 100, 120, 200])
def test_a_headline_fits(columns: int, findings: tuple[Finding, Finding]) -> None:
    for finding in findings:
        assert width(headline(finding, Look(width=columns))) <= columns
        assert headline(finding, Look(width=columns)).endswith(f"F-{finding.number}")


def test_worst_first(findings: tuple[Finding, Finding]) -> None:
    tenth = msgspec.structs.replace(findings[0], threat="API10:2023", id="x")
    assert ordered((findings[1], tenth, findings[0])) == [findings[0], tenth, findings[1]]


def test_the_last_line_never_calls_a_cut_run_clean(report: Report) -> None:
    line = last_line(report, fail_on="medium", exit_code=1)
    assert line.startswith("2 findings (1 high, 1 medium), at or above medium: 2 · 9 requests in 12.3 s · seed 7")
    assert "NOT COMPLETE (budget: requests): cells not tried: 1" in line
    assert line.endswith("exit 1")
    run = msgspec.structs.replace(report.run, complete=True, insecure=True)
    clean = last_line(msgspec.structs.replace(report, run=run, findings=()), fail_on="high", exit_code=0)
    assert clean.startswith("0 findings · 3 cells judged, 1 skipped · ")
    assert "complete" in clean
    assert "certificates not verified" in clean


def test_the_cells_and_their_reasons_add_up(report: Report, tests: dict[str, Test]) -> None:
    text = "\n".join(summary_lines(report, tests, Look()))
    assert "Cells 5" in text
    assert "vulnerable             2  proved 2" in text
    assert "skipped                1  stopped 1" in text or "skipped                1  budget 1" in text


def test_tests_that_are_not_loaded_have_their_row(report: Report) -> None:
    assert "Tests that are not loaded now" in "\n".join(summary_lines(report, {}, Look()))


def test_long_lists_are_cut_with_a_word(report: Report, tests: dict[str, Test]) -> None:
    many = msgspec.structs.replace(report, warnings=tuple(f"w{n}" for n in range(20)))
    assert "  and 8 more" in summary_lines(many, tests, Look())


@given(st.lists(st.text(alphabet="abc", min_size=1, max_size=12), min_size=1), st.integers(10, 40))
def test_wrapping_loses_nothing(words: list[str], columns: int) -> None:
    lines = wrapped(" ".join(words), columns, "  ", first="+ ")
    assert " ".join(line[2:] for line in lines).split() == words
    assert all(width(line) <= columns or len(line[2:].split()) == 1 for line in lines)
